"""Codes at the command line: `mulin invite`, one a line and nothing else on the line; and the sheet of slips to cut, eight a page."""

from __future__ import annotations

import io
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import segno
from fpdf import FPDF
from pylopdf_fonts_zh_cn import sans_path

import texts
from bot.cli.console import chosen, complain, language
from community import codes, staff
from community.areas import Ambiguous, parse_home, resolve
from community.claims import As
from community.invites import DAYS, OFFICE_DAYS, lasts
from dialogue.words import Refused
from storage import areas, communities, doors
from storage import claims as kept_claims
from storage.areas import AreaRow, Household
from storage.communities import Community
from storage.database import Database, Tx
from storage.doors import Invite

HOME_USES = 6  # a family on one slip
SHOWN = 40  # codes explained in full
BATCH = 100  # codes in one transaction
COLUMNS, ROWS, MARGIN = 2, 4, 8  # of a slip sheet; millimetres
PAGE_WIDTH, PAGE_HEIGHT, QR = 210, 297, 34


@dataclass(frozen=True, slots=True)
class Order:
    """What `mulin invite` was told. `count` codes for the area, or for each home; `uses` 0: one, for a home's code six; `days` 0:
    7, for a home's code 30."""

    role: str
    area: str
    count: int = 1
    name: str = ""
    as_: str = ""
    uses: int = 0
    days: int = 0
    sheet: Path | None = None


@dataclass(frozen=True, slots=True)
class Slip:
    """One code and what it opens: a home, or an office in an area."""

    code: str
    role: str
    path: str


Address = Callable[[str], str]
"""What the QR of a code opens."""

Addresses = Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]
"""The same for many codes at once, where a platform has to be asked."""


def web_chat(public_url: str) -> Addresses:
    """The QR opens the web chat with the code."""

    async def addresses(wanted: Sequence[str]) -> dict[str, str]:
        return {code: f"{public_url.rstrip('/')}/chat?start={code}" for code in wanted}

    return addresses


async def invite(database: Database, name: str, order: Order, addresses: Addresses) -> int:
    """Make the codes, print them, and write the sheet if one is wanted. For a resident of a building: a code for each of its homes."""
    if order.role not in staff.ROLES:
        return complain("invites.unknown_role", role=order.role, roles=list(staff.ROLES))
    if order.as_ and order.as_ not in [a.value for a in As]:
        return complain("invites.unknown_as", as_=order.as_)
    if order.count < 1 or order.days < 0 or order.uses < 0:
        return complain("invites.bad_number")
    here = await database.read(chosen, name)
    places = await database.read(_places, here.id, order)
    slips: list[Slip] = []
    wanted = [place for place in places for _ in range(order.count)]
    for begin in range(0, len(wanted), BATCH):
        slips += await database.transaction(_make, here.id, order, wanted[begin : begin + BATCH])
    for slip in slips:
        print(slip.code)
    if order.sheet:
        opens = await addresses([slip.code for slip in slips])
        order.sheet.write_bytes(sheet(slips, here, opens.__getitem__))
    elif len(slips) > 1:
        _whose(slips)
    return 0


def _whose(slips: Sequence[Slip]) -> None:
    """Which code is for which place, beside the codes: standard output holds nothing but codes."""
    for slip in slips[:SHOWN]:
        complain("invites.whose", code=slip.code, path=slip.path)
    complain("invites.sheet_how", codes=len(slips), left=max(0, len(slips) - SHOWN))


def sheet(slips: Sequence[Slip], here: Community, address: Address) -> bytes:
    """A4 pages of eight slips: whose home, the QR that opens the chat with the code, the code in large type, the telephone."""
    page = paper()
    width, height = (PAGE_WIDTH - 2 * MARGIN) / COLUMNS, (PAGE_HEIGHT - 2 * MARGIN) / ROWS
    for place, slip in enumerate(slips):
        on_page = place % (COLUMNS * ROWS)
        if not on_page:
            page.add_page()
        left, top = MARGIN + width * (on_page % COLUMNS), MARGIN + height * (on_page // COLUMNS)
        page.set_draw_color(170)
        page.rect(left, top, width, height)
        _slip(page, left, top, (slip, here, address))
    return bytes(page.output())


def paper() -> FPDF:
    """A4, in a font that has our signs."""
    page = FPDF(format="A4")
    page.set_auto_page_break(False)
    page.add_font("sans", fname=str(sans_path()))
    return page


def scan(address: str) -> io.BytesIO:
    """The QR of an address, as a picture for paper."""
    picture = io.BytesIO()
    segno.make(address, error="m").save(picture, kind="png", scale=8, border=1)
    picture.seek(0)
    return picture


def _slip(page: FPDF, left: float, top: float, what: tuple[Slip, Community, Address]) -> None:
    slip, here, address = what
    page.image(scan(address(slip.code)), left + 4, top + 18, QR, QR)
    values = {"role": slip.role, "path": slip.path, "community": here.name, "phone": here.settings.phone}

    def line(key: str, x: float, y: float, size: int) -> None:
        page.set_font("sans", size=size)
        page.set_xy(left + x, top + y)
        page.multi_cell(90 - x, size * 0.5, texts.render(key, values, language()), align="L")

    page.set_font("sans", size=24)
    page.text(left + QR + 7, top + 32, codes.spoken(slip.code))
    line("invites.slip_title", 4, 4, 13)
    line("invites.slip_how", QR + 6, 38, 10)
    line("invites.slip_foot", 4, 56, 9)


def _places(tx: Tx, community: int, order: Order) -> list[AreaRow | Household]:
    """What the codes are for: one area, one home, or for residents of an area all its homes."""
    said = order.area.strip("/ ")
    home = areas.household_by_path(tx, community, said)
    if home is None and (address := parse_home(said)):
        found = kept_claims.homes_at(tx, community, address)
        home = found[0] if len(found) == 1 else None
    if home is not None:
        if order.role != "resident":
            raise Refused("invites.office_needs_area", role=order.role)
        return [home]
    area = area_of(tx, community, said)
    if order.role == "resident":
        homes: list[AreaRow | Household] = list(areas.households_in(tx, community, area.path))
        if not homes:
            raise Refused("invites.no_homes", area=said)
        return homes
    return [area]


def area_of(tx: Tx, community: int, said: str) -> AreaRow:
    """The place somebody means at the command line; "" or the community's name is the whole of it."""
    whole = said in ("", communities.community(tx, community).name)
    area = None if whole else resolve(said, areas.places(tx, community))
    if isinstance(area, Ambiguous):
        raise Refused("invites.which_area", area=said, areas=[a.path for a in area.areas])
    if area is None and not whole:
        raise Refused("invites.no_area", area=said)
    row = areas.by_path(tx, community, area.path if area else "")
    assert row is not None
    return row


def _make(tx: Tx, community: int, order: Order, places: Sequence[AreaRow | Household]) -> list[Slip]:
    now = datetime.now(UTC)
    slips = []
    for place in places:
        code = doors.fresh_code(tx, secrets.token_hex(16))
        home = place.id if isinstance(place, Household) else ""
        area = "" if home else place.id
        uses = order.uses or (HOME_USES if home else 1)
        days = order.days or (DAYS if home else OFFICE_DAYS)
        who = (order.role, area, home, order.as_, order.name)
        doors.record_invite(tx, Invite(secrets.token_hex(8), community, *who, uses, lasts(now, days)), code)
        slips.append(Slip(code, order.role, place.path))
    return slips
