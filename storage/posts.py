"""Posts that wait for a person to send them (客户群: the group's owner), as the outbox keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from storage import keys
from storage.database import Tx
from storage.doors import groups
from storage.held import OWNER
from storage.outbox import outbox

_ROWS = outbox.c
_LAID = (
    select(_ROWS.platform_id, groups.c.address, func.max(_ROWS.sent_at).label("at"))
    .join_from(outbox, groups, (groups.c.community_id == _ROWS.community_id) & (groups.c.id == _ROWS.group_id))
    .where(_ROWS.channel == bindparam("ch"), _ROWS.state == bindparam("state"), _ROWS.reason == OWNER, _ROWS.platform_id != "")
    .group_by(_ROWS.platform_id, groups.c.address)
    .order_by(func.max(_ROWS.id))
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A post as the platform names it, the group it is for, and when the newest part of it was laid before its owner."""

    id: str
    address: str
    since: datetime


def waiting(tx: Tx, channel: str) -> list[Waiting]:
    """The posts of a channel that the platform took and nobody has sent yet, oldest first; those of groups that are gone too."""
    return _laid(tx, channel, "held")


def stopped(tx: Tx, channel: str) -> list[Waiting]:
    """Those of orders that were stopped while they lay before an owner: nobody took them back from there yet."""
    return _laid(tx, channel, "stopped")


def record_renamed(tx: Tx, channel: str, old: str, new: str) -> None:
    """What waited under one name of the platform waits under another: it became part of a later post."""
    _settle(tx, channel, old, "held", platform_id=new)


def record_taken_back(tx: Tx, channel: str, post: str) -> None:
    """A stopped post is before its owner no more; what lay there together with it is laid there anew."""
    _settle(tx, channel, post, "stopped", reason="stopped")
    _settle(tx, channel, post, "held", state="queued", reason="", platform_id="", claimed_until=None, sent_at=None)


def record_sent_after_all(tx: Tx, channel: str, post: str) -> None:
    """It was stopped too late: its owner had sent it."""
    for was in ("stopped", "held"):
        _settle(tx, channel, post, was, state="sent", reason="")


def _laid(tx: Tx, channel: str, state: str) -> list[Waiting]:
    rows = tx.all(_LAID, {"ch": channel, "state": state})
    return [Waiting(row.platform_id, keys.read(tx, row.address), row.at) for row in rows]


def _settle(tx: Tx, channel: str, post: str, was: str, **values: Any) -> None:
    known = (_ROWS.channel == channel, _ROWS.platform_id == post, _ROWS.state == was, _ROWS.reason == OWNER)
    tx.execute(update(outbox).where(*known).values(**values))
