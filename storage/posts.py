"""Posts that wait for a person to send them (客户群: the group's owner), as the outbox keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from storage import keys
from storage.database import Tx
from storage.doors import groups
from storage.outbox import outbox

_ROWS = outbox.c
_WAITING = (
    select(_ROWS.platform_id, groups.c.address, func.max(_ROWS.sent_at).label("at"))
    .join_from(outbox, groups, (groups.c.community_id == _ROWS.community_id) & (groups.c.id == _ROWS.group_id))
    .where(_ROWS.channel == bindparam("ch"), _ROWS.state == "held", _ROWS.platform_id != "")
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
    return [Waiting(row.platform_id, keys.read(tx, row.address), row.at) for row in tx.all(_WAITING, {"ch": channel})]


def record_renamed(tx: Tx, channel: str, old: str, new: str) -> None:
    """What waited under one name of the platform waits under another: it became part of a later post."""
    known = (_ROWS.channel == channel, _ROWS.platform_id == old, _ROWS.state == "held")
    tx.execute(update(outbox).where(*known).values(platform_id=new))
