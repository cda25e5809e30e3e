"""The long connection: what it does when it is closed, broken, muted, thrown out or refused, and that it is held once."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from channels.contract import SendError
from channels.wecom_aibot.link import Link, Phase, What, after, rest
from channels.wecom_aibot.socket import LEAD
from dialogue.rendered import Rendered
from storage.shared import InMemory

from .conftest import Notes, Stage

WORDS = Rendered("三号楼明天停水。")
P, W = Phase, What


# --- the table -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "what", "becomes"),
    [
        (Link(), W.LED, Link(P.CONNECTING)),
        (Link(), W.CLOSED, Link()),
        (Link(P.CONNECTING), W.OPENED, Link(P.SUBSCRIBING)),
        (Link(P.CONNECTING, 2), W.CLOSED, Link(P.RESTING, 3)),
        (Link(P.SUBSCRIBING, 2), W.ACCEPTED, Link(P.LIVE, 2)),
        (Link(P.SUBSCRIBING), W.REFUSED, Link(P.REFUSED)),
        (Link(P.SUBSCRIBING), W.CLOSED, Link(P.RESTING, 1)),
        (Link(P.SUBSCRIBING), W.KICKED, Link(P.KICKED)),
        (Link(P.LIVE), W.PINGED, Link(P.LIVE, missed=1)),
        (Link(P.LIVE, 3, 1), W.PONGED, Link(P.LIVE)),
        (Link(P.LIVE, 3), W.CLOSED, Link(P.RESTING, 4)),
        (Link(P.LIVE), W.KICKED, Link(P.KICKED)),
        (Link(P.LIVE), W.LOST_LEAD, Link()),
        (Link(P.RESTING, 4), W.RESTED, Link(P.IDLE, 4)),
        (Link(P.RESTING, 4), W.CLOSED, Link(P.RESTING, 4)),
    ],
)
def test_what_becomes_of_a_connection(link: Link, what: What, becomes: Link) -> None:
    assert after(link, what) == becomes


@pytest.mark.parametrize("end", [P.KICKED, P.REFUSED])
@pytest.mark.parametrize("what", W)
def test_nothing_brings_a_connection_back_that_was_thrown_out_or_refused(end: Phase, what: What) -> None:
    assert after(Link(end), what) == Link(end)


def test_tries_come_ever_more_slowly_and_never_all_at_once() -> None:
    waits = [rest(Link(P.RESTING, tries), 1.0) for tries in range(1, 10)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert rest(Link(P.RESTING, 7), 0.0) == 30


# --- on a line -------------------------------------------------------------------------------------------------------


async def test_it_greets_first_and_then_is_ready(stage: Stage) -> None:
    bot = stage.bot()
    readiness = [bot.ready]
    await bot.start(stage.house.take)
    await stage.fake.until(lambda: stage.fake.live is not None, "never subscribed")
    await stage.fake.settled()
    assert [*readiness, bot.ready] == [False, True]
    assert stage.fake.frames == [("aibot_subscribe", {"bot_id": "BOT", "secret": "s3cret"})]


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011])
async def test_every_end_of_a_connection_is_followed_by_a_new_one(stage: Stage, code: int) -> None:
    bot = await stage.live()
    await stage.fake.hangs_up(code)
    await stage.fake.until(lambda: stage.fake.live is None and not bot.ready, "never noticed")
    with pytest.raises(SendError) as closed:
        await bot.send("laoli", WORDS, key="m1")
    assert closed.value.verdict == "retry"
    await stage.fake.clock.advance(0.9)
    assert len(stage.fake.lines) == 1, "it waits a second first"
    await stage.fake.clock.advance(0.2)
    await stage.fake.until(lambda: stage.fake.live is not None, "never came back")
    await stage.fake.settled()
    assert bot.ready


async def test_a_server_that_no_longer_answers_pings_is_left_after_two(stage: Stage) -> None:
    bot = await stage.live()
    await stage.fake.clock.advance(60)
    assert [cmd for cmd, _ in stage.fake.frames].count("ping") == 2 and bot.ready
    stage.fake.mute = True
    await stage.fake.clock.advance(60)
    assert bot.ready, "one missed ping is not the end"
    await stage.fake.clock.advance(30)
    await stage.fake.until(lambda: stage.fake.lines[0].over, "a dead line was kept")
    stage.fake.mute = False
    await stage.fake.clock.advance(1)
    await stage.fake.until(lambda: stage.fake.live is not None, "never came back")


async def test_a_connection_that_is_closed_right_after_its_greeting_is_tried_ever_more_slowly(stage: Stage) -> None:
    await stage.live()
    for wait in (1, 2, 4):
        await stage.fake.hangs_up(1000)
        await stage.fake.until(lambda: not stage.bots[-1].ready, "never noticed")
        count = len(stage.fake.lines)
        await stage.fake.clock.advance(wait - 0.5)
        assert len(stage.fake.lines) == count
        await stage.fake.clock.advance(0.5)
        await stage.fake.until(lambda: stage.fake.live is not None, "never came back")
        await stage.fake.settled()


async def test_thrown_out_by_another_programme_it_stands_still_and_says_so(stage: Stage) -> None:
    bot = await stage.live()
    rival = stage.bot()
    rival._desk.cache, rival._desk.notes = InMemory(), Notes()  # another installation: it knows nothing of ours
    with capture_logs() as logs:
        await rival.start(stage.house.take)
        await stage.fake.until(lambda: len(stage.fake.lines) == 2, "the rival never came")
        await stage.fake.until(lambda: not bot.ready, "never noticed")
        await stage.fake.clock.advance(3600)
    assert len(stage.fake.lines) == 2, "it never came back"
    assert [log["event"] for log in logs].count("wecom_aibot.stands_still") == 1
    assert (False, "wecom_aibot.kicked", {}) in await bot.check()


async def test_with_a_wrong_secret_it_stands_still_and_says_so_until_one_is_right(stage: Stage) -> None:
    bot = stage.bot(secret="wrong")
    with capture_logs() as logs:
        await bot.start(stage.house.take)
        await stage.fake.until(lambda: ("aibot_subscribe", 853000) in stage.fake.refused, "never tried")
        await stage.fake.settled()
        await stage.fake.clock.advance(3600)
    assert len(stage.fake.lines) == 1
    assert [log["event"] for log in logs].count("wecom_aibot.stands_still") == 1
    assert (False, "wecom_aibot.refused", {}) in await bot.check()
    await bot.stop()
    restarted = await stage.live()
    await stage.fake.until(lambda: stage.notes.kept["connection"] == "", "never noted")
    assert [fine for fine, _, _ in await restarted.check()] == [True]


async def test_check_throws_nobody_out(stage: Stage) -> None:
    bot = await stage.live()
    assert await stage.bot().check() == [(True, "wecom_aibot.reachable", {"url": stage.fake.url})]
    await stage.fake.settled()
    assert bot.ready


async def test_of_two_processes_one_connects_and_the_other_when_it_leaves(stage: Stage) -> None:
    first, second = stage.bot(), stage.bot()
    for bot in (first, second):
        await bot.start(stage.house.take)
    await stage.fake.until(lambda: stage.fake.live is not None, "never subscribed")
    await stage.fake.clock.advance(300)
    assert (first.ready, second.ready) == (True, False) and len(stage.fake.lines) == 1
    await first.stop()
    await stage.fake.clock.advance(31)
    await stage.fake.until(lambda: stage.fake.live is not None, "nobody took over")
    await stage.fake.settled()
    assert second.ready


async def test_who_lost_the_lead_lets_go(stage: Stage) -> None:
    bot = await stage.live()
    stage.cache.kept[LEAD] = ("somebody else", float("inf"))
    await stage.fake.clock.advance(30)
    await stage.fake.until(lambda: stage.fake.lines[0].over, "held on")
    assert not bot.ready
    await stage.fake.clock.advance(300)
    assert len(stage.fake.lines) == 1


async def test_a_server_that_is_not_there_is_waited_for(stage: Stage) -> None:
    bot = stage.bot(socket_url="ws://127.0.0.1:9/")
    await bot.start(stage.house.take)
    for _ in range(50):
        await stage.fake.clock.advance(1)
    assert not bot.ready
    assert [(fine, key) for fine, key, _ in await bot.check()] == [(False, "wecom_aibot.unreachable")]


async def test_a_cache_that_fails_is_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = [True, True]
    hold = stage.cache.hold

    async def fails(key: str, holder: str, seconds: int) -> bool:
        if failing:
            failing.pop()
            raise OSError("no cache")
        return await hold(key, holder, seconds)

    monkeypatch.setattr(stage.cache, "hold", fails)
    bot = stage.bot()
    await bot.start(stage.house.take)
    for _ in range(4):
        await stage.fake.clock.advance(30)
    await stage.fake.until(lambda: stage.fake.live is not None, "gave up")
    await stage.fake.settled()
    assert bot.ready


async def test_a_fault_of_ours_while_hearing_is_an_end_like_any_other(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.live()
    with monkeypatch.context() as broken:
        broken.setattr("channels.wecom_aibot.socket.read", lambda raw: 1 / 0)
        assert stage.fake.live
        await stage.fake.live.ws.send_str("{}")
        await stage.fake.until(lambda: stage.fake.lines[0].over, "hears no more, and says nothing")
    await stage.fake.clock.advance(1)
    await stage.fake.until(lambda: stage.fake.live is not None, "never came back")


# --- acknowledgements --------------------------------------------------------------------------------------------------


async def test_acknowledgements_in_any_order_find_what_they_acknowledge(stage: Stage) -> None:
    bot = await stage.live()
    for who in ("laoli", "xiaowang"):
        stage.fake.member(who).spoken = True
    stage.fake.acks = ["hold", ""]
    first = asyncio.create_task(bot.send("laoli", WORDS, key="m1"))
    await stage.fake.until(lambda: len(stage.fake.frames) == 2, "never sent")
    second = asyncio.create_task(bot.send("xiaowang", WORDS, key="m2"))
    assert [(await first).id, (await second).id] == ["m1", "m2"]


async def test_without_an_acknowledgement_within_five_seconds_it_may_have_been_said(stage: Stage) -> None:
    bot = await stage.live()
    stage.fake.member("laoli").spoken = True
    stage.fake.acks = ["lose"]
    sending = asyncio.create_task(bot.send("laoli", WORDS, key="m1"))
    await stage.fake.until(lambda: len(stage.fake.frames) == 2, "never sent")
    await stage.fake.clock.advance(5)
    with pytest.raises(SendError) as lost:
        await sending
    assert (lost.value.verdict, lost.value.uncertain) == ("retry", True)


async def test_a_line_that_breaks_while_something_is_said_says_so(stage: Stage) -> None:
    bot = await stage.live()
    stage.fake.member("laoli").spoken = True
    stage.fake.acks = ["lose"]
    sending = asyncio.create_task(bot.send("laoli", WORDS, key="m1"))
    await stage.fake.until(lambda: len(stage.fake.frames) == 2, "never sent")
    await stage.fake.hangs_up(1006)
    with pytest.raises(SendError) as lost:
        await sending
    assert (lost.value.verdict, lost.value.uncertain) == ("retry", True)


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{", '"ping"', '{"cmd": 7}', '{"cmd": "aibot_msg_callback"}', '{"headers": []}', "[" * 3000]
)
async def test_a_frame_that_is_none_disturbs_nobody(stage: Stage, text: str) -> None:
    bot = await stage.live()
    assert stage.fake.live
    await stage.fake.live.ws.send_str(text)
    await stage.fake.live.ws.send_bytes(text.encode())
    await stage.fake.settled()
    assert bot.ready and stage.house.heard == []
