"""Ballots: what each member of an entry chose, sealed under the key that the law keeps; every superseded one stays on record."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, String, Table, and_, case, cast, exists, func, or_, select, update

from dialogue.words import ResidentId
from storage import keys
from storage.areas import home_person, households
from storage.database import Id, Instant, Personal, Tx, insert, metadata
from storage.residents import claims, person_of, residents
from surveys.ballots import ENTERED, Ballot, BallotCast, BallotsEntered
from surveys.polls import Electorate, Poll

ballots = Table(
    "ballots",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(80), primary_key=True),
    Column("poll_id", String(64), nullable=False),
    Column("entry_id", String(32), nullable=False),
    Column("resident_id", String(32), nullable=False),
    Column("choices", Personal, nullable=False),
    Column("origin", String(8), nullable=False),  # chat | page | jielong: of the last the resident is the home itself
    Column("cast_at", Instant, nullable=False),
    Column("superseded_at", Instant, nullable=True),
    Column("confirmed", Boolean, nullable=True),  # once the poll is over: whether its voter's claim held then
    ForeignKeyConstraint(["community_id", "poll_id"], ["polls.community_id", "polls.id"]),
    Index("ix_ballots_entry", "community_id", "poll_id", "entry_id"),
)

_VOTER = (residents.c.community_id == ballots.c.community_id) & (residents.c.id == ballots.c.resident_id)
_HOME = "home:" + cast(ballots.c.community_id, String) + ":" + ballots.c.entry_id
_PERSON = case((ballots.c.origin == ENTERED, _HOME), else_=residents.c.person)  # whose key a ballot is sealed with

_decode = msgspec.json.Decoder(tuple[int, ...])


def of_entries(tx: Tx, community: int, poll: Poll, entries: Collection[str]) -> list[Ballot]:
    """The ballots in force for these entries of the roll, of all their members."""
    return _ballots(tx, community, poll, ballots.c.entry_id.in_(sorted(entries))) if entries else []


def of_poll(tx: Tx, community: int, poll: Poll) -> list[Ballot]:
    """Every ballot in force: for counting, after the poll was locked against further votes."""
    return _ballots(tx, community, poll)


def record_cast(tx: Tx, community: int, event: BallotCast) -> None:
    """Keep a vote; what its voter had chosen for these entries before is superseded."""
    mine = and_(
        ballots.c.community_id == community,
        ballots.c.poll_id == event.poll,
        ballots.c.entry_id.in_(event.entries),
        ballots.c.resident_id == event.voter,
        ballots.c.superseded_at.is_(None),
    )
    tx.execute(update(ballots).where(mine).values(superseded_at=event.at))
    person = person_of(tx, community, event.voter)
    for place, entry in enumerate(event.entries):
        row = {"id": f"{event.id}-{place}", "poll_id": event.poll, "entry_id": entry, "resident_id": event.voter}
        sealed = keys.seal(tx, person, msgspec.json.encode(event.choices), keys.KEEP)
        tx.execute(insert(ballots).values(community_id=community, **row, choices=sealed, origin=event.origin, cast_at=event.at))


def record_entered(tx: Tx, community: int, event: BallotsEntered) -> None:
    """Keep what homes wrote in a 接龙, under each home's own key; what was so entered before is superseded."""
    here = (ballots.c.community_id == community, ballots.c.poll_id == event.poll, ballots.c.superseded_at.is_(None))
    before = (ballots.c.origin == ENTERED, ballots.c.entry_id.in_(sorted(event.choices)))
    tx.execute(update(ballots).where(*here, *before).values(superseded_at=event.at))
    for place, (home, choices) in enumerate(sorted(event.choices.items())):
        row = {"id": f"{event.id}-{place}", "poll_id": event.poll, "entry_id": home, "resident_id": home, "origin": ENTERED}
        sealed = keys.seal(tx, home_person(community, home), msgspec.json.encode(choices), keys.KEEP)
        tx.execute(insert(ballots).values(community_id=community, **row, choices=sealed, cast_at=event.at))


def settle(tx: Tx, community: int, poll: Poll) -> None:
    """The poll is over: who was confirmed then stays so for its result, whoever moves out later."""
    mine = and_(ballots.c.community_id == community, ballots.c.poll_id == poll.id)
    tx.execute(update(ballots).where(mine).values(confirmed=_confirmed(poll)))


def _ballots(tx: Tx, community: int, poll: Poll, *which: Any) -> list[Ballot]:
    """With each voter's key in the same read, for a poll may have thousands."""
    query = (
        select(ballots.c.entry_id, ballots.c.resident_id, ballots.c.choices, ballots.c.cast_at, ballots.c.origin)
        .add_columns(_PERSON.label("person"), keys.keys.c.id.label("key_id"), keys.keys.c.key)
        .add_columns(func.coalesce(ballots.c.confirmed, _confirmed(poll)).label("confirmed"))
        .join_from(ballots, residents, _VOTER, isouter=True)
        .join(keys.keys, (keys.keys.c.person == _PERSON) & (keys.keys.c.purpose == keys.KEEP), isouter=True)
        .where(ballots.c.community_id == community, ballots.c.poll_id == poll.id, ballots.c.superseded_at.is_(None), *which)
        .order_by(ballots.c.entry_id, ballots.c.cast_at, ballots.c.id)
    )
    found = []
    for row in tx.all(query):
        if row.key_id is not None:
            keys.known(tx, row.person, keys.KEEP, row.key_id, row.key)
        if (choices := keys.unseal(tx, row.choices)) is not None:
            voter = ResidentId(row.resident_id)
            found.append(Ballot(row.entry_id, voter, _decode.decode(choices), bool(row.confirmed), row.cast_at, row.origin))
    return found


def _confirmed(poll: Poll) -> Any:
    """Whether the voter belongs, for certain, to the home they voted for; where everybody votes, to any home of the poll's area."""
    joined = (households.c.community_id == claims.c.community_id) & (households.c.id == claims.c.household_id)
    claim = (
        select(claims.c.id)
        .join_from(claims, households, joined)
        .where(claims.c.community_id == ballots.c.community_id, claims.c.resident_id == ballots.c.resident_id)
        .where(claims.c.state == "confirmed")
    )
    if poll.electorate is not Electorate.PEOPLE:
        claim = claim.where(claims.c.household_id == ballots.c.entry_id)
    elif poll.path:
        claim = claim.where(or_(households.c.path == poll.path, households.c.path.startswith(poll.path + "/", autoescape=True)))
    if poll.electorate is Electorate.OWNERS:
        claim = claim.where(claims.c.as_ == "owner")
    return or_(ballots.c.origin == ENTERED, exists(claim.correlate(ballots)))
