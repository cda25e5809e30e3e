"""Orders to send something to many, and how far each is. The rows themselves stand in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import msgspec
from sqlalchemy import Column, Index, Integer, String, Table, bindparam, select, update

from community.dispatches import (
    Dispatch,
    DispatchApproved,
    DispatchAsked,
    DispatchDone,
    DispatchId,
    DispatchOrdered,
    DispatchPaused,
    DispatchResumed,
    DispatchState,
    DispatchStopped,
)
from dialogue.words import Inbound, Link, Option, Purpose, ResidentId, Say, ToAudience
from storage import areas, communities, keys, outbox, residents
from storage.database import Id, Instant, Personal, Tx, insert, metadata

dispatches = Table(
    "dispatches",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("say", Personal, nullable=False),
    Column("area_id", String(32), nullable=False),
    Column("people", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("ordered_by", String(32), nullable=True),
    Column("ordered_at", Instant, nullable=False),
    Column("cursor", String(32), nullable=False, server_default=""),  # the last resident whose row is in the outbox
    Index("ix_dispatches_state", "state"),
)

_BATCH_OF = select(dispatches).where(dispatches.c.state.in_(("ordered", "sending"))).order_by(dispatches.c.ordered_at).limit(1)
_ONE = select(dispatches).where(dispatches.c.community_id == bindparam("c"))


def by_number(tx: Tx, community: int, number: int) -> Dispatch | None:
    """发送N号, locked, with how much of it has not left yet."""
    row = tx.one(_ONE.where(dispatches.c.number == number).with_for_update(), {"c": community})
    return replace(_dispatch(tx, row), waiting=outbox.waiting_of(tx, community).get(row.id, 0)) if row else None


def state_of(tx: Tx, community: int, dispatch: str, *, lock: bool = False) -> DispatchState:
    """Where an order stands: asked once more before each of its messages leaves. `lock`: it stays so until our transaction ends."""
    query = select(dispatches.c.state).where(dispatches.c.community_id == community, dispatches.c.id == dispatch)
    return DispatchState(tx.scalar(query.with_for_update() if lock else query))


def latest(tx: Tx, community: int, most: int = 50) -> list[Dispatch]:
    """The newest orders first, each with how much of it has not left yet."""
    waiting = outbox.waiting_of(tx, community)
    rows = tx.all(_ONE.order_by(dispatches.c.number.desc()).limit(most), {"c": community})
    return [replace(_dispatch(tx, row), waiting=waiting.get(row.id, 0)) for row in rows]


def to_spread(tx: Tx) -> tuple[int, Dispatch, str] | None:
    """(community, order, cursor) of one order that still has rows to write, locked for one spreader."""
    row = tx.one(_BATCH_OF.with_for_update(skip_locked=True))
    return (row.community_id, _dispatch(tx, row), row.cursor) if row else None


def audience(tx: Tx, community: int, to: ToAudience) -> list[str]:
    """Everybody the order is for, in the order in which they are reached."""
    from storage import rolls

    if to.voters_of or to.unanswered:
        return rolls.people_of(tx, community, to.voters_of or to.unanswered, unanswered=bool(to.unanswered))
    return residents.members_in(tx, community, areas.by_id(tx, community, to.area).path)


def audience_after(tx: Tx, community: int, to: ToAudience, cursor: str, most: int) -> list[str]:
    """The next so many of them in the order of their ids: an order to a whole town must not be read whole for every batch."""
    if to.voters_of or to.unanswered:
        return [resident for resident in sorted(audience(tx, community, to)) if resident > cursor][:most]
    return residents.members_after(tx, community, areas.by_id(tx, community, to.area).path, cursor, most)


def record_spoken(tx: Tx, community: int, inbound: Inbound, say: Say) -> None:
    """A step spoke to an audience: that becomes an order of its own."""
    assert isinstance(say.to, ToAudience)
    number = communities.next_number(tx, community, "dispatches")
    people = len(audience(tx, community, say.to))
    ordered = DispatchId(f"{inbound.id}-d{number}")
    record_ordered(tx, community, DispatchOrdered(ordered, number, say, say.to.area, people, None, inbound.now))


def record_ordered(tx: Tx, community: int, event: DispatchOrdered) -> None:
    """Keep the order; spreading it is the worker's."""
    sealed = keys.seal(tx, f"community:{community}", _encode(event.say))
    row = {"id": event.id, "number": event.number, "say": sealed, "area_id": event.area, "people": event.people}
    tx.execute(insert(dispatches).values(community_id=community, **row, state="ordered", ordered_by=event.by, ordered_at=event.at))


def record_asked(tx: Tx, community: int, event: DispatchAsked) -> None:
    """Keep an order that waits for a second officer."""
    record_ordered(tx, community, event.order)
    _become(tx, community, event.order.id, DispatchState.ASKED)


def record_approved(tx: Tx, community: int, event: DispatchApproved) -> None:
    """The second officer agreed: spreading it is the worker's."""
    _become(tx, community, event.id, DispatchState.ORDERED)


def record_paused(tx: Tx, community: int, event: DispatchPaused) -> None:
    """Nothing more leaves until it is resumed: what waits in the outbox is held."""
    _become(tx, community, event.id, DispatchState.PAUSED)
    outbox.hold(tx, community, event.id, held=True)


def record_resumed(tx: Tx, community: int, event: DispatchResumed) -> None:
    """It goes on exactly where it stood."""
    _become(tx, community, event.id, DispatchState.SENDING)
    outbox.hold(tx, community, event.id, held=False)


def record_stopped(tx: Tx, community: int, event: DispatchStopped) -> None:
    """What has not left never will."""
    _become(tx, community, event.id, DispatchState.STOPPED)
    outbox.stop(tx, community, event.id)


def record_done(tx: Tx, community: int, event: DispatchDone) -> None:
    """Everybody in the audience has their row."""
    _become(tx, community, event.id, DispatchState.DONE)


def record_cursor(tx: Tx, community: int, dispatch: str, cursor: str) -> None:
    """The order has got as far as this resident."""
    change = update(dispatches).where(dispatches.c.community_id == community, dispatches.c.id == dispatch)
    tx.execute(change.values(cursor=cursor, state=DispatchState.SENDING.value))


def _become(tx: Tx, community: int, dispatch: str, state: DispatchState) -> None:
    tx.execute(update(dispatches).where(dispatches.c.community_id == community, dispatches.c.id == dispatch).values(state=state.value))


def _dispatch(tx: Tx, row: Any) -> Dispatch:
    say = _decode(keys.unseal(tx, row.say) or b"")
    who = ResidentId(row.ordered_by) if row.ordered_by else None
    return Dispatch(DispatchId(row.id), row.number, say, row.area_id, row.people, DispatchState(row.state), who, row.ordered_at)


class _Kept(msgspec.Struct, frozen=True):
    """A Say as an order keeps it: always to an audience."""

    key: str
    values: dict[str, Any]
    options: tuple[Option, ...]
    to: ToAudience
    purpose: Purpose
    asks: bool
    picture: str | Link
    once: str
    about: tuple[ResidentId, ...]
    most: int = 1


def _encode(say: Say) -> bytes:
    """A Say as JSON; its values keep their kinds, for the words are rendered later, per reader."""
    assert isinstance(say.to, ToAudience)
    options = tuple(replace(option, values=_tagged(option.values)) for option in say.options)
    kept = _Kept(say.key, _tagged(say.values), options, say.to, say.purpose, say.asks, say.picture, say.once, say.about, say.most)
    return msgspec.json.encode(kept)


def _decode(data: bytes) -> Say:
    kept = msgspec.json.decode(data, type=_Kept)
    options = tuple(replace(option, values=_plain(dict(option.values))) for option in kept.options)
    values = _plain(kept.values)
    return Say(kept.key, values, options, kept.to, kept.purpose, kept.asks, kept.picture, kept.once, kept.about, kept.most)


def _tagged(value: Any) -> Any:
    match value:
        case datetime():
            return {"$at": value.isoformat()}
        case date():
            return {"$on": value.isoformat()}
        case Fraction():
            return {"$of": [value.numerator, value.denominator]}
        case Link():
            return {"$link": [value.kind, value.subject]}
        case list() | tuple():
            return [_tagged(item) for item in value]
        case Mapping():
            return {name: _tagged(item) for name, item in value.items()}
        case _:
            return value


def _plain(value: Any) -> Any:
    match value:
        case {"$at": text}:
            return datetime.fromisoformat(text)
        case {"$on": text}:
            return date.fromisoformat(text)
        case {"$of": [top, bottom]}:
            return Fraction(top, bottom)
        case {"$link": [kind, subject]}:
            return Link(kind, subject)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case _:
            return value
