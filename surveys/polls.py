"""A poll: what is asked of whom until when, and what may become of it. Consultative polls (征求意见) have figures and no outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from dialogue.words import Event, Refused, ResidentId

PollId = NewType("PollId", str)

CONSULTATIVE = "consultative"
FEWEST = 5  # a figure about fewer than this is about somebody (facts/civic.md §4)


class Secrecy(StrEnum):
    """实名: those on the roll see who voted what. 不公开: only totals are ever shown. 无记名: nobody can know (a later part)."""

    OPEN = "open"
    PRIVATE = "private"
    SECRET = "secret"  # noqa: S105 - no password


class Electorate(StrEnum):
    """Who votes: 业主 (each home one vote, by its owners), 住户 (each home one vote, by anybody living there), 每人."""

    OWNERS = "owners"
    HOMES = "homes"
    PEOPLE = "people"


class PollState(StrEnum):
    """草稿, 已公告, 投票中, 已截止, 已计票, 正式结果, 已作废."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"
    COUNTED = "counted"
    FINAL = "final"
    VOIDED = "voided"


class Stance(StrEnum):
    """What an option means besides its words: 弃权, or 都不同意; both are chosen alone."""

    NONE_OF_THESE = "none"
    ABSTAIN = "abstain"
    PLAIN = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a poll; people say its `number`."""

    number: int
    text: str
    stance: Stance = Stance.PLAIN


@dataclass(frozen=True, slots=True)
class Proposal:
    """The text put to the vote. Up to `most` options may be chosen; `basis` is the clause or decision it rests on, if any."""

    title: str
    choices: tuple[Choice, ...]
    explanation: str = ""
    most: int = 1
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What may be published of a poll: votes by option number, and how many entries took part. It has no place for who.

    entitled = voted + conflicts + waiting + those who kept silent. 弃权 is an option like the others: whoever abstains took part.
    """

    votes: Mapping[int, int]
    entitled: int
    voted: int
    conflicts: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Poll:
    """投票N号. `path` is its area's; `entitled` counts the entries of its frozen roll; `reason`: why it was ended, put off or voided."""

    id: PollId
    number: int
    proposal: Proposal
    area: str
    path: str
    electorate: Electorate
    secrecy: Secrecy
    author: ResidentId
    office: str
    opened_at: datetime
    closes_at: datetime
    state: PollState = PollState.OPEN
    entitled: int = 0
    rule: str = CONSULTATIVE
    closed_at: datetime | None = None
    reason: str = ""
    figures: Figures | None = None

    @property
    def place(self) -> str:
        """Its area as people say it; "" is the whole community."""
        return self.path.replace("/", "")

    @property
    def too_few(self) -> bool:
        """不公开, and so few voted that the votes would show who chose what: then only the turnout is told."""
        return self.figures is not None and self.secrecy is not Secrecy.OPEN and self.figures.voted < FEWEST

    def takes_votes(self, now: datetime) -> bool:
        """Whether a vote that arrived at this moment counts."""
        return self.state is PollState.OPEN and now < self.closes_at


@dataclass(frozen=True, slots=True)
class PollOpened(Event):
    """A poll begins: whoever may vote in it is written down with this event and does not change any more."""

    poll: Poll


@dataclass(frozen=True, slots=True)
class PollExtended(Event):
    """It stays open until `closes_at`; the reason is announced."""

    id: PollId
    closes_at: datetime
    reason: str
    by: ResidentId
    at: datetime


@dataclass(frozen=True, slots=True)
class PollVoided(Event):
    """It counts for nothing; its ballots are kept and never counted."""

    id: PollId
    reason: str
    by: ResidentId
    at: datetime


@dataclass(frozen=True, slots=True)
class PollClosed(Event):
    """Voting is over and counted. `by` None: its time had come; else somebody ended it early, for `reason`."""

    id: PollId
    figures: Figures
    reason: str
    by: ResidentId | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ClosingPutOff(Event):
    """The clock came for a poll that was extended meanwhile: it comes again then."""

    id: PollId
    at: datetime


@dataclass(frozen=True, slots=True)
class PostedByHand(Event):
    """Somebody put the poll's text into an ordinary chat group by hand: kept as proof of posting. `what`: open | result | voided."""

    id: str
    poll: PollId
    what: str
    by: ResidentId
    at: datetime


def extend(poll: Poll, until: datetime, reason: str, by: ResidentId, now: datetime) -> tuple[Poll, PollExtended]:
    """Let it stay open longer, with the reason; never shorter, and never after it closed."""
    may_extend(poll, until, now)
    _with_reason(poll, reason)
    return replace(poll, closes_at=until, reason=reason), PollExtended(poll.id, until, reason, by, now)


def may_extend(poll: Poll, until: datetime, now: datetime) -> None:
    """Refused when it is over, or that would be no longer."""
    must_be_open(poll, now)
    if until <= poll.closes_at:
        raise Refused("polls.extend_later", number=poll.number, closes_at=poll.closes_at)


def void(poll: Poll, reason: str, by: ResidentId, now: datetime) -> tuple[Poll, PollVoided]:
    """Declare it void, open or closed, with the reason."""
    if poll.state is PollState.VOIDED:
        raise Refused("polls.voided", number=poll.number, title=poll.proposal.title, reason=poll.reason)
    _with_reason(poll, reason)
    return replace(poll, state=PollState.VOIDED, reason=reason), PollVoided(poll.id, reason, by, now)


def end_early(poll: Poll, figures: Figures, reason: str, by: ResidentId, now: datetime) -> tuple[Poll, PollClosed]:
    """Close it before its time: 征求意见 only, and the result says so and why."""
    must_be_open(poll, now)
    _with_reason(poll, reason)
    return _closed(poll, PollClosed(poll.id, figures, reason, by, now))


def close(poll: Poll, figures: Figures, now: datetime) -> tuple[Poll, PollClosed]:
    """Its time has come."""
    return _closed(poll, PollClosed(poll.id, figures, "", None, now))


def _closed(poll: Poll, event: PollClosed) -> tuple[Poll, PollClosed]:
    # nothing is entered on paper yet and nobody is asked for doubts: closed, counted and final in one
    return replace(poll, state=PollState.FINAL, closed_at=event.at, reason=event.reason, figures=event.figures), event


def must_be_open(poll: Poll, now: datetime) -> None:
    """Refused when it takes no votes any more."""
    if poll.state is PollState.VOIDED:
        raise Refused("polls.voided", number=poll.number, title=poll.proposal.title, reason=poll.reason)
    if not poll.takes_votes(now):
        raise Refused("polls.over", number=poll.number, title=poll.proposal.title)


def _with_reason(poll: Poll, reason: str) -> None:
    if not reason.strip():
        raise Refused("polls.reason_needed", number=poll.number)
