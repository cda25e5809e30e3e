"""When something closes, as people say it: 12月1日20:00, 周日晚8点, 下周五, 明天20点, 7天. Without a clock it is 20:00."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from dialogue.numerals import NUMBER, fold, number

DEFAULT_CLOCK = time(20)
_NEXT_YEAR_WITHIN = timedelta(days=183)  # 1月5日 said in November is next year's; 11月1日 said in November is a slip

_N = rf"({NUMBER})"
_PART = r"(凌晨|早上|早晨|早|上午|中午|下午|傍晚|晚上|晚|夜里)?"
_CLOCK = re.compile(rf"(?:T|的)?{_PART}(?:([0-9]{{1,2}}):([0-9]{{2}})(?::00)?|{_N}[点时](?:(半)|(一刻|三刻)|整|{_N}分?)?)")
_AROUND = re.compile(r"^(?:截止到|截至到|截止|截至|到|至)?(.*?)(?:为止|截止|之前|以前|前)?$")
_NIGHT = ("晚上", "晚", "夜里")
_AFTERNOON = {"中午": 11, "下午": 12, "傍晚": 12, **dict.fromkeys(_NIGHT, 12)}  # below this hour twelve are added
_DAYS = {"今天": 0, "今日": 0, "今": 0, "明天": 1, "明日": 1, "明": 1, "后天": 2, "大后天": 3}
_WEEKDAYS = {
    "一": 0,
    "二": 1,
    "三": 2,
    "四": 3,
    "五": 4,
    "六": 5,
    "日": 6,
    "天": 6,
    "末": 6,
    **{str(n): n - 1 for n in range(1, 7)},
    "7": 6,
}
_FULL = re.compile(rf"{_N}[年\-/.]{_N}[月\-/.]{_N}[日号]?")
_MONTH_DAY = re.compile(rf"{_N}[月\-/.]{_N}[日号]?")
_OF_MONTH = re.compile(rf"(本月|这个月|下月|下个月)?(?:{_N}[日号]|(月?底|月末))")
_WEEK = re.compile(r"(本|这|下下|下)?个?(?:周|星期|礼拜)([一二三四五六日天末1-7])")
_NAMED = re.compile("|".join(sorted(_DAYS, key=len, reverse=True)))
_AFTER = re.compile(rf"{_N}(天|日|周|个?星期|个?礼拜|个?小时|分钟)(?:后|以后|之后|内|以内)?")


def parse_closing(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    """The instant somebody means, in UTC; None if it is no time or not in the future."""
    said = re.sub(r"(?<=[0-9])\s+(?=[0-9])", "T", fold(text).upper())  # 12月1日 20:00 but also 2026-12-01 18:30
    around = _AROUND.match(re.sub(r"\s+", "", said))
    said = around[1] if around else ""
    local = now.astimezone(zone)
    try:
        at = _hours(said, now) or _on_a_day(said, local, zone)
    except (ValueError, OverflowError):  # 2月30日, 25点
        return None
    return at if at is not None and at > now else None


def _hours(said: str, now: datetime) -> datetime | None:
    """24小时, 90分钟: counted from this moment."""
    found = _AFTER.fullmatch(said)
    if not found or found[2][-1] not in "时钟":
        return None
    many = number(found[1]) or 0
    return (now + (timedelta(hours=many) if found[2].endswith("小时") else timedelta(minutes=many))).astimezone(UTC)


def _on_a_day(said: str, local: datetime, zone: tzinfo) -> datetime | None:
    """A day, then perhaps a clock; several readings of the day (周五: this week's or next) are tried in order."""
    for reading in (_full, _month_day, _of_month, _week, _named, _after, _today):
        length, days = reading(said, local.date())
        clock = _clock(said[length:]) if days else None
        if clock is None:
            continue
        ats = [(datetime.combine(day, time(0), zone) + clock).replace(fold=0).astimezone(UTC) for day in days]
        return next((at for at in ats if at > local), None)
    return None


def _clock(said: str) -> timedelta | None:
    """The time of day as what has passed since midnight; 24:00 is the midnight that ends the day."""
    if said in ("", "晚", "晚上"):
        return timedelta(hours=DEFAULT_CLOCK.hour, minutes=DEFAULT_CLOCK.minute)
    found = _CLOCK.fullmatch(said)
    if found is None:
        return None
    part, digital, minutes, spoken, half, quarters, spoken_minutes = found.groups()
    hour = int(digital) if digital else number(spoken)
    minute = 30 if half else {"一刻": 15, "三刻": 45}.get(quarters or "") or number(minutes or spoken_minutes or "0")
    if hour is None or minute is None or hour > 24 or minute > 59 or (hour == 24 and minute):
        return None
    if hour in (0, 12) and part in _NIGHT:
        hour = 24
    elif hour < _AFTERNOON.get(part or "", 0):
        hour += 12
    return timedelta(hours=hour, minutes=minute)


_Days = tuple[int, list[date]]
_NONE: _Days = (0, [])


def _full(said: str, today: date) -> _Days:
    found = _FULL.match(said)
    if not found:
        return _NONE
    year, month, day = (number(part) or 0 for part in found.groups())
    return found.end(), [date(year if year >= 100 else year + 2000, month, day)]


def _month_day(said: str, today: date) -> _Days:
    found = _MONTH_DAY.match(said)
    if not found:
        return _NONE
    month, day = (number(part) or 0 for part in found.groups())
    days = _existing((year, month, day) for year in (today.year, today.year + 1))
    return found.end(), [d for d in days if d.year == today.year or d - today <= _NEXT_YEAR_WITHIN]


def _of_month(said: str, today: date) -> _Days:
    """15号, 下月1号, 月底."""
    found = _OF_MONTH.match(said)
    if not found:
        return _NONE
    this = today.replace(day=1)
    following = (this + timedelta(days=31)).replace(day=1)
    which, day, last = found.groups()
    months = {None: [this, following], "本月": [this], "这个月": [this]}.get(which, [following])
    if last:
        return found.end(), [(month + timedelta(days=31)).replace(day=1) - timedelta(days=1) for month in months]
    return found.end(), _existing((month.year, month.month, number(day) or 0) for month in months)


def _week(said: str, today: date) -> _Days:
    """周五 is the next one; 本周五 this week's; 下周五 that of the week which begins next Monday."""
    found = _WEEK.match(said)
    if not found:
        return _NONE
    day = today - timedelta(days=today.weekday()) + timedelta(days=_WEEKDAYS[found[2]])
    weeks = {None: [0, 1], "本": [0], "这": [0], "下": [1], "下下": [2]}[found[1]]
    return found.end(), [day + timedelta(weeks=w) for w in weeks]


def _named(said: str, today: date) -> _Days:
    found = _NAMED.match(said)
    return (found.end(), [today + timedelta(days=_DAYS[found[0]])]) if found else _NONE


def _after(said: str, today: date) -> _Days:
    """7天, 两周后: that many days from today."""
    found = _AFTER.match(said)
    if not found or found[2][-1] in "时钟":
        return _NONE
    many = number(found[1])
    return (found.end(), [today + (timedelta(days=many) if found[2] in ("天", "日") else timedelta(weeks=many))]) if many else _NONE


def _today(said: str, today: date) -> _Days:
    """A clock alone: 晚上8点."""
    return (0, [today]) if said else _NONE


def _existing(days: Iterable[tuple[int, int, int]]) -> list[date]:
    """Those that are in the calendar: 29 February, 31 November are not always."""
    found = []
    for day in days:
        with suppress(ValueError):
            found.append(date(*day))
    return found
