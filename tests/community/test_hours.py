"""Office hours: is somebody there, and when have two hours of them passed. 2026-11-23 is a Monday; 10-01 to 10-07 are holidays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from community import hours

ZONE = ZoneInfo("Asia/Shanghai")
USUAL = "周一至周五 08:30-17:30"


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "moment", "open_"),
    [
        (USUAL, "2026-11-23 08:30", True),
        (USUAL, "2026-11-23 08:29", False),
        (USUAL, "2026-11-23 17:30", False),
        (USUAL, "2026-11-22 10:00", False),  # a Sunday
        (USUAL, "2026-10-01 10:00", False),  # a holiday
        ("周一至周六 9:00-12:00，14:00-18:00", "2026-11-28 11:00", True),
        ("周一至周六 9:00-12:00，14:00-18:00", "2026-11-28 13:00", False),
        ("周一至周日 08:00—20:00", "2026-11-22 19:59", True),
        ("星期一到星期五８：３０－１７：３０", "2026-11-24 09:00", True),
        ("周二、周四 14:00-17:00", "2026-11-25 15:00", False),
        ("周二、周四 14:00-17:00", "2026-11-26 15:00", True),
        ("08:30-17:30", "2026-11-24 09:00", True),
    ],
)
def test_is_somebody_there(text: str, moment: str, open_: bool) -> None:
    office = hours.parse(text, ZONE)
    assert office is not None
    assert hours.is_open(office, at(moment)) is open_


@pytest.mark.parametrize(
    ("asked", "back"),
    [
        ("2026-11-23 10:00", "2026-11-23 12:00"),
        ("2026-11-23 16:30", "2026-11-24 09:30"),
        ("2026-11-23 15:30", "2026-11-23 17:30"),
        ("2026-11-27 17:00", "2026-11-30 10:00"),  # over the weekend
        ("2026-11-28 12:00", "2026-11-30 10:30"),
        ("2026-09-30 17:00", "2026-10-08 10:00"),  # over the holidays
    ],
)
def test_two_office_hours_later(asked: str, back: str) -> None:
    office = hours.parse(USUAL, ZONE)
    assert office is not None
    assert hours.after(office, at(asked), timedelta(hours=2)) == at(back)


@pytest.mark.parametrize("text", ["", "随时", "早上九点到下午五点", "25:00-26:00"])
def test_what_cannot_be_read_is_none(text: str) -> None:
    assert hours.parse(text, ZONE) is None
