"""Anything raised (事项): a wish, an idea or a request, from the moment it gets its number until its author is content.

One pure transition, `advance(matter, act, by, at)`; whether an officer may act in that area is asked of community/staff.py before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

from community.calendar import Due, add_workdays, is_workday, workday_of
from community.matter_acts import (
    Accept,
    Act,
    Add,
    Answer,
    Close,
    ConfirmKind,
    Judge,
    NotAccept,
    Nudge,
    Rate,
    Second,
    Withdraw,
)
from community.matter_events import (
    Category,
    IdeaJudged,
    MatterAccepted,
    MatterAdded,
    MatterAnswered,
    MatterClosed,
    MatterId,
    MatterKind,
    MatterKindConfirmed,
    MatterNotAccepted,
    MatterNudged,
    MatterRaised,
    MatterRated,
    MatterReopened,
    MatterSeconded,
    MatterState,
    MatterWithdrawn,
    Solved,
    Verdict,
)
from dialogue.words import Event, Refused, ResidentId

__all__ = [
    "Accept",
    "Act",
    "Add",
    "Answer",
    "Category",
    "Close",
    "ConfirmKind",
    "IdeaJudged",
    "Judge",
    "Matter",
    "MatterAccepted",
    "MatterAdded",
    "MatterAnswered",
    "MatterClosed",
    "MatterId",
    "MatterKind",
    "MatterKindConfirmed",
    "MatterNotAccepted",
    "MatterNudged",
    "MatterRaised",
    "MatterRated",
    "MatterReopened",
    "MatterSeconded",
    "MatterState",
    "MatterWithdrawn",
    "NotAccept",
    "Nudge",
    "Rate",
    "Second",
    "Solved",
    "Verdict",
    "Withdraw",
    "advance",
    "answer_due",
]


@dataclass(frozen=True, slots=True)
class Matter:
    """事项N号 as it stands. `author` raised it and alone may take it back or rate it, with them the `owners`: the home it was written
    down for. `supporters` are who said 我家也这样.

    `reopened` counts 没解决; the second time it is `supervised` (督办). `in_review`: solved, but rated 1 or 2.
    `nudged_on`: the working day its author last asked for a word. `verdict`: what became of an idea.
    """

    id: MatterId
    number: int
    kind: MatterKind
    category: Category
    text: str
    author: ResidentId
    area: str
    path: str
    state: MatterState
    raised_at: datetime
    supporters: frozenset[ResidentId] = frozenset()
    handler: ResidentId | None = None
    solved: Solved | None = None
    score: int = 0
    reopened: int = 0
    supervised: bool = False
    in_review: bool = False
    nudged_on: date | None = None
    verdict: Verdict | None = None
    owners: frozenset[ResidentId] = frozenset()

    def belongs_to(self, resident: ResidentId | None) -> bool:
        """Whether they may act as its author."""
        return resident is not None and (resident == self.author or resident in self.owners)

    @property
    def public(self) -> bool:
        """Whether neighbours may see it, by number and masked words: wishes and ideas; requests and questions never by default."""
        return self.kind in (MatterKind.WISH, MatterKind.IDEA)

    @property
    def open(self) -> bool:
        """Whether anything more can be done with it."""
        return self.state in _OPEN


_OPEN = (MatterState.NEW, MatterState.CONFIRMED, MatterState.ACCEPTED, MatterState.ANSWERED, MatterState.REOPENED)


def answer_due(matter: Matter, zone: tzinfo) -> Due:
    """The day by which its author is promised an answer: 5 working days, a question 1."""
    days = 1 if matter.kind is MatterKind.QUESTION else 5
    return add_workdays(workday_of(matter.raised_at, zone), days)


# --- the rules ---------------------------------------------------------------------------------------------------


def advance(matter: Matter, act: Act, by: ResidentId, at: datetime) -> tuple[Matter, tuple[Event, ...]]:
    """What becomes of a matter when somebody does something with it: the matter afterwards, and what happened.

    Raises Refused matters.*: over (nothing more can be done with it), not_yours (only its author may), supporters_only,
    own_matter, already_seconded, wishes_stand_alone, already_confirmed, text_needed, not_done_yet, already_rated,
    already_nudged, already_accepted, ideas_only.
    """
    match act:
        case ConfirmKind() | Withdraw() | Rate() | Nudge():
            _must(matter.belongs_to(by), "not_yours", matter)
            return _by_author(matter, act, at)
        case Second() | Add():
            return _by_neighbour(matter, act, by, at)
        case _:
            return _by_officer(matter, act, by, at)


def _by_author(matter: Matter, act: ConfirmKind | Withdraw | Rate | Nudge, at: datetime) -> tuple[Matter, tuple[Event, ...]]:
    if isinstance(act, Rate):
        return _rate(matter, act, at)
    _must(matter.open, "over", matter)
    if isinstance(act, Nudge):
        day = act.today
        while not is_workday(day):
            day += timedelta(days=1)
        _must(matter.nudged_on is None or matter.nudged_on < day, "already_nudged", matter)
        return replace(matter, nudged_on=day), (MatterNudged(matter.id, day, at),)
    if isinstance(act, Withdraw):
        return replace(matter, state=MatterState.WITHDRAWN), (MatterWithdrawn(matter.id, act.text.strip(), at),)
    _must(matter.state is MatterState.NEW, "already_confirmed", matter)
    after = replace(matter, kind=act.kind, category=act.category, state=MatterState.CONFIRMED)
    return after, (MatterKindConfirmed(matter.id, act.kind, act.category, at),)


def _by_neighbour(matter: Matter, act: Second | Add, by: ResidentId, at: datetime) -> tuple[Matter, tuple[Event, ...]]:
    _must(matter.open, "over", matter)
    if isinstance(act, Add):
        _must(matter.belongs_to(by) or by in matter.supporters, "supporters_only", matter)
        _must(bool(act.text.strip() or act.media), "text_needed", matter)
        return matter, (MatterAdded(matter.id, by, act.text.strip(), act.media, at),)
    _must(matter.kind is not MatterKind.WISH, "wishes_stand_alone", matter)
    _must(not matter.belongs_to(by), "own_matter", matter)
    _must(by not in matter.supporters, "already_seconded", matter)
    after = replace(matter, supporters=matter.supporters | {by})
    return after, (MatterSeconded(matter.id, by, act.household, len(after.supporters), at),)


def _by_officer(
    matter: Matter, act: Accept | Answer | Close | Judge | NotAccept, by: ResidentId, at: datetime
) -> tuple[Matter, tuple[Event, ...]]:
    _must(matter.open, "over", matter)
    match act:
        case Accept():
            _must(matter.state is not MatterState.ACCEPTED, "already_accepted", matter)
            return replace(matter, state=MatterState.ACCEPTED, handler=by), (MatterAccepted(matter.id, by, at),)
        case Judge(_, text) | Answer(text) | Close(text) | NotAccept(text):
            _must(not isinstance(act, Judge) or matter.kind is MatterKind.IDEA, "ideas_only", matter)
            _must(bool(text.strip()), "text_needed", matter)
    text = text.strip()
    if isinstance(act, Judge):
        after = replace(matter, state=MatterState.ANSWERED, handler=matter.handler or by, verdict=act.verdict)
        return after, (IdeaJudged(matter.id, act.verdict, by, text, at),)
    if isinstance(act, Answer):
        return replace(matter, state=MatterState.ANSWERED, handler=matter.handler or by), (MatterAnswered(matter.id, by, text, at),)
    if isinstance(act, Close):
        after = replace(matter, state=MatterState.CLOSED, handler=matter.handler or by, solved=None, score=0)
        return after, (MatterClosed(matter.id, by, text, at),)
    return replace(matter, state=MatterState.NOT_ACCEPTED), (MatterNotAccepted(matter.id, by, text, at),)


def _rate(matter: Matter, act: Rate, at: datetime) -> tuple[Matter, tuple[Event, ...]]:
    """users.md 20: 没解决 reopens, the second time under 督办; a poor mark for what is solved goes to review; else it closes."""
    _must(matter.state in (MatterState.ANSWERED, MatterState.CLOSED), "not_done_yet", matter)
    _must(matter.solved is None or matter.state is MatterState.ANSWERED, "already_rated", matter)
    unsolved = act.solved is Solved.NO
    times = matter.reopened + unsolved
    after = replace(
        matter,
        state=MatterState.REOPENED if unsolved else MatterState.CLOSED,
        solved=act.solved,
        score=act.score,
        reopened=times,
        supervised=matter.supervised or times > 1,
        in_review=not unsolved and act.score <= 2,
    )
    rated = MatterRated(matter.id, act.solved, act.score, act.text.strip(), after.state, after.in_review, at)
    if not unsolved:
        return after, (rated,)
    return after, (rated, MatterReopened(matter.id, times, after.supervised, at))


def _must(holds: bool, code: str, matter: Matter) -> None:
    if not holds:
        raise Refused(f"matters.{code}", number=matter.number)
