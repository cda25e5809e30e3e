"""What goes wrong with the 智能机器人, through the whole programme: broken lines, repeats, old cards, groups, windows that close."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.fakes.openws import FakeOpenWs, Group, Member
from tests.on_aibot import Town

POLL = "发起投票 楼道要不要加装扶手\n要装\n不用装\n截止 周日20:00"
A_MOMENT = timedelta(minutes=1)


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenWs]:
    wecom = FakeOpenWs()
    await wecom.start()
    yield wecom
    await wecom.stop()


@pytest.fixture
async def town(database_url: str, fake: FakeOpenWs) -> AsyncIterator[Town]:
    opened = await Town.open(database_url, fake)
    yield opened
    await opened.close()


async def with_poll(town: Town) -> tuple[Member, Group, Member]:
    """The 楼栋长, the bound group of 3号楼 with an open poll, and a neighbour at home there."""
    leader = await town.settles_in("老李", "leader", "幸福里/3号楼")
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    group = town.fake.group("wrGROUP1", leader, shu)
    assert "的邻居们好" in await town.says(leader, "绑定本群 3号楼", group)
    assert "发布吗" in await town.says(leader, POLL)
    await town.taps(leader, "发布")
    await town.moves_to(A_MOMENT)
    assert "投票1号" in await town.hears(group)
    for chat in (leader, shu):
        await town.hears(chat)
    return leader, group, shu


async def closes(town: Town, leader: Member) -> None:
    """The 楼栋长 ends the poll before its time."""
    assert "原因" in await town.says(leader, "结束投票 1")
    await town.says(leader, "楼里说好了")


async def test_the_same_vote_three_times_and_a_later_one_before_it_count_once(town: Town) -> None:
    _, _, shu = await with_poll(town)
    for msgid, text in (("v2", "投票 1 2"), ("v1", "投票 1 1"), ("v2", "投票 1 2"), ("v2", "投票 1 2")):
        await shu.says(text, msgid=msgid)
        await town.quiet()
    chosen = re.findall("您选：(.+)", await town.hears(shu))
    assert chosen == ["不用装", "要装"], "what came last counts, and repeats are not answered"


async def test_what_is_tapped_in_the_group_is_answered_in_private(town: Town) -> None:
    leader, group, shu = await with_poll(town)
    await town.says(leader, "投票 1", group)
    assert "请选一项" in await town.taps(shu, "去投票", group)
    assert "收到" in group.messages[-1].words(shu.id) and "收到" not in group.messages[-1].words(leader.id)
    assert "您选：要装" in await town.taps(shu, "要装")
    assert "要装" not in await town.hears(group)


async def test_who_taps_in_the_group_and_never_wrote_in_private_is_told_how_and_goes_on_there(town: Town) -> None:
    leader, group, _ = await with_poll(town)
    wang = town.person("王女士")
    await town.says(leader, "投票 1", group)
    await town.taps(wang, "去投票", group)
    assert "私" in group.messages[-1].words(wang.id), "how to open the private chat, on her own screen"
    assert wang.messages == []
    heard = await town.says(wang, "你好")
    assert heard.count("您同意吗") == 1
    assert "登记" in await town.taps(wang, "同意")


async def test_a_card_of_a_closed_poll_is_answered_in_words(town: Town) -> None:
    leader, _, shu = await with_poll(town)
    await town.says(shu, "投票 1")
    card = next(m for m in reversed(shu.messages) if "要装" in m.taps(shu.id))
    await closes(town, leader)
    await town.moves_to(A_MOMENT)
    await town.hears(shu)
    assert await shu.taps("要装", of=card)
    assert "已经" in await town.hears(shu)


async def test_a_card_of_a_poll_nobody_knows_is_answered_in_words(town: Town) -> None:
    _, _, shu = await with_poll(town)
    await town.says(shu, "投票 1")
    await shu.clicks(shu.messages[-1], "vote 77 1", [], shu)
    assert "没有" in await town.hears(shu)


async def test_what_is_to_be_said_while_the_line_is_broken_waits_and_arrives_once(town: Town) -> None:
    _, group, shu = await with_poll(town)
    await town.fake.hangs_up(1006)
    await town.fake.until(lambda: not town.bot.ready, "never noticed")
    town.now += timedelta(days=6, hours=10)
    await town.programme.clock.catch_up()  # the poll closes
    await town.fake.until(lambda: town.bot.ready, "never came back")
    assert (await town.hears(group)).count("投票1号《楼道要不要加装扶手》结果") == 1
    assert "已经截止" in await town.says(shu, "投票 1 1") and town.fake.refused == []


async def test_a_group_the_bot_was_taken_out_of_is_not_written_to_again(town: Town) -> None:
    leader, group, _ = await with_poll(town)
    group.has_bot = False
    await closes(town, leader)
    await town.moves_to(A_MOMENT)
    assert town.fake.refused == [("aibot_send_msg", 93008)]
    assert "发布吗" in await town.says(leader, POLL)
    await town.taps(leader, "发布")
    await town.moves_to(A_MOMENT)
    assert town.fake.refused == [("aibot_send_msg", 93008)], "not tried again"


async def test_a_code_shown_in_the_group_is_void(town: Town) -> None:
    _, group, _ = await with_poll(town)
    code = await town.code("resident", "2单元/301", "owner")
    wang = await town.settles_in("王女士")
    assert code not in await town.says(wang, f"绑定 {code}", group)
    assert "已经作废" in await town.hears(wang)


async def test_a_building_full_of_people_says_things_at_once_and_nothing_is_lost(town: Town) -> None:
    people = [await town.settles_in(f"邻居{i}") for i in range(8)]
    await asyncio.gather(*(who.says("诉求 楼道灯不亮") for who in people))
    await town.quiet()
    for who in people:
        assert "事项" in await town.hears(who)


async def test_above_thirty_a_minute_we_wait_ourselves(sqlite_url: str, fake: FakeOpenWs) -> None:
    town = await Town.open(sqlite_url, fake)
    try:
        shu = await town.settles_in("李叔")
        town.bot.rates = type(town.bot).rates
        for _ in range(40):
            await shu.says("菜单")
        await fake.settled()
        assert town.bot._socket
        await town.bot._socket.finish()
        assert fake.refused == [], "we count before the platform does"
    finally:
        await town.close()


async def test_by_callbacks_what_has_no_window_waits_until_they_write(sqlite_url: str, fake: FakeOpenWs) -> None:
    town = await Town.open(sqlite_url, fake, "callback")
    try:
        leader = await town.settles_in("老李", "leader", "幸福里/3号楼")
        shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
        await town.moves_to(timedelta(hours=2))
        assert "发布吗" in await town.says(leader, POLL)
        assert "投票1号" in await town.taps(leader, "发布")
        await town.moves_to(A_MOMENT)
        assert await town.hears(shu) == "", "nobody can be written to who has not spoken for an hour"
        assert "投票1号" in await town.says(shu, "菜单"), "once they do, what waited comes along"
        assert "您选：要装" in await town.says(shu, "投票 1 1")
        assert fake.refused == []
    finally:
        await town.close()
