"""Every answer to the notice of first contact, with its version and time: kept as long as the law may ask for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table

from community.consents import VERSION, ConsentDeferred, ConsentGiven, ConsentWithdrawn
from storage import contacts, keys, residents
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
