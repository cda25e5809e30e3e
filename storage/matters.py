"""Matters (事项): what was raised, who said 我家也这样, and every word about it since. Words are sealed with their author's key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    or_,
    select,
)

from community.areas import without_home
from community.matters import Category, Matter, MatterId, MatterKind, MatterState, Solved, Verdict
from community.staff import covers, who_can
from dialogue.numerals import fold
from dialogue.words import ResidentId, Role
from storage import areas, keys, residents
from storage.database import Id, Instant, Personal, Tx, metadata

matters = Table(
    "matters",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("category", String(12), nullable=False),
    Column("words", Personal, nullable=False),
    Column("summary", Personal, nullable=True),  # the same with personal data masked: all that neighbours may see
    Column("said_hash", LargeBinary, nullable=False),  # keyed: the same words said again
    Column("author_id", String(32), nullable=False),
    Column("household_id", String(32), nullable=False, server_default=""),
    Column("area_id", String(32), nullable=False),
    Column("path", String(256), nullable=False),
    Column("state", String(12), nullable=False),
    Column("origin", String(12), nullable=False),
    Column("entered_by", String(32), nullable=True),
    Column("album", String(80), nullable=False, server_default=""),
    Column("raised_at", Instant, nullable=False),
    Column("touched_at", Instant, nullable=False),  # when its author last said or heard something about it
    Column("handler_id", String(32), nullable=True),
    Column("nudged_on", Date, nullable=True),
    Column("verdict", String(8), nullable=True),
    Column("solved", String(8), nullable=True),
    Column("score", Integer, nullable=False, server_default="0"),
    Column("reopened", Integer, nullable=False, server_default="0"),
    Column("supervised", Boolean, nullable=False, server_default="0"),
    Column("in_review", Boolean, nullable=False, server_default="0"),
    ForeignKeyConstraint(["community_id", "area_id"], ["areas.community_id", "areas.id"]),
    UniqueConstraint("community_id", "number"),
    Index("ix_matters_author", "community_id", "author_id"),
    Index("ix_matters_state", "community_id", "state"),
)

supporters = Table(
    "matter_supporters",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("matter_id", String(64), primary_key=True),
    Column("resident_id", String(32), primary_key=True),
    Column("household_id", String(32), nullable=False, server_default=""),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["community_id", "matter_id"], ["matters.community_id", "matters.id"]),
    Index("ix_matter_supporters_resident", "community_id", "resident_id"),
)

words = Table(
    "matter_words",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("matter_id", String(64), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("what", String(12), nullable=False),  # raised | added | answered | closed | judged | rated | withdrawn | not_accepted
    Column("by_id", String(32), nullable=False),
    Column("words", Personal, nullable=True),
    Column("media", Text, nullable=False, server_default="[]"),  # digests of storage/media.py
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["community_id", "matter_id"], ["matters.community_id", "matters.id"]),
)

_OF = select(matters).where(matters.c.community_id == bindparam("c"))
_BY_NUMBER = _OF.where(matters.c.number == bindparam("n"))
_FOR_CHANGE = _BY_NUMBER.with_for_update()
_OPEN = ("new", "confirmed", "accepted", "answered", "reopened")
_LATELY = (
    _OF.where(matters.c.author_id == bindparam("r"), matters.c.touched_at >= bindparam("since"), matters.c.state.in_(_OPEN))
    .order_by(matters.c.touched_at.desc(), matters.c.number.desc())
    .limit(1)
)
_SAID = (
    _OF.where(matters.c.author_id == bindparam("r"), matters.c.said_hash == bindparam("h"), matters.c.raised_at >= bindparam("since"))
    .where(matters.c.state != "withdrawn")
    .order_by(matters.c.number.desc())
    .limit(1)
)
_SUPPORTERS = select(supporters.c.resident_id).where(supporters.c.community_id == bindparam("c"), supporters.c.matter_id == bindparam("i"))
_WORDS = select(words).where(words.c.community_id == bindparam("c"), words.c.matter_id == bindparam("i")).order_by(words.c.place)


@dataclass(frozen=True, slots=True)
class Public:
    """What anybody may know of a matter: never who, and the masked words of wishes and ideas only."""

    number: int
    kind: MatterKind
    category: Category
    place: str
    state: MatterState
    verdict: Verdict | None
    summary: str
    supporters: int
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class Word:
    """One thing said about a matter, oldest first; `text` "" where it was forgotten, `media` digests."""

    what: str
    by: ResidentId
    text: str
    media: tuple[str, ...]
    at: datetime


def by_number(tx: Tx, community: int, number: int) -> Matter | None:
    """事项N号, to be read only."""
    row = tx.one(_BY_NUMBER, {"c": community, "n": number})
    return _matter(tx, row) if row else None


def for_change(tx: Tx, community: int, number: int) -> Matter | None:
    """事项N号 for whoever does something with it (FOR UPDATE)."""
    row = tx.one(_FOR_CHANGE, {"c": community, "n": number})
    return _matter(tx, row) if row else None


def lately(tx: Tx, community: int, resident: str, since: datetime) -> Matter | None:
    """The open matter of theirs that was last spoken of, to them or by them, since then."""
    row = tx.one(_LATELY, {"c": community, "r": resident, "since": since})
    return _matter(tx, row) if row else None


def with_album(tx: Tx, community: int, resident: str, album: str) -> Matter | None:
    """The matter the first picture of this album was raised with, for change."""
    query = _OF.where(matters.c.author_id == resident, matters.c.album == album).with_for_update()
    row = tx.one(query, {"c": community})
    return _matter(tx, row) if row else None


def said_before(tx: Tx, community: int, resident: str, text: str, since: datetime) -> Matter | None:
    """The matter they raised with the very same words since then."""
    row = tx.one(_SAID, {"c": community, "r": resident, "h": said_hash(tx, text), "since": since})
    return _matter(tx, row) if row else None


def of_resident(tx: Tx, community: int, resident: str, most: int = 20) -> list[Matter]:
    """Everything somebody raised, or that was written down for their home; newest first."""
    homes = [home.household for home in residents.homes_of(tx, community, resident) if home.state.value == "confirmed"]
    query = _OF.where(or_(matters.c.author_id == resident, (matters.c.entered_by.is_not(None)) & matters.c.household_id.in_(homes)))
    return [_matter(tx, row) for row in tx.all(query.order_by(matters.c.number.desc()).limit(most), {"c": community})]


def supported_by(tx: Tx, community: int, resident: str, most: int = 20) -> list[Matter]:
    """The matters of others somebody joined, newest first."""
    mine = select(supporters.c.matter_id).where(supporters.c.community_id == community, supporters.c.resident_id == resident)
    query = _OF.where(matters.c.id.in_(mine)).order_by(matters.c.number.desc()).limit(most)
    return [_matter(tx, row) for row in tx.all(query, {"c": community})]


def open_for(tx: Tx, community: int, roles: Iterable[Role], most: int = 50) -> list[Matter]:
    """What waits in the places of these offices, oldest first; what its author had forgotten nobody can see to any more."""
    paths = [role.path for role in roles if role.name in (*who_can("accept"), "admin")]
    rows = tx.all(_OF.where(matters.c.state.in_(_OPEN)).order_by(matters.c.number), {"c": community}) if paths else ()
    mine = (row for row in rows if any(covers(path, row.path) for path in paths))
    readable = (matter for matter in (_matter(tx, row) for row in mine) if matter.text)
    return list(islice(readable, most))


def public(tx: Tx, community: int, most: int = 100) -> list[Public]:
    """What the board shows, newest first: no withdrawn ones, no questions."""
    query = _OF.where(matters.c.state != "withdrawn", matters.c.kind != "question").order_by(matters.c.number.desc()).limit(most)
    return [_public(tx, community, row) for row in tx.all(query, {"c": community})]


def public_by_number(tx: Tx, community: int, number: int) -> Public | None:
    """事项N号 as anybody may see it."""
    row = tx.one(_BY_NUMBER, {"c": community, "n": number})
    return _public(tx, community, row) if row else None


def thread(tx: Tx, community: int, matter: str) -> list[Word]:
    """Everything said about a matter, for its author and its handlers."""
    return [
        Word(row.what, ResidentId(row.by_id), keys.read(tx, row.words), tuple(msgspec.json.decode(row.media)), row.at)
        for row in tx.all(_WORDS, {"c": community, "i": matter})
    ]


def _public(tx: Tx, community: int, row: Any) -> Public:
    shown = keys.read(tx, row.summary) if row.kind in ("wish", "idea") else ""
    joined = len(tx.all(_SUPPORTERS, {"c": community, "i": row.id}))
    verdict = Verdict(row.verdict) if row.verdict else None
    kind, category, state = MatterKind(row.kind), Category(row.category), MatterState(row.state)
    place = _wide(tx, community, row.path)
    if kind is MatterKind.WISH:  # a home in need is not to be found by its staircase
        shown, found = without_home(shown), areas.by_path(tx, community, place)
        place = place.rpartition("/")[0] if found and found.level == "unit" else place
    return Public(row.number, kind, category, place, state, verdict, shown, joined, row.raised_at)


def _wide(tx: Tx, community: int, path: str, fewest: int = 10) -> str:
    """The smallest place around with so many homes that nobody can be told by it."""
    known: dict[str, int] = tx.cache.setdefault(("homes in", community), {})
    while path:
        if path not in known:
            known[path] = areas.count_households(tx, community, path)
        if known[path] >= fewest:
            break
        path = path.rpartition("/")[0]
    return path


def said_hash(tx: Tx, text: str) -> bytes:
    """By which the same words are known again, and nothing else of them."""
    return tx.digest("matter", "".join(sign for sign in fold(text).lower() if sign.isalnum()) or fold(text))


def _matter(tx: Tx, row: Any) -> Matter:
    joined = tx.all(_SUPPORTERS, {"c": row.community_id, "i": row.id})
    shared = residents.members(tx, row.community_id, row.household_id) if row.entered_by and row.household_id else ()
    return Matter(
        id=MatterId(row.id),
        number=row.number,
        kind=MatterKind(row.kind),
        category=Category(row.category),
        text=keys.read(tx, row.words),
        author=ResidentId(row.author_id),
        area=row.area_id,
        path=row.path,
        state=MatterState(row.state),
        raised_at=row.raised_at,
        supporters=frozenset(ResidentId(r.resident_id) for r in joined),
        handler=ResidentId(row.handler_id) if row.handler_id else None,
        solved=Solved(row.solved) if row.solved else None,
        score=row.score,
        reopened=row.reopened,
        supervised=row.supervised,
        in_review=row.in_review,
        nudged_on=row.nudged_on,
        verdict=Verdict(row.verdict) if row.verdict else None,
        owners=frozenset(ResidentId(r) for r in shared),
    )
