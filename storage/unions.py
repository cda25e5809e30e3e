"""Which chats are the same person's by the platform's own word: only a keyed hash of that word is kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, false, select, update

from community.groups import AddressEnded
from community.invites import ContactsJoined
from community.unions import ContactParted, ContactRecognised
from dialogue.words import ContactId, ResidentId
from storage import contacts as kept
from storage import invites, keys, outbox
from storage.contacts import contacts
from storage.conversations import conversations
from storage.database import Tx


@dataclass(frozen=True, slots=True)
class Twin:
    """A chat of the same person in which they agreed."""

    contact: ContactId
    resident: ResidentId
    community: int


_TWINS = (
    select(contacts.c.id, contacts.c.resident_id, contacts.c.community_id)
    .where(contacts.c.union_hash == bindparam("u"), contacts.c.id != bindparam("i"), contacts.c.consent == "given")
    .where(contacts.c.resident_id.is_not(None), contacts.c.address.is_not(None))
    .order_by(contacts.c.last_at.desc(), contacts.c.id)
    .with_for_update()  # they must not be forgotten while we join them
)


def digest(tx: Tx, union: str) -> bytes:
    """What is kept of the platform's name for a person."""
    return tx.digest("union", union)


def twin_of(tx: Tx, contact: str, union_hash: bytes) -> Twin | None:
    """The same person's chat that we know; None where there is none, or where it would be a guess which of several."""
    found = [Twin(ContactId(r.id), ResidentId(r.resident_id), r.community_id) for r in tx.all(_TWINS, {"u": union_hash, "i": contact})]
    return found[0] if len({twin.resident for twin in found}) == 1 else None


def joinable(tx: Tx, contact: str, union: str) -> Twin | None:
    """The person to whom a chat in which nobody has agreed belongs, by the platform's name; that name is noted."""
    noted = digest(tx, union)
    kept.settle(tx, contact, union_hash=noted)
    return twin_of(tx, contact, noted)


def record_recognised(tx: Tx, community: int, event: ContactRecognised) -> None:
    """The chat is theirs: what they agreed to, their language and their size count here too."""
    invites.record_joined(tx, community, ContactsJoined(event.contact, event.person, None, event.into, event.at))
    columns = (contacts.c.consent, contacts.c.language, contacts.c.large, contacts.c.subscribed)
    theirs = tx.execute(select(*columns).where(contacts.c.id == event.twin)).mappings().one()
    kept.settle(tx, event.contact, community_id=community, **theirs)


def record_parted(tx: Tx, community: int, event: ContactParted) -> None:
    """A person of their own again, who is asked like anybody new. The hash stays: they are not taken for the other a second time."""
    address = keys.read(tx, tx.scalar(select(contacts.c.address).where(contacts.c.id == event.contact)))
    tx.execute(delete(conversations).where(conversations.c.contact_id == event.contact))
    nobody = {"resident_id": None, "consent": "", "name": None, "large": False, "subscribed": True}
    kept.settle(tx, event.contact, person=event.contact, address=keys.seal(tx, event.contact, address), **nobody)


def record_address_ended(tx: Tx, community: int, event: AddressEnded) -> None:
    """Nobody's chat any more, at any door that knew it by that name: who comes by the address next begins as a stranger."""
    name = contacts.c.union_hash == digest(tx, event.union) if event.union else false()
    found = select(contacts.c.id).where((contacts.c.id == event.contact) | name).order_by(contacts.c.id).with_for_update()
    ended = [row.id for row in tx.all(found)]
    empty = ("address", "address_hash", "name", "resident_id", "human_until", "union_hash", "window_until")
    nobody = {**dict.fromkeys(empty), "consent": "withdrawn", "subscribed": False, "gone_at": event.at}
    tx.execute(update(contacts).where(contacts.c.id.in_(ended)).values(**nobody))
    tx.execute(delete(conversations).where(conversations.c.contact_id.in_(ended)))
    waits = outbox.outbox.c.state.in_(("queued", "held", "by_door"))
    tx.execute(update(outbox.outbox).where(outbox.outbox.c.contact_id.in_(ended), waits).values(state="gone"))
