"""An order to send something to many: it is ordered once, goes out batch by batch, and can be paused or stopped at any time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from dialogue.words import Event, Refused, ResidentId, Say

DispatchId = NewType("DispatchId", str)


class DispatchState(StrEnum):
    """待复核 (many people: a second officer agrees first), 已下达, 发送中, 暂停, 已停止, 已完成."""

    ASKED = "asked"
    ORDERED = "ordered"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


_ON_ITS_WAY = (DispatchState.ORDERED, DispatchState.SENDING)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """发送N号: what goes to whom (`say`, whose `to` is an audience), how many that were when it was ordered, and how far it is.

    Done means that everybody has their row in the outbox; `waiting` of them have not left yet (night, rate, windows) and can be held.
    """

    id: DispatchId
    number: int
    say: Say
    area: str
    people: int
    state: DispatchState
    ordered_by: ResidentId | None
    ordered_at: datetime
    waiting: int = 0

    @property
    def on_its_way(self) -> bool:
        """Whether there is something left to hold or to stop."""
        return self.state in _ON_ITS_WAY or (self.state is DispatchState.DONE and self.waiting > 0)


@dataclass(frozen=True, slots=True)
class DispatchOrdered(Event):
    """An officer, or a poll that opens or closes (`by` None), orders this to be sent to everybody in the Say's audience."""

    id: DispatchId
    number: int
    say: Say
    area: str
    people: int
    by: ResidentId | None
    at: datetime


@dataclass(frozen=True, slots=True)
class DispatchAsked(Event):
    """An officer wants this sent to so many that a second one must agree first; nothing leaves until then."""

    order: DispatchOrdered


@dataclass(frozen=True, slots=True)
class DispatchApproved(Event):
    """The second officer agreed: now it goes out."""

    id: DispatchId
    by: ResidentId
    at: datetime


@dataclass(frozen=True, slots=True)
class DispatchPaused(Event):
    """Nothing more leaves until it is resumed."""

    id: DispatchId
    by: ResidentId
    at: datetime


@dataclass(frozen=True, slots=True)
class DispatchResumed(Event):
    """It goes on where it stood."""

    id: DispatchId
    by: ResidentId
    at: datetime


@dataclass(frozen=True, slots=True)
class DispatchStopped(Event):
    """Nothing more ever leaves; what has left cannot be called back."""

    id: DispatchId
    by: ResidentId
    at: datetime


@dataclass(frozen=True, slots=True)
class DispatchDone(Event):
    """Everybody in the audience has their row in the outbox."""

    id: DispatchId
    at: datetime


def approve(dispatch: Dispatch, by: ResidentId, at: datetime) -> tuple[Dispatch, DispatchApproved]:
    """The second officer's yes. Refused dispatches.own_order: nobody is their own second."""
    _must_be(dispatch, DispatchState.ASKED)
    if by == dispatch.ordered_by:
        raise Refused("dispatches.own_order", number=dispatch.number)
    return replace(dispatch, state=DispatchState.ORDERED), DispatchApproved(dispatch.id, by, at)


def pause(dispatch: Dispatch, by: ResidentId, at: datetime) -> tuple[Dispatch, DispatchPaused]:
    """Hold it. Refused dispatches.paused|stopped|done when there is nothing to hold."""
    if not dispatch.on_its_way:
        _must_be(dispatch)
    return replace(dispatch, state=DispatchState.PAUSED), DispatchPaused(dispatch.id, by, at)


def resume(dispatch: Dispatch, by: ResidentId, at: datetime) -> tuple[Dispatch, DispatchResumed]:
    """Let it go on after a pause."""
    _must_be(dispatch, DispatchState.PAUSED)
    return replace(dispatch, state=DispatchState.SENDING), DispatchResumed(dispatch.id, by, at)


def stop(dispatch: Dispatch, by: ResidentId, at: datetime) -> tuple[Dispatch, DispatchStopped]:
    """End it for good, as long as anything is left of it."""
    if not dispatch.on_its_way:
        _must_be(dispatch, DispatchState.ASKED, DispatchState.PAUSED)
    return replace(dispatch, state=DispatchState.STOPPED), DispatchStopped(dispatch.id, by, at)


def finish(dispatch: Dispatch, at: datetime) -> tuple[Dispatch, DispatchDone]:
    """The last batch is in the outbox."""
    _must_be(dispatch, *_ON_ITS_WAY)
    return replace(dispatch, state=DispatchState.DONE), DispatchDone(dispatch.id, at)


def _must_be(dispatch: Dispatch, *states: DispatchState) -> None:
    if dispatch.state not in states:
        raise Refused(f"dispatches.{dispatch.state}", number=dispatch.number)
