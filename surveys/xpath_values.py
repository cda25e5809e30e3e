"""The values an expression works on, as XPath 1.0 knows them: nodes, text, number, true or false; and how they turn into each other.

Dates and instants are texts (2026-11-29, 2026-11-29T20:00:00.000+08:00) that count as days since 1970 wherever a number is wanted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from xml.etree.ElementTree import Element

from elementpath.xpath_nodes import EtreeElementNode, XPathNode

Value = str | float | bool | list[XPathNode]

_NUMBER = re.compile(r"\s*-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?")
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Moment:
    """When and for whom an expression is read: `now` in the community's own zone, and the option labels `jr:choice-name` gives."""

    now: datetime
    label: Callable[[str, str], str] = lambda path, choice: choice


# --- from one kind of value to another ----------------------------------------------------------------------------


def text_of(node: XPathNode) -> str:
    """What is written in a node of the instance, now."""
    assert isinstance(node, EtreeElementNode)
    assert isinstance(node.value, Element)
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
            wall = datetime.fromisoformat(said).replace(tzinfo=None)  # its own clock's, so that now() is within today()
            return (wall - datetime(1970, 1, 1)) / timedelta(days=1)  # noqa: DTZ001 - wall clock against wall clock
    except ValueError:
        return None
    return None


def instant_of(value: Value, zone: tzinfo) -> datetime | None:
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
