"""What becomes of a claimed row of the outbox: it took another way, it left, or the platform said no, later, gone, moved, closed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot import speaking, windows
from bot.speaking import Voice
from bot.windows import About, Chat, Opening, Plan, Way
from channels.contract import Capabilities, SendError, Sent
from community import promises
from community.dispatches import DispatchState
from dialogue.words import Inbound, Purpose
from storage import addressees, communities, contacts, conversations, dispatches, doors, held, outbox
from storage.database import Tx
from storage.outbox import Delivery

HELD = (DispatchState.PAUSED, DispatchState.STOPPED)  # what was claimed before that does not leave after it
SOON = {Purpose.REPLY, Purpose.OWN_MATTER, Purpose.DUTY, Purpose.EMERGENCY}
DAY, TWO_DAYS = timedelta(hours=24), timedelta(hours=48)  # how old what is wanted soon, and the rest, may grow by passing faults
TRIES = 12  # but never fewer, about half an hour: what waited for days may meet an outage too
LONGEST = 600.0  # seconds between two tries
RESTS = 60.0  # seconds a whole channel rests where the platform does not say how long
MOVES = 4  # tries up to which another chat may be the way: two chats that both say they are closed do not throw it to and fro
ENDS = {Way.GROUP: ("held", "group"), Way.HELD: ("held", "window"), Way.DOOR: ("by_door", "window")}

Can = Mapping[str, Capabilities]  # what each channel can do, also those another process runs

log = structlog.get_logger("deliver")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a claimed row goes, or why it goes nowhere."""

    to: str = ""
    picture: bytes | None = None
    later: datetime | None = None
    never: str = ""
    became: str = "refused"  # the row's state where it goes nowhere
    plan: Plan = windows.NOW


def allowed(tx: Tx, voice: Voice, row: Delivery, now: datetime) -> Address:
    """The address of a row as it is now, asked once more whether anything may go there."""
    if row.dispatch and (state := dispatches.state_of(tx, row.community, row.dispatch)) in HELD:
        return Address(never=state.value, became=state.value)
    promised = voice.limits(communities.community(tx, row.community))
    if row.contact:
        reader = contacts.reader(tx, row.contact)
        if reader is None or not reader.address:
            return Address(never="forgotten", became="gone")
        asked = tuple(outbox.asked_at(tx, row.resident, sorted(promises.ASKS), now - timedelta(days=7), row.id)) if row.resident else ()
        moved = reader.community != row.community  # 换社区 since, or before: what they agreed to there holds
        consent = addressees.agreed(tx, row.community, row.contact) if moved else reader.consent
        verdict = promises.may_send(row.purpose, promises.Reader(consent, reader.subscribed, asked), promised, now)
        to = reader.address
    else:
        verdict = promises.may_post(row.purpose, promised.quiet, now)
        group = doors.group(tx, row.community, row.group) if row.group else None
        to = row.address or (group.address if group else "")
    if verdict.never or not to:
        return Address(never=verdict.reason or "left")
    return Address(to) if verdict.now else Address(later=verdict.at)


def planned(tx: Tx, can: Can, row: Delivery, now: datetime, *, shut: bool = False, tried: str = "") -> Plan:
    """The way to this row's reader. `shut`: the platform says that the window is closed; `tried`: the template it refused."""
    assert row.words is not None
    here = can.get(row.channel)
    if not shut and (here is None or not here.windows):
        return windows.NOW
    reader = contacts.reader(tx, row.contact)
    opening = Opening(reader.window_until, reader.window_left) if reader else Opening()
    chat = Chat(row.contact, row.channel, not shut and windows.is_open(here, opening, now), here.briefs - {tried} if here else frozenset())
    if chat.open:
        return windows.NOW
    there = contacts.others(tx, row.community, row.resident, row.contact) if row.resident and row.tries <= MOVES else []
    others = [
        Chat(o.contact, o.channel, windows.is_open(can[o.channel], Opening(o.window_until, o.window_left), now), can[o.channel].briefs)
        for o in there
        if o.channel in can
    ]
    told = row.purpose in windows.PUBLIC and held.told_by_group(tx, row)
    about = About(row.purpose, windows.about_poll(row.words), told, bool(row.dispatch and held.homes(tx, row)))
    return windows.plan(about, chat, others)


def set_aside(tx: Tx, row: Delivery, place: Address, now: datetime) -> None:
    """Nothing was tried: another way, again later, or never."""
    assert row.claimed_until is not None
    if place.later:
        why = held.JOINS if row.group and place.later - now > windows.HOUR else "waits"
        outbox.later(tx, row.id, row.claimed_until, place.later, why, counts=False)
    elif place.became in HELD:  # the order may have been resumed or stopped since we looked
        state = dispatches.state_of(tx, row.community, row.dispatch, lock=True)
        if state in HELD:
            outbox.finish(tx, row.id, row.claimed_until, state.value, why=state.value)
        else:
            outbox.later(tx, row.id, row.claimed_until, now, "resumed", counts=False)
    elif place.plan.way is not Way.NOW:
        _take(tx, row, place.plan, now)
    else:
        outbox.finish(tx, row.id, row.claimed_until, place.became, why=place.never or "forgotten")


def _take(tx: Tx, row: Delivery, plan: Plan, now: datetime) -> None:
    """The window is closed: the way it takes instead."""
    assert row.claimed_until is not None
    if plan.way in ENDS:
        became, why = ENDS[plan.way]
        outbox.finish(tx, row.id, row.claimed_until, became, why=why)
    elif plan.way is Way.OTHER and not held.move(tx, row, plan.contact, plan.channel):
        outbox.finish(tx, row.id, row.claimed_until, "refused", why="told_already")
    else:
        outbox.later(tx, row.id, row.claimed_until, now, plan.way.value)


def sent(tx: Tx, can: Can, row: Delivery, took: Sent, now: datetime, *, brief: str = "") -> None:
    """The platform took it: its id first; then a push that asks becomes the newest question in that chat."""
    assert row.claimed_until is not None and row.words is not None
    became = "held" if took.waits else "sent"
    fresh = outbox.finish(tx, row.id, row.claimed_until, became, at=now, platform=took.id, why=took.waits or ("brief" if brief else ""))
    if not fresh or not row.contact or brief:
        return
    _spend(tx, can, row, took.count)
    if row.purpose is not Purpose.REPLY and any(not o.aside for o in speaking.shown(row.words)):
        speaker = contacts.lock(tx, row.contact).speaker
        asks = speaking.shown(row.words, row.community if row.community != speaker.community else 0)
        conversations.shown(tx, speaker.contact, speaker.person, asks)


def failed(tx: Tx, can: Can, row: Delivery, failure: SendError, now: datetime, *, brief: str = "") -> None:
    """The platform did not take it, or may have: what it said decides."""
    assert row.claimed_until is not None
    if not brief:
        _spend(tx, can, row, failure.said + failure.uncertain)
    if failure.verdict == "gone":
        _gone(tx, row, failure, now)
    elif failure.verdict == "closed":
        _closed(tx, can, row, failure, now, brief)
    elif failure.verdict == "ours" and failure.bulk:  # nothing gets through, whatever it says: it waits until that is put right
        outbox.later(tx, row.id, row.claimed_until, now + timedelta(seconds=RESTS), failure.reason, counts=False)
    elif failure.verdict == "ours" or _given_up(row, failure, now):
        log.warning("given up", row=row.id, channel=row.channel, tries=row.tries, reason=failure.reason)
        outbox.finish(tx, row.id, row.claimed_until, "refused", why=failure.reason)
    elif failure.verdict == "moved":
        doors.record_group_moved(tx, row.channel, row.address.partition("/")[0] or _old(tx, row), failure.to)
        if row.address:
            outbox.readdress(tx, row.id, f"community:{row.community}", failure.to)
        outbox.later(tx, row.id, row.claimed_until, now, "moved")
    else:
        again = now + timedelta(seconds=_wait(row.tries, failure))
        outbox.later(tx, row.id, row.claimed_until, again, failure.reason, counts=failure.after is None)


def told(tx: Tx, can: Can, receipt: Inbound, now: datetime) -> None:
    """The platform says afterwards what became of something it took: sent | delivered | refused, or closed | gone as when sending."""
    if receipt.choice not in ("closed", "gone"):
        held.told(tx, receipt.channel, receipt.question, receipt.choice, receipt.text)
        return
    for row, brief in held.returned(tx, receipt.channel, receipt.question, now):
        assert row.claimed_until is not None
        if row.words is None:
            outbox.finish(tx, row.id, row.claimed_until, "refused", why=receipt.text)
        elif receipt.choice == "gone":
            _gone(tx, row, SendError.gone(receipt.text), now)
        else:
            template = windows.brief_for(row.purpose, poll=windows.about_poll(row.words)) if brief else ""
            _closed(tx, can, row, SendError.closed(receipt.text), now, template)


def _closed(tx: Tx, can: Can, row: Delivery, failure: SendError, now: datetime, brief: str) -> None:
    """Their window is shut after all, or they do not take that template: the next way. A group's waits."""
    assert row.claimed_until is not None
    if not row.contact:
        outbox.finish(tx, row.id, row.claimed_until, "held", why=failure.reason)
        return
    if not brief:
        contacts.settle(tx, row.contact, window_left=0)
    _take(tx, row, planned(tx, can, row, now, shut=True, tried=brief), now)


def _spend(tx: Tx, can: Can, row: Delivery, said: int) -> None:
    """So many messages fewer may follow, where the platform counts them. A try that may have arrived counts too."""
    here = can.get(row.channel)
    if said and row.contact and here is not None and here.windows:
        contacts.spend(tx, row.contact, said)


def _given_up(row: Delivery, failure: SendError, now: datetime) -> bool:
    """Whether it failed often enough and is too old by now. Waiting as long as the platform asks for is no failure."""
    if failure.after is not None or row.tries < TRIES:
        return False
    return failure.verdict == "moved" or now - row.made_at >= (DAY if row.purpose in SOON else TWO_DAYS)


def _gone(tx: Tx, row: Delivery, failure: SendError, now: datetime) -> None:
    """Blocked, left, or never opened our private chat: then it waits until they do."""
    assert row.claimed_until is not None
    never = bool(row.contact) and not contacts.reached(tx, row.contact)
    outbox.finish(tx, row.id, row.claimed_until, "held" if never else "gone", why=failure.reason)
    if row.contact and not never:
        contacts.settle(tx, row.contact, gone_at=now)
    if row.group:
        doors.record_group_left(tx, row.channel, _old(tx, row), now)


def _old(tx: Tx, row: Delivery) -> str:
    group = doors.group(tx, row.community, row.group) if row.group else None
    return group.address if group else ""


def _wait(tries: int, failure: SendError) -> float:
    """What the platform asked for, else 1, 2, 4 … seconds up to ten minutes, with jitter so that workers do not march in step."""
    if failure.after is not None:
        return failure.after
    return min(LONGEST, (1 << min(tries - 1, 10)) * random.uniform(0.75, 1.25))
