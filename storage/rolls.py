"""Electoral rolls: who may vote in a poll, written down when it opens and never changed; and who of them has voted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, ForeignKeyConstraint, Integer, Select, String, Table, and_, exists, func, literal, or_, select

from community.rolls import Use
from storage.areas import areas, households
from storage.ballots import ballots
from storage.database import Id, Tx, insert, metadata
from storage.doors import groups
from storage.residents import claims
from surveys.ballots import Place
from surveys.polls import Electorate, Poll

roll_entries = Table(
    "roll_entries",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("poll_id", String(64), primary_key=True),
    Column("id", String(32), primary_key=True),  # the home's id, or the resident's where everybody has a vote
    Column("electorate", String(8), nullable=False),
    Column("path", String(256), nullable=False),  # the home's place; of a person the poll's own
    Column("heads", Integer, nullable=False, server_default="1"),
    Column("area_centi", Integer, nullable=True),  # floor area in hundredths of a square metre, as it was at the opening
    ForeignKeyConstraint(["community_id", "poll_id"], ["polls.community_id", "polls.id"]),
)

NOT_LIVED_IN = (Use.PARKING.value, Use.STORAGE.value)  # no home and no shop: no vote of its own


@dataclass(frozen=True, slots=True)
class Post:
    """A place below (or at) a poll's area whose groups are told: how many groups are bound to it."""

    area: str
    path: str
    groups: int


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a poll would concern: entries of its roll, people who can be written to, and the groups it is posted to."""

    entitled: int
    people: int
    posts: tuple[Post, ...]


def freeze(tx: Tx, community: int, poll: Poll) -> int:
    """Write the roll of a poll that opens, in one statement; how many entries it has."""
    whom = _people(community, poll.path) if poll.electorate is Electorate.PEOPLE else _homes(community, poll.path)
    entry = whom.add_columns(literal(poll.id), literal(poll.electorate.value))
    columns = ["community_id", "id", "path", "area_centi", "poll_id", "electorate"]
    return int(tx.execute(insert(roll_entries).from_select(columns, entry)).rowcount)


def reach(tx: Tx, community: int, path: str, electorate: Electorate) -> Reach:
    """What a poll in this place would reach if it opened now."""
    whom = _people(community, path) if electorate is Electorate.PEOPLE else _homes(community, path)
    entitled = int(tx.scalar(select(func.count()).select_from(whom.subquery())))
    member = _member(community, electorate).where(_below(households.c.path, path))
    people = int(tx.scalar(select(func.count()).select_from(member.distinct().subquery())))
    return Reach(entitled, people, tuple(posts(tx, community, path)))


def posts(tx: Tx, community: int, path: str) -> list[Post]:
    """The places at and below `path` that have groups."""
    query = (
        select(areas.c.id, areas.c.path, func.count().label("groups"))
        .join_from(groups, areas, (areas.c.community_id == groups.c.community_id) & (areas.c.id == groups.c.area_id))
        .where(groups.c.community_id == community, groups.c.gone_at.is_(None), _below(areas.c.path, path))
        .group_by(areas.c.id, areas.c.path)
        .order_by(areas.c.path)
    )
    return [Post(row.id, row.path, row.groups) for row in tx.all(query)]


def people_of(tx: Tx, community: int, poll_id: str, *, unanswered: bool) -> list[str]:
    """The residents who may vote in a poll, or only those whose home (or who themselves) have not voted yet."""
    entry = roll_entries.c
    mine = and_(entry.community_id == community, entry.poll_id == poll_id)
    if unanswered:
        mine = and_(mine, ~_voted())
    at_home = (
        select(claims.c.resident_id)
        .join_from(roll_entries, claims, (claims.c.community_id == entry.community_id) & (claims.c.household_id == entry.id))
        .where(mine, entry.electorate != Electorate.PEOPLE.value, claims.c.state == "confirmed")
        .where(or_(entry.electorate != Electorate.OWNERS.value, claims.c.as_ == "owner"))
    )
    in_person = select(entry.id.label("resident_id")).where(mine, entry.electorate == Electorate.PEOPLE.value)
    return sorted({row.resident_id for query in (at_home, in_person) for row in tx.all(query)})


def entries_for_vote(tx: Tx, community: int, poll: Poll, resident: str) -> list[Place]:
    """The entries this resident may vote for, locked: another member of the home votes after this turn, not beside it."""
    return _places(tx, community, poll, resident, lock=True)


def entries_of(tx: Tx, community: int, poll: Poll, resident: str) -> list[Place]:
    """The same, to be read only."""
    return _places(tx, community, poll, resident, lock=False)


def turnout(tx: Tx, community: int, poll_id: str) -> int:
    """How many entries have voted so far; nothing about what."""
    query = select(func.count(ballots.c.entry_id.distinct())).where(
        ballots.c.community_id == community, ballots.c.poll_id == poll_id, ballots.c.superseded_at.is_(None)
    )
    return int(tx.scalar(query))


def paths_of(tx: Tx, community: int, poll_id: str) -> dict[str, str]:
    """Entry -> the home's place, for a named result."""
    query = select(roll_entries.c.id, roll_entries.c.path).where(roll_entries.c.community_id == community)
    return {row.id: row.path for row in tx.all(query.where(roll_entries.c.poll_id == poll_id))}


def _places(tx: Tx, community: int, poll: Poll, resident: str, *, lock: bool) -> list[Place]:
    entry = roll_entries.c
    query = select(entry.id).where(entry.community_id == community, entry.poll_id == poll.id).order_by(entry.id)
    confirmed = _standing(tx, community, poll, resident)
    query = query.where(entry.id.in_([resident] if poll.electorate is Electorate.PEOPLE else list(confirmed)))
    rows = tx.all(query.with_for_update() if lock else query)
    if poll.electorate is Electorate.PEOPLE:
        return [Place(row.id, any(confirmed.values())) for row in rows]
    return [Place(row.id, confirmed[row.id]) for row in rows]


def _standing(tx: Tx, community: int, poll: Poll, resident: str) -> dict[str, bool]:
    """The homes they belong to within the poll's area, and whether that is confirmed."""
    query = (
        select(claims.c.household_id, claims.c.state)
        .join_from(claims, households, (households.c.community_id == claims.c.community_id) & (households.c.id == claims.c.household_id))
        .where(claims.c.community_id == community, claims.c.resident_id == resident)
        .where(claims.c.state.in_(("waiting", "confirmed")), _below(households.c.path, poll.path))
    )
    if poll.electorate is Electorate.OWNERS:
        query = query.where(claims.c.as_ == "owner")
    found: dict[str, bool] = {}
    for row in tx.all(query):
        found[row.household_id] = found.get(row.household_id, False) or row.state == "confirmed"
    return found


def _homes(community: int, path: str) -> Select[Any]:
    return select(households.c.community_id, households.c.id, households.c.path, households.c.area_centi).where(
        households.c.community_id == community, households.c.use.not_in(NOT_LIVED_IN), _below(households.c.path, path)
    )


def _people(community: int, path: str) -> Select[Any]:
    """Everybody who says they belong to a home there, confirmed or not yet."""
    joined = (households.c.community_id == claims.c.community_id) & (households.c.id == claims.c.household_id)
    nothing = households.c.area_centi
    return (
        select(claims.c.community_id, claims.c.resident_id, literal(path), func.nullif(func.max(nothing), func.max(nothing)))
        .join_from(claims, households, joined)
        .where(claims.c.community_id == community, claims.c.state.in_(("waiting", "confirmed")), _below(households.c.path, path))
        .group_by(claims.c.community_id, claims.c.resident_id)
    )


def _member(community: int, electorate: Electorate) -> Select[Any]:
    joined = (households.c.community_id == claims.c.community_id) & (households.c.id == claims.c.household_id)
    query = select(claims.c.resident_id).join_from(claims, households, joined)
    query = query.where(claims.c.community_id == community, claims.c.state == "confirmed")
    return query.where(claims.c.as_ == "owner") if electorate is Electorate.OWNERS else query


def _voted() -> ColumnElement[bool]:
    return exists().where(
        ballots.c.community_id == roll_entries.c.community_id,
        ballots.c.poll_id == roll_entries.c.poll_id,
        ballots.c.entry_id == roll_entries.c.id,
        ballots.c.superseded_at.is_(None),
    )


def _below(column: Any, path: str) -> ColumnElement[bool]:
    return or_(column == path, column.startswith(path + "/", autoescape=True)) if path else column.is_not(None)


