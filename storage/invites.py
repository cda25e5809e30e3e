"""What becomes of codes: the writers of community/invites.py. The rows stand in storage/doors.py."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint, select, update

from community.invites import ContactsJoined, InviteMade, InviteUsed, RoleTaken
from storage import contacts, doors, keys, residents, responses
from storage.database import Tx, metadata
from storage.doors import Invite

WHOSE = ("resident_id", "author_id", "by_id")


def record_made(tx: Tx, community: int, event: InviteMade) -> None:
    """The code works from now on."""
    place = (event.area, event.household, event.as_, "")
    doors.record_invite(tx, Invite(event.id, community, event.role, *place, event.uses, event.expires_at, event.resident), event.code)


def record_used(tx: Tx, community: int, event: InviteUsed) -> None:
    """One use is gone, or all."""
    doors.record_invite_used(tx, community, event.id, void=event.void)


def record_role_taken(tx: Tx, community: int, event: RoleTaken) -> None:
    """They hold the office from today on."""
    residents.record_role(tx, community, event.id, event.resident, event.role, event.since_on)
    if event.name:
        residents.rename(tx, community, event.resident, event.name)


def record_joined(tx: Tx, community: int, event: ContactsJoined) -> None:
    """Everything this contact wrote is that resident's now, and destroyed with theirs."""
    person = residents.person_of(tx, community, event.into)
    keys.merge(tx, event.person, person)
    for table in (t for t in metadata.sorted_tables if "person" in t.c and t is not keys.keys):
        tx.execute(update(table).where(table.c.person == event.person).values(person=person))  # the chats that joined this one before
    contacts.settle(tx, event.contact, resident_id=event.into, person=person)
    if event.resident is None:
        return
    responses.make_room(tx, community, event.resident, event.into)
    for table in metadata.sorted_tables:
        for column in _freely_named(table):
            mine = (table.c.community_id == community, column == event.resident)
            tx.execute(update(table).where(*mine).values({column: event.into}))
    old = residents.residents
    mine = (old.c.community_id == community, old.c.id == event.resident)
    tx.execute(update(old).where(*mine).values(name=None))  # what could not be moved is theirs all the same


def _freely_named(table: Table) -> list[Column[Any]]:
    """The columns by which a table says whose a row is, where no key of the table is made of them."""
    unique = {c.name for key in table.constraints if isinstance(key, UniqueConstraint) for c in key.columns}
    own = [table.c[name] for name in WHOSE if name in table.c and "community_id" in table.c]
    return [column for column in own if not column.primary_key and column.name not in unique]


def person_free_to_join(tx: Tx, community: int, resident: str) -> bool:
    """Whether this chat has no home and no office of its own yet: only then it may become somebody's second chat."""
    held: Any = tx.one(
        select(residents.roles.c.id).where(residents.roles.c.community_id == community, residents.roles.c.resident_id == resident)
    )
    return held is None and not residents.homes_of(tx, community, resident)
