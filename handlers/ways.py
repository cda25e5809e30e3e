"""The way home by taps, 楼 → 单元 → 层 → 房号, or by a room typed on the way."""

from __future__ import annotations

from community import walks
from community.areas import parse_home
from dialogue.words import Option
from storage import claims as kept
from storage.areas import Household
from storage.database import Tx


def walk(tx: Tx, community: int, picked: list[str]) -> walks.Stop:
    """Where the taps have led: [], [area ID], [floor ID N], each perhaps with [page P]."""
    page = int(picked[-1]) if "page" in picked else 0
    known = kept.places_with_homes(tx, community)
    at = "" if picked[1:2] in ([], ["-"]) else picked[1]
    at = walks.descend(known, at, kept.inhabited(tx, community))
    floor = int(picked[2]) if picked[:1] == ["floor"] else None
    doors = [walks.Door(home.id, home.room) for home in kept.homes_here(tx, community, at)] if at else []
    return walks.stop(known, at, doors, floor, page)


def typed(tx: Tx, community: int, text: str, path: str) -> list[Household]:
    """502 or 2单元502, typed where taps have led to that building or staircase; several where that fits several."""
    address = parse_home(path.replace("/", "") + text) if path and text else None
    return kept.homes_at(tx, community, address) if address else []


def tap(way: walks.Way) -> Option:
    """One tap as a button."""
    if way.name:
        return Option(f"pick {way.payload}", text=way.name)
    return Option(f"pick {way.payload}", key="claims.button_floor", values={"floor": way.floor})
