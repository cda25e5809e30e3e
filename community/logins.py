"""Coming in to the desk: a one-time link, or six digits that stand on a computer's screen and are confirmed in private chat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from dialogue.words import Event, ResidentId

CODE_LASTS = timedelta(minutes=5)
SESSION_LASTS = timedelta(hours=2)
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Waiting:
    """A computer that shows six digits and waits. `device` is windows, mac, linux, phone or other; `confirmed_by` who came in there."""

    id: str
    code: str
    device: str
    confirmed_by: ResidentId | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class LoginConfirmed(Event):
    """An officer said in private chat that it is they who sit at that computer."""

    id: str
    resident: ResidentId


@dataclass(frozen=True, slots=True)
class LoginRefused(Event):
    """They said it is not: its digits are worth nothing any more."""

    id: str
