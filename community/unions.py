"""One person behind several doors: the platform says that a new chat belongs to somebody we know (unionid)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dialogue.words import ContactId, Event, ResidentId


@dataclass(frozen=True, slots=True)
class ContactRecognised(Event):
    """A chat in which nobody has agreed to anything is that resident's, whose other chat is `twin`: the same person and consent."""

    contact: ContactId
    person: str
    twin: ContactId
    into: ResidentId
    at: datetime


@dataclass(frozen=True, slots=True)
class ContactParted(Event):
    """不是我: this chat is somebody else's after all, and nobody's until they agree."""

    contact: ContactId
    at: datetime


def masked_name(name: str) -> str:
    """A name as somebody may read it who may be another: 张建国 is 张**."""
    return name[:1] + "*" * (len(name) - 1)
