"""What happened to a matter, written down: its row as it stands now, and every word about it (tables of storage/matters.py)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, update

from community import matter_events as events
from community.matters import MatterState
from storage import areas, keys, residents
from storage.database import Tx, insert
from storage.matters import matters, said_hash, supporters, words

_ONE = update(matters).where(matters.c.community_id == bindparam("c"), matters.c.id == bindparam("i"))
_LAST = select(func.max(words.c.place)).where(words.c.community_id == bindparam("c"), words.c.matter_id == bindparam("i"))
_AUTHOR = select(matters.c.author_id).where(matters.c.community_id == bindparam("c"), matters.c.id == bindparam("i"))


def record_raised(tx: Tx, community: int, event: events.MatterRaised) -> None:
    """Keep what somebody raised."""
    person = residents.person_of(tx, community, event.author)
    row = {
        "id": event.id,
        "number": event.number,
        "kind": event.kind.value,
        "category": event.category.value,
        "words": keys.seal(tx, person, event.text),
        "summary": keys.seal(tx, person, event.summary) if event.summary else None,
        "said_hash": said_hash(tx, event.text),
        "author_id": event.author,
        "household_id": event.household,
        "area_id": event.area,
        "path": areas.by_id(tx, community, event.area).path,
        "state": MatterState.NEW.value,
        "origin": event.origin,
        "entered_by": event.entered_by,
        "album": event.album,
        "raised_at": event.at,
        "touched_at": event.at,
    }
    tx.execute(insert(matters).values(community_id=community, **row))
    _say(tx, community, event.id, ("raised", event.entered_by or event.author, ""), event.at, event.media)


def record_kind_confirmed(tx: Tx, community: int, event: events.MatterKindConfirmed) -> None:
    """It is what its author says it is."""
    change = {"kind": event.kind.value, "category": event.category.value, "state": MatterState.CONFIRMED.value}
    _change(tx, community, event.id, event.at, **change)


def record_seconded(tx: Tx, community: int, event: events.MatterSeconded) -> None:
    """One more home says so."""
    row = {"matter_id": event.id, "resident_id": event.by, "household_id": event.household, "at": event.at}
    tx.execute(insert(supporters).values(community_id=community, **row).on_conflict_do_nothing())


def record_added(tx: Tx, community: int, event: events.MatterAdded) -> None:
    """More words or pictures."""
    _change(tx, community, event.id, event.at)
    _say(tx, community, event.id, ("added", event.by, event.text), event.at, event.media)


def record_nudged(tx: Tx, community: int, event: events.MatterNudged) -> None:
    """Its author waits for a word."""
    _change(tx, community, event.id, event.at, nudged_on=event.day)


def record_accepted(tx: Tx, community: int, event: events.MatterAccepted) -> None:
    """Somebody sees to it now."""
    _change(tx, community, event.id, event.at, state=MatterState.ACCEPTED.value, handler_id=event.by)


def record_answered(tx: Tx, community: int, event: events.MatterAnswered) -> None:
    """A word for its author."""
    _handled(tx, community, event.id, event.by, event.at)
    _change(tx, community, event.id, event.at, state=MatterState.ANSWERED.value)
    _say(tx, community, event.id, ("answered", event.by, event.text), event.at)


def record_closed(tx: Tx, community: int, event: events.MatterClosed) -> None:
    """It is done; its author is asked whether it is."""
    _handled(tx, community, event.id, event.by, event.at)
    _change(tx, community, event.id, event.at, state=MatterState.CLOSED.value, solved=None, score=0)
    _say(tx, community, event.id, ("closed", event.by, event.text), event.at)


def record_judged(tx: Tx, community: int, event: events.IdeaJudged) -> None:
    """What becomes of an idea, and why."""
    _handled(tx, community, event.id, event.by, event.at)
    _change(tx, community, event.id, event.at, state=MatterState.ANSWERED.value, verdict=event.verdict.value)
    _say(tx, community, event.id, ("judged", event.by, event.text), event.at)


def record_rated(tx: Tx, community: int, event: events.MatterRated) -> None:
    """Whether it is solved, and how content its author is."""
    change = {"solved": event.solved.value, "score": event.score, "state": event.state.value, "in_review": event.in_review}
    _change(tx, community, event.id, event.at, **change)
    author = tx.scalar(_AUTHOR, {"c": community, "i": event.id})
    _say(tx, community, event.id, ("rated", author, event.text), event.at)


def record_reopened(tx: Tx, community: int, event: events.MatterReopened) -> None:
    """It is done again."""
    change = {"state": MatterState.REOPENED.value, "reopened": event.times, "supervised": event.supervised}
    _change(tx, community, event.id, event.at, **change)


def record_withdrawn(tx: Tx, community: int, event: events.MatterWithdrawn) -> None:
    """Its author took it back."""
    _change(tx, community, event.id, event.at, state=MatterState.WITHDRAWN.value)
    author = tx.scalar(_AUTHOR, {"c": community, "i": event.id})
    _say(tx, community, event.id, ("withdrawn", author, event.text), event.at)


def record_not_accepted(tx: Tx, community: int, event: events.MatterNotAccepted) -> None:
    """It is not for us; which door is the right one."""
    _change(tx, community, event.id, event.at, state=MatterState.NOT_ACCEPTED.value)
    _say(tx, community, event.id, ("not_accepted", event.by, event.text), event.at)


def _change(tx: Tx, community: int, matter: str, at: datetime, **change: Any) -> None:
    tx.execute(_ONE.values(touched_at=at, **change), {"c": community, "i": matter})


def _handled(tx: Tx, community: int, matter: str, by: str, at: datetime) -> None:
    """Whoever speaks first for the community is who sees to it."""
    tx.execute(_ONE.where(matters.c.handler_id.is_(None)).values(touched_at=at, handler_id=by), {"c": community, "i": matter})


def _say(tx: Tx, community: int, matter: str, said: tuple[str, str, str], at: datetime, media: tuple[str, ...] = ()) -> None:
    """Keep (what, by whom, the words): a neighbour's own words under their key, everything else under the author's."""
    what, by, text = said
    author: str = tx.scalar(_AUTHOR, {"c": community, "i": matter})
    person = residents.person_of(tx, community, by if what == "added" else author)
    row = {
        "place": int(tx.scalar(_LAST, {"c": community, "i": matter}) or 0) + 1,
        "what": what,
        "by_id": by,
        "words": keys.seal(tx, person, text) if text else None,
        "media": msgspec.json.encode(media).decode(),
        "at": at,
    }
    tx.execute(insert(words).values(community_id=community, matter_id=matter, **row))
