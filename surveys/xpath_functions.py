"""What the functions and comparisons of an expression mean: XPath 1.0's, and those OpenRosa adds for questionnaires.

https://getodk.github.io/xforms-spec/#xpath-functions is the source; where it is silent, ODK's own engine is followed (tests/surveys).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from elementpath.xpath_nodes import EtreeElementNode, XPathNode

from surveys.xpath_values import Moment, Value, as_boolean, as_number, as_text, instant_of, text_of

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Call:
    """Where a function is called: elementpath's context, and the moment of the questionnaire."""

    context: Any
    moment: Moment

    @property
    def zone(self) -> tzinfo:
        assert self.moment.now.tzinfo is not None
        return self.moment.now.tzinfo


# --- numbers -------------------------------------------------------------------------------------------------------


def _round(value: Value, digits: Value = 0.0) -> float:
    number, places = as_number(value), as_number(digits)
    if math.isnan(number) or math.isinf(number) or math.isnan(places) or abs(places) > 30:
        return number
    if places == 0:
        return float(math.floor(number + 0.5))  # XPath: halves go up, also below zero
    return float(Decimal(repr(number)).quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP))


def _whole(number: float, work: Callable[[float], int]) -> float:
    return number if math.isnan(number) or math.isinf(number) else float(work(number))


def _power(one: Value, other: Value) -> float:
    try:
        return math.pow(as_number(one), as_number(other))
    except (OverflowError, ValueError):
        return math.nan


def _real(value: Value, work: Callable[[float], float]) -> float:
    try:
        return work(as_number(value))
    except (OverflowError, ValueError):
        return math.nan


def _each(arguments: Sequence[Value]) -> list[str | float | bool]:
    """Every argument, each node of a set by itself."""
    found: list[str | float | bool] = []
    for value in arguments:
        found.extend([text_of(node) for node in value] if isinstance(value, list) else [value])
    return found


def _extreme(arguments: Sequence[Value], pick: Callable[[list[float]], float]) -> float:
    numbers = [as_number(value) for value in _each(arguments)]
    return math.nan if not numbers or any(map(math.isnan, numbers)) else pick(numbers)


# --- texts --------------------------------------------------------------------------------------------------------


def _substring(arguments: Sequence[Value]) -> str:
    """XPath's substring: counted from 1."""
    said, start = as_text(arguments[0]), _round(arguments[1])
    end = start + _round(arguments[2]) if len(arguments) > 2 else math.inf
    return "".join(c for place, c in enumerate(said, 1) if start <= place < end)


def _substr(arguments: Sequence[Value]) -> str:
    """OpenRosa's substr: counted from 0, below zero from the end."""
    said = as_text(arguments[0])
    bounds = [as_number(value) for value in arguments[1:]]
    if any(map(math.isnan, bounds)):
        return ""
    first = max(-len(said), min(len(said), bounds[0]))
    last = max(-len(said), min(len(said), bounds[1])) if len(bounds) > 1 else len(said)
    return said[int(first) : int(last)]


def _translate(said: str, old: str, new: str) -> str:
    table: dict[int, str | None] = {}
    for place, character in enumerate(old):
        table.setdefault(ord(character), new[place] if place < len(new) else None)
    return said.translate(table)


def _before(said: str, mark: str) -> str:
    head, found, _ = said.partition(mark) if mark else ("", "", "")
    return head if found else ""


def _after(said: str, mark: str) -> str:
    return said.partition(mark)[2] if mark else said


def _matches(said: str, pattern: str) -> bool:
    try:
        return re.search(pattern, said) is not None
    except re.error:
        return False


# --- days and hours -----------------------------------------------------------------------------------------------


def _today(call: Call) -> str:
    return call.moment.now.date().isoformat()


def _now(call: Call) -> str:
    return call.moment.now.isoformat(timespec="milliseconds")


def _date(call: Call, value: Value) -> str:
    instant = instant_of(value, call.zone)
    return "" if instant is None else instant.date().isoformat()


def _date_time(call: Call, value: Value) -> str:
    instant = instant_of(value, call.zone)
    return "" if instant is None else instant.isoformat(timespec="milliseconds")


def _decimal_date_time(call: Call, value: Value) -> float:
    instant = instant_of(value, call.zone)
    return math.nan if instant is None else (instant.timestamp() / _DAY_SECONDS)


def _format_date(call: Call, value: Value, layout: Value) -> str:
    instant = instant_of(value, call.zone)
    if instant is None:
        return ""
    parts = {
        "%Y": f"{instant.year:04}", "%y": f"{instant.year % 100:02}", "%m": f"{instant.month:02}", "%n": str(instant.month),
        "%d": f"{instant.day:02}", "%e": str(instant.day), "%H": f"{instant.hour:02}", "%h": str(instant.hour),
        "%M": f"{instant.minute:02}", "%S": f"{instant.second:02}", "%3": f"{instant.microsecond // 1000:03}",
        "%b": instant.strftime("%b"), "%a": instant.strftime("%a"),
    }  # fmt: skip
    return re.sub("%.", lambda found: parts.get(found.group(), found.group()), as_text(layout))


# --- choices ------------------------------------------------------------------------------------------------------


def _chosen_at(arguments: Sequence[Value]) -> str:
    chosen, place = as_text(arguments[0]).split(), as_number(arguments[1])
    return chosen[int(place)] if 0 <= place < len(chosen) else ""


def _choice_name(call: Call, arguments: Sequence[Value]) -> str:
    return call.moment.label(as_text(arguments[1]).strip(), as_text(arguments[0]))


def _checklist(arguments: Sequence[Value]) -> bool:
    least, most = as_number(arguments[0]), as_number(arguments[1])
    found = sum(as_boolean(as_number(value)) for value in _each(arguments[2:]))
    return (least == -1 or found >= least) and (most == -1 or found <= most)


def _position(call: Call, arguments: Sequence[Value]) -> float:
    """Without an argument the place in a predicate; with a node, its place among its sisters of the same name."""
    if not arguments:
        return float(call.context.position)
    if not isinstance(arguments[0], list) or not arguments[0]:
        return math.nan
    node = arguments[0][0]
    parent = node.parent
    if not isinstance(node, EtreeElementNode) or not isinstance(parent, EtreeElementNode):
        return 1.0
    sisters = [element for element in parent.value if element.tag == node.value.tag]
    return float(next(place for place, element in enumerate(sisters, 1) if element is node.value))


def _here(call: Call) -> list[XPathNode]:
    return [call.context.item] if isinstance(call.context.item, XPathNode) else []


_Work = Callable[[Call, Sequence[Value]], Value]

FUNCTIONS: dict[str, tuple[tuple[int, int | None], _Work]] = {
    "abs": ((1, 1), lambda c, a: abs(as_number(a[0]))),
    "boolean": ((1, 1), lambda c, a: as_boolean(a[0])),
    "boolean-from-string": ((1, 1), lambda c, a: as_text(a[0]).strip().lower() in ("1", "true")),
    "ceiling": ((1, 1), lambda c, a: _whole(as_number(a[0]), math.ceil)),
    "checklist": ((3, None), lambda c, a: _checklist(a)),
    "choice-name": ((2, 2), _choice_name),
    "coalesce": ((2, 2), lambda c, a: as_text(a[0]) or as_text(a[1])),
    "concat": ((1, None), lambda c, a: "".join(map(as_text, _each(a)))),
    "contains": ((2, 2), lambda c, a: as_text(a[1]) in as_text(a[0])),
    "count": ((1, 1), lambda c, a: float(len(a[0])) if isinstance(a[0], list) else math.nan),
    "count-non-empty": ((1, 1), lambda c, a: float(sum(bool(v) for v in _each(a)))),
    "count-selected": ((1, 1), lambda c, a: float(len(as_text(a[0]).split()))),
    "current": ((0, 0), lambda c, a: [c.context.origin]),
    "date": ((1, 1), lambda c, a: _date(c, a[0])),
    "date-time": ((1, 1), lambda c, a: _date_time(c, a[0])),
    "decimal-date-time": ((1, 1), lambda c, a: _decimal_date_time(c, a[0])),
    "ends-with": ((2, 2), lambda c, a: as_text(a[0]).endswith(as_text(a[1]))),
    "exp": ((1, 1), lambda c, a: _real(a[0], math.exp)),
    "false": ((0, 0), lambda c, a: False),
    "floor": ((1, 1), lambda c, a: _whole(as_number(a[0]), math.floor)),
    "format-date": ((2, 2), lambda c, a: _format_date(c, a[0], a[1])),
    "format-date-time": ((2, 2), lambda c, a: _format_date(c, a[0], a[1])),
    "if": ((3, 3), lambda c, a: a[1] if as_boolean(a[0]) else a[2]),
    "int": ((1, 1), lambda c, a: _whole(as_number(a[0]), math.trunc)),
    "jr:choice-name": ((2, 2), _choice_name),
    "join": ((1, None), lambda c, a: as_text(a[0]).join(map(as_text, _each(a[1:])))),
    "last": ((0, 0), lambda c, a: float(c.context.size or 0)),
    "log": ((1, 1), lambda c, a: _real(a[0], math.log)),
    "log10": ((1, 1), lambda c, a: _real(a[0], math.log10)),
    "max": ((1, None), lambda c, a: _extreme(a, max)),
    "min": ((1, None), lambda c, a: _extreme(a, min)),
    "normalize-space": ((0, 1), lambda c, a: " ".join(as_text(a[0] if a else _here(c)).split())),
    "not": ((1, 1), lambda c, a: not as_boolean(a[0])),
    "now": ((0, 0), lambda c, a: _now(c)),
    "number": ((0, 1), lambda c, a: as_number(a[0] if a else _here(c))),
    "pi": ((0, 0), lambda c, a: math.pi),
    "position": ((0, 1), _position),
    "pow": ((2, 2), lambda c, a: _power(a[0], a[1])),
    "regex": ((2, 2), lambda c, a: _matches(as_text(a[0]), as_text(a[1]))),
    "round": ((1, 2), lambda c, a: _round(*a)),
    "selected": ((2, 2), lambda c, a: as_text(a[1]).strip() in as_text(a[0]).split()),
    "selected-at": ((2, 2), lambda c, a: _chosen_at(a)),
    "sqrt": ((1, 1), lambda c, a: _real(a[0], math.sqrt)),
    "starts-with": ((2, 2), lambda c, a: as_text(a[0]).startswith(as_text(a[1]))),
    "string": ((0, 1), lambda c, a: as_text(a[0] if a else _here(c))),
    "string-length": ((0, 1), lambda c, a: float(len(as_text(a[0] if a else _here(c))))),
    "substr": ((2, 3), lambda c, a: _substr(a)),
    "substring": ((2, 3), lambda c, a: _substring(a)),
    "substring-after": ((2, 2), lambda c, a: _after(as_text(a[0]), as_text(a[1]))),
    "substring-before": ((2, 2), lambda c, a: _before(as_text(a[0]), as_text(a[1]))),
    "sum": ((1, 1), lambda c, a: float(sum(as_number(v) for v in _each(a)))),
    "today": ((0, 0), lambda c, a: _today(c)),
    "translate": ((3, 3), lambda c, a: _translate(as_text(a[0]), as_text(a[1]), as_text(a[2]))),
    "true": ((0, 0), lambda c, a: True),
}
