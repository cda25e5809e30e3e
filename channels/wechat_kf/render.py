"""Finished words as 客服 sends them: text, or a menu whose lines are tapped; what a menu has no room for is numbered text.

Every message counts: five may follow one of theirs. So a page is a line of the menu and not a card of its own, which would
need a picture besides.
"""

from __future__ import annotations

from typing import Any

from channels.numbered import Phrases, numbered, split
from channels.tencent.parts import cut
from dialogue.words import Button, Rendered

MAX_TEXT = 2048  # bytes, all of these
MAX_HEAD = MAX_TAIL = MAX_PAGE_LABEL = 1024
MAX_PAYLOAD = 64  # one copy of the documentation says 128
MAX_LABEL = 128
MAX_URL = 2048
MAX_LINES = 10

Message = dict[str, Any]


def render(words: Rendered, phrases: Phrases, *, menu: bool = True) -> list[Message]:
    """The messages that say these words, in order, what is tapped last. `menu` False: text alone may be sent."""
    text = words.text.strip()
    lines, tail = _lines(words, phrases)
    if not lines or not menu:
        return [_text(part) for part in split(numbered(words, phrases), MAX_TEXT)]
    parts = split(text, MAX_TEXT) if len(text.encode()) > MAX_HEAD else [text]
    if len(parts[-1].encode()) > MAX_HEAD:
        parts[-1:] = split(parts[-1], MAX_HEAD)
    body = {"head_content": parts[-1], "list": lines, "tail_content": tail}
    shown = {"msgtype": "msgmenu", "msgmenu": {name: value for name, value in body.items() if value}}
    return [*(_text(part) for part in parts[:-1]), shown]


def at_once(words: Rendered, phrases: Phrases, *, menu: bool) -> list[Message]:
    """The same where only one message may go out: rather numbered text than a menu that comes too late."""
    messages = render(words, phrases, menu=menu)
    return messages if len(messages) == 1 else render(words, phrases, menu=False)


def _lines(words: Rendered, phrases: Phrases) -> tuple[list[Message], str]:
    """The lines of the menu, and what else may be said; no lines where not everything that must be tapped fits."""
    needed = [b for b in words.buttons if not b.aside]
    asides = [b for b in words.buttons if b.aside]
    if not all(_fits(b) for b in needed) or len(needed) > MAX_LINES:
        return [], ""
    beside = asides if len(words.buttons) <= MAX_LINES and all(_fits(b) for b in asides) else []
    lines = [_line(b, number) for b, number in zip(needed, _numbers(needed), strict=True)]
    tail = "" if beside or not asides else phrases.also.format(words=phrases.joint.join(b.text for b in asides))
    return lines + [_line(b) for b in beside], cut(tail, MAX_TAIL)


def _numbers(needed: list[Button]) -> list[str]:
    """1. 2. 3. before the choices, for whoever would rather type; none where a choice is itself a figure."""
    choices = [b for b in needed if b.payload]
    if len(choices) < 2 or any(b.text[:1].isdigit() for b in choices):
        return [""] * len(needed)
    return [f"{choices.index(b) + 1}. " if b.payload else "" for b in needed]


def _fits(b: Button) -> bool:
    if b.url:
        return len(b.url.encode()) <= MAX_URL and len(b.text.encode()) <= MAX_PAGE_LABEL
    return len(b.payload.encode()) <= MAX_PAYLOAD and len(b.text.encode()) <= MAX_LABEL - 4  # room for its number


def _line(b: Button, number: str = "") -> Message:
    if b.url:
        return {"type": "view", "view": {"url": b.url, "content": b.text}}
    return {"type": "click", "click": {"id": b.payload, "content": number + b.text}}


def _text(part: str) -> Message:
    return {"msgtype": "text", "text": {"content": part}}
