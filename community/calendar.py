"""On which day a promise is due and a 公示 ends: working days with the year's holidays and make-up days.

A year whose arrangement is not known yet is reckoned Monday to Friday with the holidays that never move, and every date that
rests on it is `provisional`: said as such, reckoned again when the arrangement comes, never shortened once told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from community import holidays_2026

_DAY = timedelta(days=1)
_FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})  # 全国年节及纪念日放假办法 (2024): those on fixed dates


@dataclass(frozen=True, slots=True)
class Year:
    """One year's arrangement: days off (weekends need not be listed), weekend days that are worked, who announced it and when."""

    year: int
    off_days: frozenset[date]
    work_days: frozenset[date]
    source: str
    published_on: date


@dataclass(frozen=True, slots=True)
class Calendar:
    """The years whose arrangement is known."""

    years: tuple[Year, ...]

    def year(self, day: date) -> Year | None:
        """The arrangement that covers this day, or None."""
        return next((year for year in self.years if year.year == day.year), None)


CALENDAR = Calendar(
    (
        Year(
            holidays_2026.YEAR,
            holidays_2026.OFF_DAYS,
            holidays_2026.WORK_DAYS,
            holidays_2026.SOURCE,
            holidays_2026.PUBLISHED_ON,
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Due:
    """A day something is due or ends on; `provisional` while it rests on a year that is not arranged yet."""

    on: date
    provisional: bool


def is_workday(day: date, calendar: Calendar = CALENDAR) -> bool:
    """Whether offices are open that day."""
    year = calendar.year(day)
    if year is None:
        return day.weekday() < 5 and (day.month, day.day) not in _FIXED
    return day in year.work_days or (day.weekday() < 5 and day not in year.off_days)


def add_workdays(start: date, n: int, calendar: Calendar = CALENDAR) -> Due:
    """The n-th working day after `start`, which itself never counts (民法典 201)."""
    day, left, provisional = start, n, False
    while left > 0:
        day += _DAY
        left -= is_workday(day, calendar)
        provisional = provisional or calendar.year(day) is None
    return Due(day, provisional)


def period_ends(start: date, days: int, calendar: Calendar = CALENDAR) -> Due:
    """The last day of a period of calendar days: the first one does not count, a day off runs on to the next working day (201, 203)."""
    day = start + timedelta(days=days)
    provisional = calendar.year(day) is None
    while not is_workday(day, calendar):
        day += _DAY
        provisional = provisional or calendar.year(day) is None
    return Due(day, provisional)


def workday_of(at: datetime, zone: tzinfo, calendar: Calendar = CALENDAR, closes: time = time(17, 30)) -> date:
    """The working day on which something counts as received: that day until `closes` there, else the next one."""
    local = at.astimezone(zone)
    day = local.date() if local.time() <= closes else local.date() + _DAY
    while not is_workday(day, calendar):
        day += _DAY
    return day


def end_of(day: date, zone: tzinfo) -> datetime:
    """The instant a day is over there (24:00). UTC."""
    return datetime.combine(day + _DAY, time(0), zone).astimezone(UTC)
