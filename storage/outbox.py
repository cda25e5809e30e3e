"""What is to be said, and what became of it: finished words, one row for one address. Sending reads this table and nothing else.

States: queued → sending → sent → (delivered) · paused · held (its reason: window, group, owner …) · by_door · refused · gone · stopped.
A refused send is never recorded as sent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from dialogue.words import Inbound, Purpose, Rendered
from storage import keys
from storage.database import Id, Instant, Personal, Tx, insert, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("community_id", Id, ForeignKey("communities.id"), nullable=False),
    Column("lane", SmallInteger, nullable=False),  # 0 replies and one's own matters, 1 bulk
    Column("contact_id", String(32), nullable=True),
    Column("group_id", String(32), nullable=True),
    Column("resident_id", String(32), nullable=True),
    Column("dispatch_id", String(64), nullable=True),
    Column("channel", String(16), nullable=False),
    Column("address", Personal, nullable=True),  # only of an answer in a group: the chat, and its topic
    Column("purpose", String(12), nullable=False),
    Column("words", Personal, nullable=False),
    Column("state", String(10), nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("claimed_until", Instant, nullable=True),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("platform_id", String(128), nullable=False, server_default=""),
    Column("reason", String(200), nullable=False, server_default=""),
    Column("once", String(128), nullable=True),
    Column("made_at", Instant, nullable=False),
    Column("sent_at", Instant, nullable=True),
    Column("answers", LargeBinary, nullable=True),  # the input it answers, where it may be the body of that very request
    UniqueConstraint("dispatch_id", "contact_id"),
    UniqueConstraint("once"),
    Index("ix_outbox_waiting", "state", "not_before", "lane", "id"),
    Index("ix_outbox_resident", "resident_id", "purpose", "sent_at"),
    Index("ix_outbox_contact", "contact_id", "id"),
    Index("ix_outbox_platform", "platform_id"),  # what was replied to
    Index("ix_outbox_answers", "answers"),
)

# written out, or no database would use an index over them
_STILL_OPEN: list[ColumnElement[str]] = [literal_column("'queued'"), literal_column("'sending'")]
_OPEN = outbox.c.state.in_(_STILL_OPEN)
_READER = func.coalesce(outbox.c.contact_id, outbox.c.group_id)
Index("ix_outbox_reader", _READER, outbox.c.id, postgresql_where=_OPEN, sqlite_where=_OPEN)
_POSTED = outbox.c.group_id.is_not(None)
Index("ix_outbox_group", outbox.c.group_id, outbox.c.made_at, postgresql_where=_POSTED, sqlite_where=_POSTED)
UNREAD = outbox.c.state.in_([literal_column("'queued'"), literal_column("'held'"), literal_column("'by_door'")])
Index("ix_outbox_unread", outbox.c.contact_id, postgresql_where=UNREAD, sqlite_where=UNREAD)  # asked for with every word somebody says

REPLIES, BULK = 0, 1
LEFT_BEHIND = ("queued", "sending", "paused", "held", "by_door", "refused", "gone", "stopped")  # every state but sent and delivered


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of the outbox, opened, for whoever sends it."""

    id: int
    community: int
    lane: int
    contact: str
    group: str
    resident: str
    purpose: Purpose
    words: Rendered | None  # None: forgotten meanwhile
    tries: int
    made_at: datetime
    dispatch: str
    channel: str
    address: str  # of an answer in a group; "" where the contact or group says it
    claimed_until: datetime | None
    platform: str  # its own name for the message, once sent


_NEW = insert(outbox).on_conflict_do_nothing()
_FREE = or_(
    and_(outbox.c.state == "queued", outbox.c.not_before <= bindparam("now")),
    and_(outbox.c.state == "sending", outbox.c.claimed_until < bindparam("now")),
)
_earlier = outbox.alias("earlier")
_BEFORE = exists().where(  # another message to the same reader goes first, or is on its way: theirs are sent one after the other
    func.coalesce(_earlier.c.contact_id, _earlier.c.group_id) == _READER,
    _earlier.c.id < outbox.c.id,
    _earlier.c.lane <= outbox.c.lane,  # news wait for an answer that was given before; an answer waits for no news
    _earlier.c.state.in_(_STILL_OPEN),
    or_(_earlier.c.state == "sending", _earlier.c.not_before <= bindparam("now")),
)
_PICK = (
    select(outbox.c.id)
    .where(_FREE, outbox.c.lane <= bindparam("lowest"), outbox.c.channel.in_(bindparam("mine", expanding=True)), ~_BEFORE)
    .order_by(outbox.c.lane, outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(outbox)
    .where(outbox.c.id.in_(_PICK))
    .values(state="sending", claimed_until=bindparam("until"), tries=outbox.c.tries + 1, reason="")
    .returning(*outbox.c)
)
_DONE = (
    update(outbox)
    .where(outbox.c.id == bindparam("row"), outbox.c.state == "sending", outbox.c.claimed_until == bindparam("claim"))
    .values(state=bindparam("became"), platform_id=bindparam("platform"), reason=bindparam("why"), sent_at=bindparam("when"))
)
_LATER = (
    update(outbox)
    .where(outbox.c.id == bindparam("row"), outbox.c.state == "sending", outbox.c.claimed_until == bindparam("claim"))
    .values(state="queued", not_before=bindparam("when"), reason=bindparam("why"), claimed_until=None)
    .values(tries=outbox.c.tries - bindparam("untried"))
)


def queue(tx: Tx, persons: Sequence[str], words: Rendered, row: dict[str, Any], address: str = "") -> bool:
    """Keep finished words for one contact or group; `row` names the rest of the columns. False: it was there already.

    `persons`: whose it is to read, then whose words or names are in it; once one of them is forgotten nobody reads it.
    """
    place = keys.seal(tx, persons[0], address) if address else None
    values = {"state": "queued", **row, "words": keys.seal_for(tx, persons, msgspec.json.encode(words)), "address": place}
    return bool(tx.execute(_NEW, values).rowcount)


def claim(tx: Tx, now: datetime, channels: Collection[str], most: int, lease: timedelta, lane: int = BULK) -> list[Delivery]:
    """Take rows to send, of lanes up to `lane`: replies before bulk, each row by one worker only until its lease ends.

    Only rows for `channels`, the ones this process runs: the others wait for a process that runs theirs.
    Of what waits for one reader only the first is taken, and nothing while a message to them is on its way. Ordered lane, id.
    A row that cannot be read becomes refused, `unreadable`, and stops none of the others.
    """
    until = now + lease
    taken = {"now": now, "most": most, "until": until, "lowest": lane, "mine": list(channels)}
    read = (_readable(tx, row, until) for row in tx.all(_CLAIM, taken))
    return sorted((one for one in read if one), key=lambda d: (d.lane, d.id))


def _readable(tx: Tx, row: Any, claimed: datetime) -> Delivery | None:
    try:
        return opened(tx, row)
    except DBAPIError:
        raise  # the database's trouble, not the row's
    except Exception:  # noqa: BLE001 - whatever is wrong with it: the row says so, the others go on
        finish(tx, row.id, claimed, "refused", why="unreadable")
        return None


def finish(tx: Tx, row: int, claimed: datetime, became: str, *, at: datetime | None = None, platform: str = "", why: str = "") -> bool:
    """Write what became of a claimed row. False: its lease had ended and somebody else has it."""
    values = {"row": row, "claim": claimed, "became": became, "platform": platform[:128], "why": why[:200], "when": at}
    return bool(tx.execute(_DONE, values).rowcount)


def later(tx: Tx, row: int, claimed: datetime, at: datetime, why: str = "", *, counts: bool = True) -> bool:
    """Not now: again at that moment. `counts` is False when nothing was tried. False: its lease had ended and somebody else has it."""
    values = {"row": row, "claim": claimed, "when": at, "why": why[:200], "untried": int(not counts)}
    return bool(tx.execute(_LATER, values).rowcount)


def readdress(tx: Tx, row: int, person: str, address: str) -> None:
    """The group it was meant for has another address now."""
    tx.execute(update(outbox).where(outbox.c.id == row).values(address=keys.seal(tx, person, address)))


def asked_at(tx: Tx, resident: str, purposes: Sequence[Purpose], since: datetime, without: int = 0) -> list[datetime]:
    """When invitations and reminders leave or left to this resident, over all channels: what the weekly limit counts."""
    when = func.coalesce(outbox.c.sent_at, outbox.c.not_before)
    query = select(outbox.c.sent_at, outbox.c.not_before).where(
        outbox.c.resident_id == resident,
        outbox.c.purpose.in_([p.value for p in purposes]),
        outbox.c.state.in_(("queued", "sending", "sent", "delivered")),
        when >= since,
        outbox.c.id != without,
    )
    return [row.sent_at or row.not_before for row in tx.all(query)]


_WAITS = ("queued", "paused", "held", "by_door")
_LAID = and_(outbox.c.state == "held", outbox.c.platform_id != "")  # before the owner of a group, who has not sent it yet


def waiting_of(tx: Tx, community: int) -> dict[str, int]:
    """How many rows of each dispatch have not left yet; what waits for its reader, or for a group's owner, has not."""
    left = outbox.c.state.in_((*_WAITS, "sending"))
    mine = (outbox.c.community_id == community, outbox.c.dispatch_id.is_not(None), left)
    query = select(outbox.c.dispatch_id, func.count().label("rows")).where(*mine).group_by(outbox.c.dispatch_id)
    return {row.dispatch_id: row.rows for row in tx.all(query)}


def stop(tx: Tx, community: int, dispatch: str) -> int:
    """Rows of a stopped dispatch that have not left yet never will; what lies before a group's owner is taken back from there."""
    mine = (outbox.c.community_id == community, outbox.c.dispatch_id == dispatch, outbox.c.state.in_(_WAITS))
    return tx.execute(update(outbox).where(*mine).values(state="stopped")).rowcount


def hold(tx: Tx, community: int, dispatch: str, *, held: bool) -> None:
    """Rows of a paused order wait, also those that wait for their reader; of a resumed one they go on."""
    before, now = (("queued", "held", "by_door"), "paused") if held else (("paused",), "queued")
    mine = (outbox.c.community_id == community, outbox.c.dispatch_id == dispatch, outbox.c.state.in_(before), ~_LAID)
    tx.execute(update(outbox).where(*mine).values(state=now))


def community_of(tx: Tx, contact: str, platform: str) -> int:
    """The community that sent this contact that message; 0 for none of ours."""
    mine = (outbox.c.platform_id == platform, outbox.c.contact_id == contact)
    return int(tx.scalar(select(outbox.c.community_id).where(*mine)) or 0)


def said(tx: Tx, contact: str, limit: int) -> list[tuple[Delivery, datetime]]:
    """What was said to this contact lately, oldest first: the web chat's mailbox."""
    return _lately(tx, outbox.c.contact_id == contact, limit)


def posted(tx: Tx, group: str, limit: int) -> list[tuple[Delivery, datetime]]:
    """What was posted in a group lately, oldest first."""
    return _lately(tx, outbox.c.group_id == group, limit)


def _lately(tx: Tx, theirs: ColumnElement[bool], limit: int) -> list[tuple[Delivery, datetime]]:
    query = select(outbox).where(theirs, outbox.c.state.in_(("sent", "delivered")))
    return [(opened(tx, row), row.sent_at or row.made_at) for row in tx.all(query.order_by(outbox.c.id.desc()).limit(limit))][::-1]


def button_of(tx: Tx, inbound: Inbound, group: str, part: str) -> str:
    """What a button says of the message that was replied to or pressed, the first that holds `part`; "" for none.

    `group`: the id of the group it was said in. Platforms count their messages chat by chat: only what was said there is meant.
    """
    query = select(outbox).where(outbox.c.platform_id == inbound.question, outbox.c.channel == inbound.channel)
    for row in tx.all(query) if inbound.question else ():
        said = opened(tx, row)
        in_group = not said.contact and (said.group == group or said.address.partition("/")[0] == inbound.chat)
        if said.words and (in_group if inbound.chat else said.contact == inbound.who.contact):
            return next((b.payload for b in said.words.buttons if part in b.payload), "")
    return ""


def waiting(tx: Tx) -> dict[str, int]:
    """How many rows have not left yet, by state: for the operator."""
    query = select(outbox.c.state, func.count().label("rows")).where(outbox.c.state.not_in(("sent", "delivered"))).group_by(outbox.c.state)
    return {row.state: row.rows for row in tx.all(query)}


def opened(tx: Tx, row: Any) -> Delivery:
    """A row as whoever sends it reads it."""
    data = keys.unseal_for(tx, row.words)
    return Delivery(
        id=row.id,
        community=row.community_id,
        lane=row.lane,
        contact=row.contact_id or "",
        group=row.group_id or "",
        resident=row.resident_id or "",
        purpose=Purpose(row.purpose),
        words=msgspec.json.decode(data, type=Rendered) if data else None,
        tries=row.tries,
        made_at=row.made_at,
        dispatch=row.dispatch_id or "",
        channel=row.channel,
        address=keys.read(tx, row.address),
        claimed_until=row.claimed_until,
        platform=row.platform_id,
    )
