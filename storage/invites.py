"""What becomes of codes: the writers of community/invites.py. The rows stand in storage/doors.py."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, UniqueConstraint, delete, select, update

from community.invites import ContactsJoined, InviteMade, InviteUsed, RoleTaken
from storage import contacts, doors, keys, residents, responses
from storage.database import Tx, metadata
from storage.doors import Invite


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
    contacts.settle(tx, event.contact, resident_id=event.into, person=person)
    if event.resident is None:
        return
    responses.make_room(tx, community, event.resident, event.into)
    for table in metadata.sorted_tables:
        if _names_freely(table):
            mine = (table.c.community_id == community, table.c.resident_id == event.resident)
            tx.execute(update(table).where(*mine).values(resident_id=event.into))
    old = residents.residents
    tx.execute(delete(old).where(old.c.community_id == community, old.c.id == event.resident))


def _names_freely(table: Table) -> bool:
    """Whether the table names its resident in a column that no key of it is made of."""
    if "resident_id" not in table.c or "community_id" not in table.c or table.c.resident_id.primary_key:
        return False
    unique = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
    return not any("resident_id" in c.columns for c in unique)


def person_free_to_join(tx: Tx, community: int, resident: str) -> bool:
    """Whether this chat has no home and no office of its own yet: only then it may become somebody's second chat."""
    held: Any = tx.one(
        select(residents.roles.c.id).where(residents.roles.c.community_id == community, residents.roles.c.resident_id == resident)
    )
    return held is None and not residents.homes_of(tx, community, resident)
