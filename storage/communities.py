"""The communities of this installation, each a tenant of its own, and their spoken numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, bindparam, select, update

from community.areas import Level
from storage import areas
from storage.database import Id, Tx, insert, metadata

communities = Table(
    "communities",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("slug", String(64), nullable=False, unique=True),
    Column("name", String(128), nullable=False),
    Column("kind", String(16), nullable=False, server_default="estate"),  # estate | market | village
    Column("under", String(128), nullable=False, server_default=""),  # the 街道 above it
    Column("settings", Text, nullable=False, server_default="{}"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("community_id", Id, ForeignKey("communities.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),  # polls | surveys | notices | matters | dispatches | objections | claims
    Column("last", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys of `[community]` (contract §3), as they stand for one community."""

    timezone: str = "Asia/Shanghai"
    phone: str = ""
    address: str = ""
    office_hours: str = "周一至周五 08:30-17:30"
    official_platform_required: bool = True
    owners_vote_clause: str = ""
    meeting_vote_clause: str = ""
    count_parking: bool = False
    second_officer_above: int = 500  # people: a 通知 to more needs a second officer's yes ([sending]; set at start)
    doors_need_code: tuple[str, ...] = ()  # channels open to the whole world: a home is claimed there by its code only; set at start


@dataclass(frozen=True, slots=True)
class Community:
    """One community: its name as residents say it, its kind, and its settings."""

    id: int
    slug: str
    name: str
    kind: str
    under: str
    settings: Settings


_ONE = select(communities).where(communities.c.id == bindparam("i"))
_NUMBER = (
    insert(numbers)
    .values(last=1)
    .on_conflict_do_update(index_elements=["community_id", "kind"], set_={"last": numbers.c.last + 1})
    .returning(numbers.c.last)
)


def community(tx: Tx, number: int) -> Community:
    """The community with that id; it must exist."""
    place = ("community", number)
    if place not in tx.cache:
        row = tx.one(_ONE, {"i": number})
        assert row is not None, "no such community"
        tx.cache[place] = _community(row)
    found: Community = tx.cache[place]
    return found


def by_slug(tx: Tx, slug: str) -> Community | None:
    """The community whose pages stand under /c/SLUG/."""
    row = tx.one(select(communities).where(communities.c.slug == slug))
    return _community(row) if row else None


def by_name(tx: Tx, name: str) -> Community | None:
    """The community of that name."""
    row = tx.one(select(communities).where(communities.c.name == name))
    return _community(row) if row else None


def everyone(tx: Tx) -> list[Community]:
    """All communities, the first one first."""
    return [_community(row) for row in tx.all(select(communities).order_by(communities.c.id))]


def add(tx: Tx, name: str, *, slug: str, kind: str = "estate", under: str = "", settings: Settings = Settings()) -> int:
    """A new tenant, with the place that is the whole of it; its id."""
    values = {"slug": slug, "name": name, "kind": kind, "under": under, "settings": msgspec.json.encode(settings).decode()}
    made: int = tx.scalar(insert(communities).values(values).returning(communities.c.id))
    areas.record_area(tx, made, areas.AreaRow("community", "", Level.COMMUNITY, name, ""))
    return made


def first(tx: Tx, name: str, settings: Settings) -> int:
    """The first community, made from [community] when there is none and kept as it says there."""
    found = everyone(tx)
    if not found:
        return add(tx, name, slug="first", settings=settings)
    if found[0].settings != settings:
        change(tx, found[0].id, settings)
    return found[0].id


def rename(tx: Tx, number: int, name: str) -> None:
    """Residents call it something else now."""
    tx.execute(update(communities).where(communities.c.id == number).values(name=name))
    tx.cache.pop(("community", number), None)


def change(tx: Tx, number: int, settings: Settings) -> None:
    """Keep the changed settings of a community."""
    tx.execute(update(communities).where(communities.c.id == number).values(settings=msgspec.json.encode(settings).decode()))
    tx.cache.pop(("community", number), None)


def guard(tx: Tx, doors: tuple[str, ...]) -> None:
    """Every community keeps the doors that are open to the whole world; called at every start."""
    for here in everyone(tx):
        if here.settings.doors_need_code != doors:
            change(tx, here.id, replace(here.settings, doors_need_code=doors))


def next_number(tx: Tx, community_id: int, kind: str) -> int:
    """The next number people say aloud for that kind (投票3号): the one write a `load` may do. Never given twice."""
    number: int = tx.scalar(_NUMBER, {"community_id": community_id, "kind": kind})
    return number


def coming_number(tx: Tx, community_id: int, kind: str) -> int:
    """The number the next one of that kind will most likely have, for its preview; publishing takes the real one."""
    last = tx.scalar(select(numbers.c.last).where(numbers.c.community_id == community_id, numbers.c.kind == kind))
    return int(last or 0) + 1


def _community(row: Any) -> Community:
    settings = msgspec.json.decode(row.settings, type=Settings)
    return Community(row.id, row.slug, row.name, row.kind, row.under, settings)
