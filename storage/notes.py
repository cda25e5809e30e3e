"""What a channel must not lose between two starts: a cursor, an id that a platform gave us. Nothing about any person."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, bindparam, select

from storage.database import Tx, insert, metadata

notes = Table(
    "notes",
    metadata,
    Column("channel", String(16), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("value", String(512), nullable=False),
)

_READ = select(notes.c.value).where(notes.c.channel == bindparam("ch"), notes.c.name == bindparam("n"))
_WRITE = insert(notes)


def read(tx: Tx, channel: str, name: str) -> str:
    """What the channel noted under that name; "" for nothing."""
    return str(tx.scalar(_READ, {"ch": channel, "n": name}) or "")


def write(tx: Tx, channel: str, name: str, value: str) -> None:
    """Note it; what stood there is replaced."""
    change = _WRITE.on_conflict_do_update(index_elements=["channel", "name"], set_={"value": _WRITE.excluded.value})
    tx.execute(change, {"channel": channel, "name": name, "value": value})
