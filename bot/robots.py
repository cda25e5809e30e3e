"""Groups that are bound by the configuration: a group robot's key stands there beside its place, since nobody can bind it by a word."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

import structlog

from bot.config import Config
from channels.wecom_robot.channel import NAME, address_of
from storage import areas, communities, doors
from storage.areas import AreaRow
from storage.database import Database, DatabaseAway, Tx
from storage.doors import Group

log = structlog.get_logger("robots")


def paths(config: Config) -> tuple[str, ...]:
    """The places whose groups have a robot; none while the channel is switched off."""
    ours = config.channels.wecom_robot
    return tuple(ours.keys) if ours.enabled else ()


async def at_start(database: Database, config: Config, now: datetime) -> None:
    """Bind what the configuration says; while the database is away, what was bound before stands until the next start."""
    try:
        await database.transaction(bind, paths(config), now)
    except DatabaseAway:
        log.error("robots not bound, the database is away")


def bind(tx: Tx, wanted: Iterable[str], now: datetime) -> None:
    """The configured places get their posts in that group from now on; those no longer configured no more."""
    bound = {group.address: group for group in doors.groups_on(tx, NAME)}
    for path in wanted:
        place = _place(tx, path)
        if place is None:
            log.error("robot without a place", path=path)
            continue
        community, area = place
        known = bound.pop(address_of(path), None)
        if known is None or (known.community, known.area) != (community, area.id):
            new = Group(secrets.token_hex(12), community, NAME, address_of(path), area.id)
            doors.record_group_bound(tx, new, "config", now)
    for address in bound:
        doors.record_group_left(tx, NAME, address, now)


def unplaced(tx: Tx, wanted: Iterable[str]) -> list[str]:
    """The configured paths that name no place, for `mulin check`."""
    return [path for path in wanted if _place(tx, path) is None]


def _place(tx: Tx, path: str) -> tuple[int, AreaRow] | None:
    """In the first community that has it; `""` is the whole of the first."""
    found = ((here.id, areas.by_path(tx, here.id, path.strip("/"))) for here in communities.everyone(tx))
    return next(((community, area) for community, area in found if area), None)
