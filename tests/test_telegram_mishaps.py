"""What goes wrong on Telegram, through the whole programme: who never opened the chat, who blocks, groups that move, crowds, repeats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from storage import outbox
from tests.fakes.telegram import FakeTelegram, Group
from tests.fakes.telegram_people import User
from tests.on_telegram import Town

POLL = "/newpoll 楼道要不要加装扶手\n要装\n不用装\n截止 周日20:00"
A_MOMENT = timedelta(minutes=1)


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    telegram = FakeTelegram()
    await telegram.start()
    yield telegram
    await telegram.stop()


@pytest.fixture
async def town(database_url: str, fake: FakeTelegram) -> AsyncIterator[Town]:
    opened = await Town.open(database_url, fake)
    yield opened
    await opened.close()


async def with_group(town: Town, *others: User) -> tuple[User, Group]:
    """The 楼栋长 and the bound group of 3号楼."""
    leader = await town.settles_in("老李", "leader", "幸福里/3号楼")
    group = town.fake.group("3号楼邻居", leader, *others)
    await group.adds_bot(by=leader)
    assert "的邻居们好" in await town.says(leader, "/bindgroup@MulinBot 3号楼", group)
    return leader, group


async def with_poll(town: Town) -> tuple[User, Group]:
    """The same, and a poll of the building open in the group."""
    leader, group = await with_group(town)
    assert "发布吗" in await town.says(leader, POLL)
    await town.taps(leader, "发布")
    assert "投票1号" in await town.hears(group)
    await town.moves_to(A_MOMENT)
    return leader, group


async def test_who_presses_in_the_group_and_never_opened_the_chat_is_told_how_and_goes_on_there(town: Town) -> None:
    _, group = await with_poll(town)
    wang = town.person("王女士")
    for _ in range(2):
        press = await wang.taps("去投票", group)
        assert "点“开始”" in await press.answer() and press.modal, "a window that stays until it is tapped away"
        await town.quiet()
    assert wang.messages == [], "nothing of hers is said in the group, and in private a bot may not begin"
    assert await town.hears(group) == ""
    await wang.starts()
    assert (await town.hears(wang)).count("您同意吗") == 1, "what two presses wanted to say is not poured over her"
    assert "先登记您家就能投" in await town.taps(wang, "同意"), "and what she pressed comes now"
    assert "再点一下是哪一个" in await town.taps(wang, "登记我家")


async def test_a_code_shown_in_the_group_is_void_and_never_repeated(town: Town) -> None:
    _, group = await with_group(town)
    code = await town.code("resident", "2单元/301", "owner")
    wang = await town.settles_in("王女士")
    assert code not in await town.says(wang, f"/join@MulinBot {code}", group)
    assert "已经作废" in await town.hears(wang)
    assert "这个码不对" in await town.says(wang, f"绑定 {code}")


async def test_who_blocks_us_gets_nothing_more_and_everything_again_when_they_come_back(town: Town) -> None:
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    leader, _ = await with_group(town)
    await shu.blocks()
    await town.quiet()
    before = len(town.fake.refused)
    await town.says(leader, POLL)
    await town.taps(leader, "发布")
    await town.moves_to(A_MOMENT)
    assert len(town.fake.refused) == before, "who has blocked us is not even tried"
    await shu.unblocks()
    await town.hears(shu)
    assert "您选：要装" in await town.says(shu, "/vote 1 1")


async def test_a_block_we_only_learn_of_by_being_refused_is_remembered(town: Town) -> None:
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    leader, _ = await with_group(town)
    shu.blocked = True  # its update never came
    await town.says(leader, POLL)
    await town.taps(leader, "发布")
    await town.moves_to(A_MOMENT)
    assert [reason for _, reason in town.fake.refused] == ["Forbidden: bot was blocked by the user"]
    await town.says(leader, "/closepoll 1 楼里说好了")
    await town.moves_to(A_MOMENT)
    assert len(town.fake.refused) == 1, "the result is not sent to them again and again"
    shu.blocked = False
    assert "投票1号" in await town.says(shu, "/vote 1"), "writing to us opens the chat again"


@pytest.mark.parametrize("noted", [True, False], ids=["Telegram told us", "we learn it by sending"])
async def test_the_group_moves_to_a_supergroup_in_the_middle_of_a_poll(town: Town, noted: bool) -> None:
    _, group = await with_poll(town)
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    if not noted:  # the notes come late: what is brought now is lost on the way
        town.fake.delivery.webhook, kept = None, town.fake.delivery.webhook
    await group.migrates()
    if not noted:
        town.fake.delivery.queues.clear()
        town.fake.delivery.webhook = kept
    assert "您选：要装" in await town.says(shu, "/vote 1 1")
    await town.moves_to(timedelta(days=6, hours=10))
    told = await town.hears(group)
    assert "投票1号《楼道要不要加装扶手》结果" in told and "投了1户" in told, "the result finds the group under its new address, once"
    assert len([m for m in group.messages if "结果" in m.text]) == 1


async def test_in_a_group_with_topics_the_answer_stays_in_the_topic(town: Town) -> None:
    leader, group = await with_poll(town)
    topic = group.topic("投票")
    await leader.says("/vote@MulinBot 1", group, topic=topic)
    await town.quiet()
    assert group.messages[-1].by_bot and group.messages[-1].thread == topic
    assert "已有0户投票" in group.messages[-1].text


async def test_a_crowded_telegram_is_waited_for_as_long_as_it_asks(town: Town) -> None:
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    town.fake.goes_wrong("sendMessage", 429, "Too Many Requests: retry after 30", retry_after=30)
    assert await town.says(shu, "/start") == ""
    await town.moves_to(timedelta(seconds=29))
    assert await town.hears(shu) == ""
    await town.moves_to(timedelta(seconds=1))
    assert (await town.hears(shu)).count("睦邻助手") == 1


async def test_the_same_vote_three_times_and_a_later_one_before_it_count_once(town: Town) -> None:
    _, group = await with_poll(town)
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    await town.hears(shu)
    said = {"message_id": 70, "date": 1, "from": shu.person(), "chat": shu.wire()}
    later = {"update_id": 480_900_012, "message": {**said, "text": "/vote 1 2"}}
    earlier = {"update_id": 480_900_011, "message": {**said, "text": "/vote 1 1"}}
    for update in (later, later, earlier, later):
        assert (await town.fake.delivery.post(update))[0] == 200
    heard = await town.hears(shu)
    assert (heard.count("您选：要装"), heard.count("您选：不用装")) == (1, 1)
    assert "已有1户投票" in await town.says(shu, "/vote@MulinBot 1", group)


async def test_a_forged_update_stores_nothing(town: Town) -> None:
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    said = {"message_id": 71, "date": 1, "from": shu.person(), "chat": shu.wire(), "text": "微心愿 一副老花镜"}
    assert (await town.fake.delivery.post({"update_id": 7, "message": said}, secret="wrong"))[0] == 401
    assert await town.hears(shu) == ""


async def test_nobody_waits_in_the_outbox_at_the_end(town: Town) -> None:
    await with_poll(town)
    await town.moves_to(timedelta(days=8))
    left = await town.programme.database.read(outbox.waiting)
    assert not left.get("queued") and not left.get("sending"), left


ODDITIES = {
    "a sticker": {"sticker": {"file_id": "s", "file_unique_id": "s", "emoji": "😀"}},
    "nothing at all": {"text": ""},
    "ten thousand characters": {"text": "灯" * 10_000},
    "emoji": {"text": "👍"},
    "markup": {"text": "<b>灯坏了</b> {{ 7*7 }}"},
    "sql": {"text": "'; DROP TABLE outbox; --"},
    "a number out of range": {"text": "/vote 1 99"},
    "a poll that is not there": {"text": "投票99"},
    "the second one please": {"text": "第二个吧"},
    "a place": {"location": {"latitude": 30.1, "longitude": 117.5}},
    "a voice": {"voice": {"file_id": "nowhere", "file_unique_id": "v", "duration": 3}},
    "a file that is gone": {"document": {"file_id": "nowhere", "file_unique_id": "d", "file_name": "a.xlsx"}},
    "a kind of tomorrow": {"hologram": {"depth": 3}},
    "a zero byte": {"text": "诉求 灯\x00坏了"},
}


@pytest.mark.parametrize("content", ODDITIES.values(), ids=ODDITIES.keys())
async def test_what_nobody_asked_for_gets_one_helpful_sentence_and_loses_nothing(town: Town, content: dict[str, Any]) -> None:
    """Said in the middle of a vote: the vote's question still takes its answer afterwards."""
    _, group = await with_poll(town)
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    await town.taps(shu, "去投票", group)
    await shu.sends(**content)
    heard = await town.hears(shu)
    assert "没处理好" not in heard and "49" not in heard
    assert len([m for m in shu.messages if m.by_bot and m.text in heard]) <= 2
    assert {attempt.status for attempt in town.fake.delivery.attempts} == {200}
    assert "您选：不用装" in await town.taps(shu, "不用装")


async def test_who_is_nobody_in_particular_is_not_answered(town: Town) -> None:
    """A channel's post, an anonymous admin, an edited message, another bot: silence, and Telegram is content."""
    _, group = await with_group(town)
    await town.hears(group)
    said = {"message_id": 900, "date": 1, "chat": group.wire(), "text": "/vote@MulinBot 1"}
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    for kind, sender in (("channel_post", {}), ("message", {"from": anonymous, "sender_chat": group.wire()}), ("edited_message", {})):
        await town.fake.delivers({kind: {**said, **sender}})
    assert await town.hears(group) == ""
    assert {attempt.status for attempt in town.fake.delivery.attempts} == {200}


async def test_a_button_of_last_week_says_how_it_ended(town: Town) -> None:
    _, group = await with_poll(town)
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    await town.taps(shu, "去投票", group)
    await town.moves_to(timedelta(days=9))
    assert "已经截止" in await town.taps(shu, "要装")


async def test_two_answers_at_once_are_one_vote_and_both_are_answered(town: Town) -> None:
    _, group = await with_poll(town)
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    await town.taps(shu, "去投票", group)
    await asyncio.gather(shu.taps("要装"), shu.taps("不用装"))
    assert (await town.hears(shu)).count("您选：") == 2
    assert "已有1户投票" in await town.says(shu, "/vote@MulinBot 1", group)
