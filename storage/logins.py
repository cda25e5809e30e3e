"""Who is at the desk: computers that wait for their six digits, and sessions, which end by themselves and can be ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Index, String, Table, UniqueConstraint, delete, func, select, update

from community.logins import CODE_LASTS, SESSION_LASTS, LoginConfirmed, LoginRefused, Waiting
from dialogue.words import ResidentId
from storage import journal, keys, residents
from storage.contacts import contacts
from storage.database import Id, Instant, Tx, insert, metadata

logins = Table(
    "logins",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(32), primary_key=True),  # keyed hash of what the waiting browser holds
    Column("code", String(6), nullable=False),
    Column("device", String(8), nullable=False),
    Column("visitor", String(32), nullable=False),  # keyed hash of its address: nobody fills the table
    Column("resident_id", String(32), nullable=True),
    Column("state", String(10), nullable=False),  # waiting | confirmed | refused | over
    Column("expires_at", Instant, nullable=False),
    ForeignKeyConstraint(["community_id"], ["communities.id"]),
    UniqueConstraint("community_id", "code"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(32), primary_key=True),  # keyed hash of the cookie
    Column("resident_id", String(32), nullable=False),
    Column("contact_id", String(32), nullable=False),  # the desk's own chat: its drafts do not mix with those of the phone
    Column("device", String(8), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    ForeignKeyConstraint(["community_id"], ["communities.id"]),
    Index("ix_sessions_resident", "community_id", "resident_id"),
)

AT_ONCE = 10  # computers that may wait behind one address
DESK = "console"  # the channel of the desk's contacts: nothing is ever pushed there


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody at the desk: the resident, and the contact as which their acts are carried out."""

    resident: ResidentId
    contact: str
    device: str
    expires_at: datetime


def browser(tx: Tx, secret: str) -> str:
    """By which a waiting browser or a session is found: nothing that could be used is kept."""
    return tx.digest("desk", secret).hex()


def waiting_there(tx: Tx, community: int, secret: str, now: datetime) -> Waiting | None:
    """What became of the digits this browser shows; None once they are worth nothing any more."""
    return _one(tx, community, now, logins.c.id == browser(tx, secret), lock=False)


def waiting_with(tx: Tx, community: int, code: str, now: datetime) -> Waiting | None:
    """The computer that shows these digits and waits for an answer, locked."""
    return _one(tx, community, now, logins.c.code == code, logins.c.state == "waiting")


def waiting_by_id(tx: Tx, community: int, number: str, now: datetime) -> Waiting | None:
    """The same by its id, locked: for the answer."""
    return _one(tx, community, now, logins.c.id == number, logins.c.state == "waiting")


def wait(tx: Tx, community: int, new: Waiting, visitor: str, now: datetime) -> bool:
    """Let a computer wait with its digits. False: too many wait behind that address, or somebody has these digits just now."""
    tx.execute(delete(logins).where(logins.c.community_id == community, logins.c.expires_at <= now))
    there = select(func.count()).select_from(logins).where(logins.c.community_id == community, logins.c.visitor == visitor)
    if int(tx.scalar(there)) >= AT_ONCE:
        return False
    row = {"id": new.id, "code": new.code, "device": new.device, "visitor": visitor, "state": "waiting"}
    made = insert(logins).values(community_id=community, **row, expires_at=now + CODE_LASTS)
    return bool(tx.execute(made.on_conflict_do_nothing()).rowcount)


def take_in(tx: Tx, community: int, secret: str, now: datetime) -> Waiting | None:
    """The officer who confirmed comes in, once: the waiting row is over."""
    found = _one(tx, community, now, logins.c.id == browser(tx, secret), logins.c.state == "confirmed")
    if found:
        tx.execute(_mine(community, found.id).values(state="over"))
    return found


def record_confirmed(tx: Tx, community: int, event: LoginConfirmed) -> None:
    """The waiting computer opens the desk at its next look."""
    tx.execute(_mine(community, event.id).values(state="confirmed", resident_id=event.resident))


def record_refused(tx: Tx, community: int, event: LoginRefused) -> None:
    """It never will."""
    tx.execute(_mine(community, event.id).values(state="refused"))


def agreed(tx: Tx, community: int, resident: str) -> bool:
    """Whether they have agreed, in any of their chats, to what is kept about them."""
    query = select(contacts.c.id).where(contacts.c.community_id == community, contacts.c.resident_id == resident)
    return tx.one(query.where(contacts.c.consent == "given").limit(1)) is not None


def open_session(tx: Tx, community: int, secret: str, resident: str, *, device: str, language: str, now: datetime) -> Session:
    """Somebody comes in to the desk: a session, and the desk's own chat of theirs, which nothing is pushed to."""
    here = f"{community}:{resident}"
    person = residents.person_of(tx, community, resident)
    contact = tx.digest(DESK, here).hex()
    row = {"id": contact, "community_id": community, "channel": DESK, "address_hash": tx.digest(DESK, here), "person": person}
    row |= {"address": keys.seal(tx, person, here), "resident_id": resident, "gone_at": now, "made_at": now, "last_at": now}
    row |= {"consent": "given" if agreed(tx, community, resident) else "asked", "language": language}
    made = insert(contacts).values(row)
    again = {"language": language, "last_at": now, "consent": row["consent"]}
    tx.execute(made.on_conflict_do_update(index_elements=["channel", "address_hash"], set_=again))
    session = Session(ResidentId(resident), contact, device, now + SESSION_LASTS)
    kept = {"resident_id": resident, "contact_id": contact, "device": device, "made_at": now, "expires_at": session.expires_at}
    tx.execute(insert(sessions).values(community_id=community, id=browser(tx, secret), **kept))
    journal.record_journal(tx, community, resident, "login", device, now)
    return session


def session(tx: Tx, community: int, secret: str, now: datetime) -> Session | None:
    """Who holds this cookie; None once the session is over, or they were forgotten."""
    query = select(sessions).where(sessions.c.community_id == community, sessions.c.id == browser(tx, secret))
    row = tx.one(query.where(sessions.c.expires_at > now, sessions.c.ended_at.is_(None)))
    if row is None or not residents.exists(tx, community, row.resident_id):
        return None
    return Session(ResidentId(row.resident_id), row.contact_id, row.device, row.expires_at)


def end_session(tx: Tx, community: int, secret: str, now: datetime) -> None:
    """They leave the desk."""
    mine = update(sessions).where(sessions.c.community_id == community, sessions.c.id == browser(tx, secret))
    tx.execute(mine.values(ended_at=now))


def _mine(community: int, number: str) -> Any:
    return update(logins).where(logins.c.community_id == community, logins.c.id == number)


def _one(tx: Tx, community: int, now: datetime, *which: Any, lock: bool = True) -> Waiting | None:
    query = select(logins).where(logins.c.community_id == community, logins.c.expires_at > now, *which)
    row = tx.one(query.with_for_update() if lock else query)
    if row is None:
        return None
    by = ResidentId(row.resident_id) if row.resident_id else None
    return Waiting(row.id, row.code, row.device, by, row.state == "refused")
