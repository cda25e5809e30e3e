"""Words with options for a reader who has no buttons: numbered lines, and the few words such a door says of itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from channels.tencent.parts import split as split  # by bytes, at line ends where it can
from dialogue.rendered import Button, Rendered

_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Phrases:
    """`also`: （也可以说：{words}）; `joint`: 、 between them; `page`: {label}：{url}. These keys stand in texts/<language>/<door>.toml."""

    also: str
    joint: str
    page: str

    @classmethod
    def of(cls, table: Mapping[str, str]) -> Phrases:
        """Those of one door in one language (Outfit.words)."""
        return cls(table["also"], table["joint"], table["page"])


def language(words: Rendered) -> str:
    """The tag these words are written in: finished words do not carry it, but Chinese shows."""
    return "" if _HAN.search(words.text) else "en"


def numbered(words: Rendered, phrases: Phrases, *, link: Callable[[Button], str] | None = None) -> str:
    """The words, then `1. …` a line per choice, `label：url` per page, and what else may be said (改、人工) in one line.

    Choices that are figures themselves (rooms: 101、102) are not numbered: whoever then says 5 could mean either.
    `link` writes a choice or aside as something to tap; without it they are typed.
    """
    name = link or _label
    choices = [b for b in words.buttons if b.payload and not b.aside]
    asides = [name(b) for b in words.buttons if b.payload and b.aside]
    figures = any(b.text.strip().isdecimal() for b in choices)
    lines = [phrases.joint.join(map(name, choices))] if figures else [f"{i}. {name(b)}" for i, b in enumerate(choices, 1)]
    lines += [phrases.page.format(label=b.text, url=b.url) for b in words.buttons if b.url]
    if asides:
        lines.append(phrases.also.format(words=phrases.joint.join(asides)))
    return "\n".join([words.text, "", *lines] if words.text and lines else [words.text, *lines]).strip("\n")


def _label(button: Button) -> str:
    return button.text
