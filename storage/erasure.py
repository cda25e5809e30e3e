"""What is kept about one person, found in every table by itself; and its end: keys destroyed, names and addresses emptied.

`OWN` are the columns by which a row is somebody's own; tables added later are covered once they use one of these names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec
from sqlalchemy import Column, ColumnElement, ForeignKey, Index, LargeBinary, String, Table, delete, func, or_, select, update

from community.erasure import Correction, Forgotten, LastWordGone, MyData, TermEnded, keeps_until
from storage import communities, conversations, doors, due, keys, outbox, residents
from storage import consents as kept_consents
from storage.contacts import contacts
from storage.database import Id, Instant, Personal, Tx, insert, metadata

corrections = Table(
    "corrections",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("community_id", Id, ForeignKey("communities.id"), nullable=False),
    Column("resident_id", String(32), nullable=False),
    Column("text", Personal, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_corrections_community", "community_id", "at"),
)

OWN = ("resident_id", "contact_id", "author_id", "by_id", "person")
KEPT_BY_LAW = ("ballots", "objections")
NOT_SHOWN = {"keys", "tries"}  # no words of anybody's
LAST_WORD, TERM = "erasure_ends", "keep_ends"  # the clock's words (handlers/mydata.py)


def my_data(tx: Tx, community: int, resident: str, now: datetime) -> MyData:
    """What 我的资料 tells: names and homes in full, everything else counted."""
    counts = {table.name: _count(tx, table, mine) for table, mine in _own(tx, community, resident)}
    chats = _contacts(tx, residents.person_of(tx, community, resident))
    agreed = select(func.max(kept_consents.consents.c.at)).where(
        kept_consents.consents.c.community_id == community,
        kept_consents.consents.c.contact_id.in_(chats),
        kept_consents.consents.c.answer == "given",
    )
    kept = sum(counts.get(name, 0) for name in KEPT_BY_LAW)
    homes = tuple(home.path for home in residents.homes_of(tx, community, resident))
    name = residents.name_of(tx, community, resident)
    return MyData(name, homes, len(chats), counts, tx.scalar(agreed), keeps_until(now.date(), kept))


def export(tx: Tx, community: int, resident: str) -> dict[str, Any]:
    """导出我的资料: every row that is theirs, opened, by table; what was forgotten meanwhile is null. Plain JSON values."""
    found: dict[str, Any] = {"name": residents.name_of(tx, community, resident)}
    for table, mine in _own(tx, community, resident):
        kept = tx.execute(select(table).where(mine)).mappings()
        rows = [{c.name: _readable(tx, c, row[c.name]) for c in table.c if _telling(c)} for row in kept]
        if rows:
            found[table.name] = rows
    return found


def record_correction(tx: Tx, community: int, event: Correction) -> None:
    """Staff see what is wrong; the words stay the resident's."""
    row = {"id": event.id, "community_id": community, "resident_id": event.resident, "at": event.at}
    tx.execute(insert(corrections).values(**row, text=keys.seal(tx, event.person, event.text)))


def record_forgotten(tx: Tx, community: int, event: Forgotten) -> None:
    """From this commit on nobody reads what they wrote, but what the law keeps; for half an hour their last answer can leave."""
    chats = _contacts(tx, event.person)
    address = keys.read(tx, tx.scalar(select(contacts.c.address).where(contacts.c.id == event.contact)))
    gone = {"address": None, "address_hash": None, "name": None, "resident_id": None, "human_until": None}
    gone |= {"union_hash": None, "window_until": None}
    tx.execute(update(contacts).where(contacts.c.id.in_(chats)).values(**gone, consent="withdrawn", subscribed=False))
    tx.execute(delete(conversations.conversations).where(conversations.conversations.c.contact_id.in_(chats)))
    waits = outbox.outbox.c.state.in_(("queued", "held", "by_door"))
    tx.execute(update(outbox.outbox).where(outbox.outbox.c.contact_id.in_(chats), waits).values(state="gone"))
    for here in communities.everyone(tx):
        _leave(tx, here.id, event)
    keys.destroy(tx, event.person)
    tx.execute(update(contacts).where(contacts.c.id == event.contact).values(address=keys.seal(tx, event.person, address)))
    due.remind(tx, community, LAST_WORD, event.person, event.at + event.last_word)
    if event.keeps_until:
        due.remind(tx, community, TERM, event.person, datetime.combine(event.keeps_until, time(), UTC))


def record_last_word_gone(tx: Tx, community: int, event: LastWordGone) -> None:
    """The key under which the farewell was sealed goes too."""
    tx.execute(update(contacts).where(contacts.c.person == event.person).values(address=None))
    keys.destroy(tx, event.person)


def record_term_ended(tx: Tx, community: int, event: TermEnded) -> None:
    """Now nobody reads their votes and objections either."""
    keys.destroy(tx, event.person, keys.KEEP)


def _leave(tx: Tx, community: int, event: Forgotten) -> None:
    """They live nowhere, hold no office and have no name in this community."""
    who, claims, roles, invites = residents.residents, residents.claims, residents.roles, doors.invites
    ids = [row.id for row in tx.all(select(who.c.id).where(who.c.community_id == community, who.c.person == event.person))]
    tx.execute(update(who).where(who.c.community_id == community, who.c.id.in_(ids)).values(name=None, forgotten_at=event.at))
    mine = (claims.c.community_id == community, claims.c.resident_id.in_(ids))
    open_ = claims.c.state.in_(("waiting", "confirmed"))
    for row in tx.all(select(claims.c.id).where(*mine, open_)):
        due.forget(tx, residents.TO_GRID, row.id)
        due.forget(tx, residents.TO_STAFF, row.id)
    tx.execute(update(claims).where(*mine, open_).values(state="ended", decided_at=event.at))
    tx.execute(update(claims).where(*mine).values(name=None, reason=None))
    held = (roles.c.community_id == community, roles.c.resident_id.in_(ids))
    tx.execute(update(roles).where(*held).values(until_on=event.at.date() - timedelta(days=1)))
    tx.execute(update(invites).where(invites.c.community_id == community, invites.c.resident_id.in_(ids)).values(uses_left=0))


def _contacts(tx: Tx, person: str) -> list[str]:
    return [row.id for row in tx.all(select(contacts.c.id).where(contacts.c.person == person))]


def _own(tx: Tx, community: int, resident: str) -> Iterator[tuple[Table, Any]]:
    """Every table that can hold rows of theirs, with the condition that finds them."""
    person = residents.person_of(tx, community, resident)
    ids = [resident, person, *_contacts(tx, person)]
    for table in metadata.sorted_tables:
        named: list[ColumnElement[bool]] = [table.c[name].in_(ids) for name in OWN if name in table.c]
        if table is residents.residents:
            named = [table.c.id == resident]
        if named and table.name not in NOT_SHOWN:
            here = "community_id" in table.c and table is not contacts
            yield table, or_(*named) & (table.c.community_id == community) if here else or_(*named)


def _count(tx: Tx, table: Table, mine: Any) -> int:
    if "superseded_at" in table.c:  # a vote changed is one vote
        mine = mine & table.c.superseded_at.is_(None)
    return int(tx.scalar(select(func.count()).select_from(table).where(mine)))


def _telling(column: Column[Any]) -> bool:
    """Whether a column says something to its owner: hashes do not."""
    return isinstance(column.type, Personal) or not isinstance(column.type, LargeBinary)


def _readable(tx: Tx, column: Column[Any], value: Any) -> Any:
    if isinstance(value, datetime) or hasattr(value, "isoformat"):
        return value.isoformat()
    if not isinstance(column.type, Personal):
        return value
    data = keys.unseal_for(tx, value)
    if data is None:
        return None
    try:
        said: Any = msgspec.json.decode(data)
        return said if isinstance(said, Mapping | list) else data.decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return data.decode(errors="replace")
