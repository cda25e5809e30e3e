"""What a typed answer chooses from the question shown last: by its number, its letter or its own whole words.

同意 chooses 同意 and never 不同意; 👍 and 好的 are courtesy and never a vote; where an option is itself a number and the reader
could have meant either, the bot asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dialogue.numerals import NUMBER, fold, number


@dataclass(frozen=True, slots=True)
class Chosen:
    """One option, by its place in the list, from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class Several:
    """More than one option, in the order said (1、4); whether the question allows it, the question knows."""

    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AskWhich:
    """A number was said and the options are numbers themselves: one of these was meant."""

    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotAChoice:
    """It chooses nothing. `reason`: "courtesy" (👍 好的 收到), "out_of_range" (选9 of four), "other" (talk)."""

    reason: str


Choice = Chosen | Several | AskWhich | NotAChoice

_COURTESY = frozenset(
    re.findall(
        r"\S+",
        """👍 👌 🙏 😊 🌹 ❤ 好的 好 好嘞 好吧 好滴 好哒 好呀 好啊 收到 收到了 已收到 嗯 嗯嗯 恩 恩恩 哦 噢 行 行吧 可以 没问题
        知道了 知道啦 明白 明白了 了解 谢谢 谢谢啦 谢谢您 感谢 辛苦 辛苦了 ok okay okk thanks""",
    )
)
_NEVER = frozenset({"👍", "好的", "收到"})  # not even where an option is called so
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff\u20e3]")  # a thumb of any colour; the frame of 1️⃣
_END = re.compile(r"[\s吧呀啊!。.~,]+\Z")
_LEAD = re.compile(r"(?:我?(?:要|想)?选择?|我?投给?|我|回复?)\s*[:,]?\s*")
_ORDINAL = re.compile(rf"第\s*(?P<n>{NUMBER})\s*(?:个|项|条|种)?(?:选项|方案)?")
_BARE = re.compile(rf"(?P<n>{NUMBER})\s*(?:号|\.|、|\))?")
_PARTS = re.compile(r"[\s,，、;；/&+]+|和|跟|与|及")
_MARK = re.compile(rf"(?:(?P<n>{NUMBER})|(?P<a>[a-z]))\s*[.、:)）]\s*(?=\D)|(?P<c>[①-⑳])\s*", re.IGNORECASE)
_NUMERIC = re.compile(r"[0-9]+|[一二三四五六七八九十两百千万]+(?=\Z|[个号栋楼层元次天月年周小])")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_LETTER = re.compile(r"[a-z](?![a-z])")
_SPACED = re.compile(r"[0-9]\s+[0-9]")
_LONGEST_NUMBERS = 60  # characters of 1、4、7 …; longer words are an option's own or talk


def same(one: str, other: str) -> bool:
    """True if both say the same words: width, script, case, spaces and a closing 吧 or 。 make no difference."""
    return _bare(one) == _bare(other) != ""


def choose(text: str, labels: Sequence[str]) -> Choice:
    """Which of `labels` (as shown, without asides) somebody means who answers `text`."""
    said = _bare(text)
    shown = [_bare(label) for label in labels]
    courtesy = said in _COURTESY
    if not said or (courtesy and said in _NEVER):
        return NotAChoice("courtesy" if courtesy else "other")
    lettered = _lettered(labels)
    found = _one(said, labels, shown, lettered) if said in shown or not _SPACED.search(fold(text)) else NotAChoice("other")
    if isinstance(found, NotAChoice) and found.reason == "other":
        if courtesy:
            return NotAChoice("courtesy")
        return _several(text, labels, shown, lettered)
    return found


def _bare(text: str) -> str:
    """The words alone: folded, small letters, without spaces and a closing 吧 or 。"""
    folded = _SKIN.sub("", fold(text)).lower()
    return re.sub(r"\s+", "", _END.sub("", folded) or folded)


def _one(said: str, labels: Sequence[str], shown: Sequence[str], lettered: int) -> Choice:
    by_text = _by_text(said, shown)
    stem = _LEAD.sub("", said, count=1) if _LEAD.match(said) else said
    if by_text is None and stem:
        by_text = _by_text(stem, shown)
    if ordinal := _ORDINAL.fullmatch(stem):
        return _in_range(number(ordinal["n"]), len(labels)) if by_text is None else Chosen(by_text)
    if bare := _BARE.fullmatch(stem):
        return _by_number(number(bare["n"]), by_text, shown)
    if by_text is not None:
        return Chosen(by_text)
    if lettered and re.fullmatch(r"[a-z]", stem):
        return _in_range(_ALPHABET.index(stem) + 1, lettered)
    return NotAChoice("other")


def _by_text(said: str, shown: Sequence[str]) -> int | None:
    """The one option with these whole words; its list mark (1. A、) may be left out."""
    for form in (shown, [_unmarked(label, place) for place, label in enumerate(shown)]):
        found = [place for place, label in enumerate(form) if label == said]
        if len(found) == 1:
            return found[0]
    return None


def _unmarked(label: str, place: int) -> str:
    mark = _MARK.match(label)
    if not mark:
        return label
    sign = number(mark["n"] or mark["c"]) if not mark["a"] else ord(mark["a"].lower()) - ord("a") + 1
    return label[mark.end() :] if sign == place + 1 else label


def _by_number(said: int | None, by_text: int | None, shown: Sequence[str]) -> Choice:
    """A bare number: the place in the list, unless options are numbers themselves and say otherwise."""
    own = [_leading(_unmarked(label, place)) for place, label in enumerate(shown)]
    if said is None or all(n is None for n in own):
        return _in_range(said, len(shown)) if by_text is None else Chosen(by_text)
    meant = {place for place, n in enumerate(own) if n == said}
    by_place = {said - 1} if 1 <= said <= len(shown) else set()
    if meant == by_place and len(meant) == 1:
        return Chosen(said - 1)
    if by_text is not None and not by_place - {by_text}:
        return Chosen(by_text)
    both = tuple(sorted(meant | by_place))
    return AskWhich(both) if both else NotAChoice("out_of_range")


def _leading(label: str) -> int | None:
    """The number an option is or begins with (3个, 1号楼, 三天); 一般 begins with none."""
    found = _NUMERIC.match(label)
    return number(found[0]) if found else None


def _in_range(place: int | None, count: int) -> Choice:
    return Chosen(place - 1) if place is not None and 1 <= place <= count else NotAChoice("out_of_range")


def _several(text: str, labels: Sequence[str], shown: Sequence[str], lettered: int) -> Choice:
    """1、4 · 选 1 4 · 跳绳和太极: every part must choose."""
    folded = _SKIN.sub("", fold(text)).lower()
    folded = _LEAD.sub("", _END.sub("", folded), count=1) if _LEAD.match(folded) else _END.sub("", folded)
    parts = [part for part in _PARTS.split(folded) if part]
    if len(parts) < 2 or len(folded) > _LONGEST_NUMBERS + sum(map(len, shown)):
        return NotAChoice("other")
    found = [_one(_bare(part), labels, shown, lettered) for part in parts]
    for worst in (AskWhich, NotAChoice):
        if bad := next((f for f in found if isinstance(f, worst)), None):
            return bad if not isinstance(bad, NotAChoice) or all(_chooses(f) for f in found) else NotAChoice("other")
    indices = tuple(dict.fromkeys(f.index for f in found if isinstance(f, Chosen)))
    return Chosen(indices[0]) if len(indices) == 1 else Several(indices)


def _chooses(found: Choice) -> bool:
    return not (isinstance(found, NotAChoice) and found.reason == "other")


def _lettered(labels: Sequence[str]) -> int:
    """How many options are called A, B, C … from the first on (A地, B.北门), so that a letter chooses; 弃权 may follow them."""
    signs = [found[0] if (found := _LETTER.match(fold(label).lower())) else "" for label in labels]
    count = len([sign for sign in signs if sign])
    return count if count > 1 and "".join(signs[:count]) == _ALPHABET[:count] else 0
