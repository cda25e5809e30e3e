"""What leaves, in which order, and what becomes of it when the platform says no, later, gone, moved — or nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import deliver
from bot.deliver import LEASE
from channels.contract import Rate, Rates, SendError, Sent
from community.dispatches import DispatchId, DispatchOrdered, DispatchPaused, DispatchResumed, DispatchStopped
from dialogue.words import Button, Purpose, Rendered, ResidentId, Say, ToAudience
from storage import contacts, dispatches, doors, outbox
from storage.database import Tx
from storage.outbox import BULK
from tests.cast import GROUP
from tests.crowd import crowd, line
from tests.house import ZONE, Hall

NEWS = Say("dispatches.news", {"text": "周三停水"}, to=ToAudience("a3"), purpose=Purpose.NEWS)
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
    """Put one row into the outbox."""
    await hall.database.transaction(lambda tx: line(tx, text, hall.now, **{"to": A, **row}))


async def rows(hall: Hall) -> list[Any]:
    return list(await hall.database.read(lambda tx: tx.all(select(outbox.outbox).order_by(outbox.outbox.c.id))))


async def row(hall: Hall) -> Any:
    (only,) = await rows(hall)
    return only


def heard(hall: Hall) -> list[tuple[str, str]]:
    """(address, text) of everything sent, in the order of sending."""
    return sorted(((a, m.text) for a, ear in hall.channel.ears.items() for m in ear.heard), key=lambda pair: order(hall, pair))


def order(hall: Hall, pair: tuple[str, str]) -> int:
    return next(int(m.id) for m in hall.channel.ear(pair[0]).heard if m.text == pair[1])


def fails(hall: Hall, *failures: SendError) -> None:
    hall.channel.failing += failures


# --- order --------------------------------------------------------------------------------------------------------


async def test_replies_leave_before_bulk(hall: Hall) -> None:
    for number in range(deliver.BATCH + 5):
        await say(hall, f"通知{number}", to=B, lane=BULK, purpose=Purpose.NEWS.value)
    await say(hall, "回答")
    await hall.send()
    sent = [text for _, text in heard(hall)]
    assert "回答" in sent[:2], "beside the one notice that left with it"
    assert len(sent) == deliver.BATCH + 6


async def test_one_reader_hears_everything_in_its_order(hall: Hall) -> None:
    for number in range(20):
        await say(hall, f"{number:02}", to=A if number % 2 else B)
    await hall.send()
    for address, own in (("r00001@test", range(0, 20, 2)), ("r00000@test", range(1, 20, 2))):
        assert [text for to, text in heard(hall) if to == address] == [f"{n:02}" for n in own]


async def test_a_slow_reader_holds_up_nobody_else(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    await say(hall, "慢")
    slow, real = asyncio.Event(), hall.channel.send

    async def send(address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        if words.text == "慢":
            await slow.wait()
        return await real(address, words, picture, key)

    monkeypatch.setattr(hall.channel, "send", send)
    running = asyncio.create_task(hall.deliver.run())
    await say(hall, "快", to=B)
    await say(hall, "第二条")
    hall.deliver.wake()
    while not heard(hall):
        await asyncio.sleep(0)
    assert heard(hall) == [("r00001@test", "快")]
    slow.set()
    while len(heard(hall)) < 3:
        await asyncio.sleep(0)
    hall.deliver.stop()
    await running
    assert [text for to, text in heard(hall) if to == "r00000@test"] == ["慢", "第二条"]


async def test_stopping_finishes_what_is_held_and_takes_nothing_more(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    await say(hall, "最后一句")
    slow, real = asyncio.Event(), hall.channel.send

    async def send(address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        await slow.wait()
        return await real(address, words, picture, key)

    monkeypatch.setattr(hall.channel, "send", send)
    await hall.deliver._take()
    await say(hall, "太晚", to=B)
    hall.deliver.stop()
    running = asyncio.create_task(hall.deliver.run())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not running.done()
    slow.set()
    await running
    assert [text for _, text in heard(hall)] == ["最后一句"]


# --- what a platform may say ------------------------------------------------------------------------------------------


async def test_later_by_the_platforms_own_word(hall: Hall) -> None:
    await say(hall, "一")
    fails(hall, SendError.retry("429", after=30))
    await hall.send()
    kept = await row(hall)
    assert (kept.state, kept.not_before, kept.reason) == ("queued", hall.now + timedelta(seconds=30), "429")
    await hall.send()
    assert heard(hall) == []
    hall.now += timedelta(seconds=30)
    await hall.send()
    kept = await row(hall)
    assert (kept.state, kept.platform_id, kept.sent_at, kept.tries) == ("sent", "1", hall.now, 1)


async def test_our_own_backoff_doubles(hall: Hall) -> None:
    """1, 2, 4 … seconds with a quarter of jitter, at most ten minutes."""
    await say(hall, "一")
    waits = []
    for _ in range(13):
        fails(hall, SendError.retry("timeout", uncertain=True))
        await hall.deliver.once()
        kept = await row(hall)
        waits.append((kept.not_before - hall.now).total_seconds())
        hall.now = kept.not_before
    assert all(min(0.75 * 2**n, 600) <= wait <= min(1.25 * 2**n, 600) for n, wait in enumerate(waits)), waits


async def test_our_own_fault_is_not_tried_again(hall: Hall) -> None:
    await say(hall, "一")
    fails(hall, SendError.ours("message_too_long"))
    await hall.send()
    kept = await row(hall)
    assert (kept.state, kept.reason, kept.tries, kept.sent_at) == ("refused", "message_too_long", 1, None)


async def test_who_blocked_us_is_gone_until_they_write(hall: Hall) -> None:
    await say(hall, "一")
    hall.channel.blocked.add("r00000@test")
    await hall.send()
    assert ((await row(hall)).state, (await row(hall)).sent_at) == ("gone", None)
    gone = select(contacts.contacts.c.gone_at).where(contacts.contacts.c.id == A)
    assert await hall.database.read(lambda tx: tx.scalar(gone)) == hall.now


async def test_what_is_for_somebody_who_never_opened_our_chat_waits_there(hall: Hall) -> None:
    await hall.database.transaction(lambda tx: contacts.settle(tx, A, reached=False))
    await say(hall, "一")
    fails(hall, SendError.gone("cannot initiate conversation"))
    await hall.send()
    assert (await row(hall)).state == "held"
    assert await hall.database.read(lambda tx: tx.scalar(select(contacts.contacts.c.gone_at).where(contacts.contacts.c.id == A))) is None


async def test_a_group_that_moved_gets_it_at_its_new_address_and_so_does_everything_after(hall: Hall) -> None:
    await hall.with_group()
    await say(hall, "一", to=None, group_id="g1", purpose=Purpose.NEWS.value)
    fails(hall, SendError.moved("新群"))
    await hall.send()
    await say(hall, "二", to=None, group_id="g1", purpose=Purpose.NEWS.value)
    await hall.send()
    assert heard(hall) == [("新群", "一"), ("新群", "二")]


async def test_an_answer_in_a_group_that_moved_and_is_bound_to_nothing(hall: Hall) -> None:
    def begin(tx: Tx) -> None:
        made = {"community_id": 1, "lane": 0, "channel": "test", "purpose": "reply", "not_before": hall.now, "made_at": hall.now}
        outbox.queue(tx, ["community:1"], Rendered("一"), made, address="旧群")

    await hall.database.transaction(begin)
    fails(hall, SendError.moved("新群"))
    await hall.send()
    assert heard(hall) == [("新群", "一")]


async def test_a_group_that_removed_us_is_left(hall: Hall) -> None:
    await hall.with_group()
    await say(hall, "一", to=None, group_id="g1")
    fails(hall, SendError.gone("kicked"))
    await hall.send()
    assert (await row(hall)).state == "gone"
    assert await hall.database.read(doors.group, 1, "g1") is None


async def test_what_nobody_foresaw_stops_nobody_else(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    await say(hall, "坏")
    await say(hall, "好", to=B)
    real = hall.channel.send

    async def send(address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        if words.text == "坏":
            raise KeyError("result")
        return await real(address, words, picture, key)

    monkeypatch.setattr(hall.channel, "send", send)
    await hall.send()
    assert heard(hall) == [("r00001@test", "好")]
    bad, good = await rows(hall)
    assert (bad.state, bad.reason, bad.not_before > hall.now) == ("queued", "fault", True)
    assert good.state == "sent"


# --- asked again before each message leaves ---------------------------------------------------------------------------


async def test_news_that_come_up_at_night_wait_for_the_morning_and_no_try_is_counted(hall: Hall) -> None:
    hall.now = datetime(2026, 11, 23, 22, 0, tzinfo=ZONE)
    await say(hall, "通知", purpose=Purpose.NEWS.value)
    await say(hall, "急", to=B, purpose=Purpose.EMERGENCY.value)
    await hall.send()
    assert [text for _, text in heard(hall)] == ["急"]
    late, _ = await rows(hall)
    assert (late.state, late.tries, late.not_before) == ("queued", 0, datetime(2026, 11, 24, 8, 0, tzinfo=ZONE))


async def test_a_group_is_not_woken_at_night_by_what_can_wait(hall: Hall) -> None:
    await hall.with_group()
    group = await hall.database.read(doors.group_at, "test", GROUP)
    assert group is not None
    hall.now = datetime(2026, 11, 23, 22, 0, tzinfo=ZONE)
    await say(hall, "通知", to=None, group_id=group.id, purpose=Purpose.NEWS.value)
    await say(hall, "急", to=None, group_id=group.id, purpose=Purpose.EMERGENCY.value)
    await hall.send()
    late, urgent = await rows(hall)
    assert (late.state, late.not_before, urgent.state) == ("queued", datetime(2026, 11, 24, 8, 0, tzinfo=ZONE), "sent")
    hall.now = late.not_before
    await hall.send()
    assert [text for _, text in heard(hall)] == ["急", "通知"]


@pytest.mark.parametrize(("change", "reason"), [({"subscribed": False}, "unsubscribed"), ({"consent": "withdrawn"}, "no_consent")])
async def test_who_said_no_meanwhile_gets_nothing(hall: Hall, change: dict[str, Any], reason: str) -> None:
    await say(hall, "通知", purpose=Purpose.NEWS.value)
    await hall.database.transaction(lambda tx: contacts.settle(tx, A, **change))
    await hall.send()
    assert ((await row(hall)).state, (await row(hall)).reason) == ("refused", reason)
    assert heard(hall) == []


@pytest.mark.parametrize(
    ("write", "event", "state"),
    [
        (dispatches.record_stopped, DispatchStopped, "stopped"),
        (dispatches.record_paused, DispatchPaused, "paused"),
    ],
)
async def test_what_was_claimed_before_a_stop_does_not_leave_after_it(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, write: Callable[..., None], event: Callable[..., Any], state: str
) -> None:
    """A row in a worker's hand, or waiting to be tried again, belongs to its order like any other."""
    ordered = DispatchOrdered(DispatchId("d1"), 1, NEWS, "a3", 3, WANG, hall.now)
    await hall.database.transaction(dispatches.record_ordered, 1, ordered)
    await say(hall, "通知", lane=BULK, purpose=Purpose.NEWS.value, dispatch_id="d1")

    async def claimed(self: Any, kept: outbox.Delivery) -> None:
        await hall.database.transaction(write, 1, event(DispatchId("d1"), WANG, hall.now))
        await sends(self, kept)

    sends = deliver.Deliver._send
    monkeypatch.setattr(deliver.Deliver, "_send", claimed)
    await hall.send()
    assert heard(hall) == []
    assert (await row(hall)).state == state
    monkeypatch.undo()
    if state == "paused":
        await hall.database.transaction(dispatches.record_resumed, 1, DispatchResumed(DispatchId("d1"), WANG, hall.now))
        await hall.send()
        assert [text for _, text in heard(hall)] == ["通知"]


async def test_a_message_whose_lease_ended_meanwhile_is_left_to_whoever_has_it(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    await say(hall, "一")

    async def waits(*_: Any, **__: Any) -> float:
        hall.now += LEASE + timedelta(seconds=1)
        return 0

    monkeypatch.setattr("bot.limits.token", waits)
    await hall.deliver.once()
    monkeypatch.undo()
    assert heard(hall) == []
    hall.now += timedelta(seconds=1)
    await hall.send()
    assert len(heard(hall)) == 1


async def test_a_long_wait_for_the_rate_goes_back_and_counts_as_no_try(hall: Hall) -> None:
    hall.channel.rates = Rates(person=(Rate(1, 3600),))
    await say(hall, "一")
    await say(hall, "二")
    await hall.send()
    assert [text for _, text in heard(hall)] == ["一"]
    _, waits = await rows(hall)
    assert (waits.state, waits.tries) == ("queued", 0)
    assert waits.not_before > hall.now + timedelta(minutes=50)


async def test_what_was_forgotten_meanwhile_is_never_sent(hall: Hall) -> None:
    await say(hall, "一")
    await hall.database.transaction(lambda tx: contacts.settle(tx, A, address=None))
    await hall.send()
    assert ((await row(hall)).state, heard(hall)) == ("gone", [])


# --- a push that asks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("talked", [True, False], ids=["talked before", "said nothing yet"])
async def test_a_push_that_asks_becomes_the_newest_question_once_it_is_sent(hall: Hall, talked: bool) -> None:
    await hall.known(large=False)
    if talked:
        await hall.says("王女士", "菜单")

    def ask(tx: Tx) -> None:
        who = contacts.find(tx, "test", "王女士")
        words = Rendered("看看？", (Button("公示", "notices"), Button("菜单", "menu")))
        made = {"community_id": 1, "lane": 0, "channel": "test", "purpose": "duty", "not_before": hall.now, "made_at": hall.now}
        outbox.queue(tx, ["community:1"], words, {**made, "contact_id": who})

    await hall.database.transaction(ask)
    await hall.send()
    hall.hears("王女士")
    await hall.says("王女士", "1")
    (answer,) = hall.hears("王女士")
    assert "公示" in answer.text and not answer.text.startswith("您好")


async def test_a_push_that_did_not_leave_asks_nothing(hall: Hall) -> None:
    await hall.known(large=False)
    await hall.says("王女士", "公示")
    hall.hears("王女士")

    def ask(tx: Tx) -> None:
        who = contacts.find(tx, "test", "王女士")
        made = {"community_id": 1, "lane": 0, "channel": "test", "purpose": "duty", "not_before": hall.now, "made_at": hall.now}
        outbox.queue(tx, ["community:1"], Rendered("看看？", (Button("公示", "notices"),)), {**made, "contact_id": who})

    await hall.database.transaction(ask)
    fails(hall, SendError.ours("bad_button"))
    await hall.send()
    await hall.says("王女士", "1")
    (answer,) = hall.hears("王女士")
    assert "公示" not in answer.text
