"""Finding one's home without typing: 楼 → 单元 → 层 → 房号 by taps. Only homes that exist are offered; a step with one way is not asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from community.areas import Area

PAGE = 16  # buttons in one message, below every channel's limit


@dataclass(frozen=True, slots=True)
class Door:
    """One home as the walk shows it: its id and its room."""

    id: str
    room: str


@dataclass(frozen=True, slots=True)
class Way:
    """One tap: into a place, up to a floor, or home. `payload` is what the button carries behind `pick`."""

    payload: str
    name: str = ""
    floor: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the walk stands: the place's path ("" at the beginning), the ways on, and the payload of the next page ("": none)."""

    path: str
    ways: tuple[Way, ...]
    more: str = ""


def descend(areas: Sequence[Area], at: str, inhabited: Collection[str]) -> str:
    """Walk on by itself where there is only one way and nobody lives before it. `inhabited`: places that hold homes themselves."""
    while at not in inhabited:
        inner = [area for area in areas if (area.parent or "") == at]
        if len(inner) != 1:
            break
        at = inner[0].id
    return at


def stop(areas: Sequence[Area], at: str, doors: Sequence[Door], floor: int | None = None, page: int = 0) -> Stop:
    """The next question of the walk. `doors` are the homes in exactly this place; `floor` None: not chosen yet."""
    path = next((area.path for area in areas if area.id == at), "")
    inner = sorted((area for area in areas if (area.parent or "") == at), key=lambda area: _natural(area.name))
    floors = sorted({floor_of(door.room) for door in doors})
    if floor is None and len(doors) > PAGE and len(floors) > 1:
        ways = [Way(f"area {area.id}", area.name) for area in inner] + [Way(f"floor {at} {n}", floor=n) for n in floors]
    else:
        chosen = [door for door in doors if floor is None or floor_of(door.room) == floor]
        ways = [Way(f"area {area.id}", area.name) for area in inner if floor is None]
        ways += [Way(f"home {door.id}", door.room) for door in sorted(chosen, key=lambda door: _natural(door.room))]
    begin = page * PAGE
    here = f"area {at or '-'}" if floor is None else f"floor {at} {floor}"
    return Stop(path, tuple(ways[begin : begin + PAGE]), f"{here} page {page + 1}" if begin + PAGE < len(ways) else "")


def floor_of(room: str) -> int:
    """502 is on floor 5, 1203 on 12; what has no floor in its number is on 0."""
    found = re.fullmatch(r"([0-9]{1,2})[0-9]{2}", room)
    return int(found[1]) if found else 0


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """3号楼 before 12号楼."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in re.findall(r"[0-9]+|[^0-9]+", name))
