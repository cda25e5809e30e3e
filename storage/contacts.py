"""Contacts: one person on one channel. The row is the resident's queue: whoever holds its lock takes their messages in turn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    case,
    select,
    update,
)

from dialogue.words import CommunityId, ContactId, Inbound, Kind, ResidentId, Speaker
from storage import keys
from storage.conversations import Open, conversations, opened
from storage.database import Id, Instant, Personal, Tx, insert, metadata
from storage.residents import residents

contacts = Table(
    "contacts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("community_id", Id, ForeignKey("communities.id"), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("address_hash", LargeBinary, nullable=True),
    Column("address", Personal, nullable=True),
    Column("person", String(64), nullable=False),
    Column("resident_id", String(32), nullable=True),
    Column("name", Personal, nullable=True),
    Column("consent", String(12), nullable=False, server_default=""),
    Column("language", String(8), nullable=False, server_default="zh-CN"),
    Column("large", Boolean, nullable=False, server_default="0"),
    Column("subscribed", Boolean, nullable=False, server_default="1"),
    Column("reached", Boolean, nullable=False, server_default="0"),  # has written in private: may be written to
    Column("gone_at", Instant, nullable=True),
    Column("human_until", Instant, nullable=True),  # a person has taken over; the bot keeps quiet until then
    Column("made_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("seen", Integer, nullable=False, server_default="0"),  # inputs taken: their order, whoever handles them
    Column("union_hash", LargeBinary, nullable=True),  # the platform's name for the same person behind several of its doors
    Column("window_until", Instant, nullable=True),  # until then we may write unasked, where the platform has windows
    Column("window_left", Integer, nullable=False, server_default="0"),  # and so many messages
    UniqueConstraint("channel", "address_hash"),
    Index("ix_contacts_resident", "community_id", "resident_id"),
    Index("ix_contacts_person", "person"),
    Index("ix_contacts_union", "union_hash"),
)


@dataclass(frozen=True, slots=True)
class Met:
    """A contact as its turn found it, locked: who speaks, and which conversation is open."""

    speaker: Speaker
    open: Open
    human_until: datetime | None
    gone: bool
    subscribed: bool
    reached: bool
    window_until: datetime | None = None
    window_left: int = 0
    union_hash: bytes | None = None


_FIND = (
    select(contacts, conversations.c.name.label("talk"), conversations.c.state, conversations.c.asked, conversations.c.version)
    .add_columns(conversations.c.resting, keys.keys.c.id.label("key_id"), keys.keys.c.key)
    .join_from(contacts, conversations, conversations.c.contact_id == contacts.c.id, isouter=True)
    .join(keys.keys, (keys.keys.c.person == contacts.c.person) & (keys.keys.c.purpose == keys.FORGET), isouter=True)
    .where(contacts.c.channel == bindparam("ch"), contacts.c.address_hash == bindparam("h"))
)
_BY_ID = (
    select(contacts, conversations.c.name.label("talk"), conversations.c.state, conversations.c.asked, conversations.c.version)
    .add_columns(conversations.c.resting, keys.keys.c.id.label("key_id"), keys.keys.c.key)
    .join_from(contacts, conversations, conversations.c.contact_id == contacts.c.id, isouter=True)
    .join(keys.keys, (keys.keys.c.person == contacts.c.person) & (keys.keys.c.purpose == keys.FORGET), isouter=True)
    .where(contacts.c.id == bindparam("i"))
)
_QUEUE_AT = select(contacts.c.id).where(contacts.c.channel == bindparam("ch"), contacts.c.address_hash == bindparam("h")).with_for_update()
_QUEUE = select(contacts.c.id).where(contacts.c.id == bindparam("i")).with_for_update()
_SEEN = (
    update(contacts).where(contacts.c.id == bindparam("who")).values(last_at=bindparam("now"), seen=contacts.c.seen + 1)
)
_BACK = _SEEN.values(gone_at=None, reached=True)
_SPENT = update(contacts).where(contacts.c.id == bindparam("i"), contacts.c.window_left > 0).values(
    window_left=case((contacts.c.window_left > bindparam("said"), contacts.c.window_left - bindparam("said")), else_=0)
)
_WINDOW = (contacts.c.window_until, contacts.c.window_left)
_PROMISED = (contacts.c.consent, contacts.c.subscribed, contacts.c.community_id)
_READER = select(contacts.c.address, *_PROMISED, *_WINDOW).where(contacts.c.id == bindparam("i"))
_OTHERS = (
    select(contacts.c.id, contacts.c.channel, *_WINDOW)
    .where(contacts.c.community_id == bindparam("c"), contacts.c.resident_id == bindparam("r"))
    .where(contacts.c.id != bindparam("i"), contacts.c.consent == "given")
    .where(contacts.c.gone_at.is_(None), contacts.c.address.is_not(None))
    .order_by(contacts.c.last_at.desc(), contacts.c.id)
)
_NEW = insert(contacts).on_conflict_do_nothing(index_elements=["channel", "address_hash"])


def meet(tx: Tx, inbound: Inbound, community: int) -> Met:
    """Lock whoever speaks, making the contact when they write for the first time. Nothing but the address is kept before consent."""
    wanted = {"ch": inbound.channel, "h": tx.digest(inbound.channel, inbound.address)}
    row = _after_queueing(tx, _QUEUE_AT, _FIND, wanted)
    if row is None:
        person = inbound.id
        fresh = {"id": inbound.id, "community_id": community, "channel": inbound.channel, "address_hash": wanted["h"]}
        sealed = {"address": keys.seal(tx, person, inbound.address), "person": person, "language": inbound.language or "zh-CN"}
        tx.execute(_NEW, {**fresh, **sealed, "made_at": inbound.now, "last_at": inbound.now})
        row = _after_queueing(tx, _QUEUE_AT, _FIND, wanted)
        assert row is not None
    return _met(tx, row)


def lock(tx: Tx, contact: str) -> Met:
    """Lock a contact we already know, for an input that does not come through its channel (a page, the clock)."""
    row = _after_queueing(tx, _QUEUE, _BY_ID, {"i": contact})
    assert row is not None, "no such contact"
    return _met(tx, row)


def find(tx: Tx, channel: str, address: str) -> str | None:
    """The id of the contact with that address, or None."""
    found: str | None = tx.scalar(
        select(contacts.c.id).where(contacts.c.channel == channel, contacts.c.address_hash == tx.digest(channel, address))
    )
    return found


def human_until(tx: Tx, channel: str, address: str) -> datetime | None:
    """Until when whoever has that address wants a person and not the program; None: they do not."""
    at = (contacts.c.channel == channel, contacts.c.address_hash == tx.digest(channel, address))
    found: datetime | None = tx.scalar(select(contacts.c.human_until).where(*at))
    return found


def settle(tx: Tx, contact: str, **values: Any) -> None:
    """Change columns of one contact: consent, language, large, subscribed, gone_at, human_until, resident_id, …"""
    tx.execute(update(contacts).where(contacts.c.id == contact).values(**values))


def there(tx: Tx, met: Met, community: int) -> Met:
    """The same person in that community, where a link or a button of theirs belongs; unchanged where they are not known there."""
    who = met.speaker
    if not community or community == who.community or not who.resident:
        return met
    known = select(residents.c.id).where(residents.c.community_id == community, residents.c.id == who.resident)
    return replace(met, speaker=replace(who, community=CommunityId(community), elsewhere=True)) if tx.one(known) else met


def seen(tx: Tx, met: Met, inbound: Inbound) -> None:
    """They wrote: reachable again, in this chat if it is a private one."""
    back = inbound.private and inbound.kind is not Kind.LEFT
    tx.execute(_BACK if back else _SEEN, {"who": met.speaker.contact, "now": inbound.now})


def spend(tx: Tx, contact: str, said: int) -> None:
    """So many messages more were said unasked: so many fewer may be, where the platform counts them."""
    tx.execute(_SPENT, {"i": contact, "said": said})


@dataclass(frozen=True, slots=True)
class Reader:
    """What sending needs of a contact now: its address ("" once forgotten), what it agreed to, and its window."""

    address: str
    consent: str
    subscribed: bool
    community: int  # which this chat speaks to now
    window_until: datetime | None
    window_left: int


def reader(tx: Tx, contact: str) -> Reader | None:
    """The contact a message is for, as it stands now."""
    row = tx.one(_READER, {"i": contact})
    if row is None:
        return None
    return Reader(keys.read(tx, row.address), row.consent, row.subscribed, row.community_id, row.window_until, row.window_left)


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat in which somebody can be reached, and its window."""

    contact: str
    channel: str
    window_until: datetime | None
    window_left: int


def others(tx: Tx, community: int, resident: str, contact: str) -> list[Chat]:
    """Somebody's chats but this one, in which they agreed and did not leave, the one they used last first."""
    found = tx.all(_OTHERS, {"c": community, "r": resident, "i": contact})
    return [Chat(row.id, row.channel, row.window_until, row.window_left) for row in found]


def speaker(tx: Tx, contact: str) -> Speaker | None:
    """Who a page speaks to, to be read only; None: no such contact. Offices are not in it."""
    row = tx.one(select(contacts).where(contacts.c.id == contact))
    return _speaker(row) if row else None


def reached(tx: Tx, contact: str) -> bool:
    """Whether they have ever written to us in private: before that, some platforms do not let us write."""
    return bool(tx.scalar(select(contacts.c.reached).where(contacts.c.id == contact)))


def _after_queueing(tx: Tx, queue: Select[Any], find: Select[Any], who: dict[str, Any]) -> Any:
    """First the lock, then the look: after a wait PostgreSQL reads only the locked row anew, and not the conversation joined to it."""
    return tx.one(find, who) if tx.one(queue, who) else None


def _met(tx: Tx, row: Any) -> Met:
    if row.key_id is not None:
        keys.known(tx, row.person, keys.FORGET, row.key_id, row.key)
    stands = (row.human_until, row.gone_at is not None, row.subscribed, row.reached)
    return Met(_speaker(row), opened(tx, row), *stands, row.window_until, row.window_left, row.union_hash)


def _speaker(row: Any) -> Speaker:
    return Speaker(
        contact=ContactId(row.id),
        community=CommunityId(row.community_id),
        resident=ResidentId(row.resident_id) if row.resident_id else None,
        person=row.person,
        consent=row.consent,
        language=row.language,
        large=row.large,
    )
