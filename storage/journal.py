"""Every officer's word that changed something: who, what, about what, when. Never what was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, String, Table, select

from dialogue.words import Command, Event, Inbound
from storage.database import Id, Instant, Tx, insert, metadata

journal = Table(
    "journal",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("community_id", Id, ForeignKey("communities.id"), nullable=False),
    Column("resident_id", String(32), nullable=True),  # None: who has the machine
    Column("what", String(32), nullable=False),  # the word's key in texts/*/words.toml
    Column("subject", String(64), nullable=False, server_default=""),  # polls 3
    Column("at", Instant, nullable=False),
    Index("ix_journal_community", "community_id", "id"),
)

_NEW = insert(journal)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal."""

    who: str
    what: str
    subject: str
    at: datetime


def record_journal(tx: Tx, community: int, who: str | None, what: str, subject: str, at: datetime) -> None:
    """Write one line."""
    tx.execute(_NEW, {"community_id": community, "resident_id": who, "what": what, "subject": subject[:64], "at": at})


def record_word(tx: Tx, inbound: Inbound, said: Command, events: Sequence[Event]) -> None:
    """The line of an officer's word, said, tapped or waiting for its text; its number, or the one of what came of it."""
    spoken = (getattr(getattr(event, "poll", event), "number", None) for event in events)
    made = next((number for number in spoken if isinstance(number, int)), None)
    number = made if said.number is None else said.number
    subject = f"{said.kind} {number}".strip() if number is not None else said.kind
    record_journal(tx, inbound.community, inbound.who.resident, said.word, subject, inbound.now)


def officers_word(inbound: Inbound, state: object) -> Command | None:
    """What an officer says: the word of this message, or the word whose text it is."""
    said, word = inbound.command, getattr(state, "word", "")
    if said is None or said.word == "resume":
        return Command(word, number=getattr(state, "number", getattr(state, "poll", None))) if word else None
    return said


def latest(tx: Tx, community: int, most: int = 200) -> list[Line]:
    """The newest lines first."""
    rows = tx.all(select(journal).where(journal.c.community_id == community).order_by(journal.c.id.desc()).limit(most))
    return [Line(row.resident_id or "", row.what, row.subject, row.at) for row in rows]
