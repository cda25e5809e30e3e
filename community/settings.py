"""How somebody wants to be spoken to: size, language, invitations, which community; and when a person speaks instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dialogue.words import ContactId, Event, ResidentId


@dataclass(frozen=True, slots=True)
class LargeChosen(Event):
    """大字版 or 普通版, for this chat."""

    contact: ContactId
    large: bool


@dataclass(frozen=True, slots=True)
class LanguageChosen(Event):
    """The language of this chat."""

    contact: ContactId
    language: str


@dataclass(frozen=True, slots=True)
class SubscriptionChanged(Event):
    """退订 or 订阅: no invitations and reminders, or again. It holds for every chat of the same resident."""

    contact: ContactId
    resident: ResidentId | None
    subscribed: bool


@dataclass(frozen=True, slots=True)
class CommunityChosen(Event):
    """This chat speaks to another community from now on. `resident` None: they are not known there yet and are asked first."""

    contact: ContactId
    community: int
    resident: ResidentId | None


@dataclass(frozen=True, slots=True)
class HumanAsked(Event):
    """找人: a person takes over this chat; the program keeps quiet until then, or until 菜单."""

    contact: ContactId
    until: datetime
