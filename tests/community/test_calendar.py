"""A promise of working days and the end of a 公示 fall on the day everybody in the office would name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.calendar import CALENDAR, Calendar, Due, Year, add_workdays, end_of, is_workday, period_ends, workday_of

BEIJING = ZoneInfo("Asia/Shanghai")
D = date.fromisoformat


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        ("2026-02-13", 5, "2026-02-27"),  # over 春节, with 2月14日 worked
        ("2026-09-24", 3, "2026-09-30"),  # over 中秋
        ("2026-09-30", 5, "2026-10-13"),  # over 国庆, with 10月10日 worked
        ("2026-11-20", 1, "2026-11-23"),
        ("2026-11-21", 0, "2026-11-21"),
    ],
)
def test_working_days(start: str, n: int, due: str) -> None:
    assert add_workdays(D(start), n) == Due(D(due), False)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-09-16", 15, "2026-10-08"),  # 10月1日 is off, and so until the 7th
        ("2026-09-05", 15, "2026-09-20"),  # a Sunday that is worked
        ("2026-11-02", 7, "2026-11-09"),
        ("2026-11-07", 7, "2026-11-16"),  # Saturday -> Monday
    ],
)
def test_a_period_ends(start: str, days: int, due: str) -> None:
    assert period_ends(D(start), days) == Due(D(due), False)


def test_an_unknown_year_is_provisional() -> None:
    assert period_ends(D("2026-12-21"), 15) == Due(D("2027-01-05"), True)
    assert add_workdays(D("2026-12-30"), 1) == Due(D("2026-12-31"), False)
    assert add_workdays(D("2026-12-31"), 1) == Due(D("2027-01-04"), True)  # 1月1日 never moves; 2 and 3 are a weekend
    assert not is_workday(D("2027-10-01"))
    assert is_workday(D("2027-10-04"))


def test_another_arrangement_replaces_the_table() -> None:
    moved = Calendar((Year(2026, frozenset(), frozenset(), "test", D("2026-01-01")),))
    assert add_workdays(D("2026-09-30"), 5, moved) == Due(D("2026-10-07"), False)


def test_2026_agrees_with_the_holidays_package() -> None:
    theirs = holidays.country_holidays("CN", years=2026)
    for n in range(365):
        day = D("2026-01-01") + timedelta(days=n)
        assert is_workday(day) == theirs.is_working_day(day), day


def test_2026_says_where_it_comes_from() -> None:
    (year,) = CALENDAR.years
    assert year.published_on == D("2025-11-04")
    assert (len(year.off_days), len(year.work_days)) == (33, 6)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-20T17:30", "2026-11-20"),
        ("2026-11-20T17:31", "2026-11-23"),
        ("2026-11-21T09:00", "2026-11-23"),
        ("2026-09-20T09:00", "2026-09-20"),
        ("2026-09-30T18:00", "2026-10-08"),
    ],
)
def test_what_comes_after_hours_counts_as_the_next_working_day(at: str, day: str) -> None:
    assert workday_of(datetime.fromisoformat(at).replace(tzinfo=BEIJING).astimezone(UTC), BEIJING) == D(day)


def test_a_day_ends_at_midnight_there() -> None:
    assert end_of(D("2026-10-08"), BEIJING) == datetime(2026, 10, 8, 16, tzinfo=UTC)


@given(st.dates(D("2026-01-01"), D("2026-12-01")), st.integers(1, 15))
def test_exactly_n_working_days_lie_between(start: date, n: int) -> None:
    due = add_workdays(start, n)
    between = [start + timedelta(days=k) for k in range(1, (due.on - start).days + 1)]
    assert sum(map(is_workday, between)) == n
    assert is_workday(due.on)
    assert due.provisional == (due.on.year > 2026)


@given(st.dates(D("2026-01-01"), D("2027-12-01")), st.integers(1, 60))
def test_a_period_is_never_shorter_than_promised(start: date, days: int) -> None:
    due = period_ends(start, days)
    assert due.on >= start + timedelta(days=days)
    assert is_workday(due.on)
