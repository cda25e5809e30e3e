"""Copies into README and handbook what must stay true by itself: dialogues from the transcripts the tests run, the words, the commands.

Between a marker and its end stands what this script writes:

    <!-- chat: polls_one_message.chat | 张阿姨> [去投票] => 张阿姨< 您选了 -->
        from the first line of that transcript that begins so, to the end of the next line that begins so
    <!-- words: resident -->
        the words of texts/zh-CN/words.toml that have a handler, for that page of docs/words.toml
    <!-- commands -->
        every subcommand of `mulin`, as its --help says
    <!-- end -->

`python docs/build.py` writes the pages, `--check` only says which are stale (exit code 1).
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))  # before this folder, which has a pictures.py of its own

TRANSCRIPTS = ROOT / "tests" / "transcripts"
MARKED = re.compile(r"(<!-- (chat: [^>]*(?:>[^>]*?)*?|words: \w+|commands) -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = re.compile(r"^(\S+?)(@群)?([<>]) ?(.*)$")
SHAPES = {
    "number": " [N]",
    "number_text": " N 内容",
    "choices": " [N [K]]",
    "rate": " N [1–5] [内容]",
    "text": " 内容",
    "free": " 内容",
    "code": " 数字",
    "address": " 房号 姓名",
    "area": " 地方",
    "area_text": " 地方 内容",
}
DONE = {"(进来)": "（第一次点开聊天）", "(照片)": "（发来一张照片）", "(语音)": "（发来一段语音）", "(文件)": "（发来文件）"}
STEPS = {"m": "分钟", "h": "小时", "d": "天"}


class Stale(Exception):
    """A marker names something that is not there any more; one sentence that says where and what."""


def pages() -> list[Path]:
    """README and handbook."""
    return [ROOT / "README.md", *sorted((DOCS / "handbook").glob("*.md"))]


def built(page: str, name: str = "") -> str:
    """A page with everything between its markers written anew. Raises Stale."""

    def fill(found: re.Match[str]) -> str:
        try:
            return f"{found[1]}{_made(found[2])}\n{found[3]}"
        except Stale as fault:
            raise Stale(f"{name}: {found[2]}: {fault}") from None

    return MARKED.sub(fill, page)


def _made(marker: str) -> str:
    kind, _, what = marker.partition(":")
    if kind == "chat":
        name, _, span = what.strip().partition(" | ")
        return chat(name, *span.split(" => "))
    return words(what.strip()) if kind == "words" else commands()


# --- dialogues ----------------------------------------------------------------------------------------------------


def chat(name: str, first: str, last: str) -> str:
    """A transcript from the line that begins with `first` to the end of the next that begins with `last`, as people read it."""
    path = TRANSCRIPTS / name
    if not path.is_file():
        raise Stale("no such transcript")
    blocks = _blocks(path.read_text("utf-8"))
    begin = _place(blocks, first, 0)
    end = _place(blocks, last, begin)
    hearers = {m[1] for head, _ in blocks[begin : end + 1] if (m := HEAD.match(head)) and m[3] == "<"}
    lines = [line for head, body in blocks[begin : end + 1] for line in _spoken(head, body, len(hearers) > 1)]
    return "```text\n" + "\n".join(lines).strip("\n") + "\n```"


def _blocks(script: str) -> list[tuple[str, list[str]]]:
    blocks: list[tuple[str, list[str]]] = []
    for line in script.rstrip("\n").split("\n"):
        if line.startswith("  ") and blocks:
            blocks[-1][1].append(line[2:])
        else:
            blocks.append((line, []))
    return blocks


def _place(blocks: list[tuple[str, list[str]]], begins: str, after: int) -> int:
    for place in range(after, len(blocks)):
        if blocks[place][0].startswith(begins.strip()):
            return place
    raise Stale(f"no line begins with {begins.strip()!r}")


def _spoken(head: str, body: list[str], named: bool) -> Iterator[str]:
    """老李> [发布] becomes 老李　点【发布】; 老李< … becomes 睦邻　… (睦邻→老李 where several hear something)."""
    if head.startswith("@"):
        yield from ("", f"（{_moment(head[1:].strip())}）", "")
        return
    if (said := HEAD.match(head)) is None:
        return
    who, group, way, text = said[1], said[2], said[3], said[4]
    if way == ">":
        speaker = who + ("（在群里）" if group else "")
        lines = text.split("⏎")
        pressed = re.fullmatch(r"\[(.+)\]", text)
        yield f"{speaker}　{'点【' + pressed[1] + '】' if pressed else _done(lines[0])}"
        yield from ("　　　" + line for line in lines[1:])
        return
    hearer = "→群里" if who == "群" else f"→{who}" if named else ""
    yield f"　睦邻{hearer}　{text}"
    yield from ("　　　" + _labels(line) for line in body)


def _done(text: str) -> str:
    """(照片) becomes what was done; words stay words."""
    for done, told in DONE.items():
        if text.startswith(done):
            return f"{told}{text.removeprefix(done)}"
    return text


def _moment(when: str) -> str:
    """2026-11-29 20:01 becomes 11月29日 20:01; +2h 过2小时."""
    if step := re.fullmatch(r"\+(\d+)([mhd])", when):
        return f"过{step[1]}{STEPS[step[2]]}"
    return re.sub(r"^\d+-0?(\d+)-0?(\d+)", r"\1月\2日", when)


def _labels(line: str) -> str:
    """[发布] [取消] becomes 【发布】【取消】, as buttons are written in what people read."""
    return "".join(f"【{label}】" for label in re.findall(r"\[(.+?)\]", line)) if re.fullmatch(r"(\[[^\]]+\] ?)+", line) else line


# --- words --------------------------------------------------------------------------------------------------------


def words(whose: str) -> str:
    """What the people of one page can say: only words that somebody in the house answers today."""
    import handlers
    import texts
    from community.staff import ROLES_FOR

    table, ours = texts.table(texts.DEFAULT, "words"), tomllib.loads((DOCS / "words.toml").read_text("utf-8"))
    roles = texts.table(texts.DEFAULT, "roles")
    alive = {name.split(" ")[0] for module in handlers.CONVERSATIONS for name in module.words}
    rows = []
    for word, entry in table.items():
        if word.startswith("_") or word not in alive:
            continue
        if word not in ours:
            raise Stale(f"docs/words.toml does not say what {word} does")
        if whose not in ours[word]["page"]:
            continue
        held = ROLES_FOR.get(word)
        who = ours[word].get("who") or ("有岗位的人" if word == "login" else "、".join(str(roles[r]) for r in held) if held else "人人")
        shape = ours[word].get("shape", SHAPES.get(entry["takes"], ""))
        more = [said for said in entry["say"][1:3] if not said.startswith(entry["say"][0])]
        also = f"（{'、'.join(more)}）" if more else ""
        rows.append(f"| {entry['say'][0]}{shape}{also} | /{entry['slash'][0]} | {who} | {ours[word]['does']} |")
    return "\n".join(["| 说什么 | Telegram | 谁 | 做什么 |", "|---|---|---|---|", *rows])


# --- commands -----------------------------------------------------------------------------------------------------


def commands() -> str:
    """Every subcommand of `mulin` and what its --help says first."""
    from bot.__main__ import main

    rows = []
    for name, command in every_command(main, "mulin"):
        shape = "".join(" " + _argument(p) for p in command.params if p.param_type_name == "argument")
        rows.append(f"| `{name}{shape}` | {(command.help or '').strip().splitlines()[0]} |")
    return "\n".join(["| command | does |", "|---|---|", *rows])


def every_command(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """(`mulin roll import`, its click command) for each subcommand."""
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from every_command(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def _argument(parameter: Any) -> str:
    name = str(parameter.name).upper()
    return name if parameter.required else f"[{name}]"


def main(check: bool) -> int:
    """Write the pages, or say which are stale."""
    stale = []
    for page in pages():
        there = page.read_text("utf-8")
        try:
            wanted = built(there, page.name)
        except Stale as fault:
            stale.append(str(fault))
            continue
        if wanted != there and check:
            stale.append(f"{page.relative_to(ROOT)}: run make docs")
        elif wanted != there:
            page.write_text(wanted, "utf-8")
            print(f"written {page.relative_to(ROOT)}")
    print("\n".join(stale), end="\n" if stale else "", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main("--check" in sys.argv[1:]))
