"""Anything raised (事项): a wish, an idea or a request, from the moment it gets its number until its author is content.

One pure transition, `advance(matter, act, by, at)`; whether an officer may act in that area is asked of community/staff.py before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from community.matter_events import (
    Category,
    MatterAccepted,
    MatterAdded,
    MatterAnswered,
    MatterClosed,
    MatterDuplicated,
    MatterId,
    MatterKind,
    MatterKindConfirmed,
    MatterNotAccepted,
    MatterRaised,
    MatterRated,
    MatterReopened,
    MatterSeconded,
    MatterState,
    MatterWithdrawn,
    Solved,
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
    "MarkDuplicate",
    "Matter",
    "MatterAccepted",
    "MatterAdded",
    "MatterAnswered",
    "MatterClosed",
    "MatterDuplicated",
    "MatterId",
    "MatterKind",
    "MatterKindConfirmed",
    "MatterNotAccepted",
    "MatterRaised",
    "MatterRated",
    "MatterReopened",
    "MatterSeconded",
    "MatterState",
    "MatterWithdrawn",
    "NotAccept",
    "Rate",
    "Second",
    "Solved",
    "Withdraw",
    "advance",
]


@dataclass(frozen=True, slots=True)
class Matter:
    """事项N号 as it stands. `author` raised it and alone may take it back or rate it; `supporters` are who said 我家也这样.

    `reopened` counts 没解决; the second time it is `supervised` (督办). `in_review`: solved, but rated 1 or 2.
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


# --- what can be done with it ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConfirmKind:
    """The author taps what it is and what it is about, as proposed or otherwise."""

    kind: MatterKind
    category: Category


@dataclass(frozen=True, slots=True)
class Second:
    """我家也这样."""

    household: str = ""


@dataclass(frozen=True, slots=True)
class Add:
    """补充: more words or pictures (media digests), by its author or a supporter."""

    text: str
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Accept:
    """接单: this officer takes it on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """答复: a word to the author; the matter stays open."""

    text: str


@dataclass(frozen=True, slots=True)
class Close:
    """办结: it is done, with what was done."""

    text: str


@dataclass(frozen=True, slots=True)
class Rate:
    """评价: solved?, then 1 to 5 (5 = 很满意)."""

    solved: Solved
    score: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """撤销: its author takes it back."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class MarkDuplicate:
    """重复: the same as matter number `of`."""

    of: int


@dataclass(frozen=True, slots=True)
class NotAccept:
    """不予受理: not for us, with the right door."""

    text: str


Act = ConfirmKind | Second | Add | Accept | Answer | Close | Rate | Withdraw | MarkDuplicate | NotAccept


# --- the rules ---------------------------------------------------------------------------------------------------

_OPEN = (MatterState.NEW, MatterState.CONFIRMED, MatterState.ACCEPTED, MatterState.ANSWERED, MatterState.REOPENED)


def advance(matter: Matter, act: Act, by: ResidentId, at: datetime) -> tuple[Matter, tuple[Event, ...]]:
    """What becomes of a matter when somebody does something with it: the matter afterwards, and what happened.

    Raises Refused matters.*: over (nothing more can be done with it), not_yours (only its author may), supporters_only,
    own_matter, already_seconded, wishes_stand_alone, already_confirmed, text_needed, not_done_yet, already_rated, same_number.
    """
    match act:
        case ConfirmKind() | Withdraw() | Rate():
            _must(by == matter.author, "not_yours", matter)
            return _by_author(matter, act, at)
        case Second() | Add():
            return _by_neighbour(matter, act, by, at)
        case _:
            return _by_officer(matter, act, by, at)


def _by_author(matter: Matter, act: ConfirmKind | Withdraw | Rate, at: datetime) -> tuple[Matter, tuple[Event, ...]]:
    if isinstance(act, Rate):
        return _rate(matter, act, at)
    _must(matter.state in _OPEN, "over", matter)
    if isinstance(act, Withdraw):
        return replace(matter, state=MatterState.WITHDRAWN), (MatterWithdrawn(matter.id, act.text.strip(), at),)
    _must(matter.state is MatterState.NEW, "already_confirmed", matter)
    after = replace(matter, kind=act.kind, category=act.category, state=MatterState.CONFIRMED)
    return after, (MatterKindConfirmed(matter.id, act.kind, act.category, at),)


def _by_neighbour(matter: Matter, act: Second | Add, by: ResidentId, at: datetime) -> tuple[Matter, tuple[Event, ...]]:
    _must(matter.state in _OPEN, "over", matter)
    if isinstance(act, Add):
        _must(by == matter.author or by in matter.supporters, "supporters_only", matter)
        _must(bool(act.text.strip() or act.media), "text_needed", matter)
        return matter, (MatterAdded(matter.id, by, act.text.strip(), act.media, at),)
    _must(matter.kind is not MatterKind.WISH, "wishes_stand_alone", matter)
    _must(by != matter.author, "own_matter", matter)
    _must(by not in matter.supporters, "already_seconded", matter)
    after = replace(matter, supporters=matter.supporters | {by})
    return after, (MatterSeconded(matter.id, by, act.household, len(after.supporters), at),)


def _by_officer(
    matter: Matter, act: Accept | Answer | Close | MarkDuplicate | NotAccept, by: ResidentId, at: datetime
) -> tuple[Matter, tuple[Event, ...]]:
    _must(matter.state in _OPEN, "over", matter)
    match act:
        case Accept():
            return replace(matter, state=MatterState.ACCEPTED, handler=by), (MatterAccepted(matter.id, by, at),)
        case MarkDuplicate(of):
            _must(of != matter.number, "same_number", matter)
            return replace(matter, state=MatterState.DUPLICATE), (MatterDuplicated(matter.id, of, by, at),)
        case Answer(text) | Close(text) | NotAccept(text):
            _must(bool(text.strip()), "text_needed", matter)
    text = text.strip()
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
