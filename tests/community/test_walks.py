"""Finding one's home by taps: every home can be reached, nothing else is offered, and no message has more buttons than fit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from community import walks
from community.areas import Area, AreaId, Level
from community.walks import Door, Stop


def tree(buildings: int, units: int, floors: int, doors: int) -> tuple[tuple[Area, ...], dict[str, list[Door]]]:
    """An estate of so many buildings; `units` 0: the homes stand in the building itself."""
    areas = [Area(AreaId("c"), None, Level.COMMUNITY, "幸福里社区", ""), Area(AreaId("e"), AreaId("c"), Level.ESTATE, "幸福里", "幸福里")]
    homes: dict[str, list[Door]] = {}
    for b in range(1, buildings + 1):
        areas.append(Area(AreaId(f"b{b}"), AreaId("e"), Level.BUILDING, f"{b}号楼", f"幸福里/{b}号楼"))
        places = [f"b{b}u{u}" for u in range(1, units + 1)] or [f"b{b}"]
        areas += [Area(AreaId(p), AreaId(f"b{b}"), Level.UNIT, f"{p[-1]}单元", f"幸福里/{b}号楼/{p[-1]}单元") for p in places if units]
        for place in places:
            homes[place] = [Door(f"{place}-{f * 100 + d}", str(f * 100 + d)) for f in range(1, floors + 1) for d in range(1, doors + 1)]
    return tuple(areas), homes


def at(areas: tuple[Area, ...], homes: dict[str, list[Door]], payload: str) -> Stop:
    """Where a tap leads, as handlers/claims.py follows it."""
    picked = payload.split()
    page = int(picked[-1]) if "page" in picked else 0
    place = "" if picked[1:2] in ([], ["-"]) else picked[1]
    place = walks.descend(areas, place, homes)
    floor = int(picked[2]) if picked[:1] == ["floor"] else None
    return walks.stop(areas, place, homes.get(place, ()), floor, page)


@given(st.integers(1, 40), st.integers(0, 4), st.integers(1, 34), st.integers(1, 6))
def test_every_home_is_reached_by_taps(buildings: int, units: int, floors: int, doors: int) -> None:
    areas, homes = tree(buildings, units, floors, doors)
    waiting, reached, seen = [""], set(), set()
    while waiting:
        payload = waiting.pop()
        if payload in seen:
            continue
        seen.add(payload)
        here = at(areas, homes, payload)
        assert 1 <= len(here.ways) <= walks.PAGE
        assert all(len(f"pick {way.payload}".encode()) <= 64 for way in here.ways)
        for way in here.ways:
            if way.payload.startswith("home "):
                reached.add(way.payload.removeprefix("home "))
            else:
                waiting.append(way.payload)
        waiting += [here.more] if here.more else []
    assert reached == {door.id for doors_ in homes.values() for door in doors_}


def test_buildings_come_in_the_order_people_count_them() -> None:
    areas, homes = tree(12, 0, 1, 2)
    assert [way.name for way in at(areas, homes, "").ways] == [f"{n}号楼" for n in range(1, 13)]


def test_a_tall_house_asks_the_floor_first_and_a_low_one_does_not() -> None:
    areas, homes = tree(1, 1, 30, 2)
    assert [way.floor for way in at(areas, homes, "").ways][:3] == [1, 2, 3]
    assert [way.name for way in at(areas, homes, "floor b1u1 12").ways] == ["1201", "1202"]
    areas, homes = tree(1, 1, 6, 2)
    assert [way.name for way in at(areas, homes, "").ways][:2] == ["101", "102"]


def test_the_floor_of_a_room() -> None:
    rooms = {"502": 5, "1203": 12, "0101": 1, "A1": 0, "12": 0, "商铺3": 0, "10001": 0}
    assert {room: walks.floor_of(room) for room in rooms} == rooms
