"""The six steps of the hall in WeCom: a 楼栋长, a staff member and a grid worker at their desks, neighbours who are members too; by cards
where they fit, by numbered lines where they do not; a group the application made. Through the real routes, turn, outbox and clock, on
both databases."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest

from bot.cli import wecom
from tests.fakes.qyapi import FakeQyapi
from tests.fakes.qyapi_corp import Group
from tests.fakes.qyapi_messages import Member
from tests.house import PHOTO
from tests.on_wecom import Town
from tests.six_steps import A_MOMENT, WORKBOOK, finish_on_the_page, on, ordered


@dataclass
class Cast:
    """Who plays, and where."""

    leader: Member  # 老李, 楼栋长
    staff: Member  # 小王
    grid: Member  # 小赵
    zhang: Member  # 张阿姨, 502, large type
    chen: Member  # 陈先生, 502 too
    wang: Member  # 王女士, 301
    group: Group


@pytest.fixture
async def fake() -> AsyncIterator[FakeQyapi]:
    qyapi = FakeQyapi()
    await qyapi.start()
    yield qyapi
    await qyapi.stop()


async def test_the_six_steps(database_url: str, fake: FakeQyapi) -> None:
    """Each step stands on the ones before it, as in a real week."""
    town = await Town.open(database_url, fake)
    try:
        cast = await people_come_and_a_group_is_made(town)
        await a_questionnaire_is_asked_and_answered(town, cast)
        await what_residents_raise_is_numbered_answered_and_rated(town, cast)
        await a_poll_is_held(town, cast)
        await a_notice_is_posted_objected_to_and_answered(town, cast)
        await news_go_out_and_can_be_stopped(town, cast)
        assert fake.refused == [], "nothing we asked of WeCom was refused"
    finally:
        await town.close()


async def people_come_and_a_group_is_made(town: Town) -> Cast:
    """0 and 1: first contact and consent on a card; homes by a slip's code or claimed by taps; the building's group."""
    leader = await town.settles_in("老李", "leader", "幸福里/3号楼")
    staff = await town.settles_in("小王", "staff")
    grid = await town.settles_in("小赵", "grid", "幸福里")
    zhang = town.member("张阿姨")
    heard = await town.says(zhang, f"绑定 {await town.code('resident', '2单元/502', 'owner')}")
    assert "居民委员会管理" in heard and "502" not in heard, "nothing is done before she agrees"
    assert "幸福里3号楼2单元502" in (await town.taps(zhang, "同意，这是我家")).replace("/", ""), "what she brought along is done now"
    assert "一次只问一句" in await town.says(zhang, "大字版")
    chen = await town.settles_in("陈先生", "resident", "2单元/502")
    assert "陈先生" in await town.hears(zhang), "the home hears who joins it"

    wang = await town.settles_in("王女士")
    for tap in ("菜单", "登记我家", "2单元", "301", "业主"):
        await town.taps(wang, tap)
    await town.says(wang, "王芳")
    assert "已请楼栋长确认" in await town.taps(wang, "请楼栋长确认")
    await town.hears(leader)
    assert "已确认" in await town.taps(leader, "确认")
    assert "已经确认" in await town.hears(wang)

    config, database = town.programme.config, town.programme.database
    order = wecom.Order("3号楼", "3号楼邻居", [m.userid for m in (leader, zhang, chen, wang)])
    assert await wecom.appchat(database, config, "", order) == 0
    return Cast(leader, staff, grid, zhang, chen, wang, *town.corp.groups.values())


async def a_questionnaire_is_asked_and_answered(town: Town, cast: Cast) -> None:
    """2: from a workbook; in chat with going back and a night between; begun in chat, finished on the page."""
    book = town.messages.keep(WORKBOOK.read_bytes(), "file")
    assert "问卷1号" in await town.sends(cast.staff, MsgType="file", MediaId=book, FileName=WORKBOOK.name)
    await town.taps(cast.staff, "预览发布")
    assert "幸福里3号楼" in await town.says(cast.staff, "3号楼")
    assert "已发布" in await town.taps(cast.staff, "发布")
    assert "问卷1号" in town.posted(cast.group)
    assert "/g/" in str(cast.group.seen[-1].body), "in the group there is nothing to tap but the way to the page"
    await town.moves_to(A_MOMENT)

    await town.says(cast.wang, "问卷 1")
    assert "满意" in await town.taps(cast.wang, "知道了")
    assert "几口人" in await town.taps(cast.wang, "一般")
    assert "1到20" in await town.says(cast.wang, "99"), "the workbook's own words"
    assert "老人" in await town.says(cast.wang, "3口人")
    assert "您上次答的：3" in await town.taps(cast.wang, "上一题")
    assert "老人" in await town.says(cast.wang, "4")
    assert "先放一放" in await town.says(cast.wang, "0") + await town.says(cast.wang, "暂停")
    await town.moves_to(timedelta(days=1))
    assert "多少平方米" in await town.says(cast.wang, "继续")
    found = [url for shown in cast.wang.seen for url in re.findall(r"http://[^\s\"']+/f/[^\s\"'，。]+", str(shown.body))]
    await finish_on_the_page(found[-1], {"area": "89.5", "since": "", "wishes": "lift", "idea": ""})
    assert "89.5" in await town.says(cast.wang, "问卷 1"), "what she handed in on the page, in the chat"


async def what_residents_raise_is_numbered_answered_and_rated(town: Town, cast: Cast) -> None:
    """3: a 微心愿 with a photo, a 诉求 taken by the grid worker on its card, closed and rated; what looks like a link is only text."""
    await town.photographs(cast.zhang, PHOTO)
    assert "事项1号" in await town.says(cast.zhang, "微心愿 想换一副老花镜，我出不了远门"), "its number at once"
    assert "事项2号" in await town.says(cast.wang, "诉求 <a href='http://x'>点我</a> 二单元三楼的灯坏了")
    assert all("<a" not in shown.text for shown in cast.wang.seen if shown.kind == "text"), "nobody else's link is made of it"
    await town.taps(cast.wang, "对")
    assert "事项2号" in await town.hears(cast.grid)
    await town.taps(cast.grid, "接单")
    assert "明天来换" in await town.says(cast.grid, "答复 2 明天来换") + await town.hears(cast.wang)
    await town.says(cast.grid, "办结 2 换好了")
    assert "解决了吗" in await town.hears(cast.wang)
    await town.taps(cast.wang, "解决了")
    assert "5分" in await town.taps(cast.wang, "5 很满意")


async def a_poll_is_held(town: Town, cast: Cast) -> None:
    """4: published by a card; votes by button, number and words; a conflict in one home; closed by the clock; on the board."""
    shown = await town.says(cast.leader, "发起投票 楼道要不要加装扶手\n要装\n不用装\n截止 周日20:00\n公开 实名")
    assert "征求意见" in shown and "24户" in shown and "1个群" in shown
    assert "投票1号" in await town.taps(cast.leader, "发布")
    await town.moves_to(A_MOMENT)
    assert "投票1号" in town.posted(cast.group)
    await town.says(cast.wang, "投票 1")
    assert "您选：要装" in await town.taps(cast.wang, "要装")
    await town.hears(cast.zhang)
    await town.taps(cast.zhang, "去投票")
    assert "您选了：要装" in await town.taps(cast.zhang, "要装")
    assert cast.zhang.seen[-2].greyed or any(s.greyed == "已选：要装" for s in cast.zhang.seen), "the card shows what she chose"
    assert "选得不一样" in await town.says(cast.chen, "投票 1 2") and "选得不一样" in await town.hears(cast.zhang)
    assert "您选：弃权" in await town.says(cast.wang, "投票1 弃权"), "changeable until the end"
    await town.moves_to(on(29, 20, 1))
    told = town.posted(cast.group)
    assert "弃权：1户" in told and "不算正式决定" in told and "通过" not in told
    assert "已经截止" in await town.says(cast.chen, "投票 1 1")
    board = re.findall(r"http://[^\s\"']+/board/[^\s\"'，。]+|http://[^\s\"']+/g/[^\s\"'，。]+", str(cast.group.seen[-1].body))
    async with aiohttp.ClientSession() as http, http.get(board[-1]) as page:
        html = await page.text()
    assert page.status == 200 and "加装扶手" in html and "王女士" not in html and "301" not in html


async def a_notice_is_posted_objected_to_and_answered(town: Town, cast: Cast) -> None:
    """5: a 公示 with its period, read in chat and on the board, objected to, answered, ended by the clock."""
    await town.moves_to(on(30, 9))
    said = "发布公示 楼道灯维修费用\n三季度共花费1200元。\n类别 居务\n期限 15天\n范围 3号楼\n公开 网上"
    assert "12月15日" in await town.says(cast.staff, said)
    await town.taps(cast.staff, "发布")
    await town.moves_to(A_MOMENT)
    assert "公示1号" in town.posted(cast.group)
    assert "公示1号" in await town.hears(cast.zhang)
    assert "1200元" in await town.taps(cast.zhang, "看公示")
    await town.hears(cast.wang)
    assert "请写下您的意见" in await town.says(cast.wang, "异议 公示1")
    assert "异议1号" in await town.says(cast.wang, "只换了三盏，太贵了")
    assert "太贵了" in await town.hears(cast.staff)
    assert "太贵了" not in town.posted(cast.group)
    assert "已答复" in await town.says(cast.staff, "答复 异议1 是六盏，附报价单")
    assert "附报价单" in await town.hears(cast.wang)
    async with aiohttp.ClientSession() as http, http.get(f"{town.url}/board/notices/1") as page:
        html = await page.text()
    assert page.status == 200 and "1200元" in html and "王女士" not in html
    await town.moves_to(on(16, 8, 30, month=12))
    assert "公示期满" in town.posted(cast.group)


async def news_go_out_and_can_be_stopped(town: Town, cast: Cast) -> None:
    """6: first how many it reaches, then it goes out with its progress; what waits for the morning can still be stopped."""
    shown = await town.says(cast.staff, "通知 3号楼 明天上午停水，请提前接水")
    assert "群1个" in shown and "上门告知" in shown
    for who in (cast.zhang, cast.wang):
        await town.hears(who)
    number = ordered(await town.taps(cast.staff, "发送"))
    await town.moves_to(A_MOMENT)
    assert "停水" in town.posted(cast.group)
    assert "停水" in await town.hears(cast.zhang) and "停水" in await town.hears(cast.wang)
    assert "发完了" in await town.says(cast.staff, f"进度 发送{number}")

    await town.moves_to(on(16, 22, month=12))
    await town.says(cast.staff, "通知 3号楼 说错了的话")
    number = ordered(await town.taps(cast.staff, "发送"))
    await town.moves_to(A_MOMENT)
    assert await town.hears(cast.zhang) == "", "at night nobody is woken"
    await town.says(cast.staff, f"停止发送 {number}")
    await town.moves_to(on(17, 8, 1, month=12))
    assert "说错了" not in await town.hears(cast.zhang) + await town.hears(cast.wang) + town.posted(cast.group)
