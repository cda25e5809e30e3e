"""Finished words as Telegram sends them: at most 4096 units a message, buttons below the last part.

Plain text without a parse mode, so that nothing a resident wrote can be taken for markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from dialogue.words import Button, Rendered

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_PAYLOAD = 64  # bytes of a button's payload
MAX_BUTTONS = 100


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make. With `picture`, the caller adds the picture under the name `photo`."""

    method: str
    params: Mapping[str, Any]
    picture: bool = False


def render(address: str, words: Rendered) -> list[Call]:
    """The calls that say these words in this chat, in order. Raises ValueError for an address that is none of ours."""
    text, buttons = _fitting(words)
    chat, _, thread = address.partition("/")
    to: dict[str, Any] = {"chat_id": int(chat)}
    if thread:
        to["message_thread_id"] = int(thread)
    if words.quiet:
        to["disable_notification"] = True
    calls: list[Call] = []
    if words.picture and units(text) <= MAX_CAPTION:
        calls.append(Call("sendPhoto", {**to, "caption": text}, picture=True))
    else:
        if words.picture:
            calls.append(Call("sendPhoto", to, picture=True))
        calls += [Call("sendMessage", {**to, "text": p, "link_preview_options": {"is_disabled": True}}) for p in split(text, MAX_TEXT)]
    if calls and words.reply_to.isdecimal():
        reply = {"message_id": int(words.reply_to), "allow_sending_without_reply": True}
        calls[0] = _with(calls[0], "reply_parameters", reply)
    markup = _markup(words, buttons, group=chat.startswith("-"))
    if calls and markup:
        calls[-1] = _with(calls[-1], "reply_markup", markup)
    return calls


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text) + sum(1 for c in text if ord(c) > 0xFFFF)


def split(text: str, limit: int) -> list[str]:
    """The text in parts of at most `limit` units, cut after a paragraph, a line, a sentence, or hard.

    Put together again the parts are the text; only what is nothing but blank is left out, since nobody can send it.
    """
    parts: list[str] = []
    while units(text) > limit:
        at = _break(text, _reach(text, limit))
        parts.append(text[:at])
        text = text[at:]
    parts.append(text)
    return [part for part in parts if part.strip()]


def _reach(text: str, limit: int) -> int:
    """How many characters fit into `limit` units; a character of two units goes whole or not at all."""
    used = 0
    for i, c in enumerate(text):
        used += 2 if ord(c) > 0xFFFF else 1
        if used > limit:
            return i
    return len(text)


def _break(text: str, reach: int) -> int:
    for mark in ("\n\n", "\n", "。", " "):
        at = text.rfind(mark, 0, reach)
        if at >= reach // 2:  # never a part shorter than half, however well it would end
            return at + len(mark)
    return reach


def _fitting(words: Rendered) -> tuple[str, tuple[Button, ...]]:
    """What Telegram would refuse as buttons stands in the text instead: options by number, links by address."""
    options = [b for b in words.buttons if not b.url and not b.aside]
    numbered = len(words.buttons) > MAX_BUTTONS or any(len(b.payload.encode()) > MAX_PAYLOAD for b in options)
    lines = [f"{i}. {b.text}" for i, b in enumerate(options, 1)] if numbered else []
    lines += [f"{b.text}: {b.url}" for b in words.buttons if b.url and not _linkable(b.url)]
    rest = tuple(
        b for b in words.buttons if (_linkable(b.url) if b.url else len(b.payload.encode()) <= MAX_PAYLOAD and (b.aside or not numbered))
    )
    return "\n".join([words.text, *lines]) if lines else words.text, rest[:MAX_BUTTONS]


def _linkable(url: str) -> bool:
    # Telegram refuses the whole message for a button to a host without a dot, such as localhost
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "")


def _markup(words: Rendered, buttons: tuple[Button, ...], *, group: bool) -> dict[str, Any] | None:
    if buttons:
        return {"inline_keyboard": [[_button(b) for b in row] for row in rows(buttons, large=words.large)]}
    if words.asks and group:  # in a group only a reply reaches us: open the reply box of whoever is asked
        return {"force_reply": True, "selective": True}
    return None


def _button(b: Button) -> dict[str, str]:
    return {"text": b.text, "url": b.url} if b.url else {"text": b.text, "callback_data": b.payload}


def rows(buttons: tuple[Button, ...], *, large: bool) -> list[list[Button]]:
    """The keyboard: long labels one a row, short ones two, three or (figures) five; choices and asides apart; 大字版 one a row."""
    result: list[list[Button]] = []
    room = 0
    for b in buttons:
        fits = 1 if large else _per_row(b.text)
        row = result[-1] if result else []
        if row and len(row) < min(room, fits) and row[-1].aside == b.aside:
            row.append(b)
            room = min(room, fits)
        else:
            result.append([b])
            room = fits
    return result


def _per_row(label: str) -> int:
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in label)
    return 5 if width <= 3 else 3 if width <= 8 else 2 if width <= 16 else 1


def _with(call: Call, name: str, value: Any) -> Call:
    return Call(call.method, {**call.params, name: value}, call.picture)
