"""An outage, a channel that is off, a row nobody can read, a pause and its end in one breath: nothing is lost, nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import deliver, outcomes
from bot.deliver import Deliver
from channels.contract import SendError
from community.dispatches import DispatchId, DispatchOrdered, DispatchPaused, DispatchResumed, DispatchStopped
from dialogue.words import Purpose, ResidentId, Say, ToAudience
from storage import dispatches, outbox
from storage.database import Tx
from storage.outbox import BULK
from storage.shared import InMemory
from tests.crowd import crowd, line
from tests.house import Hall, OurChannel

WANG = ResidentId("小王")
A, B = "cr00000", "cr00001"


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    """The house with three residents who have written before."""
    house = await Hall.open(database_url)
    await house.database.transaction(crowd, 3, house.now)
    yield house
    await house.close()


async def say(hall: Hall, text: str, **row: Any) -> None:
    await hall.database.transaction(lambda tx: line(tx, text, hall.now, **{"to": A, **row}))


async def rows(hall: Hall) -> list[Any]:
    return list(await hall.database.read(lambda tx: tx.all(select(outbox.outbox).order_by(outbox.outbox.c.id))))


def heard(hall: Hall) -> list[str]:
    return sorted(m.text for ear in hall.channel.ears.values() for m in ear.heard)


# --- the platform is away -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purpose", "hours"), [("reply", 24), ("own_matter", 24), ("duty", 24), ("emergency", 24), ("news", 48), ("legal", 48)]
)
async def test_a_passing_fault_is_given_up_by_age(hall: Hall, purpose: str, hours: int) -> None:
    old = hall.now + timedelta(hours=2)
    await say(hall, "一", purpose=purpose, made_at=old - timedelta(hours=hours))
    hall.channel.failing = [SendError.retry("no connection")] * 1000
    while True:
        await hall.deliver.once()
        (kept,) = await rows(hall)
        if kept.state != "queued":
            break
        assert hall.now < old
        hall.now = kept.not_before
    assert (kept.state, kept.reason, kept.sent_at) == ("refused", "no connection", None)
    assert old <= hall.now <= old + timedelta(seconds=outcomes.LONGEST)


async def test_an_outage_of_hours_loses_nothing(hall: Hall) -> None:
    await say(hall, "一")
    back = hall.now + timedelta(hours=3)
    hall.channel.failing = [SendError.retry("no connection")] * 1000
    while hall.now < back:
        await hall.deliver.once()
        (kept,) = await rows(hall)
        assert kept.state == "queued"
        hall.now = kept.not_before
    hall.channel.failing = []
    await hall.send()
    assert heard(hall) == ["一"]


async def test_what_was_held_back_for_days_is_not_lost_by_its_first_failure(hall: Hall) -> None:
    """The weekly limit, or a channel that was off: age alone would give it up at once."""
    await say(hall, "一", made_at=hall.now - timedelta(days=5))
    hall.channel.failing = [SendError.retry("no connection")]
    await hall.deliver.once()
    (kept,) = await rows(hall)
    assert kept.state == "queued"


async def test_wait_said_the_platform_and_that_never_counts(hall: Hall) -> None:
    await say(hall, "一", made_at=hall.now - timedelta(days=5))
    for _ in range(outcomes.TRIES + 3):
        hall.channel.failing = [SendError.retry("429", after=30)]
        await hall.deliver.once()
        (kept,) = await rows(hall)
        assert (kept.state, kept.tries, kept.not_before) == ("queued", 0, hall.now + timedelta(seconds=30))
        hall.now = kept.not_before
    await hall.send()
    assert heard(hall) == ["一"]


async def test_a_group_that_moves_for_ever_is_given_up(hall: Hall) -> None:
    await hall.with_group()
    await say(hall, "一", to=None, group_id="g1")
    hall.channel.failing = [SendError.moved(f"g{n}") for n in range(100)]
    await hall.send()
    (kept,) = await rows(hall)
    assert (kept.state, kept.tries) == ("refused", outcomes.TRIES)


# --- channels ------------------------------------------------------------------------------------------------------


async def test_what_is_for_a_channel_this_process_does_not_run_waits_for_one_that_does(hall: Hall) -> None:
    terminal = OurChannel()
    other = Deliver(hall.database, InMemory(), {"terminal": terminal}, hall.voice)
    other.clock = lambda: hall.now
    await say(hall, "一")
    assert await other.once() == 0
    (kept,) = await rows(hall)
    assert (kept.state, kept.tries) == ("queued", 0)
    assert not terminal.ears
    await hall.send()
    assert heard(hall) == ["一"]


async def test_a_process_without_channels_takes_nothing(hall: Hall) -> None:
    hall.deliver.channels = {}
    await say(hall, "一")
    assert await hall.deliver.once() == 0


# --- what cannot be read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoilt", [{"purpose": "gossip"}, {"words": b"{"}], ids=["a purpose of another version", "broken words"])
async def test_a_row_nobody_can_read_holds_up_nobody_else(hall: Hall, spoilt: dict[str, Any]) -> None:
    await say(hall, "坏")
    await hall.database.transaction(lambda tx: tx.execute(update(outbox.outbox).values(**spoilt)))
    await say(hall, "好", to=B)
    await say(hall, "后来的")
    await hall.send()
    assert heard(hall) == ["后来的", "好"]
    bad, *_ = await rows(hall)
    assert (bad.state, bad.reason, bad.sent_at) == ("refused", "unreadable", None)


async def test_whatever_goes_wrong_with_taking_the_loop_goes_on(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    real, times = outbox.claim, 0

    def claim(*args: Any) -> Any:
        nonlocal times
        times += 1
        if times == 1:
            raise KeyError("一")
        return real(*args)

    monkeypatch.setattr(outbox, "claim", claim)
    monkeypatch.setattr(deliver, "IDLE", 0.001)
    await say(hall, "一")
    running = asyncio.create_task(hall.deliver.run())
    while not heard(hall) and not running.done():
        await asyncio.sleep(0)
    hall.deliver.stop()
    await running
    assert heard(hall) == ["一"]


# --- paused and resumed in one breath -----------------------------------------------------------------------------


@pytest.mark.parametrize("ends", ["resumed", "stopped"])
async def test_what_was_to_be_paused_when_the_order_changed_again_follows_the_order(hall: Hall, ends: str) -> None:
    order, news = DispatchId("d1"), Say("dispatches.news", {"text": "周三停水"}, to=ToAudience("a3"), purpose=Purpose.NEWS)

    def change(tx: Tx, record: Any, event: Any) -> None:
        record(tx, 1, event(order, WANG, hall.now))

    await hall.database.transaction(dispatches.record_ordered, 1, DispatchOrdered(order, 1, news, "a3", 3, WANG, hall.now))
    await say(hall, "通知", lane=BULK, purpose="news", dispatch_id="d1")
    (row,) = await hall.database.transaction(outbox.claim, hall.now, hall.deliver.channels, 1, deliver.LEASE)
    await hall.database.transaction(change, dispatches.record_paused, DispatchPaused)
    place = await hall.database.read(hall.deliver._where, row)
    assert place.never == "paused"
    if ends == "resumed":
        await hall.database.transaction(change, dispatches.record_resumed, DispatchResumed)
    else:
        await hall.database.transaction(change, dispatches.record_stopped, DispatchStopped)
    await hall.database.transaction(outcomes.set_aside, row, place, hall.now)
    await hall.send()
    (kept,) = await rows(hall)
    assert (kept.state, kept.tries) == (("sent", 1) if ends == "resumed" else ("stopped", 1))
