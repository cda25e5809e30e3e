"""Codes that let somebody in: for an office in an area, for a home, or for the other chat of the same person (role "self")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dialogue.words import ContactId, Event, ResidentId, Role

TRIES = 5  # wrong codes, or wrong last four digits, in an hour; then it rests
NEWCOMERS = 50  # wrong codes in an hour by all of a community who came by an address of their own making
REST = timedelta(hours=1)
DAYS = 30
OFFICE_DAYS = 7  # a code for an office opens more than a home: one use, and not for long
SELF = "self"
POSTER = "poster"  # the sheet in the lift: anybody may scan it, it proves nothing, and it works until it is taken down
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
SELF_LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class InviteMade(Event):
    """A code was given out; of the code itself only a keyed hash is kept. `resident`: whose own second chat it lets in."""

    id: str
    code: str
    role: str
    area: str
    household: str
    as_: str
    uses: int
    expires_at: datetime
    resident: str = ""


@dataclass(frozen=True, slots=True)
class InviteUsed(Event):
    """One use of a code is gone; all of them when it was shown in a group (`void`)."""

    id: str
    void: bool = False


@dataclass(frozen=True, slots=True)
class RoleTaken(Event):
    """Somebody takes an office by its code. `name` is how the code called them, or ""."""

    id: str
    resident: ResidentId
    role: Role
    name: str
    since_on: date


@dataclass(frozen=True, slots=True)
class Tried(Event):
    """Somebody guessed wrong; `subject` is what is counted (a contact's codes, a home's telephone)."""

    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ContactsJoined(Event):
    """Two chats are one person's: this contact is that resident's from now on, and so is everything said in it."""

    contact: ContactId
    person: str
    resident: ResidentId | None
    into: ResidentId
    at: datetime


def lasts(now: datetime, days: int) -> datetime:
    """When a code given out now ends."""
    return now + timedelta(days=days)
