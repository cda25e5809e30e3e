"""Many patterns, read quickly: a pattern is tried only on a message that has one of the signs it cannot do without."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_EVERYDAY = re.compile("[的了是我人在有不一这上大来打到个们说地出家里下没被着关掉得好要电车门楼孩子老天看水]")


@dataclass(frozen=True, slots=True)
class Gated:
    """Patterns in their order, and which of them each sign opens."""

    patterns: tuple[re.Pattern[str], ...]
    opened_by: dict[str, tuple[int, ...]]
    always: tuple[int, ...]

    def candidates(self, said: str) -> Sequence[int]:
        """The places of the patterns worth trying on this message, in order."""
        found = set(self.always)
        for sign in self.opened_by.keys() & set(said):
            found.update(self.opened_by[sign])
        return sorted(found)


def build(patterns: Iterable[str]) -> Gated:
    """Compile each pattern and find its signs."""
    compiled = tuple(re.compile(p) for p in patterns)
    opened: dict[str, list[int]] = {}
    always: list[int] = []
    for place, pattern in enumerate(compiled):
        signs = _of_sequence(parser.parse(pattern.pattern))
        for sign in signs or ():
            opened.setdefault(sign, []).append(place)
        if signs is None:
            always.append(place)
    return Gated(compiled, {sign: tuple(places) for sign, places in opened.items()}, tuple(always))


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    """Signs of which every match has at least one; the cheapest such set, None if there is none."""
    found = [signs for kind, value in items if (signs := _of_item(kind, value)) is not None]
    return min(found, key=lambda signs: sum(20 if _EVERYDAY.match(s) else 1 for s in signs), default=None)


def _of_item(kind: Any, value: Any) -> frozenset[str] | None:
    if kind is op.LITERAL:
        return frozenset(chr(value))
    if kind is op.IN and all(member is op.LITERAL for member, _ in value):
        return frozenset(chr(code) for _, code in value)
    if kind is op.SUBPATTERN:
        return _of_sequence(value[-1])
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0] > 0:
        return _of_sequence(value[2])
    if kind is op.BRANCH:
        each = [_of_sequence(branch) for branch in value[1]]
        return None if None in each else frozenset().union(*(signs for signs in each if signs is not None))
    return None
