"""Which option somebody means: `1 １ ① 一 第一个 选1` or the option's whole text; never a part of it (不同意 is not 同意).

Where an option is itself a number (`3个`, `2个`, `1个`) a bare number is asked back, unless both readings are the same option.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialogue.numerals import NUMBER, fold, number
from surveys.question_types.contract import Invalid

Labels = Sequence[Sequence[str]]
"""The texts of each option, in every language it has."""

_ORDINAL = re.compile(rf"(?:我?选(?:择|项)?的?(?:是|了)?)?第({NUMBER})(?:个|项|号|条|种)?")
_PLACE = re.compile(rf"(?:我?选(?:择|项)?(?:是|了)?|选项)?\(?({NUMBER})(?:\)|号|\.|、)?")
_LISTED = re.compile(r"([0-9]+)\s*[.、):：,，]?\s*(.+)", re.DOTALL)
_FIGURE = re.compile(rf"({NUMBER})[^\W\d]?")
_LETTERED = re.compile(r"([a-z])[.、):：．]")
_EDGES = " \t\r\n。.!！~～,，、;；:：\"'“”‘’「」『』【】[]\u20e3"
_PARTICLES = "吧呀啊哦嘛呗了"
_APART = re.compile(r"[\s,，、;；/+&和及跟与]+|还有|以及")
_ALL = ("全部", "全选", "都选", "都要", "全都要", "都有", "所有", "全都选", "all")


def plain(text: str) -> str:
    """A text as it is compared: one width, one script, no blanks and signs around it, numbers in figures."""
    said = re.sub(r"\s+", " ", fold(text)).strip(_EDGES).casefold()
    return re.sub(NUMBER, lambda found: str(n) if (n := number(found.group())) is not None else found.group(), said)


def choose(labels: Labels, said: str) -> int | Invalid:
    """The place (from 0) of the one option that is meant."""
    readings = [plain(said)]
    if readings[0].rstrip(_PARTICLES) not in ("", readings[0]):
        readings.append(readings[0].rstrip(_PARTICLES))
    if not readings[0]:
        return Invalid("empty")
    for text in readings:
        found = _choose(labels, text)
        if found is not None:
            return found
    return Invalid("not_an_option", {"said": said.strip()[:40], "of": len(labels)})


def _choose(labels: Labels, text: str) -> int | Invalid | None:
    ordinal, bare = _ORDINAL.fullmatch(text), _PLACE.fullmatch(text)
    if ordinal:
        return _at(labels, int(number(ordinal.group(1)) or 0), text)
    whole = [i for i, texts in enumerate(labels) if text in map(plain, texts)]
    place = number(bare.group(1)) if bare else None
    if place is not None:
        figures = whole or [i for i, texts in enumerate(labels) if any(_figure(t) == place for t in texts)]
        return _by_number(labels, text, place, figures)
    if len(whole) == 1:
        return whole[0]
    return _copied(labels, text)


def _by_number(labels: Labels, text: str, place: int, figures: Sequence[int]) -> int | Invalid:
    """A bare number: the option in that place, unless another option is that number itself."""
    if not figures or list(figures) == [place - 1]:
        return _at(labels, place, text)
    if len(figures) == 1 and not 1 <= place <= len(labels):
        return figures[0]
    meant = {"place": labels[place - 1][0] if 1 <= place <= len(labels) else "", "figure": labels[figures[0]][0]}
    return Invalid("number_or_place", {"said": text, **meant})


def _at(labels: Labels, place: int, text: str) -> int | Invalid:
    return place - 1 if 1 <= place <= len(labels) else Invalid("no_such_option", {"said": text, "of": len(labels)})


def _figure(label: str) -> int | None:
    found = _FIGURE.fullmatch(plain(label))
    return number(found.group(1)) if found else None


def _copied(labels: Labels, text: str) -> int | None:
    """A whole line of the question sent back (`2. 反对`), or the letter in front of an option (`A. 同意`)."""
    listed = _LISTED.fullmatch(text)
    for i, texts in enumerate(labels):
        for label in map(plain, texts):
            lettered = _LETTERED.match(label)
            if lettered and text in (lettered.group(1), label[lettered.end() :].strip()):
                return i
            if listed and int(listed.group(1)) == i + 1 and listed.group(2) == label:
                return i
    return None


def choose_several(labels: Labels, said: str) -> tuple[int, ...] | Invalid:
    """The places (from 0, in order) of all options that are meant: `1 3`, `1、3`, `1和3`, their texts, 全部; 13 only if it is clear."""
    text = plain(said)
    if text in _ALL:
        return tuple(range(len(labels)))
    if re.fullmatch(r"[0-9]{2,}|[一二三四五六七八九]{2,}", fold(said).strip(_EDGES)):
        return _run_together(labels, text)
    one = choose(labels, said)
    if isinstance(one, int):
        return (one,)
    if one.code in ("number_or_place", "empty"):
        return one
    found = set()
    for part in filter(None, _APART.split(_signs_kept(labels, text))):
        place = choose(labels, part)
        if isinstance(place, Invalid):
            return place
        found.add(place)
    return tuple(sorted(found)) or one


def _run_together(labels: Labels, text: str) -> tuple[int, ...] | Invalid:
    """13 is option 13 or options 1 and 3: taken only where one of the two can be."""
    places = [int(c) for c in text]
    several = len(set(places)) == len(places) and all(1 <= p <= len(labels) for p in places)
    whole = choose(labels, text)
    if several and isinstance(whole, int):
        return Invalid("one_or_several", {"said": text, "one": labels[whole][0], "several": tuple(labels[p - 1][0] for p in places)})
    if several:
        return tuple(sorted(p - 1 for p in places))
    return whole if isinstance(whole, Invalid) else (whole,)


def _signs_kept(labels: Labels, text: str) -> str:
    """The text with options that hold a separator themselves (`水和电`) written as their number."""
    for label, i in sorted(((plain(t), i) for i, texts in enumerate(labels) for t in texts), reverse=True, key=lambda pair: len(pair[0])):
        if len(label) > 1 and _APART.search(label):
            text = text.replace(label, f" {i + 1} ")
    return text
