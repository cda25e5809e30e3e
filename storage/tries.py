"""Wrong guesses, counted: five codes an hour for a chat, five endings of a telephone an hour for a home, then it rests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Integer, String, Table, bindparam, select

from community.invites import REST, TRIES, Tried
from storage.database import Instant, Tx, insert, metadata

tries = Table(
    "tries",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("wrong", Integer, nullable=False),
)

_ONE = select(tries.c.since, tries.c.wrong).where(tries.c.subject == bindparam("s")).with_for_update()
_SET = insert(tries)
_SET = _SET.on_conflict_do_update(index_elements=["subject"], set_={"since": _SET.excluded.since, "wrong": _SET.excluded.wrong})


def spent(tx: Tx, subject: str, at: datetime, most: int = TRIES) -> bool:
    """True once so many wrong guesses were made within the hour: nothing is looked up any more, right or wrong."""
    return left(tx, subject, at, most) == 0


def left(tx: Tx, subject: str, at: datetime, most: int = TRIES) -> int:
    """How many wrong guesses are still allowed within the hour."""
    row = tx.one(_ONE, {"s": subject})
    return max(0, most - row.wrong) if row is not None and row.since + REST > at else most


def record_tried(tx: Tx, community: int, event: Tried) -> None:
    """One more wrong guess; an hour after the first of them the count begins anew."""
    row = tx.one(_ONE, {"s": event.subject})
    running = row is not None and row.since + REST > event.at
    since, count = (row.since, row.wrong + 1) if row is not None and running else (event.at, 1)
    tx.execute(_SET, {"subject": event.subject, "since": since, "wrong": count})
