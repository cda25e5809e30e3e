"""删除我的资料: what is destroyed at once, what the law keeps and until when, and the two moments at which the clock destroys the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dialogue.words import ContactId, Event, ResidentId

LAST_WORD = timedelta(minutes=30)  # how long the answer "it is deleted" may still be on its way
LAW_YEARS = 3  # votes and objections: one year to sue from knowing (解释 12), kept three


@dataclass(frozen=True, slots=True)
class Forgotten(Event):
    """A resident had everything deleted that the law does not keep; they are nobody to us from now on."""

    resident: ResidentId
    person: str
    contact: ContactId  # the chat that hears the last answer
    at: datetime
    keeps_until: date | None  # None: nothing of theirs is kept
    last_word: timedelta = LAST_WORD


@dataclass(frozen=True, slots=True)
class LastWordGone(Event):
    """The farewell has left or never will: its address and words go too."""

    person: str


@dataclass(frozen=True, slots=True)
class TermEnded(Event):
    """What the law kept of a forgotten person has reached its term."""

    person: str


@dataclass(frozen=True, slots=True)
class Correction(Event):
    """更正: somebody says what is wrong in their data. Staff are told; their words stay theirs."""

    id: str
    resident: ResidentId
    person: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MyData:
    """What is kept about somebody, as 我的资料 tells it: `counts` by noun (matters, responses, ballots, …)."""

    name: str
    homes: tuple[str, ...]
    channels: int
    counts: Mapping[str, int]
    consented_at: datetime | None
    keeps_until: date | None


def keeps_until(now: date, kept: int) -> date | None:
    """Until when the law keeps what somebody voted and objected; None when there is nothing such."""
    if not kept:
        return None
    return date(now.year + LAW_YEARS, now.month, min(now.day, 28) if now.month == 2 else now.day)
