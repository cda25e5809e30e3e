"""The six steps of the hall over Telegram: one building's group with privacy mode on, private chats, the pages, the board; nothing
prepared but the roll. Through the real routes, turn, outbox and clock, on both databases; once by polling."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest

from tests.fakes.telegram import FakeTelegram, Group
from tests.fakes.telegram_people import User
from tests.house import PHOTO
from tests.on_telegram import Town
from tests.six_steps import A_MOMENT, WORKBOOK, finish_on_the_page, news_go_out_and_can_be_stopped, on


@dataclass
class Cast:
    """Who plays, and where."""

    leader: User  # 老李, 楼栋长
    staff: User  # 小王
    grid: User  # 小赵
    zhang: User  # 张阿姨, 502, large type
    chen: User  # 陈先生, 502 too
    shu: User  # 李叔, tenant of 201
    wang: User  # 王女士, 301
    group: Group


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    telegram = FakeTelegram()
    await telegram.start()
    yield telegram
    await telegram.stop()


async def test_the_six_steps_by_webhook(database_url: str, fake: FakeTelegram) -> None:
    await the_six_steps(await Town.open(database_url, fake))


async def test_the_six_steps_by_polling(sqlite_url: str, fake: FakeTelegram) -> None:
    await the_six_steps(await Town.open(sqlite_url, fake, "polling"))


async def the_six_steps(town: Town) -> None:
    """Each step stands on the ones before it, as in a real week."""
    try:
        cast = await people_come_and_the_group_is_bound(town)
        await a_questionnaire_is_asked_and_answered(town, cast)
        await what_residents_raise_is_numbered_answered_and_rated(town, cast)
        await a_poll_is_held(town, cast)
        await a_notice_is_posted_objected_to_and_answered(town, cast)
        await news_go_out_and_can_be_stopped(town, cast)
        assert town.fake.refused == [], "nothing we asked of Telegram was refused"
    finally:
        await town.close()


async def people_come_and_the_group_is_bound(town: Town) -> Cast:
    """0 and 1: first contact and consent; homes by a slip's code or claimed by taps; the group bound by the 楼栋长."""
    leader = await town.settles_in("老李", "leader", "幸福里/3号楼")
    staff = await town.settles_in("小王", "staff")
    grid = await town.settles_in("小赵", "grid", "幸福里")
    zhang = town.person("张阿姨")
    heard = await town.says(zhang, f"/start {await town.code('resident', '2单元/502', 'owner')}")
    assert "居民委员会管理" in heard and "是您家吗" in heard and "502" not in heard, "nothing is done before she agrees"
    agreed = await town.taps(zhang, "同意，这是我家")
    assert "幸福里3号楼2单元502" in agreed.replace("/", ""), "what she brought along is done now"
    assert "一次只问一句" in await town.says(zhang, "大字版")
    chen = await town.settles_in("陈先生", "resident", "2单元/502")
    assert "陈先生" in await town.hears(zhang), "the home hears who joins it"
    shu = await town.settles_in("李叔", "resident", "1单元/201", "tenant")

    wang = await town.settles_in("王女士")
    for tap in ("登记我家", "2单元", "301", "业主", "请楼栋长确认"):
        heard = await town.taps(wang, tap) if tap != "请楼栋长确认" else await town.says(wang, "王芳") + await town.taps(wang, tap)
    assert "已请楼栋长确认" in heard
    await town.hears(leader)
    assert "已确认" in await town.taps(leader, "确认")
    assert "已经确认" in await town.hears(wang)

    group = town.fake.group("3号楼邻居", leader, zhang, chen, shu, wang)
    await group.adds_bot(by=leader)
    assert await town.says(shu, "今晚谁去跳舞", group) == "", "neighbours' talk never reaches us"
    assert "的邻居们好" in await town.says(leader, "/bindgroup@MulinBot 3号楼", group)
    return Cast(leader, staff, grid, zhang, chen, shu, wang, group)


async def a_questionnaire_is_asked_and_answered(town: Town, cast: Cast) -> None:
    """2: from a workbook to the group; in chat with going back, editing and a night between; begun in chat, finished on the page."""
    book = town.fake.keep(WORKBOOK.read_bytes())
    await cast.staff.sends(document={"file_id": book, "file_unique_id": book, "file_name": WORKBOOK.name, "file_size": 9000})
    assert "问卷1号" in await town.hears(cast.staff)
    await town.taps(cast.staff, "预览发布")
    assert "幸福里3号楼" in await town.says(cast.staff, "3号楼")
    assert "已发布" in await town.taps(cast.staff, "发布")
    assert "问卷1号" in await town.hears(cast.group)
    await town.moves_to(A_MOMENT)

    press = await cast.shu.taps("去填写", cast.group)
    assert await press.answer() == "收到"
    await town.taps(cast.shu, "知道了")
    assert "几口人" in await town.taps(cast.shu, "一般")
    assert "1到20" in await town.says(cast.shu, "99"), "the workbook's own words"
    assert "老人" in await town.says(cast.shu, "3口人")
    assert "您上次答的：3" in await town.taps(cast.shu, "上一题")
    assert "老人" in await town.says(cast.shu, "4")
    assert "事项1号" in await town.says(cast.shu, "诉求 单元门关不上"), "a command counts while a number is asked for"
    assert "老人" in await town.says(cast.shu, "继续")
    assert "先放一放" in await town.says(cast.shu, "0") + await town.says(cast.shu, "暂停")
    assert await town.hears(cast.group) == "", "no answer of his is said in the group"

    await town.moves_to(timedelta(days=1))
    assert "多少平方米" in await town.says(cast.shu, "继续")
    url = next(b["url"] for m in reversed(cast.shu.messages) for b in m.buttons if "/f/" in b.get("url", ""))
    await finish_on_the_page(url, {"area": "89.5", "since": "", "wishes": "lift", "idea": ""})
    assert "89.5" in await town.says(cast.shu, "问卷 1"), "what he handed in on the page, in the chat"


async def what_residents_raise_is_numbered_answered_and_rated(town: Town, cast: Cast) -> None:
    """3: a 微心愿 with a photo, a 金点子 that neighbours second, a 诉求 answered, closed and rated."""
    await cast.zhang.sends_photo(PHOTO, "微心愿 想换一副老花镜，我出不了远门")
    heard = await town.hears(cast.zhang)
    assert "事项2号" in heard, "its number at once"
    await town.taps(cast.zhang, "对")
    assert "事项3号" in await town.says(cast.shu, "金点子 架空层收拾出来下棋")
    await town.taps(cast.shu, "对")
    assert "也附议了" in await town.says(cast.wang, "/second 3")
    assert "1位邻居附议" in await town.says(cast.leader, "/progress@MulinBot 3", cast.group)
    assert "李叔" not in "".join(m.text for m in cast.group.messages if m.by_bot), "who had the idea is not told"
    assert "采纳" in await town.says(cast.staff, "采纳 3 下周就办")
    assert "下周就办" in await town.hears(cast.shu) and "下周就办" in await town.hears(cast.wang)

    assert "事项4号" in await town.says(cast.wang, "/request 二单元三楼的灯坏了三天了")
    await town.taps(cast.wang, "对")
    assert "事项4号" in await town.hears(cast.grid)
    await town.taps(cast.grid, "接单")
    assert "明天来换" in await town.says(cast.grid, "答复 4 明天来换") + await town.hears(cast.wang)
    await town.says(cast.grid, "办结 4 换好了")
    assert "解决了吗" in await town.hears(cast.wang)
    await town.taps(cast.wang, "解决了")
    assert "5分" in await town.taps(cast.wang, "5 很满意")
    assert "已办结" in await town.says(cast.wang, "进度")


async def a_poll_is_held(town: Town, cast: Cast) -> None:
    """4: by one message; votes by button, number and words; a conflict in one home; closed by the clock; on the board."""
    shown = await town.says(cast.leader, "发起投票 楼道要不要加装扶手\n要装\n不用装\n截止 周日20:00\n公开 实名")
    assert "征求意见" in shown and "24户" in shown and "1个群" in shown
    assert "投票1号" in await town.taps(cast.leader, "发布")
    await town.moves_to(A_MOMENT)
    await town.hears(cast.group)
    await town.taps(cast.wang, "去投票", cast.group)
    assert "您选：要装" in await town.says(cast.wang, "1")
    assert "您选：不用装" in await town.says(cast.shu, "/vote@MulinBot 1 2", cast.group) + await town.hears(cast.shu)
    assert "您选：弃权" in await town.says(cast.shu, "投票1 弃权"), "changeable until the end"
    await town.taps(cast.zhang, "去投票")
    assert "您选了：要装" in await town.taps(cast.zhang, "要装")
    assert "选得不一样" in await town.says(cast.chen, "投票 1 2") and "选得不一样" in await town.hears(cast.zhang)
    assert "3户" in await town.says(cast.leader, "/vote@MulinBot 1", cast.group), "how many, never who"
    stranger = await town.settles_in("老赵")
    assert "登记" in await town.says(stranger, "投票 1 1")
    await town.moves_to(on(29, 20, 1))
    told = await town.hears(cast.group)
    assert "要装：1户" in told and "弃权：1户" in told and "不算正式决定" in told and "通过" not in told
    assert "要装" in await town.hears(cast.wang) and "要装1" in await town.hears(cast.zhang)
    assert "已经截止" in await town.says(cast.chen, "投票 1 1")
    board = next(b["url"] for b in cast.group.messages[-1].buttons)
    async with aiohttp.ClientSession() as http, http.get(board) as page:
        html = await page.text()
    assert page.status == 200 and "加装扶手" in html and "王女士" not in html and "301" not in html


async def a_notice_is_posted_objected_to_and_answered(town: Town, cast: Cast) -> None:
    """5: a 公示 with its period, read in chat and on the board, objected to, answered, ended by the clock."""
    await town.moves_to(on(30, 9))
    said = "发布公示 楼道灯维修费用\n三季度共花费1200元。\n类别 居务\n期限 15天\n范围 3号楼\n公开 网上"
    assert "12月15日" in await town.says(cast.staff, said)
    await town.taps(cast.staff, "发布")
    await town.moves_to(A_MOMENT)
    assert "公示1号" in await town.hears(cast.group)
    assert "公示1号" in await town.hears(cast.zhang)
    assert "1200元" in await town.taps(cast.zhang, "看公示")
    press = await cast.shu.taps("我有不同意见", cast.group)
    await press.answer()
    assert "请写下您的意见" in await town.hears(cast.shu)
    assert "异议1号" in await town.says(cast.shu, "只换了三盏，太贵了")
    assert "太贵了" in await town.hears(cast.staff)
    assert "太贵了" not in await town.hears(cast.group)
    assert "已答复" in await town.says(cast.staff, "答复 异议1 是六盏，附报价单")
    assert "附报价单" in await town.hears(cast.shu)
    async with aiohttp.ClientSession() as http, http.get(f"{town.url}/board/notices/1") as page:
        html = await page.text()
    assert page.status == 200 and "1200元" in html and "李叔" not in html
    await town.moves_to(on(16, 8, 30, month=12))
    assert "公示期满" in await town.hears(cast.group)
