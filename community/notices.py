"""A 公示: posted for its period in one area, where whoever it concerns may object; objections are numbered, counted and answered.

A plain notice just ends when its period does (community/calendar.py says on which day).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType

from dialogue.words import Event, Refused, ResidentId

NoticeId = NewType("NoticeId", str)
ObjectionId = NewType("ObjectionId", str)


class NoticeCategory(StrEnum):
    """居务, 财务, 党务, 业主, 评选, 认养; PLAIN when none was named. It decides the legal minimum of days."""

    AFFAIRS = "affairs"
    FINANCE = "finance"
    PARTY = "party"
    OWNERS = "owners"
    AWARD = "award"
    ADOPTION = "adoption"
    PLAIN = "plain"


class NoticeState(StrEnum):
    """草稿, 公示中, 有异议, 公示期满, 已生效, 已撤回."""

    DRAFT = "draft"
    POSTED = "posted"
    OBJECTED = "objected"
    ENDED = "ended"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"


class ObjectionState(StrEnum):
    """已收到, 已答复, 已裁定."""

    RECEIVED = "received"
    ANSWERED = "answered"
    RULED = "ruled"


class Openness(StrEnum):
    """Who can read it on the board: 公开 网上 (everybody), or 本范围 (after binding, or by the QR on the posted sheet)."""

    WEB = "web"
    SCOPE = "scope"


@dataclass(frozen=True, slots=True)
class NoticeText:
    """What is printed: the words as staff wrote them, who signs, whom to ask. `attachments` are media digests."""

    title: str
    body: str
    category: NoticeCategory
    signed: str = ""
    phone: str = ""
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """公示N号 as it stands. `ends_on` is its last day (to midnight there: `ends_at`), `provisional` while that year's holidays
    are not known; `version` counts corrections, `objections` those received."""

    id: NoticeId
    number: int
    version: int
    text: NoticeText
    area: str
    path: str
    openness: Openness
    state: NoticeState
    posted_at: datetime
    ends_on: date
    ends_at: datetime
    provisional: bool = False
    objections: int = 0


@dataclass(frozen=True, slots=True)
class Objection:
    """异议N号 against a notice or a poll (`against`: notices | polls, `subject` its id and `subject_number` as spoken)."""

    id: ObjectionId
    number: int
    against: str
    subject: str
    subject_number: int
    resident: ResidentId
    household: str
    text: str
    state: ObjectionState
    at: datetime
    answer: str = ""


@dataclass(frozen=True, slots=True)
class NoticePosted(Event):
    """A 公示 is up from this moment, until midnight after `ends_on` (`ends_at`). `approver` as typed, "" for none."""

    id: NoticeId
    number: int
    text: NoticeText
    area: str
    openness: Openness
    by: ResidentId
    approver: str
    at: datetime
    ends_on: date
    ends_at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True)
class ObjectionRaised(Event):
    """Somebody it concerns objects. `number` is their receipt, `count` how many the subject has, this one included."""

    id: ObjectionId
    number: int
    against: str
    subject: str
    resident: ResidentId
    household: str
    text: str
    count: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ObjectionAnswered(Event):
    """An officer answered an objection."""

    id: ObjectionId
    by: ResidentId
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NoticeEnded(Event):
    """Its period is over; `objections` were received, `unanswered` of them still wait for a word."""

    id: NoticeId
    objections: int
    unanswered: int
    at: datetime


@dataclass(frozen=True, slots=True)
class NoticePassedOn(Event):
    """Somebody put its text into an ordinary chat group by hand: kept as proof of posting. `what`: open | over."""

    id: str
    notice: NoticeId
    what: str
    by: ResidentId
    at: datetime


UP = (NoticeState.POSTED, NoticeState.OBJECTED)
"""The states in which it is read as in force and may be objected to."""


@dataclass(frozen=True, slots=True)
class Voice:
    """An objection as it arrives: who, from which home ("" unknown), their words, the receipt number reserved for it, its id."""

    id: ObjectionId
    number: int
    resident: ResidentId
    household: str
    text: str


def raise_objection(notice: Notice, voice: Voice, at: datetime) -> tuple[Notice, ObjectionRaised]:
    """Object within the period. Refused notices.not_up, notices.period_over, notices.objection_empty."""
    if notice.state not in UP:
        raise Refused("notices.not_up", number=notice.number)
    if at >= notice.ends_at:
        raise Refused("notices.period_over", number=notice.number, ends_on=notice.ends_on)
    if not voice.text.strip():
        raise Refused("notices.objection_empty", number=notice.number)
    after = replace(notice, state=NoticeState.OBJECTED, objections=notice.objections + 1)
    event = ObjectionRaised(
        voice.id, voice.number, "notices", notice.id, voice.resident, voice.household, voice.text.strip(), after.objections, at
    )
    return after, event


def answer_objection(objection: Objection, by: ResidentId, text: str, at: datetime) -> tuple[Objection, ObjectionAnswered]:
    """Answer it; a later answer stands beside the first. Refused notices.answer_empty, notices.own_objection."""
    if by == objection.resident:
        raise Refused("notices.own_objection", number=objection.number)
    if not text.strip():
        raise Refused("notices.answer_empty", number=objection.number)
    after = replace(objection, state=ObjectionState.ANSWERED, answer=text.strip())
    return after, ObjectionAnswered(objection.id, by, text.strip(), at)


def end(notice: Notice, unanswered: int, at: datetime) -> tuple[Notice, tuple[NoticeEnded, ...]]:
    """The clock says that its time is up: it ends once; before `ends_at`, or when it is no longer up, nothing happens."""
    if notice.state not in UP or at < notice.ends_at:
        return notice, ()
    return replace(notice, state=NoticeState.ENDED), (NoticeEnded(notice.id, notice.objections, unanswered, at),)


@dataclass(frozen=True, slots=True)
class Contested:
    """A poll somebody objects to: `until` ends the days in which that is possible (None: it is still open), `count` so far."""

    id: str
    number: int
    until: datetime | None
    count: int


DISPUTE = timedelta(days=7)
"""How long after its close a poll's result may be objected to."""


def object_to_poll(poll: Contested, voice: Voice, at: datetime) -> ObjectionRaised:
    """Object to a poll while it runs and seven days after. Refused notices.dispute_over, notices.objection_empty."""
    if poll.until is not None and at >= poll.until:
        raise Refused("notices.dispute_over", number=poll.number)
    if not voice.text.strip():
        raise Refused("notices.objection_empty", number=poll.number)
    words = voice.text.strip()
    return ObjectionRaised(voice.id, voice.number, "polls", poll.id, voice.resident, voice.household, words, poll.count + 1, at)
