"""Further communities at the command line: a tenant more, and the keys of `[community]` for one of them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.cli.console import chosen, complain, say
from storage import communities
from storage.communities import Settings
from storage.database import Database, Tx

KINDS = ("estate", "market", "village")
OURS = {"doors_need_code", "second_officer_above"}  # set by the programme itself
KEYS = ("name", *(f.name for f in fields(Settings) if f.name not in OURS))
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Order:
    """What `mulin community add` was told."""

    name: str
    kind: str = "estate"
    under: str = ""
    timezone: str = "Asia/Shanghai"


async def add(database: Database, order: Order) -> int:
    """A tenant of its own; its pages stand under /c/SLUG/."""
    if order.kind not in KINDS:
        return complain("communities.unknown_kind", kind=order.kind, kinds=list(KINDS))
    if not order.name.strip():
        return complain("communities.no_name")
    if not _zone(order.timezone):
        return complain("communities.unknown_zone", zone=order.timezone)
    slug = await database.transaction(_add, order)
    if not slug:
        return complain("communities.there_already", name=order.name)
    say("communities.added", name=order.name, slug=slug)
    return 0


async def set_(database: Database, name: str, key: str, value: str) -> int:
    """One key of one community. The first community's keys stand in config.toml, which wins at every start."""
    here = await database.read(chosen, name)
    if key not in KEYS:
        return complain("communities.unknown_key", entry=key, nearest=next(iter(get_close_matches(key, KEYS, 1)), ""), keys=list(KEYS))
    if here.id == (await database.read(communities.everyone))[0].id:
        return complain("communities.first_in_config", entry=key)
    if key == "timezone" and not _zone(value):
        return complain("communities.unknown_zone", zone=value)
    wanted: str | bool = value
    if key != "name" and isinstance(getattr(here.settings, key), bool):
        wanted = TRUTH.get(value.lower(), value)
        if isinstance(wanted, str):
            return complain("communities.not_yes_or_no", entry=key, value=value)
    await database.transaction(_set, here.id, key, wanted)
    say("communities.set", name=here.name, entry=key, value=value)
    return 0


def _add(tx: Tx, order: Order) -> str:
    there = communities.everyone(tx)
    if any(c.name == order.name for c in there):
        return ""
    slug = f"c{max((c.id for c in there), default=0) + 1}"
    doors = there[0].settings.doors_need_code if there else ()
    settings = Settings(timezone=order.timezone, doors_need_code=doors)
    communities.add(tx, order.name, slug=slug, kind=order.kind, under=order.under, settings=settings)
    return slug


def _set(tx: Tx, number: int, key: str, value: str | bool) -> None:
    if key == "name":
        communities.rename(tx, number, str(value))
    else:
        change: dict[str, Any] = {key: value}
        communities.change(tx, number, replace(communities.community(tx, number).settings, **change))


def _zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True
