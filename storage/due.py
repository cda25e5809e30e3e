"""What must happen later: closings, reminders, time-outs. Rows, so that a restart after a day catches up, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, String, Table, UniqueConstraint, bindparam, delete, select

from storage.database import Id, Instant, Tx, insert, metadata

due = Table(
    "due",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("community_id", Id, ForeignKey("communities.id"), nullable=False),
    Column("name", String(32), nullable=False),  # which conversation's clock word: poll_closes, notice_ends, …
    Column("subject", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("name", "subject"),
    Index("ix_due_at", "at"),
)


@dataclass(frozen=True, slots=True)
class Due:
    """One thing whose time has come."""

    id: int
    community: int
    name: str
    subject: str
    at: datetime


_SET = insert(due)
_SET = _SET.on_conflict_do_update(index_elements=["name", "subject"], set_={"at": _SET.excluded.at})
_NEXT = (
    select(due).where(due.c.at <= bindparam("now")).order_by(due.c.at, due.c.id).limit(1).with_for_update(skip_locked=True)
)


def remind(tx: Tx, community: int, name: str, subject: str, at: datetime) -> None:
    """Let `name` happen to `subject` at that moment; saying it again moves it."""
    tx.execute(_SET, {"community_id": community, "name": name, "subject": subject, "at": at})


def forget(tx: Tx, name: str, subject: str) -> None:
    """It need not happen any more."""
    tx.execute(delete(due).where(due.c.name == name, due.c.subject == subject))


def take(tx: Tx, now: datetime) -> Due | None:
    """The next thing that is due, taken: it is gone when this transaction commits, and only then."""
    row = tx.one(_NEXT, {"now": now})
    if row is None:
        return None
    tx.execute(delete(due).where(due.c.id == row.id))
    return Due(row.id, row.community_id, row.name, row.subject, row.at)


def put_back(tx: Tx, thing: Due, at: datetime) -> None:
    """Its handling failed: try again later."""
    remind(tx, thing.community, thing.name, thing.subject, at)
