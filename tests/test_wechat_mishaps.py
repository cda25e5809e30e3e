"""What goes wrong on the 公众号, through the whole programme: windows that close, tries that overlap, followers who leave, two questions
at once. Each is judged by what residents see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from sqlalchemy import select

from bot.cli import surveys
from storage import outbox
from storage.database import Tx
from tests.fakes.weixin import FakeWeixin, Follower
from tests.on_wechat import Town
from tests.test_six_steps_wechat import WHERE, WORKBOOK

POLL = "发起投票 楼道要不要加装扶手\n要装\n不用装\n截止 周日20:00"
A_MOMENT = timedelta(minutes=1)
WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"}


@pytest.fixture
async def fake() -> AsyncIterator[FakeWeixin]:
    weixin = FakeWeixin()
    await weixin.start()
    yield weixin
    await weixin.stop()


@pytest.fixture
async def town(database_url: str, fake: FakeWeixin) -> AsyncIterator[Town]:
    opened = await Town.open(database_url, fake)
    yield opened
    await opened.close()


async def with_poll(town: Town) -> Follower:
    """The 楼栋长 has opened a poll of the building."""
    leader = await town.settles_in("老李", "leader", "幸福里/3号楼")
    assert "发布吗" in await town.says(leader, POLL)
    assert "投票1号" in await town.taps(leader, "发布")
    await town.moves_to(A_MOMENT)
    return leader


def states(tx: Tx) -> list[str]:
    """What became of everything that was ever to be sent."""
    return sorted(row.state for row in tx.all(select(outbox.outbox.c.state)))


# --- two questions at once (situation 4) ------------------------------------------------------------------------------


async def test_1_answers_the_question_shown_last_and_the_questionnaire_rests(town: Town) -> None:
    """公众号 does not tell which message a typed answer belongs to."""
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    assert await surveys.publish(town.programme.database, town.programme.config, WORKBOOK, WHERE) == 0
    await town.moves_to(A_MOMENT)
    await town.says(shu, "问卷 1")
    await town.taps(shu, "知道了")
    assert "几口人" in await town.taps(shu, "一般"), "Monday he stops here"
    await with_poll(town)
    pushed = await town.hears(shu)
    assert "投票1号" in pushed and "1. 去投票" in pushed, "within his window the poll comes with its choices"
    assert "请选一项" in await town.says(shu, "1"), "去投票, not one person in the household"
    heard = await town.says(shu, "1")
    assert "投票1号《楼道要不要加装扶手》" in heard and "您选：要装" in heard, "said again with number, title and option"
    assert "几口人" in await town.says(shu, "继续")
    assert "老人" in await town.says(shu, "2"), "and now it is the household"


async def test_a_template_shows_no_choices_so_2_still_answers_the_questionnaire(town: Town) -> None:
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    assert await surveys.publish(town.programme.database, town.programme.config, WORKBOOK, WHERE) == 0
    await town.moves_to(A_MOMENT)
    await town.says(shu, "问卷 1")
    await town.taps(shu, "知道了")
    assert "几口人" in await town.taps(shu, "一般")
    await town.moves_to(timedelta(hours=49))
    await with_poll(town)
    assert "投票1号" in await town.hears(shu) and shu.messages[-1].way == "template"
    assert "老人" in await town.says(shu, "2")


# --- the platform hangs up --------------------------------------------------------------------------------------------


async def test_overlapping_tries_of_one_message_are_one_matter_and_one_answer(town: Town) -> None:
    wang = await town.settles_in("王女士", "resident", "2单元/301")
    waits, gate = 0, asyncio.Event()
    union = town.door._people.union

    async def slow(openid: str) -> str:
        nonlocal waits
        waits += 1
        town.fake.changed()
        await gate.wait()
        return await union(openid)

    town.door._people.union = slow  # type: ignore[method-assign]
    before = len(wang.messages)
    asking = asyncio.create_task(wang.says("诉求 楼道灯坏了"))
    await town.fake.until(lambda: waits == 1, "the first try never came")
    town.fake.advance(5)
    await town.fake.until(lambda: waits == 2, "the second try never came")
    gate.set()
    await asking
    await town.quiet()
    assert ["事项1号" in m.text for m in wang.messages[before:]] == [True], "once, in the try that was still open"
    assert "事项2号" not in await town.says(wang, "进度")


async def test_when_all_three_tries_were_hung_up_the_answer_comes_by_itself(town: Town) -> None:
    wang = await town.settles_in("王女士", "resident", "2单元/301")
    await town.says(wang, "您好")
    waits, gate = 0, asyncio.Event()

    async def slow(openid: str) -> str:
        nonlocal waits
        waits += 1
        town.fake.changed()
        await gate.wait()
        return ""

    def came(tries: int) -> bool:
        return waits == tries

    town.door._people.union = slow  # type: ignore[method-assign]
    asking = asyncio.create_task(wang.says("诉求 楼道灯坏了"))
    for tries in range(1, 4):
        await town.fake.until(partial(came, tries), "a try never came")
        town.fake.advance(5)
    await asking
    gate.set()
    await town.quiet()
    await town.moves_to(timedelta(seconds=15))
    assert sum("事项1号" in m.text and m.way == "custom" for m in wang.messages) == 1


# --- windows ----------------------------------------------------------------------------------------------------------


async def test_beyond_five_messages_what_is_for_an_officer_waits_and_all_of_it_comes_once(town: Town) -> None:
    grid = await town.settles_in("小赵", "grid", "幸福里")
    await town.says(grid, "在")
    for home in ("2单元/301", "1单元/101", "1单元/102", "1单元/201", "1单元/202", "1单元/301", "1单元/302"):
        who = await town.settles_in(home, "resident", home, "family")
        await town.says(who, f"诉求 {home}的灯坏了")
        await town.taps(who, "对")
        await town.quiet()
    assert sum("灯坏了" in m.text for m in grid.messages) == 5
    for _ in range(3):
        await town.says(grid, "在")
        await town.moves_to(timedelta(seconds=30))
    seen = "\n".join(m.text for m in grid.messages)
    assert [seen.count(f"新诉求：事项{n}号") for n in range(1, 8)] == [1] * 7, "nothing lost, nothing twice"
    assert town.fake.refused == [], "and the platform never had to refuse us"


async def test_where_the_platform_shuts_a_window_before_us_what_was_to_be_said_waits(town: Town) -> None:
    grid = await town.settles_in("小赵", "grid", "幸福里")
    await town.says(grid, "在")
    grid.lasting = grid.brief = (0.0, 0)  # it counts otherwise than anybody told
    wang = await town.settles_in("王女士", "resident", "2单元/301")
    await town.says(wang, "诉求 楼道灯坏了")
    await town.taps(wang, "对")
    await town.quiet()
    assert [code for _, code in town.fake.refused] == [45015] and "灯坏了" not in "".join(grid.screen)
    assert "held" in await town.programme.database.read(states)
    assert "灯坏了" in await town.says(grid, "在")


async def test_a_template_that_was_not_delivered_is_not_called_sent(town: Town) -> None:
    wang = await town.settles_in("王女士", "resident", "2单元/301")
    await town.moves_to(timedelta(hours=49))
    await with_poll(town)
    assert wang.messages[-1].way == "template"
    number = next(r["msgid"] for r in town.fake.given if r["touser"] == wang.openid)
    assert "gone" not in await town.programme.database.read(states)
    await wang.event("TEMPLATESENDJOBFINISH", MsgID=number, Status="failed:user block")
    await town.quiet()
    assert "gone" in await town.programme.database.read(states)


async def test_who_refuses_messages_and_who_left_are_not_tried_again_until_they_come_back(town: Town) -> None:
    wang = await town.settles_in("王女士", "resident", "2单元/301")
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")
    for who in (wang, shu):
        await town.says(who, "您好")
    wang.refuses = True
    await shu.leaves()
    leader = await with_poll(town)
    assert [code for _, code in town.fake.refused] == [48002], "who unfollowed is not even tried"
    await town.says(leader, "结束投票 1 楼里说好了")
    await town.moves_to(A_MOMENT)
    assert len(town.fake.refused) == 1
    wang.refuses = False
    assert "投票1号" in await town.says(wang, "投票 1")
    await shu.follows()
    assert "投票1号" in await town.says(shu, "投票 1"), "and is still known"


# --- who they are -----------------------------------------------------------------------------------------------------


async def test_who_takes_back_in_wechat_what_they_allowed_is_asked_for_consent_again(town: Town) -> None:
    wang = await town.settles_in("王女士", "resident", "2单元/301")
    await town.says(wang, "您好")
    await wang.event("user_authorization_revoke", OpenID=wang.openid, AppID=town.fake.app_id, RevokeInfo="1")
    assert "撤回" in await town.hears(wang)
    assert "同意" in await town.says(wang, "诉求 灯坏了") and "事项1号" not in "".join(wang.screen)


async def test_the_page_a_template_opens_knows_who_opened_it_and_a_preview_may_not_vote(town: Town) -> None:
    wang = await town.settles_in("王女士", "resident", "2单元/301")
    await town.moves_to(timedelta(hours=49))
    await with_poll(town)
    door = town.page(wang, "/g/")
    for snapshot in (True, False):
        wang.snapshot = snapshot
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(headers=WECHAT, cookie_jar=jar) as browser:
            async with browser.get(door, allow_redirects=False) as asked:
                left = asked.headers["Location"]
            async with browser.get(f"{town.url}{left}", allow_redirects=False) as away:
                question = parse_qs(urlsplit(away.headers["Location"]).query)
            back = {"code": town.fake.code(wang), "state": question["state"][0]}
            async with browser.get(question["redirect_uri"][0], params=back) as page:
                html = await page.text()
            assert page.status == 200 and "加装扶手" in html
            assert ("房号" in html or "预览" in html) == snapshot, html
