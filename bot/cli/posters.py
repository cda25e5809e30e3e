"""The sheet in the lift at the command line: `mulin poster`, its code, and a page to hang up. Anybody may scan it; it proves nothing."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

import texts
from bot.cli.console import chosen, complain, language
from bot.cli.invites import PAGE_WIDTH, Address, Addresses, area_of, paper, scan
from community.invites import FOREVER, POSTER
from storage import doors
from storage.areas import AreaRow
from storage.communities import Community
from storage.database import Database, Tx
from storage.doors import Invite

QR = 120  # millimetres


@dataclass(frozen=True, slots=True)
class Order:
    """What `mulin poster` was told."""

    area: str
    sheet: Path | None = None
    withdraw: bool = False


async def poster(database: Database, name: str, order: Order, addresses: Addresses) -> int:
    """Print the code of the place's sheet, the same as long as it hangs; or take it down."""
    here = await database.read(chosen, name)
    area = await database.read(area_of, here.id, order.area.strip("/ "))
    if order.withdraw:
        withdrawn = await database.transaction(_withdraw, here.id, area)
        return 0 if withdrawn else complain("invites.no_poster", path=area.path or here.name)
    code = await database.transaction(_code, here.id, area)
    print(code)
    if order.sheet:
        opens = await addresses([code])
        order.sheet.write_bytes(sheet(code, area, here, opens.__getitem__))
    return 0


def sheet(code: str, area: AreaRow, here: Community, address: Address) -> bytes:
    """One A4 page: where it hangs, a QR large enough for a dim lift, what it is for, the telephone."""
    page = paper()
    page.add_page()
    page.image(scan(address(code)), (PAGE_WIDTH - QR) / 2, 75, QR, QR)
    values = {"path": area.path, "community": here.name, "phone": here.settings.phone}
    for key, top, size in (("invites.poster_title", 25, 40), ("invites.poster_how", 205, 26), ("invites.poster_foot", 262, 16)):
        page.set_font("sans", size=size)
        page.set_xy(10, top)
        page.multi_cell(PAGE_WIDTH - 20, size * 0.5, texts.render(key, values, language()), align="C")
    return bytes(page.output())


def _code(tx: Tx, community: int, area: AreaRow) -> str:
    hangs = doors.poster_at(tx, community, area.id)
    if hangs:
        return doors.code_again(tx, community, hangs.id, hangs.id)
    new = Invite(secrets.token_hex(8), community, POSTER, area.id, "", "", "", 1, FOREVER)
    code = doors.fresh_code(tx, new.id)
    doors.record_invite(tx, new, code)
    return code


def _withdraw(tx: Tx, community: int, area: AreaRow) -> bool:
    hangs = doors.poster_at(tx, community, area.id)
    if hangs:
        doors.record_invite_used(tx, community, hangs.id, void=True)
    return hangs is not None
