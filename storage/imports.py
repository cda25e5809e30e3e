"""The household roll into the database, batch by batch, with the places it needs; and what is there already, as a roll's rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from community.areas import Level, is_name_of
from community.rolls import HomeRow, Use, settled
from storage import areas
from storage.areas import AreaRow, HomeFacts, Household
from storage.database import Tx

BATCH = 50  # homes in one transaction: nobody waits long for an import


def only_estate(tx: Tx, community: int) -> str:
    """The name of the one 小区 there is, for lists that do not name it; "" where there are several or none."""
    found = [area.name for area in areas.all_areas(tx, community) if area.level == Level.ESTATE]
    return found[0] if len(found) == 1 else ""


def known(tx: Tx, community: int) -> list[HomeRow]:
    """The roll as it stands, for the difference a new list makes."""
    homes = areas.households_in(tx, community, "")
    facts = areas.facts(tx, community, [home.id for home in homes])
    return [_row(home, facts[home.id]) for home in homes]


def record_batch(tx: Tx, community: int, rows: Sequence[HomeRow]) -> int:
    """Keep these homes, new or changed; a new home from a row that is not fine is kept as 待核. Saying it twice changes nothing.

    What a row does not name stays as it is, and a home that is fine learns nothing from a row that is not. How many were kept.
    """
    kept = 0
    for place, homes in groupby(rows, key=lambda row: (row.estate, row.building, row.unit)):
        area = _area(tx, community, place)
        for said in homes:
            there = areas.household_by_path(tx, community, said.path)
            known = _row(there, areas.facts(tx, community, [there.id])[there.id]) if there else None
            row = settled(known, said)
            if row is known:  # a faulty row of a home that is fine
                continue
            number = there.id if there else _id(tx, community, row.path)
            state = "fine" if row.fine else "unclear"
            home = Household(number, area.id, row.path, row.room, row.use.value, row.area_centi, state)
            owners = tuple(dict.fromkeys(row.owners))
            facts = HomeFacts(owners, row.head, tuple(dict.fromkeys(row.phones)), row.people, row.area_source, row.ownership)
            areas.record_household(tx, community, home, facts)
            kept += 1
    return kept


def _area(tx: Tx, community: int, place: tuple[str, str, str]) -> AreaRow:
    """小区/楼栋/单元, each made if it is not there."""
    here = areas.by_path(tx, community, "")
    assert here is not None, "every community has its own place"
    for level, name in zip((Level.ESTATE, Level.BUILDING, Level.UNIT), place, strict=True):
        if name:
            path = f"{here.path}/{name}" if here.path else name
            found = areas.by_path(tx, community, path)
            if found is None:
                found = AreaRow(_id(tx, community, path), here.id, level.value, name, path)
                areas.record_area(tx, community, found)
            here = found
    return here


def _id(tx: Tx, community: int, path: str) -> str:
    """The same place gets the same id, whoever imports it and how often."""
    return tx.digest("place", str(community), path).hex()[:16]


def _row(home: Household, facts: HomeFacts) -> HomeRow:
    parts = home.path.split("/")[:-1]
    unit = parts.pop() if len(parts) == 3 or (len(parts) == 2 and is_name_of(Level.UNIT, parts[-1])) else ""
    building = parts.pop() if parts else ""
    place = ("/".join(parts), building, unit, home.room)
    return HomeRow(
        *place,
        use=Use(home.use),
        area_centi=home.area_centi,
        area_source=facts.area_source,
        owners=tuple(facts.owners),
        ownership=facts.ownership,
        head=facts.head,
        people=facts.people,
        phones=tuple(facts.phones),
        fine=home.state == "fine",
    )
