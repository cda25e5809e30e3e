"""Finished words as the 公众号 shows them: as the answer to a request with choices to tap in the text, or as 客服消息."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from channels.contract import Answer
from channels.numbered import Phrases, language, numbered, split
from channels.wechat.marks import mark
from channels.wechat.settings import Words
from dialogue.words import Button, Rendered

MAX_TEXT = 2048  # bytes, the marks of links among them
MAX_HEAD = 1024  # of what stands above a menu; nobody says it for 公众号, this is what 微信客服 takes
MAX_ITEMS = 10
PAGE = '<a href="{url}">{label}</a>'
TAP = '<a href="weixin://bizmsgmenu?msgmenucontent={said}&msgmenuid={id}">{label}</a>'
JOINER = "\u200b"  # seen by nobody
APART = "\n\n"
WIDE = str.maketrans({c: chr(ord(c) + 0xFEE0) for c in "<>\"'&#%?+="})  # in an address these would mean something

Call = dict[str, Any]


def body(answers: Sequence[Answer], words: Words) -> tuple[str, tuple[int, ...]]:
    """The text for a request's own answer, and the rows it says: the first ones, as many as fit; ("", ()) for none.

    One set of choices at most, so that 1 means one thing; what has a picture, and all after it, leaves by itself.
    """
    parts: list[str] = []
    rows: list[int] = []
    asked = False
    for answer in answers:
        chooses = any(b.payload and not b.aside for b in answer.words.buttons)
        text = "" if answer.words.picture or (asked and chooses) else _tapped(answer.words, words)
        if not text or _size(APART.join([*parts, text])) > MAX_TEXT:
            break
        parts.append(text)
        rows.append(answer.row)
        asked = asked or chooses
    return APART.join(parts), tuple(rows)


def calls(said: Rendered, words: Words) -> list[Call]:
    """The bodies of message/custom/send that say these words in order, without their receiver and picture."""
    phrases, said = Phrases.of(words(language(said))), _harmless(said)
    options = [b for b in said.buttons if b.payload]
    head = numbered(replace(said, buttons=tuple(b for b in said.buttons if b.url)), phrases)
    if 1 <= len(options) <= MAX_ITEMS and head and _size(head) <= MAX_HEAD:
        return [{"msgtype": "msgmenu", "msgmenu": {"head_content": head, "list": _items(options), "tail_content": ""}}]
    text = numbered(said, replace(phrases, page=PAGE))
    return [{"msgtype": "text", "text": {"content": part}} for part in split(text, MAX_TEXT)]


def _items(options: Sequence[Button]) -> list[Mapping[str, str]]:
    """What to tap, choices first and with the numbers that may be typed instead."""
    choices = [b for b in options if not b.aside]
    labels = [(b, f"{i}. {b.text}") for i, b in enumerate(choices, 1)] + [(b, b.text) for b in options if b.aside]
    return [{"id": mark(b.payload), "content": label} for b, label in labels]


def _tapped(said: Rendered, words: Words) -> str:
    """The words with everything to tap; with the choices alone, or nothing, where that would be too long; "" if even that is."""
    phrases, safe = replace(Phrases.of(words(language(said))), page=PAGE), _harmless(said)

    def choices(button: Button) -> str:
        return button.text if button.aside else _tap(button)

    return next((text for link in (_tap, choices, None) if _size(text := numbered(safe, phrases, link=link)) <= MAX_TEXT), "")


def _tap(button: Button) -> str:
    said = button.text.replace(JOINER, "").translate(WIDE)
    return TAP.format(said=said, id=mark(button.payload), label=button.text)


def _harmless(said: Rendered) -> Rendered:
    """Nothing a neighbour wrote becomes a link, which here could even vote for whoever taps it."""
    buttons = tuple(replace(b, text=_broken(b.text)) for b in said.buttons)
    return replace(said, text=_broken(said.text), buttons=buttons)


def _broken(text: str) -> str:
    return text.replace("<", f"<{JOINER}")


def _size(text: str) -> int:
    return len(text.encode())
