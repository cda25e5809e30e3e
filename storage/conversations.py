"""Where each contact's conversation stands: its open state, the question shown last, and what rests until 继续."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Column, ForeignKey, Integer, String, Table

from storage import keys
from storage.database import Instant, Personal, Tx, insert, metadata

conversations = Table(
    "conversations",
    metadata,
    Column("contact_id", String(32), ForeignKey("contacts.id"), primary_key=True),
    Column("name", String(32), nullable=False, server_default=""),
    Column("state", Personal, nullable=True),
    Column("asked", Personal, nullable=True),
    Column("resting", Personal, nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("at", Instant, nullable=True),
)


class Shown(msgspec.Struct, frozen=True):
    """One option of the newest question shown in this chat. `community`: whose it is, where that is not the chat's own now."""

    payload: str
    text: str
    aside: bool = False
    community: int = 0


class Asked(msgspec.Struct, frozen=True):
    """The newest question: its options, and whether it wants the resident's own words."""

    options: tuple[Shown, ...] = ()
    free: bool = False


class Rest(msgspec.Struct, frozen=True):
    """A conversation somebody left for another: its name and state, as they were."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Open:
    """A contact's place: `name` and `state` (JSON text) of the open conversation, the options shown last, what rests."""

    name: str = ""
    state: str = ""
    asked: tuple[Shown, ...] = ()
    resting: tuple[Rest, ...] = ()
    version: int = 0
    free: bool = False  # the newest question wants the resident's own words


_asked = msgspec.json.Decoder(Asked)
_rests = msgspec.json.Decoder(tuple[Rest, ...])
_KEEP = insert(conversations)
_KEEP = _KEEP.on_conflict_do_update(
    index_elements=["contact_id"],
    set_={c: _KEEP.excluded[c] for c in ("name", "state", "asked", "resting", "at")} | {"version": conversations.c.version + 1},
)
_ASKED = insert(conversations).values(name="")
_ASKED = _ASKED.on_conflict_do_update(
    index_elements=["contact_id"], set_={"asked": _ASKED.excluded.asked, "version": conversations.c.version + 1}
)


def opened(tx: Tx, row: Any) -> Open:
    """The place of the contact in `row` (a read of storage/contacts.py)."""
    if row.version is None:
        return Open()
    asked, resting = keys.unseal(tx, row.asked), keys.unseal(tx, row.resting)
    question = _asked.decode(asked) if asked else Asked()
    rests = _rests.decode(resting) if resting else ()
    return Open(row.talk, keys.read(tx, row.state), question.options, rests, row.version, question.free)


def keep(tx: Tx, contact: str, person: str, place: Open, now: datetime) -> None:
    """Write where the conversation stands now, in place."""
    values = {
        "contact_id": contact,
        "name": place.name,
        "state": keys.seal(tx, person, place.state) if place.state else None,
        "asked": keys.seal(tx, person, msgspec.json.encode(Asked(place.asked, place.free))),
        "resting": keys.seal(tx, person, msgspec.json.encode(place.resting)) if place.resting else None,
        "at": now,
    }
    tx.execute(_KEEP, values)


def shown(tx: Tx, contact: str, person: str, options: tuple[Shown, ...]) -> None:
    """A push that asks was sent: it is the newest question in that chat now."""
    tx.execute(_ASKED, {"contact_id": contact, "asked": keys.seal(tx, person, msgspec.json.encode(Asked(options)))})
