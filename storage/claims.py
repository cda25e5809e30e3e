"""What claims need to know of homes and neighbours: places to walk through by taps, homes that fit an address, who decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, or_, select

from community.areas import Ambiguous, Area, AreaId, HomeAddress, resolve
from community.claims import Claim
from dialogue.words import ResidentId
from storage import areas, keys, polls, residents
from storage.areas import Household, households
from storage.database import Tx
from storage.residents import claims

_RESIDENT = (residents.residents.c.community_id == claims.c.community_id) & (residents.residents.c.id == claims.c.resident_id)
_WITH_HOMES = select(households.c.area_id).where(households.c.community_id == bindparam("c")).distinct()
_ROOM = select(households.c.id).where(households.c.community_id == bindparam("c"), households.c.room == bindparam("room"))
_OWNED = select(areas.owners.c.household_id, areas.owners.c.name_hash).where(areas.owners.c.community_id == bindparam("c"))
_MEMBERS = (
    select(claims.c.household_id, residents.residents.c.name, residents.residents.c.person)
    .add_columns(keys.keys.c.id.label("key_id"), keys.keys.c.key)
    .join_from(claims, residents.residents, _RESIDENT)
    .join(keys.keys, (keys.keys.c.person == residents.residents.c.person) & (keys.keys.c.purpose == keys.FORGET), isouter=True)
    .where(claims.c.community_id == bindparam("c"), claims.c.state == "confirmed")
)
_AT_ONCE = 500


def inhabited(tx: Tx, community: int) -> frozenset[str]:
    """The places that hold homes themselves."""
    return frozenset(row.area_id for row in tx.all(_WITH_HOMES, {"c": community}))


def places_with_homes(tx: Tx, community: int) -> tuple[Area, ...]:
    """Every place in which somebody can live, and those above it."""
    known = {area.id: area for area in areas.places(tx, community)}
    wanted: set[AreaId] = set()
    for place in inhabited(tx, community):
        here: Area | None = known[AreaId(place)]
        while here is not None and here.id not in wanted:
            wanted.add(here.id)
            here = known.get(here.parent) if here.parent else None
    return tuple(area for area in known.values() if area.id in wanted)


def homes_here(tx: Tx, community: int, area: str) -> list[Household]:
    """The homes that stand in exactly this place, in order."""
    return [home for home in areas.households_in(tx, community, areas.by_id(tx, community, area).path) if home.area == area]


def homes_at(tx: Tx, community: int, address: HomeAddress) -> list[Household]:
    """The homes somebody may mean by 3号楼2单元502: one, several (two estates have a 3号楼), or none."""
    known = areas.places(tx, community)
    found: Area | Ambiguous | None = None
    for words in ((address.estate, address.building, address.unit), (address.building, address.unit)):
        found = found or resolve("/".join(filter(None, words)), known)
    tops = found.areas if isinstance(found, Ambiguous) else (found,) if found else ()
    inside = [households.c.path.startswith(top.path + "/", autoescape=True) for top in tops]
    if not inside:
        return []
    rows = tx.all(_ROOM.where(or_(*inside)).order_by(households.c.path), {"c": community, "room": address.room})
    return [areas.household(tx, community, row.id) for row in rows]


def is_estate(tx: Tx, community: int, name: str) -> bool:
    """Whether that is what some place here is called; else a word before an address is somebody's name."""
    return bool(name) and resolve(name, areas.places(tx, community)) is not None


def leaders_poll_open(tx: Tx, community: int, path: str, now: datetime) -> bool:
    """Whether the 楼栋长 of that home has a poll of their own open there: then the 网格员 decides (users.md 2)."""
    return any(polls.has_open(tx, community, who, path) for who in residents.holders(tx, community, "leader", path, now.date()))


def decider(tx: Tx, community: int, path: str, resident: str, now: datetime) -> str:
    """Who is asked first about somebody's claim to that home: the 楼栋长, unless their own poll is open there or it is they themselves."""
    for role in ("leader", "grid"):
        passed_over = role == "leader" and leaders_poll_open(tx, community, path, now)
        if not passed_over and resident not in residents.holders(tx, community, role, path, now.date()):
            return role
    return "staff"


def by_id(tx: Tx, community: int, claim: str) -> Claim | None:
    """The claim a clock row is about, locked."""
    number = tx.scalar(select(claims.c.number).where(claims.c.community_id == community, claims.c.id == claim))
    return residents.claim_by_number(tx, community, number) if number is not None else None


@dataclass(frozen=True, slots=True)
class Named:
    """Of some homes, by id: which of the words asked for are names of their owners, and which of their members."""

    owners: Mapping[str, frozenset[str]]
    members: Mapping[str, frozenset[str]]


def named(tx: Tx, community: int, homes: Collection[str], words: Collection[str]) -> Named:
    """Whose names these words are. Members' names are opened only among few homes, as each has a key of its own."""
    by_hash = {tx.digest("owner", word): word for word in words}
    owned: dict[str, set[str]] = {}
    for begin in range(0, len(by_hash), _AT_ONCE):
        some = list(by_hash)[begin : begin + _AT_ONCE]
        for row in tx.all(_OWNED.where(areas.owners.c.name_hash.in_(some)), {"c": community}):
            owned.setdefault(row.household_id, set()).add(by_hash[row.name_hash])
    lived: dict[str, set[str]] = {}
    for row in tx.all(_MEMBERS.where(claims.c.household_id.in_(sorted(homes))), {"c": community}) if len(homes) <= _AT_ONCE else ():
        if row.key_id is not None:
            keys.known(tx, row.person, keys.FORGET, row.key_id, row.key)
        if (name := keys.read(tx, row.name)) in words:
            lived.setdefault(row.household_id, set()).add(name)
    owners, members = ({home: frozenset(names[home]) for home in homes if home in names} for names in (owned, lived))
    return Named(owners, members)


def of_household(tx: Tx, community: int, household: str) -> list[ResidentId]:
    """Everybody confirmed there."""
    return [ResidentId(r) for r in residents.members(tx, community, household)]
