"""Words with something to tap as the cards Tencent shows to members: buttons, a list to tick, a note that leads to a page.

What does not fit a card is no card: then the same words go as numbered lines, and nothing of them is lost. A button's key and
an option's id are our payload itself, so that a tap says all by itself, whatever became of the card (facts/wecom.md §4.3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dialogue.rendered import Button, Rendered

Card = dict[str, Any]
BUTTONS, OPTIONS, SELECTORS, SELECTABLE, MENU, LINKS, LINES = 6, 20, 3, 10, 3, 3, 4
RATIO = 1.5  # of a picture: width by height, 1.3 to 2.25
KEY_BYTES, ID_BYTES, URL_BYTES = 1024, 128, 2048
ONE, MANY = "one", "many"  # question keys: one option, or several sent in together
_ENDS = re.compile(r"(?<=[。！？；：，!?;:,])")


@dataclass(frozen=True, slots=True)
class CardLimits:
    """How many signs a card shows of each of its parts; what is longer it cuts off on the screen. `links`: buttons may open pages."""

    title: int
    desc: int
    body: int
    button: int
    option: int
    select: int
    jump: int
    value: int
    links: bool


APP = CardLimits(title=36, desc=44, body=160, button=10, option=17, select=16, jump=18, value=30, links=True)
AIBOT = CardLimits(title=26, desc=30, body=112, button=10, option=11, select=10, jump=13, value=26, links=False)


@dataclass(frozen=True, slots=True)
class CardPhrases:
    """The few words a card says of itself; these keys stand in texts/<language>/<door>.toml.

    `choose`: the title of a card whose words stand above it; `submit`: its last button; `more`: the menu in its corner; `web`: what
    stands before a link (at most 5 signs); `also`: （也可以说：{words}）, its words joined by `joint`.
    """

    choose: str
    submit: str
    more: str
    web: str
    also: str
    joint: str

    @classmethod
    def of(cls, table: Mapping[str, str]) -> CardPhrases:
        """Those of one door in one language (Outfit.words)."""
        return cls(*(table[name] for name in ("choose", "submit", "more", "web", "also", "joint")))


def card(words: Rendered, task: str, limits: CardLimits, phrases: CardPhrases, *, above: str = "", image: str = "") -> Card | None:
    """These words as one card, or None where they do not fit.

    `task` is its task_id (0-9A-Za-z_-@, never used twice). `above`: the full words, said in a message just before; then the card
    need only offer what is tapped, and may shorten it. `image`: the address of the picture, which the platform itself holds.
    """
    options = [b for b in words.buttons if b.payload and not b.aside]
    asides = [b for b in words.buttons if b.payload and b.aside]
    links = [b for b in words.buttons if b.url]
    if not options and not words.asks:
        options, asides = asides, []  # a menu is nothing but asides
    if not options:
        return None if asides or words.asks else notice(words, links, limits, image)
    if any(len(b.url.encode()) > URL_BYTES for b in links):
        return None
    asked = _Asked(words, options, asides, [] if above else links, task, above)
    return _buttons(asked, limits, phrases) or _vote(asked, limits, phrases)


def selectors(title: str, questions: Sequence[Rendered], task: str, limits: CardLimits, phrases: CardPhrases) -> Card | None:
    """Up to three questions with one answer each on one card; None where they do not fit. A question's words are its selector's title."""
    lists = [[{"id": b.payload, "text": b.text} for b in q.buttons if b.payload and not b.aside] for q in questions]
    fits = 1 <= len(lists) <= SELECTORS and len(title) <= limits.title and all(len(q.text) <= limits.select for q in questions)
    short = all(
        1 <= len(rows) <= SELECTABLE and _distinct(rows) and all(len(row["text"]) <= limits.select for row in rows) for rows in lists
    )
    if not (fits and short):
        return None
    return {
        "card_type": "multiple_interaction",
        "main_title": {"title": title},
        "select_list": [
            {"question_key": f"q{i}", "title": q.text, "option_list": rows}
            for i, (q, rows) in enumerate(zip(questions, lists, strict=True), 1)
        ],
        "submit_button": {"text": phrases.submit, "key": "submit"},
        "task_id": task,
    }


def labels(shown: Card) -> dict[str, str]:
    """What each payload of a card is called on it, to say 已选：… once it is tapped."""
    rows = [*shown.get("button_list", ()), *shown.get("action_menu", {}).get("action_list", ())]
    rows += shown.get("checkbox", {}).get("option_list", ())
    rows += [option for one in shown.get("select_list", ()) for option in one["option_list"]]
    return {row.get("key") or row.get("id", ""): row["text"] for row in rows if row.get("key") or row.get("id")}


@dataclass(frozen=True, slots=True)
class _Asked:
    words: Rendered
    options: list[Button]
    asides: list[Button]
    links: list[Button]
    task: str
    above: str


def _buttons(asked: _Asked, limits: CardLimits, phrases: CardPhrases) -> Card | None:
    """button_interaction: up to six; asides beside the options where there is room, else in the menu of its corner."""
    options, asides, links = asked.options, asked.asides, asked.links
    if asked.words.most > 1 or len(options) > BUTTONS or any(len(b.text) > limits.button for b in options):
        return None
    everything = [*options, *asides, *(links if limits.links else ())]
    beside = len(everything) <= BUTTONS and all(len(b.text) <= limits.button for b in everything)
    shown, menu = (everything, []) if beside else (options, asides[:MENU])
    listed = [b for b in links if b not in shown]
    said = "" if beside or asked.above else _also(asides[MENU:], phrases)
    laid = _laid(asked.words.text + said, phrases, limits.title, limits.body)
    if laid is None or not _keys(shown, KEY_BYTES) or not _keys(menu, KEY_BYTES) or len(listed) > BUTTONS:
        return None
    if any(len(b.text) > limits.value for b in listed):
        return None
    title, body = laid
    corner = [{"text": b.text, "key": b.payload} for b in menu]
    return _filled(
        card_type="button_interaction",
        main_title={"title": title},
        sub_title_text=body,
        horizontal_content_list=[{"keyname": phrases.web, "value": b.text, "type": 1, "url": b.url} for b in listed],
        action_menu={"desc": phrases.more, "action_list": corner} if corner else {},
        button_list=[_button(b, plain=b in options, typed=limits.links) for b in shown],
        task_id=asked.task,
    )


def _button(b: Button, *, plain: bool, typed: bool) -> dict[str, Any]:
    look = {"text": b.text, "style": 1 if plain else 2}
    if b.url:
        return {**look, "type": 1, "url": b.url}
    return {**look, "key": b.payload, **({"type": 0} if typed else {})}


def _vote(asked: _Asked, limits: CardLimits, phrases: CardPhrases) -> Card | None:
    """vote_interaction: up to twenty to tick, one or several, then sent in together. It has no place for links or a menu."""
    texts = [b.text for b in asked.options]
    long = any(len(text) > limits.option for text in texts)
    whole = asked.above or asked.words.text
    if asked.links or len(texts) > OPTIONS or (long and not all(text in whole for text in texts)):
        return None
    rows = [
        {"id": b.payload, "text": _cut(f"{i}. {b.text}" if long else b.text, limits.option), "is_checked": False}
        for i, b in enumerate(asked.options, 1)
    ]
    said = "" if asked.above else _also(asked.asides, phrases)
    laid = _laid(asked.words.text + said, phrases, limits.title, limits.desc)
    if laid is None or not _distinct(rows):
        return None
    title, desc = laid
    several = asked.words.most > 1
    return {
        "card_type": "vote_interaction",
        "main_title": _filled(title=title, desc=desc.replace("\n", " ")),
        "checkbox": {"question_key": MANY if several else ONE, "mode": int(several), "option_list": rows},
        "submit_button": {"text": phrases.submit, "key": "submit"},
        "task_id": asked.task,
    }


def notice(words: Rendered, links: Sequence[Button], limits: CardLimits, image: str = "") -> Card | None:
    """text_notice, or with a picture news_notice: words that ask nothing and lead to pages."""
    title, _, body = words.text.strip().partition("\n")
    fits = len(title) <= limits.title and len(body.strip()) <= limits.body and all(len(b.text) <= limits.jump for b in links)
    if not title or not fits or not 1 <= len(links) <= LINKS or any(len(b.url.encode()) > URL_BYTES for b in links):
        return None
    jumps = [{"type": 1, "title": b.text, "url": b.url} for b in links]
    common: Card = {"main_title": {"title": title}, "jump_list": jumps, "card_action": {"type": 1, "url": links[0].url}}
    if not image:
        return _filled(card_type="text_notice", sub_title_text=body.strip(), **common)
    lines = [{"title": line} for line in body.strip().splitlines() if line]
    if len(lines) > LINES or any(len(line["title"]) > limits.title for line in lines):
        return None
    return _filled(card_type="news_notice", card_image={"url": image, "aspect_ratio": RATIO}, vertical_content_list=lines, **common)


def _filled(**parts: Any) -> Card:
    """What has something in it: an empty list or text is refused."""
    return {name: part for name, part in parts.items() if part}


def _laid(text: str, phrases: CardPhrases, title: int, body: int) -> tuple[str, str] | None:
    """The first line above, the rest below; a long first line is parted after a sentence. None: there is no room for all of it."""
    first, _, rest = (text.strip() or phrases.choose).partition("\n")
    if len(first) > title:
        head = ""
        for piece in _ENDS.split(first):
            if len(head + piece) > title:
                break
            head += piece
        if not head:
            return None
        first, rest = head, f"{first[len(head) :].strip()}\n{rest}"
    rest = rest.strip()
    return (first, rest) if len(rest) <= body else None


def _also(asides: Sequence[Button], phrases: CardPhrases) -> str:
    return "\n" + phrases.also.format(words=phrases.joint.join(b.text for b in asides)) if asides else ""


def _keys(buttons: Sequence[Button], most: int) -> bool:
    keys = [b.payload for b in buttons if b.payload]
    return len(set(keys)) == len(keys) and all(len(key.encode()) <= most for key in keys)


def _distinct(rows: Sequence[Mapping[str, Any]]) -> bool:
    ids = [row["id"] for row in rows]
    return len(set(ids)) == len(ids) and all(len(i.encode()) <= ID_BYTES for i in ids)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
