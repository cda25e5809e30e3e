"""WeCom at the command line: `mulin wecom appchat` makes a group of members and binds it to its place."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.channels import Outfit, build
from bot.cli.console import chosen, complain, say
from bot.cli.invites import area_of
from bot.config import Config
from channels.contract import SendError
from channels.wecom import Wecom
from storage import doors
from storage.areas import AreaRow
from storage.database import Database, Tx
from storage.doors import Group
from storage.shared import InMemory

FEWEST = 2  # members of a group


@dataclass(frozen=True, slots=True)
class Order:
    """What `mulin wecom appchat` was told; the first member is the group's owner."""

    area: str
    name: str
    members: Sequence[str]


async def appchat(database: Database, config: Config, name: str, order: Order) -> int:
    """Make the group in WeCom; what is posted for the place is posted there from now on."""
    door = build(Outfit(config, database, InMemory())).get("wecom")
    if not isinstance(door, Wecom):
        return complain("wecom.appchat_off")
    if len(order.members) < FEWEST:
        return complain("wecom.appchat_few")
    here = await database.read(chosen, name)
    area = await database.read(area_of, here.id, order.area.strip("/ "))
    try:
        made = await door.appchat.create(order.name, order.members)
    except SendError as refused:
        return complain("wecom.appchat_refused", reason=refused.reason)
    finally:
        await door.stop()
    await database.transaction(_bind, here.id, area, made.address)
    say("wecom.appchat_made", name=order.name, area=area.path)
    return 0


def _bind(tx: Tx, community: int, area: AreaRow, address: str) -> None:
    doors.record_group_bound(tx, Group(secrets.token_hex(12), community, Wecom.name, address, area.id), "command", datetime.now(UTC))
