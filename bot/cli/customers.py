"""客户群 at the command line: `mulin wecom groups` lists them, `bind` gives one its place, `joinqr` makes the QR to join by."""

from __future__ import annotations

import io
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

import texts
from bot.channels import Outfit, build
from bot.cli.console import chosen, complain, language, say
from bot.cli.invites import PAGE_WIDTH, area_of, paper
from bot.cli.posters import QR
from bot.config import Config
from channels.contract import Notebook, SendError
from channels.wecom import Wecom
from channels.wecom.chats import Chat, Chats, Way
from channels.wecom.settings import CUSTOMERS
from community.areas import Area, named_in
from dialogue.words import Refused
from storage import areas, doors
from storage.areas import AreaRow
from storage.communities import Community
from storage.database import Database, Tx
from storage.doors import Group
from storage.shared import InMemory

PATIENCE = aiohttp.ClientTimeout(total=20)
MAX_PICTURE = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Order:
    """What `mulin wecom joinqr` was told."""

    area: str
    sheet: Path | None = None


async def groups(database: Database, config: Config, name: str) -> int:
    """Every 客户群 the application may see: whose it is, how many are in it, its place, or the one its name names."""
    here = await database.read(chosen, name)
    async with _door(database, config) as (chats, _):
        found = await chats.all()
    if not found:
        return complain("wecom.customers_none")
    known = await database.read(areas.places, here.id)
    bound = await database.read(_bound, here)
    for chat in found:
        proposed = named_in(chat.name, known)
        about = {"id": chat.id, "name": chat.name, "owner": chat.owner, "members": chat.members}
        place = proposed.path if isinstance(proposed, Area) else ""
        say("wecom.customers_row", **about, bound=bound.get(CUSTOMERS + chat.id, ""), area=place)
    return 0


async def bind(database: Database, config: Config, name: str, chat: str, area: str) -> int:
    """What is posted for that place is laid before the group's owner from now on."""
    here = await database.read(chosen, name)
    place = await database.read(area_of, here.id, area.strip("/ "))
    async with _door(database, config) as (chats, _):
        try:
            found = await chats.get(chat)
        except SendError as failure:
            if failure.verdict != "gone":
                raise
            return complain("wecom.customers_no_chat", id=chat)
    await database.transaction(_bind, here.id, place, found)
    say("wecom.customers_bound", name=found.name or chat, area=place.path)
    return 0


async def joinqr(database: Database, config: Config, name: str, order: Order) -> int:
    """Print the address of the place's QR, the same every time; new groups begin when the old ones are full."""
    here = await database.read(chosen, name)
    area = await database.read(area_of, here.id, order.area.strip("/ "))
    bound = await database.read(doors.groups_of, here.id, area.id)
    chats = [group.address.removeprefix(CUSTOMERS) for group in bound if group.address.startswith(CUSTOMERS)]
    if not chats:
        return complain("wecom.customers_no_group", area=area.path or here.name)
    async with _door(database, config) as (calls, notebook):
        way = await _way(calls, notebook, chats, area, here)
    print(way.picture)
    if order.sheet:
        order.sheet.write_bytes(sheet(await _picture(way.picture), area, here))
    return 0


def sheet(picture: bytes, area: AreaRow, here: Community) -> bytes:
    """One A4 page: whose group it is, the QR, what to do, the telephone."""
    page = paper()
    page.add_page()
    page.image(io.BytesIO(picture), (PAGE_WIDTH - QR) / 2, 75, QR, QR)
    values = {"path": area.path or here.name, "community": here.name, "phone": here.settings.phone}
    for key, top, size in (("wecom.customers_title", 25, 40), ("wecom.customers_how", 205, 26), ("invites.poster_foot", 262, 16)):
        page.set_font("sans", size=size)
        page.set_xy(10, top)
        page.multi_cell(PAGE_WIDTH - 20, size * 0.5, texts.render(key, values, language()), align="C")
    return bytes(page.output())


@asynccontextmanager
async def _door(database: Database, config: Config) -> AsyncIterator[tuple[Chats, Notebook]]:
    """The application's calls; what WeCom refuses is one sentence."""
    outfit = Outfit(config, database, InMemory())
    door = build(outfit).get("wecom")
    if not isinstance(door, Wecom):
        raise Refused("wecom.appchat_off")
    try:
        yield door.chats, outfit.notebook("wecom")
    except SendError as failure:
        raise Refused("wecom.customers_refused", reason=failure.reason) from None
    finally:
        await door.stop()


async def _way(calls: Chats, notebook: Notebook, chats: list[str], area: AreaRow, here: Community) -> Way:
    """The QR made for that place before, with the groups it has now; a new one where there is none any more."""
    kept = f"joinway:{here.id}:{area.id}"
    name = texts.render("wecom.customers_room", {"name": area.name or here.name}, language())
    known = await notebook.read(kept)
    try:
        way = await calls.way(chats, name, area.id, known)
    except SendError as failure:
        if not known or failure.verdict != "ours" or failure.bulk:
            raise
        way = await calls.way(chats, name, area.id)
    await notebook.write(kept, way.config)
    return way


async def _picture(address: str) -> bytes:
    try:
        async with aiohttp.ClientSession(timeout=PATIENCE) as session, session.get(address) as answer:
            answer.raise_for_status()
            return await answer.content.read(MAX_PICTURE)
    except (aiohttp.ClientError, TimeoutError):
        raise Refused("wecom.customers_no_picture", address=address) from None


def _bound(tx: Tx, here: Community) -> dict[str, str]:
    paths = {str(area.id): area.path or here.name for area in areas.places(tx, here.id)}
    return {group.address: paths.get(group.area, "") for group in doors.groups_on(tx, Wecom.name) if group.community == here.id}


def _bind(tx: Tx, community: int, area: AreaRow, chat: Chat) -> None:
    new = Group(secrets.token_hex(12), community, Wecom.name, CUSTOMERS + chat.id, area.id)
    doors.record_group_bound(tx, new, "command", datetime.now(UTC))
