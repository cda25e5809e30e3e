"""What somebody agreed to, and when: the notice has a version, and every answer to it is kept (个人信息保护法 13–17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dialogue.words import ContactId, Event, ResidentId

VERSION = "1"  # of the notice; a changed one is asked again


@dataclass(frozen=True, slots=True)
class ConsentGiven(Event):
    """A resident agreed to the notice of that version; from now on they are known as a resident."""

    contact: ContactId
    resident: ResidentId
    person: str
    name: str
    version: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsentDeferred(Event):
    """先看看: they read and ask, and nothing about them is kept. `consent` is asked or browsing."""

    contact: ContactId
    consent: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn(Event):
    """They take their consent back: nothing is sent to them unasked any more."""

    contact: ContactId
    resident: ResidentId
    at: datetime
