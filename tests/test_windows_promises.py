"""What waited for somebody to write keeps every promise when it leaves, and leaves once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.answers import LEASE, Answers
from bot.speaking import say
from channels.contract import SendError, Taken
from community.dispatches import DispatchId, DispatchOrdered, DispatchPaused, DispatchResumed, DispatchState, DispatchStopped
from dialogue.words import Inbound, Purpose, ResidentId, Say, ToAudience, ToRole
from storage import contacts, dispatches, outbox
from storage.database import Tx
from tests.test_windows import LIN, follow, order, push
from tests.two_doors import CAN, TwoDoors

D, LI = DispatchId("d1"), ResidentId("c-5")


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[TwoDoors]:
    """林奶奶's only chat is 公众号, which may answer within her request; its window is shut."""
    house = await TwoDoors.furnished(database_url, replace(CAN, passive_reply=True))
    await house.database.transaction(follow, house)
    yield house
    await house.close()


async def lent(hall: TwoDoors) -> Taken:
    """What the request with her last word may answer."""
    lends = Answers(hall.database, hall.deliver.shared, hall.voice, lambda: None)
    said = Inbound(channel="wechat", external_id=f"w{hall.said}", address=LIN, id="x", at=hall.now)
    return await lends.lend(hall.wechat, said, hall.now, duplicate=False)


async def ordered(hall: TwoDoors) -> None:
    """发送1号 to 3号楼, which waits for her at her door."""
    news = Say("dispatches.news", {"text": "错误的通知"}, to=ToAudience("a3"), purpose=Purpose.NEWS)
    await hall.database.transaction(dispatches.record_ordered, 1, DispatchOrdered(D, 1, news, "a3", 2, LI, hall.now))
    await push(hall, "错误的通知", Purpose.NEWS, dispatch_id=D)
    await hall.send()
    assert await hall.states() == [("by_door", "window")]


async def body(hall: TwoDoors) -> str:
    return "\n".join(answer.words.text for answer in (await lent(hall)).answers)


async def test_a_stopped_order_rides_in_no_body(hall: TwoDoors) -> None:
    await ordered(hall)
    await hall.database.transaction(dispatches.record_stopped, 1, DispatchStopped(D, LI, hall.now))
    await hall.brings(LIN, "菜单")
    assert "错误" not in await body(hall)
    assert (await hall.states())[0][0] == "stopped"


async def test_an_order_stopped_after_they_wrote_rides_in_no_body(hall: TwoDoors) -> None:
    await ordered(hall)
    await hall.brings(LIN, "菜单")
    await hall.database.transaction(lambda tx: dispatches._become(tx, 1, D, DispatchState.STOPPED))
    assert "错误" not in await body(hall)
    hall.now += timedelta(seconds=7)
    await hall.send()
    assert (await hall.states())[0] == ("stopped", "stopped")


async def test_a_paused_order_waits_until_it_is_resumed(hall: TwoDoors) -> None:
    await ordered(hall)
    await hall.database.transaction(dispatches.record_paused, 1, DispatchPaused(D, LI, hall.now))
    await hall.brings(LIN, "菜单")
    assert "错误" not in await body(hall)
    assert (await hall.states())[0][0] == "paused"
    await hall.database.transaction(dispatches.record_resumed, 1, DispatchResumed(D, LI, hall.now))
    await hall.send()
    assert "错误的通知" in hall.reads(LIN), "her window is open by now"


async def test_what_waits_at_a_groups_owner_is_not_said_again_when_its_order_is_resumed(hall: TwoDoors) -> None:
    await hall.queue(
        "通知", group_id="g9", channel="wechat", purpose="news", state="held", reason="owner", platform_id="post-1", dispatch_id=D
    )
    await hall.database.transaction(dispatches.record_paused, 1, DispatchPaused(D, LI, hall.now))
    await hall.database.transaction(dispatches.record_resumed, 1, DispatchResumed(D, LI, hall.now))
    assert await hall.states() == [("held", "owner")]


async def test_who_unsubscribes_by_that_very_word_is_not_invited_in_the_answer(hall: TwoDoors) -> None:
    await push(hall, "请来投票", Purpose.REMINDER)
    await hall.send()
    assert await hall.states() == [("held", "window")]
    await hall.brings(LIN, "退订")
    assert "请来投票" not in await body(hall)
    hall.now += timedelta(seconds=7)
    await hall.send()
    assert (await hall.states())[0] == ("refused", "unsubscribed")


async def test_an_answer_the_deliverer_is_sending_is_lent_to_no_request(hall: TwoDoors) -> None:
    await hall.brings(LIN, "菜单")
    first = await lent(hall)
    assert len(first.answers) == 1
    hall.now += LEASE + timedelta(seconds=1)
    assert await hall.database.transaction(outbox.claim, hall.now, ["wechat"], 10, timedelta(minutes=1))
    assert (await lent(hall)).answers == ()
    await first.given([])
    assert (await hall.rows())[0].state == "sending", "the request that came back late takes nothing from whoever sends it"


async def test_a_request_that_had_no_room_takes_nothing_back_from_its_own_retry(hall: TwoDoors) -> None:
    await hall.brings(LIN, "菜单")
    first = await lent(hall)
    hall.now += timedelta(seconds=5)
    again = await lent(hall)
    await first.given([])
    await hall.send()
    assert hall.reads(LIN) == []
    await again.given([answer.row for answer in again.answers])
    assert [row.state for row in await hall.rows()] == ["sent"]


async def test_while_a_channels_settings_are_wrong_nothing_is_lost_and_the_operator_hears_of_it_once(hall: TwoDoors) -> None:
    await hall.writes(LIN, "菜单")
    hall.now += timedelta(seconds=30)
    await hall.send()
    hall.reads(LIN)
    for number in range(2):
        await push(hall, f"办理进展{number}", Purpose.OWN_MATTER)
    hall.wechat.failing += [SendError("ours", "60020 not allow to access from your ip", bulk=True)]
    with capture_logs() as logs:
        await hall.send()
        assert hall.reads(LIN) == []
    assert len([log for log in logs if log["log_level"] == "error"]) == 1
    hall.now += timedelta(minutes=10)
    await hall.send()
    assert hall.reads(LIN) == ["办理进展0", "办理进展1"]


# --- what cannot wait -----------------------------------------------------------------------------------------------------


def only_wechat(tx: Tx, who: str) -> None:
    """An officer's only chat is 公众号, and its window is shut."""
    tx.execute(contacts.contacts.update().where(contacts.contacts.c.resident_id == who).values(channel="wechat"))


async def test_an_alarm_its_grid_officer_cannot_read_now_waits_for_them_and_reaches_the_next_office(hall: TwoDoors) -> None:
    staff, grid = "c-5", "c-6"
    await hall.database.transaction(only_wechat, grid)
    alarm = Say("dispatches.news", {"text": "家里着火了"}, to=ToRole("grid", "a3"))
    said = Inbound(channel="test", external_id="x", address="李叔", id="x", at=hall.now, community=1)
    for purpose in (Purpose.EMERGENCY, Purpose.DUTY):
        await hall.database.transaction(lambda tx, line: say(tx, hall.voice, said, line), replace(alarm, purpose=purpose))
    await hall.send()
    told = {(row.resident_id, row.purpose): (row.state, row.reason) for row in await hall.rows()}
    expected = {(grid, p): ("held", "window") for p in ("emergency", "duty")} | {(staff, p): ("sent", "") for p in ("emergency", "duty")}
    assert told == expected


async def test_what_is_no_orders_stands_on_no_list_of_doors_and_waits_for_its_reader(hall: TwoDoors) -> None:
    await push(hall, "投票1号的结果", Purpose.RESULT)
    await push(hall, "有人说家里着火了", Purpose.EMERGENCY)
    await hall.send()
    assert await hall.states() == [("held", "window"), ("held", "window")]
    await hall.brings(LIN, "菜单")
    heard = await body(hall)
    assert "投票1号的结果" in heard and "有人说家里着火了" in heard


async def test_an_order_that_only_waits_for_its_readers_is_through_and_can_still_be_stopped(hall: TwoDoors) -> None:
    await order(hall)
    await hall.says("小王", "进度 发送1")
    said = hall.hears("小王")[-1]
    assert "发完了" in said.text and "上门告知1" in said.text and "停止" in [button.text for button in said.buttons]
    await hall.says("小王", "停止发送 1")
    assert "已停止" in hall.hears("小王")[-1].text
    await hall.writes(LIN, "菜单")
    await hall.send()
    assert "停水" not in "\n".join(hall.reads(LIN))
