"""Office hours as a community writes them (周一至周五 08:30-17:30): is somebody there now, and when have two such hours passed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from community.calendar import is_workday
from dialogue.numerals import fold

_DAY = "一二三四五六日"
_DAYS = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])(?:[至到\-~—](?:周|星期|礼拜)?([一二三四五六日天]))?")
_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[至到\-~—]\s*([0-9]{1,2}):([0-9]{2})")
_WEEK = frozenset(range(5))
_FAR = 60  # days looked ahead: no holiday is so long


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Weekdays (0 is Monday) and the spans of the day, by the clock on the wall of `zone`."""

    days: frozenset[int]
    spans: tuple[tuple[time, time], ...]
    zone: tzinfo

    def on(self, day: date) -> bool:
        """Whether the office opens on that day; Monday to Friday means working days, with holidays and made-up Saturdays."""
        return is_workday(day) if self.days == _WEEK else day.weekday() in self.days


def parse(text: str, zone: tzinfo) -> OfficeHours | None:
    """Office hours as they stand in the settings; None where nothing can be read from them. Without days: every working day."""
    said = fold(text)
    spans = [(time(int(a), int(b)), time(int(c), int(d))) for a, b, c, d in _SPAN.findall(said) if int(a) < 24 and int(c) < 24]
    days: set[int] = set()
    for first, last in _DAYS.findall(said):
        begin = _DAY.index(first.replace("天", "日"))
        end = _DAY.index(last.replace("天", "日")) if last else begin
        days |= set(range(begin, end + 1))
    return OfficeHours(frozenset(days) or _WEEK, tuple(sorted(spans)), zone) if spans else None


def is_open(hours: OfficeHours, at: datetime) -> bool:
    """Whether somebody is in the office at this instant."""
    return any(begin <= at < end for begin, end in _spans(hours, at))


def after(hours: OfficeHours, at: datetime, passed: timedelta) -> datetime:
    """The instant by which so much office time has passed since `at`. UTC."""
    left = passed
    for begin, end in _spans(hours, at):
        begin = max(begin, at)
        if end - begin >= left:
            return (begin + left).astimezone(UTC)
        left -= max(end - begin, timedelta(0))
    return (at + timedelta(days=_FAR)).astimezone(UTC)


def _spans(hours: OfficeHours, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The spans from the day of `at` on that have not ended before it."""
    today = at.astimezone(hours.zone).date()
    for ahead in range(_FAR):
        day = today + timedelta(days=ahead)
        for opens, closes in hours.spans if hours.on(day) else ():
            end = datetime.combine(day, closes, hours.zone).astimezone(UTC)
            if end > at:
                yield datetime.combine(day, opens, hours.zone).astimezone(UTC), end
