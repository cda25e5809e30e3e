"""公示 as they stand: their words, their period, how many objected. What was objected, asked and answered is in storage/objections.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    select,
    update,
)

from community.notices import (
    UP,
    Notice,
    NoticeEnded,
    NoticeId,
    NoticePassedOn,
    NoticePosted,
    NoticeState,
    NoticeText,
    ObjectionRaised,
    Openness,
)
from storage import areas, due, keys, media, polls
from storage.database import Id, Instant, Personal, Tx, insert, metadata

notices = Table(
    "notices",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("area_id", String(32), nullable=False),
    Column("path", String(256), nullable=False),  # the area's, as it was called then
    Column("category", String(12), nullable=False),
    Column("openness", String(8), nullable=False),
    Column("text", Personal, nullable=False),
    Column("state", String(10), nullable=False),
    Column("posted_by", String(32), nullable=False),
    Column("posted_at", Instant, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("objections", Integer, nullable=False, server_default="0"),
    Column("ended_at", Instant, nullable=True),
    Column("reason", Personal, nullable=True),
    ForeignKeyConstraint(["community_id", "area_id"], ["areas.community_id", "areas.id"]),
    UniqueConstraint("community_id", "number"),
    Index("ix_notices_state", "community_id", "state"),
)

ENDS = "notice_ends"  # the clock's word (handlers/staff/notices.py)

_OF = select(notices).where(notices.c.community_id == bindparam("c"))
_BY_NUMBER = _OF.where(notices.c.number == bindparam("n"))
_FOR_CHANGE = _BY_NUMBER.with_for_update()
_FOR_ENDING = _OF.where(notices.c.id == bindparam("i")).with_for_update()
_NEWEST = _OF.where(notices.c.state.in_(bindparam("states", expanding=True))).order_by(notices.c.number.desc()).limit(bindparam("most"))
_ONE = update(notices).where(notices.c.community_id == bindparam("c"), notices.c.id == bindparam("i"))


def by_number(tx: Tx, community: int, number: int) -> Notice | None:
    """公示N号, to be read only."""
    return _found(tx, tx.one(_BY_NUMBER, {"c": community, "n": number}))


def for_change(tx: Tx, community: int, number: int) -> Notice | None:
    """公示N号 for whoever objects to it or takes it down: one after the other, and not while it ends (FOR UPDATE)."""
    return _found(tx, tx.one(_FOR_CHANGE, {"c": community, "n": number}))


def for_ending(tx: Tx, community: int, notice: str) -> Notice | None:
    """The same by its id, for the clock."""
    return _found(tx, tx.one(_FOR_ENDING, {"c": community, "i": notice}))


def up(tx: Tx, community: int, most: int = 50) -> list[Notice]:
    """Those that are up now, the newest first."""
    return [_notice(tx, row) for row in tx.all(_NEWEST, {"c": community, "states": [s.value for s in UP], "most": most})]


def listed(tx: Tx, community: int, most: int = 200) -> list[Notice]:
    """All that ever were up, the newest first: for the desk."""
    return [_notice(tx, row) for row in tx.all(_NEWEST, {"c": community, "states": [s.value for s in NoticeState], "most": most})]


def public(tx: Tx, community: int) -> list[Notice]:
    """What anybody may read on the board: up now, and published 公开 网上."""
    return [notice for notice in up(tx, community) if notice.openness is Openness.WEB]


def record_posted(tx: Tx, community: int, event: NoticePosted) -> None:
    """Keep it with its files, and let the clock come for its end."""
    files = tuple(media.record_published(tx, community, digest, event.at) for digest in event.text.attachments)
    row = {
        "id": event.id,
        "number": event.number,
        "area_id": event.area,
        "path": areas.by_id(tx, community, event.area).path,
        "category": event.text.category.value,
        "openness": event.openness.value,
        "text": keys.seal(tx, f"community:{community}", msgspec.json.encode(replace(event.text, attachments=files))),
        "state": NoticeState.POSTED.value,
        "posted_by": event.by,
        "posted_at": event.at,
        "ends_on": event.ends_on,
        "ends_at": event.ends_at,
        "provisional": event.provisional,
    }
    tx.execute(insert(notices).values(community_id=community, **row))
    due.remind(tx, community, ENDS, event.id, event.ends_at)


def record_objected(tx: Tx, community: int, event: ObjectionRaised) -> None:
    """It has one objection more; `for_change` holds it."""
    tx.execute(_ONE.values(state=NoticeState.OBJECTED.value, objections=event.count), {"c": community, "i": event.subject})


def record_ended(tx: Tx, community: int, event: NoticeEnded) -> None:
    """Its period is over."""
    tx.execute(_ONE.values(state=NoticeState.ENDED.value, ended_at=event.at), {"c": community, "i": event.id})


def record_passed_on(tx: Tx, community: int, event: NoticePassedOn) -> None:
    """Proof of posting."""
    row = {"id": event.id, "kind": "notices", "subject_id": event.notice, "what": event.what, "by_id": event.by, "at": event.at}
    tx.execute(insert(polls.postings).values(community_id=community, **row))


def _found(tx: Tx, row: Any) -> Notice | None:
    return _notice(tx, row) if row else None


def _notice(tx: Tx, row: Any) -> Notice:
    return Notice(
        id=NoticeId(row.id),
        number=row.number,
        version=row.version,
        text=msgspec.json.decode(keys.unseal(tx, row.text) or b"", type=NoticeText),
        area=row.area_id,
        path=row.path,
        openness=Openness(row.openness),
        state=NoticeState(row.state),
        posted_at=row.posted_at,
        ends_on=row.ends_on,
        ends_at=row.ends_at,
        provisional=row.provisional,
        objections=row.objections,
    )
