"""上门名单: whom what was sent lately did not reach, and only a knock at the door will. Homes, never names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from community.dispatches import Dispatch, DispatchState
from community.staff import covers
from dialogue.words import Purpose, ToAudience
from storage import areas, dispatches, held, rolls
from storage.database import Tx
from storage.outbox import outbox
from storage.residents import claims

DAYS = timedelta(days=30)
PATIENCE = timedelta(hours=48)  # what waited so long for somebody to write is told at their door
SERVED = frozenset({Purpose.LEGAL, Purpose.NEWS, Purpose.INVITATION, Purpose.RESULT, Purpose.EMERGENCY})
TOLD = ("sent", "delivered", "queued", "sending", "paused", "held")  # or soon
OVER = (DispatchState.ASKED, DispatchState.STOPPED)


@dataclass(frozen=True, slots=True)
class Knock:
    """A home to tell of an order: why (by_door, gone, held: waited two days; nobody: nobody there can be reached), and how many people."""

    order: Dispatch
    home: str
    why: str
    people: int = 0


@dataclass(frozen=True, slots=True)
class Unread:
    """An alarm or a task that waits until its officer writes: whose, `emergency` or `duty`, since when."""

    resident: str
    purpose: str
    since: datetime


_ROWS = select(outbox.c.resident_id, outbox.c.state, outbox.c.reason, outbox.c.made_at).where(
    outbox.c.community_id == bindparam("c"), outbox.c.dispatch_id == bindparam("d"), outbox.c.contact_id.is_not(None)
)
_UNREAD = (
    select(outbox.c.resident_id, outbox.c.purpose, outbox.c.made_at)
    .where(outbox.c.community_id == bindparam("c"), outbox.c.resident_id.is_not(None), outbox.c.dispatch_id.is_(None))
    .where(outbox.c.state == "held", outbox.c.made_at > bindparam("since"))
    .where(outbox.c.purpose.in_((Purpose.EMERGENCY.value, Purpose.DUTY.value)))
    .order_by(outbox.c.id.desc())
)
_MEMBERS = select(claims.c.resident_id, claims.c.household_id).where(claims.c.community_id == bindparam("c"), claims.c.state == "confirmed")


def listed(tx: Tx, community: int, path: str, now: datetime) -> list[Knock]:
    """The homes in that place to be told in person, of the orders of the last thirty days: the newest first, homes in their order."""
    homes = {home.id: home.path for home in areas.households_in(tx, community, path) if home.use not in rolls.NOT_LIVED_IN}
    live: dict[str, list[str]] = {}
    for row in tx.all(_MEMBERS, {"c": community}):
        if row.household_id in homes:
            live.setdefault(row.resident_id, []).append(row.household_id)
    found: list[Knock] = []
    for order in dispatches.latest(tx, community):
        if order.ordered_at > now - DAYS and order.state not in OVER and order.say.purpose in SERVED:
            found += sorted(_of(tx, community, order, (homes, live, now)), key=lambda knock: knock.home)
    return found


def unread(tx: Tx, community: int, now: datetime) -> list[Unread]:
    """What officers could not be told for want of an open window, the newest first."""
    return [Unread(row.resident_id, row.purpose, row.made_at) for row in tx.all(_UNREAD, {"c": community, "since": now - DAYS})]


def _of(tx: Tx, community: int, order: Dispatch, place: tuple[Mapping[str, str], Mapping[str, list[str]], datetime]) -> Iterator[Knock]:
    homes, live, now = place
    why: Counter[tuple[str, str]] = Counter()
    reached: set[str] = set()
    posted = held.posted(tx, community, order)
    for row in tx.all(_ROWS, {"c": community, "d": order.id}):
        reason = _why(row, posted, now)
        for home in live.get(row.resident_id or "", ()):
            if reason:
                why[home, reason] += 1
            if reason or row.state in TOLD:
                reached.add(home)
    for (home, reason), people in why.items():
        yield Knock(order, homes[home], reason, people)
    concerned = _concerned(tx, community, order, homes)
    for home, path in homes.items():
        if home in concerned and home not in reached:
            yield Knock(order, path, "nobody")


def _why(row: Any, posted: bool, now: datetime) -> str:
    """Why this person must be told in person; "" if they were told, or still may be by themselves."""
    if row.state in ("by_door", "gone"):
        return str(row.state)
    waits = row.state == "held" and row.made_at <= now - PATIENCE
    return "held" if waits and not (row.reason == "group" and posted) else ""


def _concerned(tx: Tx, community: int, order: Dispatch, homes: Mapping[str, str]) -> Mapping[str, str]:
    """Of these homes those on the roll of the poll it is about, else all of its place."""
    to = order.say.to
    if isinstance(to, ToAudience) and to.voters_of:
        return rolls.paths_of(tx, community, to.voters_of)
    path = areas.by_id(tx, community, order.area).path
    return {home: place for home, place in homes.items() if covers(path, place)}
