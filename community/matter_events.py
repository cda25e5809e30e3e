"""What can happen to a matter (事项), as events, with the words for its kind, category and state; the rules are in community/matters.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from dialogue.words import Event, ResidentId

MatterId = NewType("MatterId", str)


class MatterKind(StrEnum):
    """微心愿, 金点子, 诉求, and 咨询 that nothing published answers."""

    WISH = "wish"
    IDEA = "idea"
    REQUEST = "request"
    QUESTION = "question"


class Category(StrEnum):
    """政策落实, 生产生活, 医疗卫生, 教育就业, 其他 (seed 001)."""

    POLICY = "policy"
    LIVING = "living"
    HEALTH = "health"
    EDUCATION = "education"
    OTHER = "other"


class MatterState(StrEnum):
    """新到, 已确认, 已接单, 已答复, 已办结, 重办; aside: 重复, 不予受理, 已撤销."""

    NEW = "new"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    DUPLICATE = "duplicate"
    NOT_ACCEPTED = "not_accepted"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """What becomes of an idea: 采纳, 部分采纳, 暂不采纳."""

    ADOPTED = "adopted"
    PARTLY = "partly"
    NOT_NOW = "not_now"


class Solved(StrEnum):
    """解决了吗: 解决了, 部分, 没解决."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


@dataclass(frozen=True, slots=True)
class MatterRaised(Event):
    """A resident raised it; it has its number from this moment. `kind` and `category` are proposals until confirmed.

    `area` is an area's id, `household` "" where none is known, `media` digests, `origin` where it came from (chat, phone, visit, …),
    `entered_by` the officer who wrote it down for somebody. `summary` is the text with personal data masked, "" where nobody masked
    it; `album` the mark of the pictures that belong together.
    """

    id: MatterId
    number: int
    kind: MatterKind
    category: Category
    text: str
    author: ResidentId
    area: str
    at: datetime
    household: str = ""
    media: tuple[str, ...] = ()
    origin: str = "chat"
    summary: str = ""
    album: str = ""
    entered_by: ResidentId | None = None


@dataclass(frozen=True, slots=True)
class MatterKindConfirmed(Event):
    """Its author said what it is."""

    id: MatterId
    kind: MatterKind
    category: Category
    at: datetime


@dataclass(frozen=True, slots=True)
class MatterSeconded(Event):
    """A neighbour said 我家也这样. `count`: how many have, this one included."""

    id: MatterId
    by: ResidentId
    household: str
    count: int
    at: datetime


@dataclass(frozen=True, slots=True)
class MatterAdded(Event):
    """More words or pictures."""

    id: MatterId
    by: ResidentId
    text: str
    media: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class MatterNudged(Event):
    """Its author asked for a word. `day`: the working day it counts for."""

    id: MatterId
    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class MatterAccepted(Event):
    """An officer took it on."""

    id: MatterId
    by: ResidentId
    at: datetime


@dataclass(frozen=True, slots=True)
class MatterAnswered(Event):
    """An officer answered its author."""

    id: MatterId
    by: ResidentId
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MatterClosed(Event):
    """An officer closed it, saying what was done."""

    id: MatterId
    by: ResidentId
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MatterRated(Event):
    """Its author said whether it is solved and how content they are. `state` is where that leads; `in_review` as in Matter."""

    id: MatterId
    solved: Solved
    score: int
    text: str
    state: MatterState
    in_review: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class MatterReopened(Event):
    """Not solved: it is done again. The second time it is supervised (督办)."""

    id: MatterId
    times: int
    supervised: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class IdeaJudged(Event):
    """Staff said what becomes of an idea, and why."""

    id: MatterId
    verdict: Verdict
    by: ResidentId
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MatterWithdrawn(Event):
    """Its author took it back."""

    id: MatterId
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MatterNotAccepted(Event):
    """It is not for us; its author is told which door is."""

    id: MatterId
    by: ResidentId
    text: str
    at: datetime
