"""What the functions and comparisons of an expression mean: XPath 1.0's, and those OpenRosa adds for questionnaires.

https://getodk.github.io/xforms-spec/#xpath-functions is the source; where it is silent, ODK's own engine is followed (tests/surveys).
Dates and instants are texts (2026-11-29, 2026-11-29T20:00:00.000+08:00) that count as days since 1970 wherever a number is wanted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from elementpath.xpath_nodes import EtreeElementNode, XPathNode

if TYPE_CHECKING:
    from surveys.xpath import Moment

Value = str | float | bool | list[XPathNode]

_NUMBER = re.compile(r"\s*-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?")
_EPOCH = date(1970, 1, 1)
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


# --- from one kind of value to another ----------------------------------------------------------------------------


def text_of(node: XPathNode) -> str:
    """What is written in a node of the instance, now."""
    assert isinstance(node, EtreeElementNode)
    return "".join(node.value.itertext())


def as_text(value: Value) -> str:
    """As XPath's string(): whole numbers without a point, the first node's text, "" for no node."""
    if isinstance(value, list):
        return text_of(value[0]) if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")


def as_number(value: Value) -> float:
    """As XPath's number(), and a date counts as its day since 1970. NaN for what is no number."""
    if isinstance(value, bool | int | float):
        return float(value)
    said = as_text(value)
    if _NUMBER.fullmatch(said):
        return float(said)
    days = _days(said)
    return math.nan if days is None else days


def as_boolean(value: Value) -> bool:
    """As XPath's boolean(): something is there, a text is not blank, a number is not zero."""
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return bool(value)


def _days(said: str) -> float | None:
    """Days since 1970 of an ISO date or instant; None for any other text."""
    said = said.strip()
    try:
        if _DAY.fullmatch(said):
            return float((date.fromisoformat(said) - _EPOCH).days)
        if _INSTANT.fullmatch(said):
            instant = datetime.fromisoformat(said)
            offset = instant.utcoffset() or timedelta()
            since = instant.replace(tzinfo=None) - datetime(1970, 1, 1) - offset  # noqa: DTZ001 - the offset is taken off by hand
            return since / timedelta(days=1)
    except ValueError:
        return None
    return None


def _instant(value: Value, zone: tzinfo) -> datetime | None:
    """The moment a text or a count of days means, in the community's zone."""
    days = as_number(value)
    if math.isnan(days) or abs(days) > 3_000_000:
        return None
    said = as_text(value).strip()
    try:
        if _DAY.fullmatch(said):
            return datetime.fromisoformat(said).replace(tzinfo=zone)
        if _INSTANT.fullmatch(said):
            read = datetime.fromisoformat(said)
            return read.replace(tzinfo=zone) if read.tzinfo is None else read.astimezone(zone)
        if days == int(days):
            return datetime.combine(_EPOCH + timedelta(days=int(days)), datetime.min.time(), zone)
        return (datetime(1970, 1, 1, tzinfo=zone) + timedelta(days=days)).astimezone(zone)
    except (ValueError, OverflowError):
        return None


# --- comparing and counting ---------------------------------------------------------------------------------------


def equal(one: Value, other: Value) -> bool:
    """One is the other: any node will do; true and false, then numbers, then texts decide, as XPath 1.0 says."""
    return _any_pair(one, other, _same)


def unequal(one: Value, other: Value) -> bool:
    """One is not the other; with several nodes, some pair differs."""
    return _any_pair(one, other, lambda a, b: not _same(a, b))


def less(one: Value, other: Value) -> bool:
    """Less as numbers, dates as days. Never true where one of them is no number."""
    return _any_pair(one, other, lambda a, b: as_number(a) < as_number(b))


def at_most(one: Value, other: Value) -> bool:
    """Less, or the same."""
    return _any_pair(one, other, lambda a, b: as_number(a) <= as_number(b))


def _any_pair(one: Value, other: Value, holds: Callable[[Value, Value], bool]) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return holds(as_boolean(one), as_boolean(other))
    ones: Sequence[Value] = [text_of(n) for n in one] if isinstance(one, list) else [one]
    others: Sequence[Value] = [text_of(n) for n in other] if isinstance(other, list) else [other]
    return any(holds(a, b) for a in ones for b in others)


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return as_boolean(one) == as_boolean(other)
    if isinstance(one, float) or isinstance(other, float):
        return as_number(one) == as_number(other)
    return as_text(one) == as_text(other)


def divide(one: Value, other: Value) -> float:
    """XPath's div: by zero it is infinite, or NaN."""
    above, below = as_number(one), as_number(other)
    if below != 0:
        return above / below
    return math.nan if above == 0 or math.isnan(above) else math.copysign(math.inf, above)


def remainder(one: Value, other: Value) -> float:
    """XPath's mod: what is left has the sign of the first."""
    above, below = as_number(one), as_number(other)
    if math.isinf(above) or below == 0 or math.isnan(below):
        return math.nan
    return math.fmod(above, below)


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
    numbers = [as_number(value) for value in _each(arguments) if value != ""]
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
    instant = _instant(value, call.zone)
    return as_text(value) if instant is None else instant.date().isoformat()


def _date_time(call: Call, value: Value) -> str:
    instant = _instant(value, call.zone)
    return as_text(value) if instant is None else instant.isoformat(timespec="milliseconds")


def _decimal_date_time(call: Call, value: Value) -> float:
    instant = _instant(value, call.zone)
    return math.nan if instant is None else (instant.timestamp() / _DAY_SECONDS)


def _format_date(call: Call, value: Value, layout: Value) -> str:
    instant = _instant(value, call.zone)
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
