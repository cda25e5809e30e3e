"""Every message that came in, once: the row that makes a platform's retry a duplicate, and what replay needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint, select, update

from dialogue.words import Inbound
from storage import keys
from storage.database import Id, Instant, Personal, Tx, insert, metadata

inbox = Table(
    "inbox",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("channel", String(16), nullable=False),
    Column("external", LargeBinary, nullable=False),
    Column("contact_id", String(32), nullable=False, index=True),
    Column("state", String(8), nullable=False),  # taken | failed | replayed
    Column("input", Personal, nullable=True),  # the Inbound, sealed; None for chatter we have no business keeping
    Column("reason", String(200), nullable=False, server_default=""),
    Column("place", Integer, nullable=False, server_default="0"),  # version of the conversation when it failed
    Column("at", Instant, nullable=False),
    UniqueConstraint("channel", "external"),
    Index("ix_inbox_state", "state"),
)

ID = 20  # signs of an input's id

_NEW = insert(inbox).on_conflict_do_nothing(index_elements=["channel", "external"]).returning(inbox.c.seq)


@dataclass(frozen=True, slots=True)
class Failed:
    """A message whose handling failed: kept, shown to the operator, taken again by `mulin failed replay`."""

    seq: int
    inbound: Inbound | None
    reason: str
    at: datetime
    place: int
    contact: str


def first_time(tx: Tx, inbound: Inbound, contact: str, person: str, state: str = "taken") -> bool:
    """True if this message was not here before; it is now."""
    values: dict[str, Any] = {
        "id": inbound.id,
        "channel": inbound.channel,
        "external": tx.digest("inbox", inbound.channel, inbound.external_id),
        "contact_id": contact,
        "state": state,
        "input": keys.seal(tx, person, msgspec.json.encode(inbound)),
        "at": inbound.now,
    }
    return tx.scalar(_NEW, values) is not None


def failed(tx: Tx, inbound: Inbound, contact: str, person: str, reason: str, place: int) -> None:
    """Keep a message whose turn raised, so that nothing said is lost."""
    if first_time(tx, inbound, contact, person, "failed"):
        tx.execute(update(inbox).where(inbox.c.id == inbound.id).values(reason=reason[:200], place=place))


def failures(tx: Tx) -> list[Failed]:
    """All messages waiting to be taken again, oldest first."""
    return [_failed(tx, row) for row in tx.all(select(inbox).where(inbox.c.state == "failed").order_by(inbox.c.seq))]


def failure(tx: Tx, seq: int) -> Failed | None:
    """One of them by its number."""
    row = tx.one(select(inbox).where(inbox.c.seq == seq, inbox.c.state == "failed"))
    return _failed(tx, row) if row else None


def replayed(tx: Tx, seq: int) -> None:
    """It was taken again and is no longer failed."""
    tx.execute(update(inbox).where(inbox.c.seq == seq).values(state="replayed", reason=""))


def said(tx: Tx, contact: str, limit: int) -> list[Inbound]:
    """What this contact said lately, oldest first: for its own web chat."""
    rows = tx.all(select(inbox.c.input).where(inbox.c.contact_id == contact).order_by(inbox.c.seq.desc()).limit(limit))
    found = (keys.unseal(tx, row.input) for row in rows)
    return [msgspec.json.decode(data, type=Inbound) for data in found if data][::-1]


def by_id(tx: Tx, contact: str, message: str) -> Inbound | None:
    """What this contact said in that message; taken again within a turn, it carries the same id with something behind it."""
    row = tx.one(select(inbox.c.input).where(inbox.c.id == message[:ID], inbox.c.contact_id == contact))
    data = keys.unseal(tx, row.input) if row else None
    return msgspec.json.decode(data, type=Inbound) if data else None


def _failed(tx: Tx, row: Any) -> Failed:
    data = keys.unseal(tx, row.input)
    inbound = msgspec.json.decode(data, type=Inbound) if data else None
    return Failed(row.seq, inbound, row.reason, row.at, row.place, row.contact_id)


