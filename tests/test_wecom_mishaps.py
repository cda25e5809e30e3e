"""What goes wrong in WeCom, and what members then see: old and foreign cards, taps twice, lost answers, who left and came back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.cli import surveys, wecom
from storage import keys, responses
from storage.database import Tx
from tests.fakes.qyapi import FakeQyapi
from tests.fakes.qyapi_messages import Member
from tests.house import Hall
from tests.on_wecom import Town
from tests.test_same_answers import WHERE, WORKBOOK

POLL = "发起投票 楼道要不要加装扶手\n要装\n不用装\n截止 周日20:00\n公开 实名"
SEVERAL = "发起投票 先修哪里\n楼道的灯\n单元门\n儿童滑梯\n截止 周日20:00\n最多选2\n公开 实名"


@pytest.fixture
async def town(sqlite_url: str) -> AsyncIterator[Town]:
    fake = FakeQyapi()
    await fake.start()
    here = await Town.open(sqlite_url, fake)
    yield here
    await here.close()
    await fake.stop()


async def polled(town: Town, poll: str = POLL) -> tuple[Member, Member]:
    """The 楼栋长, and a neighbour who was asked to vote."""
    leader = await town.settles_in("老李", "leader", "幸福里/3号楼")
    wang = await town.settles_in("王女士", "resident", "2单元/301")
    await town.says(leader, poll)
    await town.taps(leader, "发布")
    await town.moves_to(timedelta(minutes=1))
    await town.hears(wang)
    return leader, wang


# --- old and foreign cards ------------------------------------------------------------------------------------------------


async def test_a_tap_on_the_card_of_a_poll_that_closed_is_answered_in_words(town: Town) -> None:
    _, wang = await polled(town)
    await town.taps(wang, "去投票")
    asked = next(shown for shown in wang.seen if "要装" in shown.offers())
    await town.moves_to(timedelta(days=7))
    await town.hears(wang)
    await town.people.clicks(wang, asked, "vote 1 #1")
    assert "已经截止" in await town.hears(wang)
    assert town.fake.refused == []


@pytest.mark.parametrize("key", ["vote 99 #1", "vote 1 #9", "answer 77 #1", "whatever is this", "assign 1", "#"])
async def test_a_tap_that_means_nothing_here_is_answered_in_words(town: Town, key: str) -> None:
    _, wang = await polled(town)
    await town.taps(wang, "去投票")
    asked = next(shown for shown in wang.seen if "要装" in shown.offers())
    await town.people.clicks(wang, asked, key)
    assert await town.hears(wang)
    assert "您选" not in "".join(shown.text for shown in wang.seen)


async def test_whoever_taps_twice_has_voted_once_and_whoever_changes_their_mind_has_changed_it(town: Town) -> None:
    leader, wang = await polled(town)
    await town.taps(wang, "去投票")
    asked = next(shown for shown in wang.seen if "要装" in shown.offers())
    for key in ("vote 1 #1", "vote 1 #1", "vote 1 #2"):
        await town.people.clicks(wang, asked, key)
    assert "您选：不用装" in await town.hears(wang)
    assert "1户" in await town.says(leader, "投票 1"), "one home voted"


async def test_several_ticked_on_a_card_are_one_vote(town: Town) -> None:
    _, wang = await polled(town, SEVERAL)
    await town.taps(wang, "去投票")
    assert "您选：楼道的灯、儿童滑梯" in await town.ticks(wang, "楼道的灯", "儿童滑梯")
    assert any(shown.greyed.startswith("已选：楼道的灯、") for shown in wang.seen)


async def test_more_ticked_than_may_be_is_told(town: Town) -> None:
    _, wang = await polled(town, SEVERAL)
    await town.taps(wang, "去投票")
    assert "最多" in await town.ticks(wang, "楼道的灯", "单元门", "儿童滑梯")


# --- lost and late --------------------------------------------------------------------------------------------------------


LOST: list[dict[str, Any]] = [
    {"how": "reset", "done": True},
    {"how": "reset"},
    {"status": 502},
    {"code": -1},
    {"how": "html", "done": True},
]


@pytest.mark.parametrize("how", LOST)
async def test_whatever_becomes_of_a_send_nobody_reads_it_twice_and_nobody_misses_it(town: Town, how: dict[str, Any]) -> None:
    wang = await town.settles_in("王女士", "resident", "2单元/301")
    before = len(wang.seen)
    town.fake.goes_wrong("message/send", **how)
    await town.people.says(wang, "菜单")
    for _ in range(10):
        await town.moves_to(timedelta(seconds=5))
    assert len(wang.seen) == before + 1


async def test_a_replayed_request_is_answered_alike_and_has_no_second_effect(town: Town) -> None:
    wang = await town.settles_in("王女士", "resident", "2单元/301")
    said = {"ToUserName": town.fake.corp, "FromUserName": wang.userid, "CreateTime": int(town.fake.now)}
    said |= {"MsgType": "text", "Content": "诉求 灯坏了", "MsgId": 424242, "AgentID": town.app.agent}
    for _ in range(3):
        assert (await town.fake.brings(town.app, said)).status == 200
    assert (await town.hears(wang)).count("事项1号") == 1
    assert "事项2号" in await town.says(wang, "诉求 门也坏了"), "nothing was raised in between"


# --- who leaves and comes back ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        {"Event": "unsubscribe", "FromUserName": "WangFang"},
        {"Event": "change_contact", "ChangeType": "delete_user", "FromUserName": "sys", "UserID": "WangFang"},
    ],
)
async def test_whoever_left_the_corp_is_written_to_no_more_until_they_are_back(town: Town, event: dict[str, str]) -> None:
    leader, wang = await polled(town)
    await town.fake.brings(town.app, {"ToUserName": town.fake.corp, "CreateTime": int(town.fake.now), "MsgType": "event", **event})
    before = len(wang.seen)
    await town.says(leader, POLL)
    await town.taps(leader, "发布")
    await town.moves_to(timedelta(minutes=5))
    assert len(wang.seen) == before
    assert await town.says(wang, "菜单"), "whoever writes is here"


async def test_whoever_was_taken_out_of_the_visible_range_is_noted_as_gone(town: Town) -> None:
    leader, wang = await polled(town)
    wang.visible = False
    await town.says(leader, POLL)
    await town.taps(leader, "发布")
    await town.moves_to(timedelta(minutes=5))
    assert [code for _, code in town.fake.refused] == [81013], "asked once, and not again"


# --- a questionnaire by cards -----------------------------------------------------------------------------------------------


def kept(tx: Tx) -> list[str]:
    return [keys.read(tx, row.answers) for row in tx.all(select(responses.responses.c.answers))]


async def test_a_questionnaire_answered_by_cards_alone_is_kept_as_one_that_was_typed(town: Town) -> None:
    programme = town.programme
    assert await surveys.publish(programme.database, programme.config, WORKBOOK, WHERE) == 0
    wang = await town.settles_in("王女士", "resident", "2单元/301")
    await town.says(wang, "问卷 1")
    for label in ("知道了", "满意"):
        await town.taps(wang, label)
    for typed in ("3", "0", "89.5"):
        await town.says(wang, typed)
    await town.taps(wang, "跳过")
    wishes = next(shown for shown in reversed(wang.seen) if "checkbox" in shown.body)
    first, _, third, *_ = list(wishes.offers())
    await town.ticks(wang, first, third)
    await town.says(wang, "请把路灯修一修 🙂")
    assert "谢谢" in await town.taps(wang, "提交")
    assert '"/data/wishes":"lift parking"' in (await programme.database.read(kept))[0]
    assert town.fake.refused == [] and not wang.swallowed


# --- groups at the command line ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("why", "members", "code", "said"),
    [
        ("one member is no group", ["LaoLi"], 1, "至少要两个成员"),
        ("somebody nobody knows", ["LaoLi", "Nobody"], 1, "企业微信没有建这个群"),
        ("two members", ["LaoLi", "WangFang"], 0, "“3号楼邻居”建好了，绑定了幸福里/3号楼"),
    ],
)
async def test_a_group_is_made_and_bound_or_it_is_said_why_not(
    town: Town, capsys: pytest.CaptureFixture[str], why: str, members: list[str], code: int, said: str
) -> None:
    town.member("老李"), town.member("王女士")
    config, database = town.programme.config, town.programme.database
    assert await wecom.appchat(database, config, "", wecom.Order("3号楼", "3号楼邻居", members)) == code, why
    shown = capsys.readouterr()
    assert said in (shown.err if code else shown.out)
    assert len(town.corp.groups) == (code == 0)


async def test_without_the_application_there_is_no_group(sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    hall = await Hall.open(sqlite_url)
    assert await wecom.appchat(hall.database, hall.config, "", wecom.Order("3号楼", "3号楼邻居", ["a", "b"])) == 1
    assert "[channels.wecom]" in capsys.readouterr().err
    await hall.close()
