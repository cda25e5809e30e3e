"""What is written agrees with what is there: texts with texts and code, the handbook with the commands, nothing names this machine."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import meta

import texts
from tests.test_floors import BELOW, parse

HERE = Path(__file__).parent.parent
COMMON = {"community", "phone", "office_hours", "_zone", "_language"}  # every text may use these (bot/speaking.py render)
NOT_SPOKEN = {"words"}  # the grammar of what people type, not something we say
TENCENT = ("wechat", "wechat_kf", "wecom", "wecom_aibot", "wecom_robot")
HANDED_WHOLE = {  # noun -> the folders whose pages and scripts are given all of its texts at once
    "webchat": ("channels/webchat/",),
    **{name: (f"channels/{name}/", "channels/tencent/", "channels/numbered.py") for name in TENCENT},
}
KEY = re.compile(r"[a-z_]+\.[a-z0-9_]+")
KINDS = ("new", "better", "fixed", "removed", "operators")


# --- texts: the same in every language ----------------------------------------------------------------------------


@cache
def spoken(language: str) -> dict[str, str]:
    """Every text of a language by its key."""
    tables = {noun: texts.table(language, noun) for noun in texts.nouns(language) if noun not in NOT_SPOKEN}
    return {f"{noun}.{name}": text for noun, table in tables.items() for name, text in table.items() if isinstance(text, str)}


@cache
def placeholders(language: str, key: str) -> frozenset[str]:
    tree = texts._environment(language).parse(spoken(language)[key])
    return frozenset(meta.find_undeclared_variables(tree))


@pytest.mark.parametrize("path", sorted((HERE / "texts").rglob("*.toml")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_file_of_texts_can_be_read(path: Path) -> None:
    assert tomllib.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_language_says_the_same_things(language: str) -> None:
    assert texts.nouns(language) == texts.nouns()
    assert set(spoken(language)) == set(spoken(texts.DEFAULT))
    for noun in NOT_SPOKEN & set(texts.nouns()):
        assert set(texts.table(language, noun)) == set(texts.table(texts.DEFAULT, noun)), noun


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_text_is_a_template_with_the_same_placeholders(language: str) -> None:
    for key, text in spoken(language).items():
        texts._environment(language).from_string(text)  # an unknown filter or a bad tag fails here
        assert placeholders(language, key) == placeholders(texts.DEFAULT, key), f"{key} in {language}"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_large_type_says_no_more_than_the_usual_and_fits_one_line(language: str) -> None:
    for key in spoken(language):
        usual = key.removesuffix("_large")
        if usual != key and usual in spoken(language):
            assert placeholders(language, key) <= placeholders(language, usual) | COMMON, key
            words = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", spoken(language)[key]).strip()
            assert len(words) <= (44 if language == texts.DEFAULT else 100), f"{key} is long for large type"


# --- texts: said by the code, and nothing else --------------------------------------------------------------------


@cache
def trees() -> list[tuple[str, ast.Module]]:
    files = [f for package in BELOW if package != "texts" for f in sorted((HERE / package).rglob("*.py"))]
    return [(f.relative_to(HERE).as_posix(), parse(f.read_text("utf-8"))) for f in files]


def literals(node: ast.expr | None) -> Iterator[str]:
    """The keys an expression may be: a literal, or either branch of `a if x else b`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def named_calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Each call that names a text, with its key: Say("…"), Refused("…"), Option(key="…"), render("…")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0] if node.args and name in {"Say", "Refused", "render"} else None
            key = next((k.value for k in node.keywords if k.arg == "key" and name in {"Say", "Option"}), first)
            yield from ((node, literal) for literal in literals(key) if literal)


def test_every_text_that_the_code_says_exists() -> None:
    there = spoken(texts.DEFAULT)
    missing = [f"{path}:{call.lineno}: {key}" for path, tree in trees() for call, key in named_calls(tree) if key not in there]
    assert not missing, "\n".join(missing)


def test_every_placeholder_is_given() -> None:
    """Say("a.b", {"x": …}) and Refused("a.b", x=…) bring what their text asks for."""
    missing = []
    for path, tree in trees():
        for call, key in named_calls(tree):
            given = values(call)
            if given is not None and key in spoken(texts.DEFAULT):
                lacking = placeholders(texts.DEFAULT, key) - given - COMMON
                missing += [f"{path}:{call.lineno}: {key} without {sorted(lacking)}"] if lacking else []
    assert not missing, "\n".join(missing)


def values(call: ast.Call) -> set[str] | None:
    """The names a call gives its text; None where that cannot be read off the page."""
    name = getattr(call.func, "id", "")
    if name == "Refused":
        named = {k.arg for k in call.keywords}
        return None if None in named else {n for n in named if n}
    if name not in {"Say", "Option"}:
        return None
    table = next((k.value for k in call.keywords if k.arg == "values"), call.args[1] if name == "Say" and len(call.args) > 1 else None)
    if table is None:
        return set()
    keys = table.keys if isinstance(table, ast.Dict) else [None]
    return None if not all(isinstance(k, ast.Constant) for k in keys) else {str(k.value) for k in keys if isinstance(k, ast.Constant)}


def test_no_text_is_left_that_nobody_says() -> None:
    """Every key stands in the code as it is, or fits an f-string of the code ("matters.{code}")."""
    exact, shape = said([tree for _, tree in trees()], [*(HERE / "web").rglob("*.html")])
    left = [key for key in spoken(texts.DEFAULT) if not {key, key.removesuffix("_large")} & exact and not shape.fullmatch(key)]
    for noun, folders in HANDED_WHOLE.items():
        code = [tree for path, tree in trees() if path.startswith(folders)]
        exact, shape = said(code, [*(HERE / folders[0]).rglob("*.html")], bare=True)
        mine = {key: key.partition(".")[2] for key in left if key.startswith(f"{noun}.")}
        left = [key for key in left if key not in mine or not (mine[key] in exact or shape.fullmatch(mine[key]))]
    assert not left, "\n".join(left)


def said(code: list[ast.Module], pages: list[Path], bare: bool = False) -> tuple[set[str], re.Pattern[str]]:
    """The keys that stand in code and pages, and what the f-strings that make keys can become."""
    exact = {found for page in pages for found in re.findall(r"\w+" if bare else KEY, page.read_text("utf-8"))}
    shapes = []
    for node in (node for tree in code for node in ast.walk(tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            exact.add(node.value)
            begins = re.fullmatch(r"[a-z]+_" if bare else r"[a-z_]+\.", node.value)  # "roles." + name
            shapes += [re.escape(node.value) + r"\w+"] if begins else []
        elif isinstance(node, ast.JoinedStr):
            parts = [re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"[a-z0-9_.]+" for v in node.values]
            if bare and len(parts) > 1 and parts[1].startswith(r"\."):  # f"{NAME}.missing_{key}"
                parts = [parts[1][2:], *parts[2:]]
            shapes += ["".join(parts)] if re.match(r"[a-z_]+" if bare else r"[a-z_]+\\\.", "".join(parts)) else []
    return exact, re.compile("|".join(shapes) or "$^")


# --- README and handbook ------------------------------------------------------------------------------------------


def pages() -> str:
    """What people read about us: README and handbook. Not written yet: skipped here, a failure in CI."""
    found = [HERE / "README.md", *sorted((HERE / "docs" / "handbook").glob("*.md"))]
    if not found[0].exists() or len(found) == 1:
        pytest.skip("README.md or docs/handbook/*.md are not written yet")
    return "\n".join(page.read_text("utf-8") for page in found)


def commands(group: Any, prefix: str = "mulin") -> Iterator[str]:
    """Every subcommand of a click group: `mulin roll import`."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_readme_and_handbook_name_every_command() -> None:
    import click

    if not (HERE / "bot" / "__main__.py").exists():
        pytest.skip("the command is not written yet")
    import bot.__main__ as program

    group = next(value for value in vars(program).values() if isinstance(value, click.Group))
    written = pages()
    assert not [command for command in commands(group) if command not in written]


def test_readme_and_handbook_name_every_make_target() -> None:
    targets = re.findall(r"^([a-z]+):.*## ", (HERE / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {"setup", "run", "test", "chat", "check", "bench", "docs", "help"} <= set(targets)
    written = pages()
    assert not [target for target in targets if f"make {target}" not in written]


def test_every_transcript_a_page_shows_is_one_that_the_tests_run() -> None:
    named = set(re.findall(r"[\w./-]+\.chat", pages()))
    assert named
    there = {path.name for path in (HERE / "tests" / "transcripts").rglob("*.chat")}
    assert not [name for name in named if name.rsplit("/", 1)[-1] not in there]


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = []
    for page in [p for p in committed() if p.suffix == ".md"]:
        targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
        ours = [t for t in targets if "://" not in t and not t.startswith("mailto:")]
        broken += [f"{page.relative_to(HERE)}: {t}" for t in ours if not (page.parent / t).exists()]
    assert not broken, "\n".join(broken)


def test_change_notes_are_named_after_their_issue_and_kind() -> None:
    notes = [p.name for p in (HERE / "docs" / "changes").iterdir() if p.name != "README.md"]
    assert not [name for name in notes if not re.fullmatch(rf"\d+[\w-]*\.({'|'.join(KINDS)})", name)]


# --- nothing that belongs to one machine --------------------------------------------------------------------------


def committed() -> list[Path]:
    """The files under version control; in an unpacked archive there is no list, and nothing to check."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=HERE, capture_output=True, text=True)
    return [HERE / name for name in listed.stdout.split("\0") if name and (HERE / name).is_file()]


REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "npm" + "mirror.com", "deb.deb" + "ian.org")
REGISTRIES += ("crates" + ".io", "tuna.tsing" + "hua")
MACHINE = re.compile("(?<![\\w.~*/])/(?:wo" + "rk|ro" + "ot|tm" + "p|opt/whe" + "els)(?:/|\\b)")


def test_no_file_names_a_registry_or_a_path_of_this_machine() -> None:
    found = []
    for path in committed():
        if path.suffix in {".png", ".xlsx", ".ttf", ".otf", ".woff2", ".jpg", ".pdf", ".db", ".ico"}:
            continue
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
            if MACHINE.search(line) or any(address in line for address in REGISTRIES):
                found.append(f"{path.relative_to(HERE)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


def test_requirements_hold_hashes_and_no_address() -> None:
    run, everything = ((HERE / name).read_text("utf-8") for name in ("requirements.txt", "requirements-dev.txt"))
    for text in (run, everything):
        assert "://" not in text
        assert "--hash=sha256:" in text
    pinned = re.compile(r"^\S+==\S+", re.MULTILINE)
    assert set(pinned.findall(run)) < set(pinned.findall(everything)), "the two sets differ in a version"


def test_requirements_pin_what_the_project_asks_for() -> None:
    project = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))["project"]
    for name, asked in (("requirements.txt", project["dependencies"]), ("requirements-dev.txt", project["optional-dependencies"]["dev"])):
        pinned = {line.split("==")[0] for line in (HERE / name).read_text("utf-8").splitlines() if re.match(r"\S+==", line)}
        assert not {re.split(r"[\[<>=;~ ]", line)[0] for line in asked} - pinned
