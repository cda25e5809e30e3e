"""上门名单: the homes to be told in person, building by building. Rooms are read by the building's 楼栋长 and its staff only."""

from __future__ import annotations

from datetime import datetime

from community.areas import Level
from community.staff import covers
from handlers.staff.running_dispatches import label
from storage import areas, door_list
from storage.database import Tx
from web.console.rows import Cell, Row
from web.console.sitting import Officer

ROLES = ("leader", "staff")
COLUMNS = ("console.building", "board.number", "console.title_column", "board.home", "board.reason", "board.since")


def rows(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    """A home and an order a line, to be printed and taken along: each building's together, its newest order first."""
    found = {(k.order.id, k.home, k.why): k for path in who.paths(*ROLES) for k in door_list.listed(tx, who.here.id, path, now)}
    buildings = [area.path for area in areas.all_areas(tx, who.here.id) if area.level == Level.BUILDING]
    placed = [(next((path for path in buildings if covers(path, knock.home)), ""), knock) for knock in found.values()]
    return [_row(building, knock) for building, knock in sorted(placed, key=lambda pair: pair[0])]


def _row(building: str, knock: door_list.Knock) -> Row:
    order, home = knock.order, knock.home.removeprefix(building).replace("/", "")
    named = Cell("console.subject", {"kind": "dispatches", "number": order.number})
    why = Cell(f"console.door_{knock.why}", {"people": knock.people})
    since = Cell("board.at", {"at": order.ordered_at})
    return Row((Cell(words=building.replace("/", "")), named, Cell(words=label(order)), Cell(words=home), why, since))
