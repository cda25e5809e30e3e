"""The six steps of the hall for residents who follow the 公众号: by the QR of their slip, by taps in the text, by the menu below the
chat, by what they type; outside their windows a template opens the page. The 楼栋长 has only WeChat too, and what should lie in the
ordinary group he puts there by hand. Nothing prepared but the roll; through the real routes, turn, outbox and clock, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest

from bot.cli import surveys
from tests.fakes.weixin import FakeWeixin, Follower
from tests.house import PHOTO
from tests.on_wechat import Town
from tests.six_steps import A_MOMENT, WORKBOOK, finish_on_the_page, on, ordered

WHERE = {"area": "幸福里/3号楼", "closes": "", "community": ""}


@dataclass
class Cast:
    """Who plays."""

    leader: Follower  # 老李, 楼栋长
    staff: Follower  # 小王
    grid: Follower  # 小赵
    zhang: Follower  # 张阿姨, 502, large type
    chen: Follower  # 陈先生, 502 too
    shu: Follower  # 李叔, tenant of 201
    wang: Follower  # 王女士, 301


@pytest.fixture
async def fake() -> AsyncIterator[FakeWeixin]:
    weixin = FakeWeixin()
    await weixin.start()
    yield weixin
    await weixin.stop()


async def test_the_six_steps(database_url: str, fake: FakeWeixin) -> None:
    """Each step stands on the ones before it, as in a real week."""
    town = await Town.open(database_url, fake)
    try:
        cast = await people_come_by_the_qr_of_their_home(town)
        await a_questionnaire_is_asked_and_answered(town, cast)
        await what_residents_raise_is_numbered_answered_and_rated(town, cast)
        await a_poll_is_held(town, cast)
        await a_notice_is_posted_objected_to_and_answered(town, cast)
        await news_go_out_and_can_be_stopped(town, cast)
        assert fake.refused == [], "nothing we asked of the platform was refused: the windows were kept"
    finally:
        await town.close()


async def people_come_by_the_qr_of_their_home(town: Town) -> Cast:
    """0 and 1: first contact and consent in one answer; homes by a slip's QR, or claimed by taps."""
    leader = await town.settles_in("老李", "leader", "幸福里/3号楼")
    staff = await town.settles_in("小王", "staff")
    grid = await town.settles_in("小赵", "grid", "幸福里")
    zhang = town.person("张阿姨")
    heard = await town.scans(zhang, await town.code("resident", "2单元/502", "owner"))
    assert "居民委员会管理" in heard and "是您家吗" in heard and "502" not in heard, "one scan, and nothing is done before she agrees"
    assert "幸福里3号楼2单元502" in (await town.taps(zhang, "同意，这是我家")).replace("/", ""), "one tap"
    assert "一次只问一句" in await town.says(zhang, "大字版")
    chen = await town.settles_in("陈先生", "resident", "2单元/502")
    assert "有人登记在您家" in await town.hears(zhang), "the home hears that somebody joins it; the platform tells nobody's name"
    assert "不是我家的" in zhang.messages[-1].labels
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")

    wang = await town.settles_in("王女士")  # by the account's name, which knows no home
    await town.presses(wang, "菜单")
    for tap in ("登记我家", "2单元", "301", "业主"):
        await town.taps(wang, tap)
    await town.says(wang, "王芳")
    assert "已请楼栋长确认" in await town.taps(wang, "请楼栋长确认")
    await town.hears(leader)
    assert "已确认" in await town.taps(leader, "确认")
    assert "已经确认" in await town.hears(wang)
    return Cast(leader, staff, grid, zhang, chen, shu, wang)


async def a_questionnaire_is_asked_and_answered(town: Town, cast: Cast) -> None:
    """2: in chat with going back, editing and a night between; begun in chat, finished on the page."""
    assert await surveys.publish(town.programme.database, town.programme.config, WORKBOOK, WHERE) == 0
    await town.moves_to(A_MOMENT)
    assert "问卷1号" in await town.hears(cast.shu)
    assert cast.shu.messages[-1].way == "template", "he only tapped, more than a minute ago"
    assert "/g/" in town.page(cast.shu, "/"), "it opens the questionnaire's door"

    await town.presses(cast.shu, "问卷")
    await town.taps(cast.shu, "问卷1号 小区居住满意度与需求")
    await town.taps(cast.shu, "知道了")
    assert "几口人" in await town.taps(cast.shu, "一般")
    assert "1到20" in await town.says(cast.shu, "99"), "the workbook's own words"
    assert "老人" in await town.says(cast.shu, "3口人")
    assert "您上次答的：3" in await town.taps(cast.shu, "上一题")
    assert "老人" in await town.says(cast.shu, "4")
    assert "事项1号" in await town.says(cast.shu, "诉求 单元门关不上"), "a command counts while a number is asked for"
    assert "老人" in await town.says(cast.shu, "继续")
    assert "先放一放" in await town.says(cast.shu, "0") + await town.says(cast.shu, "暂停")

    await town.moves_to(timedelta(days=1))
    assert "多少平方米" in await town.says(cast.shu, "继续")
    await finish_on_the_page(town.page(cast.shu, "/f/"), {"area": "89.5", "since": "", "wishes": "lift", "idea": ""})
    assert "89.5" in await town.says(cast.shu, "问卷 1"), "what he handed in on the page, in the chat"


async def what_residents_raise_is_numbered_answered_and_rated(town: Town, cast: Cast) -> None:
    """3: a 微心愿 with a photo, a 金点子 that neighbours second, a 诉求 answered, closed and rated."""
    await cast.zhang.sends_photo(PHOTO)
    await town.hears(cast.zhang)
    assert "事项2号" in await town.says(cast.zhang, "微心愿 想换一副老花镜，我出不了远门"), "its number at once"
    await town.taps(cast.zhang, "对")
    assert "事项3号" in await town.says(cast.shu, "金点子 架空层收拾出来下棋")
    await town.taps(cast.shu, "对")
    assert "也附议了" in await town.says(cast.wang, "附议 3")
    assert "采纳" in await town.says(cast.staff, "采纳 3 下周就办")
    assert "下周就办" in await town.hears(cast.shu) and "下周就办" in await town.hears(cast.wang)

    await cast.wang.sends_voice(b"#!AMR", heard="诉求，二单元三楼的灯坏了三天了")
    assert "事项4号" in await town.hears(cast.wang), "what she said, as the platform heard it"
    await town.taps(cast.wang, "对")
    assert await town.hears(cast.grid) == "", "he wrote nothing since yesterday: what is for him waits"
    assert "事项4号" in await town.says(cast.grid, "您好"), "and comes when he writes"
    await town.says(cast.grid, "接单 4")
    assert "明天来换" in await town.says(cast.grid, "答复 4 明天来换") + await town.hears(cast.wang)
    await town.says(cast.grid, "办结 4 换好了")
    assert "解决了吗" in await town.hears(cast.wang)
    await town.taps(cast.wang, "解决了")
    assert "5分" in await town.taps(cast.wang, "5 很满意")
    assert "已办结" in await town.presses(cast.wang, "进度")


async def a_poll_is_held(town: Town, cast: Cast) -> None:
    """4: by one message; votes by tap, number and words; a conflict in one home; closed by the clock; on the board."""
    shown = await town.says(cast.leader, "发起投票 楼道要不要加装扶手\n要装\n不用装\n截止 周日20:00\n公开 实名")
    assert "征求意见" in shown and "24户" in shown
    assert "投票1号" in await town.taps(cast.leader, "发布")
    await town.moves_to(A_MOMENT)
    assert "投票1号" in await town.says(cast.leader, "转发 投票 1"), "what he puts into the ordinary group by hand"
    await town.presses(cast.wang, "投票")
    assert "请选一项" in await town.says(cast.wang, "1")
    assert "您选：要装" in await town.says(cast.wang, "1")
    assert "您选：不用装" in await town.says(cast.shu, "投票 1 2")
    assert "您选：弃权" in await town.says(cast.shu, "投票1 弃权"), "changeable until the end"
    await town.says(cast.zhang, "投票")
    await town.says(cast.zhang, "1")
    assert "您选了：要装" in await town.taps(cast.zhang, "要装")
    assert "选得不一样" in await town.says(cast.chen, "投票 1 2")
    stranger = await town.settles_in("老赵")
    assert "登记" in await town.says(stranger, "投票 1 1")
    await town.moves_to(on(29, 20, 1))
    told = await town.hears(cast.wang)
    assert "加装扶手" in told and "已出结果" in told, "a template: she wrote a week ago"
    async with aiohttp.ClientSession() as http, http.get(town.page(cast.wang, "/board/")) as page:
        html = await page.text()
    assert page.status == 200 and "要装" in html and "301" not in html
    assert "要装1" in await town.says(cast.zhang, "投票 1")
    assert "已经截止" in await town.says(cast.chen, "投票 1 1")


async def a_notice_is_posted_objected_to_and_answered(town: Town, cast: Cast) -> None:
    """5: a 公示 with its period, read on its page and in chat, objected to, answered, ended by the clock."""
    await town.moves_to(on(30, 9))
    said = "发布公示 楼道灯维修费用\n三季度共花费1200元。\n类别 居务\n期限 15天\n范围 3号楼\n公开 网上"
    assert "12月15日" in await town.says(cast.staff, said)
    await town.taps(cast.staff, "发布")
    await town.moves_to(A_MOMENT)
    assert "公示1号" in await town.hears(cast.wang)
    async with aiohttp.ClientSession() as http, http.get(town.page(cast.wang, "/g/")) as page:
        html = await page.text()
    assert page.status == 200 and "1200元" in html
    await town.presses(cast.shu, "公示")
    assert "1200元" in await town.says(cast.shu, "公示 1")
    assert "请写下您的意见" in await town.taps(cast.shu, "我有不同意见")
    assert "异议1号" in await town.says(cast.shu, "只换了三盏，太贵了")
    assert "太贵了" in await town.hears(cast.staff)
    assert "已答复" in await town.says(cast.staff, "答复 异议1 是六盏，附报价单")
    assert "附报价单" in await town.hears(cast.shu)
    await town.moves_to(on(16, 8, 30, month=12))


async def news_go_out_and_can_be_stopped(town: Town, cast: Cast) -> None:
    """6: first how many it reaches, then it goes out with its progress; what waits for the morning can still be stopped."""
    shown = await town.says(cast.staff, "通知 3号楼 明天上午停水，请提前接水")
    assert "上门告知" in shown
    for who in (cast.zhang, cast.shu):
        await town.hears(who)
    number = ordered(await town.taps(cast.staff, "发送"))
    await town.moves_to(A_MOMENT)
    assert "停水" in await town.hears(cast.zhang) and "停水" in await town.hears(cast.shu)
    assert cast.zhang.messages[-1].way == cast.shu.messages[-1].way == "template"
    assert "发完了" in await town.says(cast.staff, f"进度 发送{number}")

    await town.moves_to(on(16, 22, month=12))
    await town.says(cast.staff, "通知 3号楼 说错了的话")
    number = ordered(await town.taps(cast.staff, "发送"))
    await town.moves_to(A_MOMENT)
    assert await town.hears(cast.zhang) == "", "at night nobody is woken"
    await town.says(cast.staff, f"停止发送 {number}")
    await town.moves_to(on(17, 8, 1, month=12))
    for who in (cast.zhang, cast.shu):
        assert "说错了" not in await town.hears(who), "what was stopped wakes nobody the next morning"
