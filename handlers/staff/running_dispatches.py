"""An order that was given: how far it is, held, resumed, stopped, and a second officer's yes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from community.dispatches import Dispatch, DispatchState, approve, pause, resume, stop
from community.staff import may
from dialogue.words import Event, Inbound, Option, Purpose, Refused, ResidentId, Say, Step, ToGroups, ToResident
from storage import areas, dispatches, held, rolls
from storage.database import Tx
from storage.rolls import Post

words = {
    "approvesend": "approve",
    "pausesend": "pause",
    "resumesend": "resume",
    "stopsend": "stop",
    "progress dispatches": "progress",
}
open_to = "given"
State = None
LISTED = 8
ACTS: Mapping[str, Callable[[Dispatch, ResidentId, datetime], tuple[Dispatch, Event]]] = {
    "approve": approve,
    "pause": pause,
    "resume": resume,
    "stop": stop,
}


@dataclass(frozen=True, slots=True)
class Situation:
    """The order with its area's path, its rows by state and the groups of its area; or the newest orders with their paths."""

    order: Dispatch | None = None
    path: str = ""
    rows: tuple[tuple[str, int], ...] = ()
    posts: tuple[Post, ...] = ()
    listed: tuple[tuple[Dispatch, str], ...] = ()


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    assert inbound.command is not None
    here, number = inbound.community, inbound.command.number
    order = dispatches.by_number(tx, here, number) if number else None
    if order is None:
        paths = {one.id: one.path for one in areas.all_areas(tx, here)}
        return Situation(listed=tuple((one, paths[one.area]) for one in dispatches.latest(tx, here)))
    path = areas.by_id(tx, here, order.area).path
    return Situation(order, path, tuple(held.progress(tx, here, order).items()), tuple(rolls.posts(tx, here, path)))


def step(s: Situation, state: None, inbound: Inbound) -> Step:
    act, order = _act(inbound), s.order
    if order is None:
        return _which(s, act, inbound)
    if not _sees(s.path, inbound):
        raise Refused("dispatches.not_your_area", place=s.path.replace("/", ""))
    events: tuple[Event, ...] = ()
    if act in ACTS:
        assert inbound.who.resident is not None
        order, event = ACTS[act](order, inbound.who.resident, inbound.now)
        events = (event,)
    rights = may(inbound.who.roles, "broadcast", s.path)
    says = [Say("dispatches.progress", told(order, dict(s.rows)), buttons(order) if rights else buttons(order)[-1:])]
    if act == "approve":
        says += posts(order.say, s.posts, order.id)
    if act in ("approve", "stop") and order.ordered_by and order.ordered_by != inbound.who.resident:
        theirs = {"number": order.number, "label": label(order), "act": act}
        says.append(Say("dispatches.decided", theirs, to=ToResident(order.ordered_by), purpose=Purpose.DUTY))
    return Step(None, events, tuple(says))


def told(order: Dispatch, rows: Mapping[str, int]) -> dict[str, Any]:
    """How far it is: rows by what became of them, and how many have no row yet."""
    waiting = sum(rows.get(state, 0) for state in ("queued", "sending", "paused"))
    stopped = order.state is DispatchState.STOPPED
    over = order.state is DispatchState.DONE and not waiting and not rows.get("owner")  # the rest waits for its readers
    reached = sum(count for state, count in rows.items() if state not in ("refused", "owner"))
    return {
        "number": order.number,
        "label": label(order),
        "state": "sending" if order.on_its_way and not over else order.state.value,
        "people": order.people,
        "sent": rows.get("sent", 0) + rows.get("delivered", 0) + rows.get("brief", 0),
        "brief": rows.get("brief", 0),
        "group": rows.get("group", 0),
        "held": rows.get("held", 0),
        "by_door": rows.get("by_door", 0),
        "owner": rows.get("owner", 0),
        "waiting": 0 if stopped else waiting,
        "stopped": rows.get("stopped", 0) + (waiting if stopped else 0),
        "refused": rows.get("refused", 0),
        "gone": rows.get("gone", 0),
        "left": 0 if order.state in (DispatchState.STOPPED, DispatchState.DONE) else max(0, order.people - reached),
    }


def label(order: Dispatch) -> str:
    """What an order is about, in a few signs."""
    return str(order.say.values.get("title") or order.say.values.get("text") or "")[:20]


def posts(line: Say, where: tuple[Post, ...], order: str) -> tuple[Say, ...]:
    """The same words for the groups, held and stopped with the order."""
    return tuple(replace(line, to=ToGroups(post.area, order)) for post in where)


def buttons(order: Dispatch) -> tuple[Option, ...]:
    """What can be done with it now."""
    acts = (*(word for word in ("pausesend", "resumesend", "stopsend") if _fits(order, words[word])), "progress")
    return tuple(Option(f"{word} dispatches {order.number}", key=f"dispatches.button_{word}", aside=True) for word in acts)


def _fits(order: Dispatch, act: str) -> bool:
    """Whether there is something to do."""
    match act:
        case "approve":
            return order.state is DispatchState.ASKED
        case "pause":
            return order.on_its_way
        case "resume":
            return order.state is DispatchState.PAUSED
        case "stop":
            return order.on_its_way or order.state in (DispatchState.PAUSED, DispatchState.ASKED)
    return True


def _which(s: Situation, act: str, inbound: Inbound) -> Step:
    """暂停发送 without a number: the orders it may be about, the newest first."""
    assert inbound.command is not None
    if inbound.command.number:
        raise Refused("dispatches.unknown", number=inbound.command.number)
    fitting = [order for order, path in s.listed if _sees(path, inbound) and _fits(order, act)]
    if not fitting:
        raise Refused("dispatches.none")
    word = inbound.command.word
    options = tuple(
        Option(f"{word} dispatches {one.number}", key="dispatches.button_named", values={"number": one.number, "label": label(one)})
        for one in fitting[:LISTED]
    )
    return Step(None, says=(Say("dispatches.which", options=options),))


def _sees(path: str, inbound: Inbound) -> bool:
    """Whether they may do that to an order for this place; how far it is, its 楼栋长 may see, too: it may be their poll it tells of."""
    return may(inbound.who.roles, "remind" if _act(inbound) == "progress" else "broadcast", path)


def _act(inbound: Inbound) -> str:
    assert inbound.command is not None
    return words.get(f"{inbound.command.word} {inbound.command.kind}") or words[inbound.command.word]
