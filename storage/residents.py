"""Residents: the people behind the contacts, the homes they belong to (claims), and the offices they hold (roles)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, Index, Integer, String, Table, bindparam, or_, select, update

from community.claims import (
    GRID_AFTER,
    STAFF_AFTER,
    As,
    Claim,
    ClaimConfirmed,
    ClaimEnded,
    ClaimId,
    ClaimMade,
    ClaimRefused,
    ClaimState,
)
from dialogue.words import ResidentId, Role
from storage import due, keys
from storage.areas import areas, households
from storage.database import Id, Instant, Personal, Tx, insert, metadata

residents = Table(
    "residents",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("person", String(64), nullable=False),
    Column("name", Personal, nullable=True),
    Column("made_at", Instant, nullable=False),
    Column("forgotten_at", Instant, nullable=True),
)

claims = Table(
    "claims",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("household_id", String(32), nullable=False),
    Column("resident_id", String(32), nullable=False),
    Column("as_", String(8), nullable=False),
    Column("state", String(10), nullable=False),
    Column("proof", String(16), nullable=False, server_default=""),
    Column("name", Personal, nullable=True),
    Column("made_at", Instant, nullable=False),
    Column("decided_at", Instant, nullable=True),
    Column("decided_by", String(32), nullable=True),
    Column("reason", Personal, nullable=True),
    Index("ix_claims_resident", "community_id", "resident_id"),
    Index("ix_claims_household", "community_id", "household_id"),
)

roles = Table(
    "roles",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("resident_id", String(32), nullable=False),
    Column("name", String(16), nullable=False),
    Column("area_id", String(32), nullable=False),
    Column("since_on", Date, nullable=False),
    Column("until_on", Date, nullable=True),
    Index("ix_roles_resident", "community_id", "resident_id"),
)


@dataclass(frozen=True, slots=True)
class Home:
    """A home somebody belongs to, and as what."""

    household: str
    path: str
    as_: As
    state: ClaimState
    claim: str


TO_GRID, TO_STAFF = "claim_to_grid", "claim_to_staff"  # the clock's words (handlers/staff/claims.py)

_ROLES = (
    select(roles.c.name, roles.c.area_id, areas.c.path)
    .join_from(roles, areas, (areas.c.community_id == roles.c.community_id) & (areas.c.id == roles.c.area_id))
    .where(roles.c.community_id == bindparam("c"), roles.c.resident_id == bindparam("r"))
    .where(or_(roles.c.until_on.is_(None), roles.c.until_on >= bindparam("on")))
)
_HOMES = (
    select(claims.c.household_id, households.c.path, claims.c.as_, claims.c.state, claims.c.id)
    .join_from(claims, households, (households.c.community_id == claims.c.community_id) & (households.c.id == claims.c.household_id))
    .where(claims.c.community_id == bindparam("c"), claims.c.resident_id == bindparam("r"))
    .where(claims.c.state.in_(("waiting", "confirmed")))
    .order_by(claims.c.made_at)
)
_CLAIM = (
    select(claims, households.c.path)
    .join_from(claims, households, (households.c.community_id == claims.c.community_id) & (households.c.id == claims.c.household_id))
    .where(claims.c.community_id == bindparam("c"))
)


def roles_of(tx: Tx, community: int, resident: str, on: date) -> tuple[Role, ...]:
    """The offices somebody holds on that day."""
    return tuple(Role(row.name, row.area_id, row.path) for row in tx.all(_ROLES, {"c": community, "r": resident, "on": on}))


def homes_of(tx: Tx, community: int, resident: str) -> list[Home]:
    """The homes somebody belongs to, confirmed or still waiting, oldest first."""
    return [_home(row) for row in tx.all(_HOMES, {"c": community, "r": resident})]


def members(tx: Tx, community: int, household: str) -> list[str]:
    """The residents confirmed in a home."""
    query = select(claims.c.resident_id).where(
        claims.c.community_id == community, claims.c.household_id == household, claims.c.state == "confirmed"
    )
    return list(dict.fromkeys(row.resident_id for row in tx.all(query)))


def members_in(tx: Tx, community: int, path: str) -> list[str]:
    """Everybody confirmed in a home of that place or below it."""
    query = _CLAIM.where(claims.c.state == "confirmed").with_only_columns(claims.c.resident_id).order_by(claims.c.resident_id)
    if path:
        query = query.where(or_(households.c.path.startswith(path + "/", autoescape=True), households.c.path == path))
    return list(dict.fromkeys(row.resident_id for row in tx.all(query, {"c": community})))


def members_after(tx: Tx, community: int, path: str, cursor: str, most: int) -> list[str]:
    """The next so many of them by their ids, after `cursor`."""
    query = _CLAIM.where(claims.c.state == "confirmed", claims.c.resident_id > cursor).with_only_columns(claims.c.resident_id).distinct()
    if path:
        query = query.where(or_(households.c.path.startswith(path + "/", autoescape=True), households.c.path == path))
    return [row.resident_id for row in tx.all(query.order_by(claims.c.resident_id).limit(most), {"c": community})]


def name_of(tx: Tx, community: int, resident: str) -> str:
    """How somebody is called; "" when they never said or were forgotten."""
    return keys.read(tx, tx.scalar(select(residents.c.name).where(residents.c.community_id == community, residents.c.id == resident)))


def exists(tx: Tx, community: int, resident: str) -> bool:
    """Whether they agreed to be known in that community, and were not forgotten since."""
    here = (residents.c.community_id == community, residents.c.id == resident, residents.c.forgotten_at.is_(None))
    return tx.one(select(residents.c.id).where(*here)) is not None


def person_of(tx: Tx, community: int, resident: str) -> str:
    """Whose key seals what this resident writes."""
    person: str | None = tx.scalar(select(residents.c.person).where(residents.c.community_id == community, residents.c.id == resident))
    assert person is not None, "no such resident"
    return person


def claim_by_number(tx: Tx, community: int, number: int) -> Claim | None:
    """The claim people speak of by that number, locked."""
    row = tx.one(_CLAIM.where(claims.c.number == number).with_for_update(of=claims), {"c": community})
    return _claim(tx, row) if row else None


def waiting_claims(tx: Tx, community: int, path: str = "") -> list[Claim]:
    """Claims that wait for somebody's word, in that place and below, oldest first."""
    query = _CLAIM.where(claims.c.state == "waiting").order_by(claims.c.made_at)
    if path:
        query = query.where(households.c.path.startswith(path + "/", autoescape=True))
    return [_claim(tx, row) for row in tx.all(query, {"c": community})]


def holders(tx: Tx, community: int, role: str, path: str, on: date) -> list[str]:
    """Who holds that office nearest above a place: the building's 楼栋长, else nobody nearer than the whole community."""
    query = (
        select(roles.c.resident_id, areas.c.path)
        .join_from(roles, areas, (areas.c.community_id == roles.c.community_id) & (areas.c.id == roles.c.area_id))
        .where(roles.c.community_id == community, roles.c.name == role)
        .where(or_(roles.c.until_on.is_(None), roles.c.until_on >= on))
        .order_by(roles.c.resident_id)
    )
    above = [row for row in tx.all(query) if not row.path or path == row.path or path.startswith(row.path + "/")]
    nearest = max((len(row.path) for row in above), default=0)
    return list(dict.fromkeys(row.resident_id for row in above if len(row.path) == nearest))


def officers(tx: Tx, community: int, on: date) -> dict[str, set[str]]:
    """Everybody who holds an office that day, with the names of their offices."""
    query = select(roles.c.resident_id, roles.c.name).where(roles.c.community_id == community)
    found: dict[str, set[str]] = {}
    for row in tx.all(query.where(or_(roles.c.until_on.is_(None), roles.c.until_on >= on)).order_by(roles.c.resident_id)):
        found.setdefault(row.resident_id, set()).add(row.name)
    return found


def record_resident(tx: Tx, community: int, resident: str, person: str, name: str, at: datetime) -> None:
    """Somebody agreed to be known: from now on they are a resident and not only a contact."""
    sealed = keys.seal(tx, person, name) if name else None
    new = insert(residents).values(community_id=community, id=resident, person=person, name=sealed, made_at=at)
    tx.execute(new.on_conflict_do_nothing())


def rename(tx: Tx, community: int, resident: str, name: str) -> None:
    """They say how they are called."""
    sealed = keys.seal(tx, person_of(tx, community, resident), name)
    tx.execute(update(residents).where(residents.c.community_id == community, residents.c.id == resident).values(name=sealed))


def record_role(tx: Tx, community: int, role_id: str, resident: str, role: Role, since: date) -> None:
    """Somebody takes an office."""
    row = {"id": role_id, "resident_id": resident, "name": role.name, "area_id": role.area, "since_on": since}
    tx.execute(insert(roles).values(community_id=community, **row).on_conflict_do_nothing())


def record_claim_made(tx: Tx, community: int, event: ClaimMade) -> None:
    """Keep a claim that waits."""
    sealed = keys.seal(tx, person_of(tx, community, event.resident), event.name)
    row = {"id": event.id, "number": event.number, "household_id": event.household, "resident_id": event.resident}
    state = {"as_": event.as_.value, "state": "waiting", "proof": event.proof, "name": sealed, "made_at": event.at}
    tx.execute(insert(claims).values(community_id=community, **row, **state))
    if event.name and not _confirmed_anywhere(tx, community, event.resident):  # a neighbour is not renamed by what they only say
        rename(tx, community, event.resident, event.name)
    due.remind(tx, community, TO_GRID, event.id, event.at + GRID_AFTER)
    due.remind(tx, community, TO_STAFF, event.id, event.at + STAFF_AFTER)


def _confirmed_anywhere(tx: Tx, community: int, resident: str) -> bool:
    mine = (claims.c.community_id == community, claims.c.resident_id == resident, claims.c.state == "confirmed")
    return tx.one(select(claims.c.id).where(*mine)) is not None


def record_claim_confirmed(tx: Tx, community: int, event: ClaimConfirmed) -> None:
    """They belong to that home from now on, as what was confirmed; another claim of theirs to the same home is over."""
    mine = (claims.c.household_id == event.household, claims.c.resident_id == event.resident)
    before = (*mine, claims.c.state.in_(("waiting", "confirmed")))
    over = update(claims).where(claims.c.community_id == community, claims.c.id != event.id, *before)
    tx.execute(over.values(state="ended", decided_at=event.at))
    _decide(tx, community, event, state="confirmed", as_=event.as_.value)
    said = tx.scalar(select(claims.c.name).where(claims.c.community_id == community, claims.c.id == event.id))
    if name := keys.read(tx, said):
        rename(tx, community, event.resident, name)


def record_claim_refused(tx: Tx, community: int, event: ClaimRefused) -> None:
    """They do not; the reason is theirs to read."""
    _decide(tx, community, event, state="refused", reason=keys.seal(tx, person_of(tx, community, event.resident), event.reason))


def record_claim_ended(tx: Tx, community: int, event: ClaimEnded) -> None:
    """They do not belong there any more."""
    _decide(tx, community, event, state="ended")


def _decide(tx: Tx, community: int, event: ClaimConfirmed | ClaimRefused | ClaimEnded, **change: Any) -> None:
    ours = update(claims).where(claims.c.community_id == community, claims.c.id == event.id)
    tx.execute(ours.values(decided_at=event.at, decided_by=event.by, **change))
    due.forget(tx, TO_GRID, event.id)
    due.forget(tx, TO_STAFF, event.id)


def _home(row: Any) -> Home:
    return Home(row.household_id, row.path, As(row.as_), ClaimState(row.state), row.id)


def _claim(tx: Tx, row: Any) -> Claim:
    return Claim(
        ClaimId(row.id),
        row.number,
        row.household_id,
        row.path,
        ResidentId(row.resident_id),
        As(row.as_),
        keys.read(tx, row.name),
        ClaimState(row.state),
        row.made_at,
    )
