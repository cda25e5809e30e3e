"""Which day somebody means: 2026-11-29, 11月29日, 29号, 明天, 上周三, 三天后. What could be two days is asked back."""

from __future__ import annotations

import re
from datetime import date, timedelta

from dialogue.numerals import NUMBER, fold, number
from surveys.question_types.contract import Invalid

_YEAR = r"(?:[0-9]{4}|[0-9]{2}|[零〇一二三四五六七八九]{4}|[零〇一二三四五六七八九]{2})"
_FULL = re.compile(rf"({_YEAR})(?:年|[-/.])({NUMBER})(?:月份?|[-/.])({NUMBER})[日号]?")
_PACKED = re.compile(r"([12][0-9]{3})([0-9]{2})([0-9]{2})")
_MONTH_DAY = re.compile(rf"(去年|今年|明年|前年|后年)?({NUMBER})(?:月份?|[-/.])({NUMBER})[日号]?")
_DAY = re.compile(rf"(上个?月|这个?月|本月|下个?月)?({NUMBER})[日号]")
_AGO = re.compile(rf"({NUMBER}|半)(天|日|个?星期|个?礼拜|周|个月)(?:之|以)?(前|后)")
_WEEKDAY = re.compile(r"(上上|上|这|本|下下|下)?个?(?:周|星期|礼拜)([一二三四五六日天1-6])")
_UNFINISHED = re.compile(rf"{_YEAR}年(?:{NUMBER}月份?)?|{NUMBER}月份?|(?:去|今|明)年|[上这本下]个?月|[0-9]{{4}}")
_ROUGH = re.compile(
    rf"(?:({_YEAR}|前年|去年|今年)(?:(?<=年)|年)|([0-9]{{4}}))(?:[-/.]?([0-9]{{1,2}}|[一二三四五六七八九十]{{1,2}})(?:月份?)?)?[初底]?"
)
_NEAR = {"大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "今天": 0, "今日": 0, "今晚": 0}
_NEAR |= {"明天": 1, "明日": 1, "明晚": 1, "后天": 2, "大后天": 3, "yesterday": -1, "today": 0, "tomorrow": 1}
_YEARS = {"前年": -2, "去年": -1, "今年": 0, "明年": 1, "后年": 2}
_WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
_OVER_NEW_YEAR = timedelta(days=90)  # in November 1月5日 is the next one, in January 12月30日 the last
_LEAD = re.compile(r"^(?:大概|大约|约|就|是|在|我|想|要|选)+(?=.)")
_TAIL = re.compile(r"(?:左右|吧|呀|了|的|啊|哦|那天|这天|当天|[。.!！~,，])+$")


def read_day(text: str, today: date, *, rough: bool = False) -> date | Invalid:
    """The day that was said on `today`. Without a year it is this year's; a bare 周三 is asked back with its two days.

    With `rough` a year or a month of a year is enough: its first day.
    """
    said = _LEAD.sub("", _TAIL.sub("", re.sub(r"\s+", "", fold(text)).casefold()))
    if said in _NEAR:
        return today + timedelta(days=_NEAR[said])
    if rough and (found := _ROUGH.fullmatch(said)):
        return _rough(found, today)
    for pattern, reading in ((_PACKED, _full), (_FULL, _full), (_MONTH_DAY, _month_day), (_DAY, _day), (_AGO, _ago), (_WEEKDAY, _weekday)):
        if found := pattern.fullmatch(said):
            return reading(found, today)
    return Invalid("date_incomplete" if _UNFINISHED.fullmatch(said) else "not_a_date", {"said": text.strip()[:40]})


def _day_of(year: int, month: int | None, day: int | None, said: str) -> date | Invalid:
    try:
        return date(year, month or 0, day or 0)
    except ValueError:
        return Invalid("no_such_date", {"said": said})


def _full(found: re.Match[str], today: date) -> date | Invalid:
    year = number(found[1]) or 0
    if len(found[1]) == 2:  # 58年 is 1958, 26年 is 2026
        year += 2000 if year + 2000 <= today.year + 10 else 1900
    return _day_of(year, number(found[2]), number(found[3]), found[0])


def _rough(found: re.Match[str], today: date) -> date | Invalid:
    said, month = found[1] or found[2], number(found[3]) if found[3] else 1
    year = today.year + _YEARS[said] if said in _YEARS else number(said) or 0
    if len(said) == 2 and said not in _YEARS:
        year += 2000 if year + 2000 <= today.year else 1900
    return _day_of(year, month, 1, found[0])


def _month_day(found: re.Match[str], today: date) -> date | Invalid:
    month, day = number(found[2]), number(found[3])
    if found[1]:
        return _day_of(today.year + _YEARS[found[1]], month, day, found[0])
    for year in (today.year - 1, today.year + 1):
        near = _day_of(year, month, day, found[0])
        if isinstance(near, date) and abs(near - today) <= _OVER_NEW_YEAR:
            return near
    return _day_of(today.year, month, day, found[0])


def _day(found: re.Match[str], today: date) -> date | Invalid:
    months = today.year * 12 + today.month - 1 + {"上": -1, "下": 1}.get((found[1] or " ")[0], 0)
    return _day_of(months // 12, months % 12 + 1, number(found[2]), found[0])


def _ago(found: re.Match[str], today: date) -> date | Invalid:
    sign = -1 if found[3] == "前" else 1
    count = number(found[1])
    if count is None or count > 4000 or "月" in found[2]:
        return Invalid("not_a_date", {"said": found[0]})  # 半天前, 三个月前 name no day
    return today + timedelta(days=sign * count * (1 if found[2] in "天日" else 7))


def _weekday(found: re.Match[str], today: date) -> date | Invalid:
    wanted = "一二三四五六日".find(found[2].replace("天", "日")) if not found[2].isdigit() else int(found[2]) - 1
    monday = today - timedelta(days=today.weekday())
    if found[1]:
        return monday + timedelta(days=wanted, weeks=_WEEKS[found[1]])
    last = today - timedelta(days=(today.weekday() - wanted) % 7 or 7)
    days = [last + timedelta(weeks=weeks) for weeks in (0, 1, 2)]
    return Invalid("which_week", {"said": found[0], "days": tuple(d for d in days if d - today <= timedelta(days=7))})
