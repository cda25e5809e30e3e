"""A post as a group robot puts it up: a card where it is short, else words with their links.

What is tapped in the group never reaches us, so only links are shown.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Any

from channels.tencent.cards import AIBOT, notice
from channels.tencent.parts import harmless, split
from dialogue.words import Button, Rendered

MAX_TEXT = 2048  # bytes
MAX_MARKDOWN = 4096
MAX_PICTURE = 2 * 1024 * 1024
HEADING = re.compile(r"【[^】\n]*】 *")
PICTURES = (b"\x89PNG", b"\xff\xd8\xff")

Call = dict[str, Any]


def render(words: Rendered, picture: bytes | None = None, everyone: Sequence[str] = ()) -> list[Call]:
    """The bodies of webhook/send that say these words, in order.

    `everyone`: the words that call the whole group (@所有人) where a post begins with them, below no more than the house's own
    heading; further on they may be a resident's, quoted.
    """
    links = [button for button in words.buttons if button.url]
    calls = [_picture(picture)] if picture and fits(picture) else []
    text = words.text.strip()
    called = text[_heading(text) :].startswith(tuple(everyone))
    if not text and not links:
        return calls
    if called or (not links and len(text.encode()) <= MAX_TEXT):
        said: list[Call] = [{"msgtype": "text", "text": {"content": part}} for part in _parts(text, _lines(links), MAX_TEXT)]
        if called:
            said[0]["text"]["mentioned_list"] = ["@all"]
        return calls + said
    if card := notice(words, links, AIBOT):  # no news_notice: its picture must lie at an address open to the world, and ours do not
        return [*calls, {"msgtype": "template_card", "template_card": card}]
    marked = "\n".join(f"[{harmless(b.text)}]({b.url})" for b in links)
    return calls + [{"msgtype": "markdown", "markdown": {"content": part}} for part in _parts(harmless(text), marked, MAX_MARKDOWN)]


def _heading(text: str) -> int:
    """Where the words begin after the 【通知】 that the house puts before them."""
    found = HEADING.match(text)
    return found.end() if found else 0


def fits(picture: bytes) -> bool:
    """Whether the platform takes it: JPEG or PNG, at most 2 MB."""
    return picture.startswith(PICTURES) and len(picture) <= MAX_PICTURE


def _picture(picture: bytes) -> Call:
    digest = hashlib.md5(picture, usedforsecurity=False).hexdigest()
    return {"msgtype": "image", "image": {"base64": base64.b64encode(picture).decode(), "md5": digest}}


def _lines(links: list[Button]) -> str:
    return "\n".join(f"{b.text} {b.url}" for b in links)


def _parts(text: str, tail: str, most: int) -> list[str]:
    """The words in as many messages as they need; the links stand whole at the end of the last."""
    ending = f"\n\n{tail}" if tail else ""
    parts = split(text, most - len(ending.encode())) or [""]
    return [*parts[:-1], (parts[-1] + ending).strip()]
