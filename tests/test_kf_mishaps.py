"""What goes wrong in 微信客服, through the whole programme: lost calls, windows that close, a person who takes over, words taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from storage import outbox
from tests.fakes.qyapi import FakeQyapi
from tests.fakes.qyapi_kf_people import ENDED, QUEUE, Resident
from tests.fakes.sealed import Seal
from tests.on_kf import AES_KEY, Town

POLL = "发起投票 楼道要不要加装扶手\n要装\n不用装\n截止 周日20:00"
A_MOMENT = timedelta(minutes=1)


@pytest.fixture
async def fake() -> AsyncIterator[FakeQyapi]:
    qyapi = FakeQyapi()
    await qyapi.start()
    yield qyapi
    await qyapi.stop()


@pytest.fixture
async def town(database_url: str, fake: FakeQyapi) -> AsyncIterator[Town]:
    opened = await Town.open(database_url, fake)
    yield opened
    await opened.close()


async def with_poll(town: Town) -> tuple[Resident, Resident]:
    """The 楼栋长, and 李叔 of 201 before whom the poll lies."""
    leader = await town.settles_in("老李", "leader", "幸福里/3号楼")
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    assert "发布吗" in await town.says(leader, POLL)
    await town.taps(leader, "发布")
    await town.moves_to(A_MOMENT)
    assert "投票1号" in await town.hears(shu)
    return leader, shu


async def test_pages_given_twice_and_calls_made_thrice_are_one_vote_and_one_answer(town: Town) -> None:
    leader, shu = await with_poll(town)
    town.kf.repeats = 3
    await shu.says("投票 1 1")
    for _ in range(3):
        await town.kf.calls_back()
    assert (await town.hears(shu)).count("您选：要装") == 1
    assert "1户" in await town.says(leader, "投票 1")


async def test_what_was_said_while_nothing_of_ours_ran_is_answered_after_the_start(database_url: str, fake: FakeQyapi) -> None:
    town = await Town.open(database_url, fake)
    await with_poll(town)
    await town.close()
    shu = town.person("李叔")
    town.kf.app.callback = None
    await shu.says("投票 1 2")
    again = await Town.open(database_url, fake, fresh=False)
    fake.now, again.now = town.now.timestamp(), town.now
    # the same account and the same people, before a new process
    again.kf._items, again.kf.residents, shu.kf = town.kf._items, town.kf.residents, again.kf
    again.door.reader.look(again.programme.intake.take)
    try:
        assert "您选：不用装" in await again.hears(shu)
    finally:
        await again.close()


async def test_an_answer_whose_receipt_was_lost_votes_once(town: Town) -> None:
    leader, shu = await with_poll(town)
    town.fake.goes_wrong("kf/send_msg", how="reset", done=True)
    await shu.says("投票 1 1")
    await town.quiet()
    await town.moves_to(A_MOMENT)
    said = [m for m in shu.messages if "您选：要装" in m.text]
    assert 1 <= len(said) <= 2 and len({m.id for m in said}) == 1, "whether a name given twice is shown once, Tencent decides"
    assert "1户" in await town.says(leader, "投票 1")


async def test_the_sixth_message_waits_until_they_write(town: Town) -> None:
    staff = await town.settles_in("小王", "staff")
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    await town.taps(shu, "菜单")
    for n in range(6):
        await town.says(staff, f"通知 3号楼 第{n}条通知")
        await town.taps(staff, "发送")
        await town.moves_to(A_MOMENT)
    heard = await town.hears(shu)
    assert [n for n in range(6) if f"第{n}条通知" in heard] == [0, 1, 2, 3], "one of the five was the menu"
    assert not [code for path, code in town.fake.refused if path == "kf/send_msg"], "our own count keeps us from asking"
    later = await town.says(shu, "在吗") + await town.says(shu, "还有吗")
    assert all(f"第{n}条通知" in later for n in (4, 5))


async def test_what_tencent_took_and_did_not_deliver_is_not_counted_as_sent(town: Town) -> None:
    staff = await town.settles_in("小王", "staff")
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    await town.says(staff, "通知 3号楼 明天停水")
    town.kf.loses(6, shu)
    await town.taps(staff, "发送")
    await town.moves_to(A_MOMENT)
    await town.kf.reports()
    said = await town.says(staff, "进度 发送1")
    assert "已发0" in said and "已发1" not in said


async def test_who_refuses_our_messages_is_left_alone_until_they_write(town: Town) -> None:
    leader, shu = await with_poll(town)
    town.kf.loses(10, shu)
    await town.says(shu, "投票 1")
    await town.kf.reports()
    await town.quiet()
    sends = [path for path, _ in town.fake.calls].count("kf/send_msg")
    await town.says(leader, "催票 1")
    await town.moves_to(A_MOMENT)
    assert [m.text for m in shu.messages if "还没投" in m.text] == []
    assert "您选：要装" in await town.says(shu, "投票 1 1"), "writing to us opens the chat again"
    assert [path for path, _ in town.fake.calls].count("kf/send_msg") > sends


async def test_with_a_welcome_of_wecoms_own_the_code_waits_for_the_first_word(town: Town) -> None:
    town.kf.own_welcome = True
    shu = town.person("李叔")
    assert await town.scans(shu, await town.code("resident", "1单元/201", "tenant")) == "", "Tencent gives us no word before theirs"
    assert "是您家吗" in await town.says(shu, "你好")
    assert "201" in await town.taps(shu, "同意，这是我家"), "what the scan brought along is done now"


async def test_a_person_takes_over_and_gives_back(town: Town) -> None:
    town.kf.office.at_desk = ["xiaowang"]
    leader, shu = await with_poll(town)
    staff = await town.settles_in("小王", "staff")
    await town.taps(shu, "去投票")
    assert "工作人员" in await town.says(shu, "找人") and shu.state == QUEUE
    await town.kf.office.takes(shu)
    await town.kf.office.says(shu, "李叔您好，我是小王")
    assert await town.says(shu, "1") == "李叔您好，我是小王", "the bot is quiet"
    assert "李叔" in await town.hears(staff), "and the office's list has what he said"
    assert "0户" in await town.says(leader, "投票 1"), "it was no vote"
    await town.kf.office.ends(shu)
    assert shu.state == ENDED and "您可以点下面的按钮" in await town.hears(shu), "the bot is back and says so"
    assert "您选：要装" in await town.says(shu, "投票 1 1")


async def test_nobody_came_out_of_the_queue_and_the_menu_brings_us_back(town: Town) -> None:
    town.kf.office.at_desk = ["xiaowang"]
    _, shu = await with_poll(town)
    await town.settles_in("小王", "staff")
    await town.says(shu, "找人")
    assert shu.state == QUEUE
    assert "您可以点下面的按钮" in await town.says(shu, "菜单") and shu.messages[-1].labels
    assert "您选：要装" in await town.says(shu, "投票 1 1")


async def test_danger_is_heard_while_a_person_has_the_chat(town: Town) -> None:
    _, shu = await with_poll(town)
    staff = await town.settles_in("小王", "staff")
    await town.kf.office.takes(shu)
    await town.says(shu, "家里有煤气味")
    assert "煤气味" in await town.hears(staff)


async def test_a_vote_taken_back_in_the_chat_still_counts_and_they_are_told(town: Town) -> None:
    leader, shu = await with_poll(town)
    await town.says(shu, "投票 1 1")
    await shu.takes_back()
    assert "还算数" in await town.hears(shu)
    assert "1户" in await town.says(leader, "投票 1")


async def test_a_forged_call_stores_nothing_and_reads_nothing(town: Town) -> None:
    _, shu = await with_poll(town)
    looks = len(town.kf.looks)
    callback = town.kf.app.callback
    assert callback
    town.kf.app.callback = type(callback)(callback.url, Seal("wrong token", AES_KEY, town.fake.corp))
    assert (await shu.says("投票 1 1")).status == 403
    assert len(town.kf.looks) == looks
    town.kf.app.callback = callback
    await town.kf.calls_back()
    assert "您选：要装" in await town.hears(shu), "the message itself waits at Tencent"


async def test_nothing_waits_for_ever_at_the_end(town: Town) -> None:
    await with_poll(town)
    await town.moves_to(timedelta(days=8))
    left = await town.programme.database.read(outbox.waiting)
    assert not left.get("queued") and not left.get("sending"), left


ODDITIES: dict[str, tuple[str, dict[str, Any]]] = {
    "nothing at all": ("text", {"content": ""}),
    "ten thousand characters": ("text", {"content": "灯" * 10_000}),
    "emoji": ("text", {"content": "👍"}),
    "markup": ("text", {"content": "<b>灯坏了</b> {{ 7*7 }} ]]>"}),
    "sql": ("text", {"content": "'; DROP TABLE outbox; --"}),
    "a number out of range": ("text", {"content": "投票 1 99"}),
    "a poll that is not there": ("text", {"content": "投票99"}),
    "a line of somebody else's menu": ("text", {"content": "满意", "menu_id": "101"}),
    "a line of a menu that is no more": ("text", {"content": "要装", "menu_id": "vote 99 1"}),
    "what only the clock may say": ("text", {"content": "x", "menu_id": "poll_closes 1"}),
    "a place": ("location", {"latitude": 30.1, "longitude": 117.5, "name": "幸福里"}),
    "a voice that is gone": ("voice", {"media_id": "nowhere"}),
    "a file that is gone": ("file", {"media_id": "nowhere"}),
    "a video": ("video", {"media_id": "nowhere"}),
    "an article": ("link", {"title": "养生", "url": "https://example.com"}),
    "a card": ("business_card", {"userid": "x"}),
    "a kind of tomorrow": ("hologram", {"depth": 3}),
    "a zero byte": ("text", {"content": "诉求 灯\x00坏了"}),
}


@pytest.mark.parametrize(("msgtype", "content"), ODDITIES.values(), ids=ODDITIES.keys())
async def test_what_nobody_asked_for_gets_one_helpful_sentence_and_loses_nothing(
    sqlite_url: str, fake: FakeQyapi, msgtype: str, content: dict[str, Any]
) -> None:
    """Said in the middle of a vote: the vote's question still takes its answer afterwards."""
    town = await Town.open(sqlite_url, fake)
    try:
        _, shu = await with_poll(town)
        await town.taps(shu, "去投票")
        before = len(shu.messages)
        await shu.sends(msgtype, **content)
        heard = await town.hears(shu)
        assert "没处理好" not in heard and "49" not in heard
        assert len([m for m in shu.messages[before:] if m.by == "us"]) <= 2
        assert "您选：要装" in await town.says(shu, "投票 1 1")
    finally:
        await town.close()
