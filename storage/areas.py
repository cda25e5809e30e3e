"""The community's places, as a tree of any depth, and its homes with their owners: the household roll."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    or_,
    select,
)

from community.areas import Area, AreaId, Level
from storage import keys
from storage.database import Id, Personal, Tx, insert, metadata

areas = Table(
    "areas",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("parent_id", String(32), nullable=True),
    Column("level", String(12), nullable=False),  # community.areas.Level
    Column("name", String(64), nullable=False),
    Column("path", String(256), nullable=False),  # 幸福里/3号楼/2单元; "" is the whole community
    ForeignKeyConstraint(["community_id"], ["communities.id"]),
    UniqueConstraint("community_id", "path"),
)

households = Table(
    "households",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("area_id", String(32), nullable=False),
    Column("path", String(256), nullable=False),  # its building's or unit's path and the room: 幸福里/3号楼/2单元/502
    Column("room", String(32), nullable=False),
    Column("use", String(8), nullable=False, server_default="住宅"),
    Column("area_centi", Integer, nullable=True),  # floor area in hundredths of a square metre
    Column("area_source", String(16), nullable=False, server_default=""),
    Column("ownership", String(16), nullable=False, server_default=""),
    Column("people", Integer, nullable=True),
    Column("head", Personal, nullable=True),
    Column("phones", Personal, nullable=True),
    Column("phone_tails", String(64), nullable=False, server_default=""),  # keyed hashes of the last four digits, hex, by space
    Column("state", String(8), nullable=False, server_default="fine"),  # fine | unclear (待核)
    ForeignKeyConstraint(["community_id", "area_id"], ["areas.community_id", "areas.id"]),
    UniqueConstraint("community_id", "path"),
)

owners = Table(
    "owners",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("household_id", String(32), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("name", Personal, nullable=False),
    Column("name_hash", LargeBinary, nullable=False),
    ForeignKeyConstraint(["community_id", "household_id"], ["households.community_id", "households.id"]),
    Index("ix_owners_name", "community_id", "name_hash"),
)


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One place. `level` is one of community.areas.Level, `path` "" the whole community."""

    id: str
    parent: str
    level: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Household:
    """One dwelling or shop: where it is, how large, and as what it is used. `area_centi` None: not known."""

    id: str
    area: str
    path: str
    room: str
    use: str
    area_centi: int | None
    state: str


_AREA = select(areas).where(areas.c.community_id == bindparam("c"))
_HOME = select(households).where(households.c.community_id == bindparam("c"))
_OWNERS = select(owners).where(owners.c.community_id == bindparam("c")).order_by(owners.c.household_id, owners.c.place)
_AT_ONCE = 500  # ids in one question; databases allow only so many
_BY_PATH = _AREA.where(areas.c.path == bindparam("p"))
_BY_ID = _AREA.where(areas.c.id == bindparam("i"))
_HOME_BY_PATH = _HOME.where(households.c.path == bindparam("p"))
_HOME_BY_ID = _HOME.where(households.c.id == bindparam("i"))


def all_areas(tx: Tx, community: int) -> list[AreaRow]:
    """Every place of the community, those above first."""
    return [_area(row) for row in tx.all(_AREA.order_by(areas.c.path), {"c": community})]


def places(tx: Tx, community: int) -> tuple[Area, ...]:
    """The same as the rules want it: community.areas.resolve finds in it what people type."""
    rows = all_areas(tx, community)
    return tuple(Area(AreaId(r.id), AreaId(r.parent) if r.parent else None, Level(r.level), r.name, r.path) for r in rows)


def by_path(tx: Tx, community: int, path: str) -> AreaRow | None:
    """The place with that path."""
    row = tx.one(_BY_PATH, {"c": community, "p": path})
    return _area(row) if row else None


def by_id(tx: Tx, community: int, area: str) -> AreaRow:
    """The place with that id; it must exist."""
    row = tx.one(_BY_ID, {"c": community, "i": area})
    assert row is not None, "no such area"
    return _area(row)


def household(tx: Tx, community: int, home: str) -> Household:
    """The home with that id; it must exist."""
    row = tx.one(_HOME_BY_ID, {"c": community, "i": home})
    assert row is not None, "no such home"
    return _household(row)


def household_by_path(tx: Tx, community: int, path: str) -> Household | None:
    """The home at 幸福里/3号楼/2单元/502."""
    row = tx.one(_HOME_BY_PATH, {"c": community, "p": path})
    return _household(row) if row else None


def households_in(tx: Tx, community: int, path: str) -> list[Household]:
    """All homes in a place and below it, in order."""
    query = _HOME.order_by(households.c.path)
    if path:
        query = query.where(or_(households.c.path.startswith(path + "/", autoescape=True), households.c.path == path))
    return [_household(row) for row in tx.all(query, {"c": community})]


def count_households(tx: Tx, community: int, path: str) -> int:
    """How many homes there are in a place and below it."""
    query = select(func.count()).select_from(households).where(households.c.community_id == community)
    if path:
        query = query.where(households.c.path.startswith(path + "/", autoescape=True))
    return int(tx.scalar(query))


def owner_names(tx: Tx, community: int, home: str) -> list[str]:
    """The owners of a home, as the roll names them."""
    query = select(owners.c.name).where(owners.c.community_id == community, owners.c.household_id == home).order_by(owners.c.place)
    return [keys.read(tx, row.name) for row in tx.all(query)]


def is_owner(tx: Tx, community: int, home: str, name: str) -> bool:
    """Whether the roll names somebody so called as an owner of this home. Says nothing else about the roll."""
    query = select(owners.c.place).where(
        owners.c.community_id == community, owners.c.household_id == home, owners.c.name_hash == tx.digest("owner", name.strip())
    )
    return tx.one(query) is not None


def has_phone(tx: Tx, community: int, home: str) -> bool:
    """Whether the roll has any telephone for this home."""
    return bool(tx.scalar(select(households.c.phone_tails).where(households.c.community_id == community, households.c.id == home)))


def phone_matches(tx: Tx, community: int, home: str, tail: str) -> bool:
    """Whether these are the last four digits of a telephone on the roll of this home."""
    tails: str = tx.scalar(select(households.c.phone_tails).where(households.c.community_id == community, households.c.id == home)) or ""
    return bool(tail) and tx.digest("tail", home, tail).hex() in tails.split()


def home_person(community: int, home: str) -> str:
    """Whose key seals what is known of a home and of none of its people."""
    return f"home:{community}:{home}"


def record_area(tx: Tx, community: int, area: AreaRow) -> None:
    """Keep a place."""
    values = {"community_id": community, "id": area.id, "parent_id": area.parent or None, "level": area.level}
    tx.execute(insert(areas).values(**values, name=area.name, path=area.path).on_conflict_do_nothing())


def record_household(tx: Tx, community: int, home: Household, facts: HomeFacts) -> None:
    """Keep a home, new or changed, with its owners and telephones (sealed under the home's own key)."""
    person = home_person(community, home.id)
    tails = " ".join(tx.digest("tail", home.id, phone[-4:]).hex() for phone in facts.phones)
    values: dict[str, Any] = {
        "area_id": home.area,
        "path": home.path,
        "room": home.room,
        "use": home.use,
        "area_centi": home.area_centi,
        "area_source": facts.area_source,
        "ownership": facts.ownership,
        "people": facts.people,
        "head": keys.seal(tx, person, facts.head, keys.KEEP) if facts.head else None,
        "phones": keys.seal(tx, person, " ".join(facts.phones), keys.KEEP) if facts.phones else None,
        "phone_tails": tails,
        "state": home.state,
    }
    new = insert(households).values(community_id=community, id=home.id, **values)
    tx.execute(new.on_conflict_do_update(index_elements=["community_id", "id"], set_=values))
    tx.execute(delete(owners).where(owners.c.community_id == community, owners.c.household_id == home.id))
    for place, name in enumerate(facts.owners):
        row = {"community_id": community, "household_id": home.id, "place": place}
        sealed = keys.seal(tx, person, name, keys.KEEP)
        tx.execute(insert(owners).values(**row, name=sealed, name_hash=tx.digest("owner", name)))


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """What the roll knows of a home besides its place and size."""

    owners: Sequence[str] = ()
    head: str = ""
    phones: Sequence[str] = ()
    people: int | None = None
    area_source: str = ""
    ownership: str = ""


def facts(tx: Tx, community: int, homes: Iterable[str]) -> dict[str, HomeFacts]:
    """The same of many homes, by id: what a list that comes again is compared with."""
    wanted = sorted(set(homes))
    names: dict[str, list[str]] = {}
    found = {}
    for begin in range(0, len(wanted), _AT_ONCE):
        ids = wanted[begin : begin + _AT_ONCE]
        for row in tx.all(_OWNERS.where(owners.c.household_id.in_(ids)), {"c": community}):
            names.setdefault(row.household_id, []).append(keys.read(tx, row.name))
        for row in tx.all(_HOME.where(households.c.id.in_(ids)), {"c": community}):
            phones = tuple(keys.read(tx, row.phones).split())
            who = tuple(names.get(row.id, ()))
            found[row.id] = HomeFacts(who, keys.read(tx, row.head), phones, row.people, row.area_source, row.ownership)
    return found


def _within(path: str, top: str) -> bool:
    return not top or path == top or path.startswith(top + "/")


def _area(row: Any) -> AreaRow:
    return AreaRow(row.id, row.parent_id or "", row.level, row.name, row.path)


def _household(row: Any) -> Household:
    return Household(row.id, row.area_id, row.path, row.room, row.use, row.area_centi, row.state)
