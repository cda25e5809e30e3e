"""Who is meant: a post, a home, a group or an area resolved to addresses, in the transaction that speaks to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, or_, select

from dialogue.words import To, ToAudience, ToContact, ToGroups, ToHousehold, ToResident, ToRole
from storage import areas, doors, residents, rolls
from storage.consents import consents
from storage.contacts import contacts
from storage.database import Tx

LADDER = ("leader", "grid", "staff", "admin")  # a post nobody holds or can be written to at is answered by the next


@dataclass(frozen=True, slots=True)
class Addressee:
    """One address and what its reader needs: language, size, what they agreed to. A group has no contact."""

    contact: str
    person: str
    resident: str = ""
    group: str = ""
    channel: str = ""
    language: str = "zh-CN"
    large: bool = False
    consent: str = "given"
    subscribed: bool = True
    elsewhere: bool = False  # their chat speaks to another community now: what it hears says where it comes from


_CONTACT = select(contacts).where(contacts.c.id == bindparam("i"))
_OF_RESIDENT = (
    select(contacts)
    .where(contacts.c.community_id == bindparam("c"), contacts.c.resident_id == bindparam("r"))
    .where(contacts.c.gone_at.is_(None), contacts.c.address.is_not(None))
    .order_by(contacts.c.last_at.desc(), contacts.c.id)
    .limit(1)
)
_KNOWN = residents.residents.c
_REACHED = (contacts.c.address.is_not(None), contacts.c.gone_at.is_(None))
_THEIRS = (_KNOWN.community_id == bindparam("c"), _KNOWN.forgotten_at.is_(None), *_REACHED)
_ELSEWHERE = (  # a chat of theirs that speaks to another community now
    select(contacts)
    .join_from(residents.residents, contacts, contacts.c.person == _KNOWN.person)
    .where(*_THEIRS, _KNOWN.id == bindparam("r"), contacts.c.community_id != bindparam("c"))
    .order_by(contacts.c.last_at.desc(), contacts.c.id)
    .limit(1)
)
_CHATS = (
    select(_KNOWN.id.label("resident_id"), contacts.c.channel, contacts.c.subscribed, contacts.c.window_until, contacts.c.window_left)
    .join_from(residents.residents, contacts, contacts.c.person == _KNOWN.person)
    .where(*_THEIRS, or_(contacts.c.community_id != bindparam("c"), contacts.c.consent == "given"))
    .order_by(contacts.c.last_at.desc(), contacts.c.id)
)
_AGREED = (
    select(consents.c.answer)
    .where(consents.c.community_id == bindparam("c"), consents.c.contact_id == bindparam("i"))
    .order_by(consents.c.id.desc())
    .limit(1)
)
_MEMBERS = select(residents.claims.c.resident_id, residents.claims.c.household_id).where(
    residents.claims.c.community_id == bindparam("c"), residents.claims.c.state == "confirmed"
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom something sent to an area reaches: people by the way they are reached, those who said 退订, and homes only a knock reaches."""

    ways: tuple[tuple[str, int], ...] = ()  # channel, people
    people: int = 0
    unsubscribed: int = 0
    homes: int = 0
    by_door: int = 0
    posts: tuple[rolls.Post, ...] = ()  # the chat groups it is put up in as well
    shut: int = 0  # of the people those whose every chat has its window closed: they are told on another way


def reach(tx: Tx, community: int, path: str, now: datetime) -> Reach:
    """What a message to everybody in that place would reach if it were sent now."""
    homes = areas.households_in(tx, community, path)
    here, lived_in = {home.id for home in homes}, {home.id for home in homes if home.use not in rolls.NOT_LIVED_IN}
    chats, open_ = dict[str, Any](), set[str]()
    for row in tx.all(_CHATS, {"c": community}):
        chats.setdefault(row.resident_id, row)
        if row.window_until is None or (now < row.window_until and row.window_left > 0):
            open_.add(row.resident_id)
    reached: dict[str, Any] = {}
    by_door = set(lived_in)
    for row in tx.all(_MEMBERS, {"c": community}):
        if row.household_id in here and row.resident_id in chats:
            reached[row.resident_id] = chats[row.resident_id]
            if chats[row.resident_id].subscribed:
                by_door.discard(row.household_id)
    told = Counter(row.channel for row in reached.values() if row.subscribed)
    people = sum(told.values())
    posts = tuple(rolls.posts(tx, community, path))
    shut = sum(row.subscribed and resident not in open_ for resident, row in reached.items())
    return Reach(tuple(told.most_common()), people, len(reached) - people, len(lived_in), len(by_door), posts, shut)


def resolve(tx: Tx, community: int, to: To, now: datetime, windowed: Collection[str] = ()) -> list[Addressee]:
    """The addresses behind `to`. An audience is resolved by its dispatch, batch by batch, and not here.

    `windowed`: channels where one may not always write, for what cannot wait: while no holder of a post can be told now, the next
    office that can is told as well.
    """
    match to:
        case ToContact(contact):
            row = tx.one(_CONTACT, {"i": contact})
            return [_addressee(row)] if row else []
        case ToResident(resident):
            return _of(tx, community, [resident])
        case ToHousehold(home, without):
            return _of(tx, community, [r for r in residents.members(tx, community, home) if r != without])
        case ToGroups(area):
            return [Addressee("", f"community:{community}", group=g.id, channel=g.channel) for g in doors.groups_of(tx, community, area)]
        case ToRole():
            return _at_once(tx, community, to, now, windowed)
        case ToAudience():
            raise AssertionError("an audience becomes a dispatch")


def staffed(tx: Tx, community: int, area: str, now: datetime) -> bool:
    """Whether anybody of staff can be written to at all: else nothing may be promised on their behalf."""
    return bool(reached(tx, community, "staff", area, now))


def reached(tx: Tx, community: int, role: str, area: str, now: datetime) -> str:
    """The office that reads what is written to this post: its own, else the next above; "" where nobody can be written to."""
    name, found = _post(tx, community, role, area, now)
    return name if any(reader.consent == "given" for reader in _of(tx, community, found)) else ""


def preferred(tx: Tx, community: int, resident: str) -> Addressee | None:
    """The contact by which a resident is best reached: the one they wrote from last."""
    row = tx.one(_OF_RESIDENT, {"c": community, "r": resident})
    if row:
        return _addressee(row)
    row = tx.one(_ELSEWHERE, {"c": community, "r": resident})
    return replace(_addressee(row), resident=resident, consent=agreed(tx, community, row.id), elsewhere=True) if row else None


def agreed(tx: Tx, community: int, contact: str) -> str:
    """What a chat that speaks to another community now agreed to in this one, last; a second chat agreed with the first."""
    return str(tx.scalar(_AGREED, {"c": community, "i": contact}) or "given")


def _post(tx: Tx, community: int, role: str, area: str, now: datetime) -> tuple[str, list[str]]:
    """The first office of the ladder whose holders can be written to at all, with them."""
    path = areas.by_id(tx, community, area).path
    start = LADDER.index(role) if role in LADDER else 0
    for name in (role, *LADDER[start:]):
        found = residents.holders(tx, community, name, path, now.date())
        if any(preferred(tx, community, holder) for holder in found):
            return name, found
    return "", []


def _at_once(tx: Tx, community: int, to: ToRole, now: datetime, windowed: Collection[str]) -> list[Addressee]:
    """The holders of a post, and above them whoever can be told now, while none of those below can."""
    name, found = _post(tx, community, to.role, to.area, now)
    told = _of(tx, community, found)
    while windowed and name in LADDER[:-1] and not any(_open(tx, community, one, now, windowed) for one in told):
        name, found = _post(tx, community, LADDER[LADDER.index(name) + 1], to.area, now)
        told += [one for one in _of(tx, community, found) if one not in told]
    return told


def _open(tx: Tx, community: int, reader: Addressee, now: datetime, windowed: Collection[str]) -> bool:
    """Whether they can be written to now, in this chat or another one of theirs."""
    mine = or_(contacts.c.id == reader.contact, and_(contacts.c.community_id == community, contacts.c.resident_id == reader.resident))
    lasts = and_(contacts.c.window_until > now, contacts.c.window_left > 0)
    return bool(tx.one(select(contacts.c.id).where(mine, *_REACHED, or_(contacts.c.channel.not_in(windowed), lasts)).limit(1)))


def _of(tx: Tx, community: int, who: list[str]) -> list[Addressee]:
    return [found for resident in who if (found := preferred(tx, community, resident)) is not None]


def _addressee(row: Any) -> Addressee:
    who = (row.id, row.person, row.resident_id or "", "", row.channel)
    return Addressee(*who, row.language, row.large, row.consent, row.subscribed)
