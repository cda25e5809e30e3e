"""Every answer to the notice of first contact, with its version and time: kept as long as the law may ask for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table, bindparam, select

from community.consents import VERSION, ConsentDeferred, ConsentGiven, ConsentWithdrawn
from storage import ballots, contacts, keys, polls, residents
from storage.database import Id, Instant, Tx, insert, metadata

consents = Table(
    "consents",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("community_id", Id, ForeignKey("communities.id"), nullable=False, index=True),
    Column("contact_id", String(32), nullable=False, index=True),
    Column("answer", String(12), nullable=False),
    Column("version", String(8), nullable=False),
    Column("at", Instant, nullable=False),
)


_OPEN_VOTES = (
    select(polls.polls.c.number)
    .join_from(
        ballots.ballots,
        polls.polls,
        (polls.polls.c.community_id == ballots.ballots.c.community_id) & (polls.polls.c.id == ballots.ballots.c.poll_id),
    )
    .where(ballots.ballots.c.community_id == bindparam("c"), ballots.ballots.c.resident_id == bindparam("r"))
    .where(ballots.ballots.c.superseded_at.is_(None), polls.polls.c.state == "open")
    .distinct()
    .order_by(polls.polls.c.number.desc())
    .limit(3)
)


def open_votes(tx: Tx, community: int, resident: str) -> tuple[int, ...]:
    """The numbers of the open polls in which they have voted, the newest first."""
    return tuple(row.number for row in tx.all(_OPEN_VOTES, {"c": community, "r": resident}))


def record_given(tx: Tx, community: int, event: ConsentGiven) -> None:
    """From now on they are a resident."""
    residents.record_resident(tx, community, event.resident, event.person, event.name, event.at)
    contacts.settle(tx, event.contact, consent="given", resident_id=event.resident, name=keys.seal(tx, event.person, event.name))
    _keep(tx, community, event.contact, "given", event.at)


def record_deferred(tx: Tx, community: int, event: ConsentDeferred) -> None:
    """They were asked, or only look around."""
    contacts.settle(tx, event.contact, consent=event.consent)
    _keep(tx, community, event.contact, event.consent, event.at)


def record_withdrawn(tx: Tx, community: int, event: ConsentWithdrawn) -> None:
    """They take it back."""
    contacts.settle(tx, event.contact, consent="withdrawn")
    _keep(tx, community, event.contact, "withdrawn", event.at)


def _keep(tx: Tx, community: int, contact: str, answer: str, at: datetime) -> None:
    row = {"community_id": community, "contact_id": contact, "answer": answer, "version": VERSION, "at": at}
    tx.execute(insert(consents).values(row))
