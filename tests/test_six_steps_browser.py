"""The six steps in a real browser: `mulin demo` as a process, its page with the phones, the questionnaire's pages, the board."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.demo_page import GROUP, DemoPage
from tests.house import PHOTO
from tests.running import Running

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Running]:
    running = await asyncio.to_thread(Running, "demo", "--port", "0", "--dir", "town", folder=tmp_path)
    yield running
    running.kill()


async def test_the_six_steps_on_one_page(browser: Browser, town: Running) -> None:
    demo = await DemoPage.open(browser, town.url)
    await people_come_and_the_group_is_bound(demo)
    await a_questionnaire_is_answered_in_chat_and_on_its_pages(demo, browser)
    await a_wish_an_idea_and_a_request(demo)
    await a_poll_is_held(demo, browser)
    await a_notice_is_objected_to_and_answered(demo, browser)
    await news_go_out_and_the_desk_is_entered(demo, browser)
    assert demo.complaints == []
    assert '"level": "error"' not in town.errors.read_text(), "nothing failed behind the page"


async def people_come_and_the_group_is_bound(demo: DemoPage) -> None:
    """0 and 1."""
    await demo.says("zhang", "您好")
    await demo.sees("zhang", "您同意吗")
    await demo.taps("zhang", "同意")
    await demo.says("zhang", "大字版")
    await demo.sees("zhang", "一次只问一句")
    await demo.says("laoli", "#绑定本群 幸福里/3号楼", group=True)
    await demo.sees(GROUP, "邻居们好")
    await demo.says("zhang", "我是 3号楼2单元502 张桂兰 业主")
    await demo.sees("zhang", "后四位")
    await demo.says("zhang", "1777")
    await demo.sees("zhang", "已经登记在您名下")
    await demo.taps("lishu", "登记我家", group=True)
    await demo.sees("lishu", "您同意吗")
    await demo.taps("lishu", "同意")
    for label in ("1单元", "201", "租户", "就用“李叔”"):
        await demo.taps("lishu", label)
    await demo.sees("lishu", "已请楼栋长确认")
    await demo.taps("laoli", "确认")
    await demo.sees("lishu", "已经确认")


async def a_questionnaire_is_answered_in_chat_and_on_its_pages(demo: DemoPage, browser: Browser) -> None:
    """2: the workbook on the desk; begun in chat, finished on pages without a script, shown in chat again."""
    await demo.says("xiaowang", "发布问卷 1 幸福里/3号楼")
    await demo.sees("xiaowang", "24户")
    await demo.taps("xiaowang", "发布")
    await demo.sees(GROUP, "【问卷1号】")
    await demo.taps("lishu", "去填写", group=True)
    await demo.taps("lishu", "知道了")
    await demo.taps("lishu", "一般")
    await demo.says("lishu", "50")
    await demo.sees("lishu", "1到20")
    await demo.says("lishu", "1")
    await demo.sees("lishu", "多少平方米")
    address = await demo.link("lishu", "用网页答")
    bare = await browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800}, locale="zh-CN")
    form = await bare.new_page()
    await form.goto(address)
    await form.get_by_role("textbox").fill("3")
    await form.get_by_role("button", name="下一题").click()
    assert "5到1000" in await form.locator('[role="alert"]').inner_text()
    await form.get_by_role("textbox").fill("89.5")
    await form.get_by_role("button", name="下一题").click()
    await form.get_by_role("button", name="跳过").click()
    await form.get_by_label("加装电梯").check()
    await form.get_by_label("停车位").check()
    await form.get_by_role("button", name="下一题").click()
    await form.get_by_role("textbox").fill("谢谢大家")
    await form.get_by_role("button", name="下一题").click()
    await form.get_by_role("button", name="提交").click()
    assert "89.5" in await form.inner_text("main")
    await bare.close()
    await demo.says("lishu", "问卷 1")
    await demo.sees("lishu", "谢谢大家")
    assert "谢谢大家" not in await demo.text(GROUP)


async def a_wish_an_idea_and_a_request(demo: DemoPage) -> None:
    """3."""
    await demo.sends_photo("zhang", PHOTO, "微心愿 想换一副老花镜")
    await demo.sees("zhang", "事项1号")
    await demo.taps("zhang", "对")
    await demo.says("lishu", "金点子 架空层收拾出来下棋")
    await demo.sees("lishu", "事项2号")
    await demo.taps("lishu", "对")
    await demo.says("zhang", "附议 2")
    await demo.sees("zhang", "附议")
    await demo.says("lishu", "诉求 1单元三楼的灯坏了三天了")
    await demo.sees("lishu", "事项3号")
    await demo.taps("lishu", "对")
    await demo.sees("xiaowang", "新诉求：事项3号")
    await demo.says("xiaowang", "答复 3 明天上午来换")
    await demo.sees("lishu", "明天上午来换")
    await demo.says("xiaowang", "办结 3 换好了")
    await demo.taps("lishu", "解决了")
    await demo.taps("lishu", "5 很满意")
    await demo.sees("lishu", "谢谢您的评价")


async def a_poll_is_held(demo: DemoPage, browser: Browser) -> None:
    """4: closed early here (the clock's own closing is held over Telegram); the result in the group and on the board."""
    await demo.says("laoli", "发起投票 楼道要不要加装扶手")
    await demo.says("laoli", "要装、不用装")
    for label in ("不用说明", re.compile("^到"), "住户，每户一票", "不公开，只公布总数"):
        await demo.taps("laoli", label)
    await demo.sees("laoli", "24户能投")
    await demo.taps("laoli", "发布")
    await demo.sees(GROUP, "【投票1号·征求意见】")
    await demo.taps("lishu", "去投票", group=True)
    await demo.taps("lishu", "不用装")
    await demo.sees("lishu", "您选：不用装")
    await demo.says("zhang", "投票 1 1")
    await demo.sees("zhang", "您选了：要装")
    await demo.says("laoli", "#投票 1", group=True)
    await demo.sees(GROUP, "已有2户投票")
    assert "您选" not in await demo.text(GROUP)
    await demo.says("laoli", "结束投票 1 大家商量好了")
    await demo.sees(GROUP, "提前结束：大家商量好了")
    board = await browser.new_page()
    await board.goto(await demo.link(GROUP, "看公示栏"))
    words = await board.inner_text("main")
    assert "楼道要不要加装扶手" in words and "李" not in words and "通过" not in words
    await board.close()


async def a_notice_is_objected_to_and_answered(demo: DemoPage, browser: Browser) -> None:
    """5."""
    await demo.says("xiaowang", "发布公示 楼道照明维修费用\n花了1280元。\n类别 业主\n期限 15天\n范围 幸福里/3号楼\n公开 网上")
    await demo.sees("xiaowang", "网上公示栏谁都能看")
    await demo.taps("xiaowang", "发布")
    await demo.sees(GROUP, "【公示1号】")
    await demo.taps("zhang", "看公示")
    await demo.sees("zhang", "1280元")
    await demo.taps("lishu", "我有不同意见", group=True)
    await demo.says("lishu", "发票也贴出来吧")
    await demo.sees("lishu", "异议1号")
    await demo.says("xiaowang", "答复 异议1 已经贴在一楼")
    await demo.sees("lishu", "已经贴在一楼")
    assert "发票" not in await demo.text(GROUP)
    board = await browser.new_page()
    await board.goto(f"{demo.page.url}board/notices/1")
    assert "1280元" in await board.inner_text("main")
    await board.close()


async def news_go_out_and_the_desk_is_entered(demo: DemoPage, browser: Browser) -> None:
    """6, and the link to the desk: opened it spends nothing, its button lets in."""
    await demo.says("xiaowang", "通知 幸福里/3号楼 明天上午停水")
    await demo.sees("xiaowang", "上门告知")
    await demo.taps("xiaowang", "发送")
    await demo.sees(GROUP, "【通知】明天上午停水")
    await demo.sees("zhang", "【通知】明天上午停水")
    await demo.taps("xiaowang", "看进度")
    await demo.sees("xiaowang", "发完了")
    await demo.says("xiaowang", "登录")
    address = await demo.link("xiaowang", "进入工作台")
    desk = await browser.new_page()
    for _ in range(2):
        await desk.goto(address)
    await desk.get_by_role("button").first.click()
    assert "/console" in desk.url and "小王" in await desk.inner_text("body")
    await desk.close()
