"""What becomes of chat groups and of chats that end: the writers of community/groups.py. The rows stand in storage/doors.py."""

from __future__ import annotations

from community.groups import ContactLeft, GroupBound, GroupLeft, GroupMoved
from storage import contacts, doors
from storage.database import Tx
from storage.doors import Group


def record_bound(tx: Tx, community: int, event: GroupBound) -> None:
    """Posts of that area go there from now on."""
    doors.record_group_bound(tx, Group(event.id, community, event.channel, event.address, event.area), event.by, event.at)


def record_left(tx: Tx, community: int, event: GroupLeft) -> None:
    """Nothing is sent there any more."""
    doors.record_group_left(tx, event.channel, event.address, event.at)


def record_moved(tx: Tx, community: int, event: GroupMoved) -> None:
    """The same group at another address."""
    doors.record_group_moved(tx, event.channel, event.address, event.to)


def record_contact_left(tx: Tx, community: int, event: ContactLeft) -> None:
    """Nothing is sent to this chat until they write again."""
    contacts.settle(tx, event.contact, gone_at=event.at)
