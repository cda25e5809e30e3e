"""Chat groups of neighbours: each belongs to one area once its 楼栋长 or staff said so in it; and chats that end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dialogue.words import ContactId, Event, ResidentId


@dataclass(frozen=True, slots=True)
class GroupBound(Event):
    """This group belongs to that area from now on: its posts go there. `address` is the channel's own name for it."""

    id: str
    channel: str
    address: str
    area: str
    by: ResidentId
    at: datetime


@dataclass(frozen=True, slots=True)
class GroupLeft(Event):
    """The bot was removed from a group: nothing is sent there any more."""

    channel: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class GroupMoved(Event):
    """The platform gave a group another address; it is the same group."""

    channel: str
    address: str
    to: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ContactLeft(Event):
    """Somebody blocked us or left: nothing is sent to this chat until they write again."""

    contact: ContactId
    at: datetime


@dataclass(frozen=True, slots=True)
class AddressEnded(Event):
    """The platform took an address away (a colleague left): whoever comes by it next is a stranger. `union`: its name in all doors."""

    contact: ContactId
    union: str
    at: datetime
