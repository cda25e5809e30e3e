"""Words as Tencent takes them: in its lengths, counted in bytes of UTF-8 (what is longer it cuts, or refuses), and in its markdown."""

from __future__ import annotations

import re

ENDS = ("\n\n", "\n", "。", " ")
JOINER = "\u200b"  # seen by nobody; it keeps apart what would be a mark together
LINE_MARK = re.compile(r"(?m)^(\s*)([#>|]|[-+*](?=\s)|-{3,}|\d+(?=[.)]\s))")


def cut(text: str, most: int) -> str:
    """The text in at most `most` bytes, with … where something is missing (a title, a label)."""
    return text if len(text.encode()) <= most else _within(text, most - len("…".encode())).rstrip() + "…"


def split(text: str, most: int) -> list[str]:
    """The text in parts of at most `most` bytes, cut after a paragraph, a line, a sentence, or hard.

    Put together again the parts are the text; only what is nothing but blank is left out, since nobody can send it.
    """
    parts: list[str] = []
    while len(text.encode()) > most:
        whole = _within(text, most)
        ends = (whole.rfind(mark) + len(mark) for mark in ENDS if mark in whole)
        at = next((end for end in ends if end >= len(whole) // 2), len(whole))  # never a part shorter than half, however well it would end
        parts.append(text[:at])
        text = text[at:]
    parts.append(text)
    return [part for part in parts if part.strip()]


def harmless(text: str) -> str:
    """The words as they are: nothing a neighbour wrote becomes a heading, a link of their own, a hidden thought or a call for somebody."""
    text = LINE_MARK.sub(rf"\1{JOINER}\2", text)
    return text.replace("](", f"]{JOINER}(").replace("<", f"<{JOINER}").replace("**", f"*{JOINER}*").replace("`", "'")


def _within(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
