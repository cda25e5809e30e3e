"""发布公示 as staff type it: a title, the words, then lines for kind, period, place, who may read it, who signs, whom to call.

The legal minimum of each kind stands here as data, with where it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from types import MappingProxyType
from typing import TypeVar

from community.areas import Level
from community.calendar import CALENDAR, Calendar, Due, add_workdays, period_ends
from community.notices import NoticeCategory, Openness
from dialogue.numerals import NUMBER, fold, narrow, number


@dataclass(frozen=True, slots=True)
class Period:
    """So many days, or so many working days."""

    days: int
    workdays: bool = False


@dataclass(frozen=True, slots=True)
class Minimum:
    """The least a kind of notice must be up, and what says so ("": our own default, no rule was found)."""

    period: Period
    source: str = ""


MINIMUMS: Mapping[NoticeCategory, Minimum] = MappingProxyType(
    {
        NoticeCategory.AFFAIRS: Minimum(Period(15), "城市居民委员会组织法 34"),
        NoticeCategory.FINANCE: Minimum(Period(15), "城市居民委员会组织法 34"),
        NoticeCategory.PARTY: Minimum(Period(7)),
        NoticeCategory.OWNERS: Minimum(Period(7)),
        NoticeCategory.AWARD: Minimum(Period(5, workdays=True)),
        NoticeCategory.ADOPTION: Minimum(Period(7)),
        NoticeCategory.PLAIN: Minimum(Period(7)),
    }
)
LONGEST = 365
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class DraftFault:
    """What must be put right before it can be shown; notices.faults says it, with `values`."""

    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed so far, field by field, as it was typed; "" for what was not said. `attachments`: the line is there."""

    title: str = ""
    body: str = ""
    category: str = ""
    period: str = ""
    area: str = ""
    openness: str = ""
    signed: str = ""
    phone: str = ""
    attachments: str = ""
    approver: str = ""


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """A notice before it is shown. `area` and `approver` as typed ("": own area, nobody), `openness` None: by the area's level.

    `due` is its last day if it goes up on the day it was parsed for; `attachments`: files will be sent next.
    """

    title: str
    body: str
    category: NoticeCategory
    period: Period
    due: Due
    area: str
    openness: Openness | None
    signed: str
    phone: str
    attachments: bool
    approver: str
    faults: tuple[DraftFault, ...]


_CATEGORIES = {
    "居务": NoticeCategory.AFFAIRS,
    "村务": NoticeCategory.AFFAIRS,
    "财务": NoticeCategory.FINANCE,
    "党务": NoticeCategory.PARTY,
    "业主": NoticeCategory.OWNERS,
    "评选": NoticeCategory.AWARD,
    "认养": NoticeCategory.ADOPTION,
}
_CATEGORIES |= {category.value: category for category in NoticeCategory}  # a button's
_OPENNESS = {"网上": Openness.WEB, "本范围": Openness.SCOPE} | {openness.value: openness for openness in Openness}
_FIELDS = {
    "类别": "category",
    "期限": "period",
    "范围": "area",
    "公开": "openness",
    "落款": "signed",
    "电话": "phone",
    "附件": "attachments",
    "审核": "approver",
}
_LINE = re.compile(rf"\s*({'|'.join(_FIELDS)})(?:[\s:：]+(.*))?")
_PERIOD = re.compile(rf"({NUMBER})\s*(天|日|个?工作日|周|个?星期)?")


def read(lines: Sequence[str]) -> tuple[Typed, tuple[DraftFault, ...]]:
    """A whole notice in one message: its title, its words, its lines; and the lines that cannot be read."""
    said = [line.strip() for line in lines if line.strip()]
    faults: list[DraftFault] = []
    body, fields = _split(said[1:], faults)
    return Typed(title=said[0] if said else "", body="\n".join(body), **fields), tuple(faults)


def amend(typed: Typed, text: str) -> tuple[Typed, tuple[DraftFault, ...]] | None:
    """The same with these lines in place of what they say anew; None where the text does not begin with such a line."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not lines or not _LINE.fullmatch(narrow(lines[0])):
        return None
    faults: list[DraftFault] = []
    return replace(typed, **_split(lines, faults)[1]), tuple(faults)


def judge(typed: Typed, posted_on: date, calendar: Calendar = CALENDAR) -> NoticeDraft:
    """What these words make if they were posted that day, and what must be put right."""
    faults: list[DraftFault] = []
    if not typed.title:
        faults.append(DraftFault("no_title"))
    elif not typed.body:
        faults.append(DraftFault("no_body"))
    category = _one_of("类别", typed.category, _CATEGORIES, faults) or NoticeCategory.PLAIN
    minimum = MINIMUMS[category].period
    period = _period(typed.period, faults) or minimum
    due = ends(period, posted_on, calendar)
    if due.on < ends(minimum, posted_on, calendar).on:
        faults.append(DraftFault("too_short", {"category": category, "days": minimum.days, "workdays": int(minimum.workdays)}))
    return NoticeDraft(
        title=typed.title,
        body=typed.body,
        category=category,
        period=period,
        due=due,
        area=typed.area,
        openness=_one_of("公开", typed.openness, _OPENNESS, faults),
        signed=typed.signed,
        phone=typed.phone,
        attachments=bool(typed.attachments),
        approver=typed.approver,
        faults=tuple(faults),
    )


def ends(period: Period, posted_on: date, calendar: Calendar = CALENDAR) -> Due:
    """The last day of a period that begins with this day."""
    reckon = add_workdays if period.workdays else period_ends
    return reckon(posted_on, period.days, calendar)


def default_openness(level: Level) -> Openness:
    """Below the community a notice concerns its own people only, unless staff say 公开 网上."""
    return Openness.WEB if level in (Level.STREET, Level.COMMUNITY) else Openness.SCOPE


def _split(lines: Sequence[str], faults: list[DraftFault]) -> tuple[list[str], dict[str, str]]:
    """The words, and the lines after them by field: once one of those is there, nothing else may follow."""
    body: list[str] = []
    fields: dict[str, str] = {}
    for line in lines:
        found = _LINE.fullmatch(narrow(line))
        name = _FIELDS[found[1]] if found else ""
        if found and name in fields:
            faults.append(DraftFault("said_twice", {"line": line}))
        elif found:
            said = line[found.start(2) :].strip() if found[2] else ""
            fields[name] = said or ("+" if name == "attachments" else "")
        elif fields:
            near = get_close_matches(re.split(r"[\s:：]", line)[0], _FIELDS, n=1, cutoff=0.4)
            faults.append(DraftFault("unknown_line", {"line": line, "nearest": near[0] if near else ""}))
        else:
            body.append(line)
    return body, fields


def _one_of(name: str, words: str, known: Mapping[str, _T], faults: list[DraftFault]) -> _T | None:
    said = fold(words)
    if said and said not in known:
        faults.append(DraftFault("unknown_value", {"line": name, "value": said, "known": "、".join(k for k in known if not k.isascii())}))
    return known.get(said)


def _period(said: str, faults: list[DraftFault]) -> Period | None:
    if not said:
        return None
    found = _PERIOD.fullmatch(fold(said))
    days = number(found[1]) if found else None
    if found is None or days is None:
        faults.append(DraftFault("bad_period", {"value": said}))
        return None
    if found[2] and found[2].endswith(("周", "星期")):
        days *= 7
    if not 1 <= days <= LONGEST:
        faults.append(DraftFault("bad_period", {"value": said}))
        return None
    return Period(days, workdays=bool(found[2]) and found[2].endswith("工作日"))
