"""Full-width and half-width, 简体 and 繁體, 3 and 三 mean the same to us; what people typed is never changed, only read.

Everything here is for comparing and counting. `narrow` keeps every character in its place, so that a place found in its
result is the same place in what was typed.
"""

from __future__ import annotations

import re
import unicodedata

from dialogue.traditional import SIMPLIFIED, TRADITIONAL

# Invisible signs that phones and copied texts bring along: BOM, zero-width space and joiners, direction marks, variation selectors.
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufe0e\ufe0f"
_TO_SIMPLIFIED = dict(zip(TRADITIONAL, SIMPLIFIED, strict=True))


class _Reading(dict[int, str]):
    """Fills itself: how each sign is read, NFKC and simplified. With `in_place` it is always one character."""

    def __init__(self, *, in_place: bool) -> None:
        super().__init__(dict.fromkeys(map(ord, _INVISIBLE), " " if in_place else ""))
        self.in_place = in_place

    def __missing__(self, code: int) -> str:
        character = chr(code)
        wide = unicodedata.normalize("NFKC", character)
        if self.in_place and len(wide) != 1:
            wide = character
        read = _TO_SIMPLIFIED.get(wide, wide)
        if len(self) < 0x4000:  # a flood of rare signs must not fill the memory
            self[code] = read
        return read


_NARROW = _Reading(in_place=True)
_FOLD = _Reading(in_place=False)

_SIGNS = ("零〇", "一壹幺", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_DIGITS = {sign: value for value, signs in enumerate(_SIGNS) for sign in signs}
_DIGITS |= {str(d): d for d in range(10)}
_UNITS = {"亿": 100_000_000, "万": 10_000, "千": 1000, "仟": 1000, "百": 100, "佰": 100, "十": 10, "拾": 10}
_LONGEST = 15  # more digits than any count of ours; also keeps int() away from novels
_SPOKEN = re.compile(r"[0-9零〇一幺壹二两贰三叁四肆五伍六陆七柒八捌九玖]+")

NUMBER = r"(?:[0-9]+|[⑩-⑳⑽-⒇]|[零〇一二两三四五六七八九十百千万廿卅]+)"
"""A pattern for a number within narrowed text; `number` says what it is."""


def narrow(text: str) -> str:
    """The same text as everybody would write it, character for character: half-width, simplified, invisible signs as spaces."""
    return text.translate(_NARROW)


def fold(text: str) -> str:
    """What was typed, ready to be compared: NFKC, simplified, no invisible signs, nothing around it. Letters keep their case."""
    return text.translate(_FOLD).strip()


def number(text: str) -> int | None:
    """A whole number as people write or say it (1 １ ① 一 十二 三百五 两千零三 二〇二六); None if it is anything else."""
    said = fold(text)
    if not said or len(said) > 2 * _LONGEST:
        return None
    if said.isascii():
        return int(said) if said.isdigit() and len(said) <= _LONGEST else None
    if all(c in _DIGITS for c in said):
        return int("".join(str(_DIGITS[c]) for c in said)) if len(said) <= _LONGEST else None
    return _counted(said.replace("廿", "二十").replace("卅", "三十"))


def _counted(said: str) -> int | None:
    """三百五十 by its units, the greatest first; 三百五 means 350, as it is spoken."""
    for sign, unit in _UNITS.items():
        head, found, tail = said.partition(sign)
        if found:
            times = 1 if unit == 10 and not head else _counted(head)
            rest = _after(tail, unit)
            if times is None or rest is None or times >= (10 if unit < 10_000 else unit):
                return None
            return times * unit + rest
    if said.isascii() and said.isdigit():
        return int(said)
    return _DIGITS.get(said)


def _after(tail: str, unit: int) -> int | None:
    """What follows a unit: nothing, 零五, or a smaller count; a lone digit counts in the next smaller unit."""
    if not tail:
        return 0
    if tail in _DIGITS:
        return _DIGITS[tail] * (unit // 10 if unit > 10 else 1)
    rest = _counted(tail[1:] if tail[0] in "零〇" else tail)
    return rest if rest is not None and rest < unit else None


def digits(text: str) -> str:
    """A code or telephone number said digit by digit (一二三四 五六七八, 幺三八 …), spaces and dashes dropped; "" if anything else."""
    said = re.sub(r"[\s\-—_.·]+", "", fold(text))
    return "".join(str(_DIGITS[c]) for c in said) if _SPOKEN.fullmatch(said) else ""
