"""Takes the pictures of the documents: plays a few steps on the demonstration's page and photographs it.

.venv/bin/python -m docs.pictures        # writes docs/pictures/demo.png; needs a Chromium
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser import FLAGS
from tests.demo_page import GROUP, DemoPage
from tests.running import Running

PICTURES = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 1400, 1000
POLL = "发起投票 楼道要不要加装扶手\n要装\n不用装\n说明 1到3层先装，费用由社区出"


async def main() -> None:
    """A building's first day: who is who, a wish, a poll, a vote."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        town = await asyncio.to_thread(Running, "demo", "--port", "0", "--dir", "town", folder=Path(folder))
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
                demo = await DemoPage.open(browser, town.url, WIDTH, HEIGHT)
                await play(demo)
                await demo.page.mouse.move(2, 2)
                await demo.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
                await demo.page.screenshot(path=PICTURES / "demo.png", animations="disabled", caret="hide")
                await browser.close()
        finally:
            town.kill()


async def play(demo: DemoPage) -> None:
    """What the picture shows."""
    await demo.says("zhang", "大字版")
    await demo.taps("zhang", "同意")
    await demo.sees("zhang", "一次只问一句")
    await demo.says("zhang", "我是 3号楼2单元502 张桂兰 业主")
    await demo.sees("zhang", "后四位")
    await demo.says("zhang", "1777")
    await demo.sees("zhang", "登记在您名下")
    await demo.says("laoli", "#绑定本群 幸福里/3号楼", group=True)
    await demo.sees(GROUP, "邻居们好")
    await demo.says("zhang", "微心愿 想换一副老花镜，我出不了远门")
    await demo.taps("zhang", "对")
    await demo.sees("xiaowang", "新微心愿")
    await demo.says("xiaowang", "答复 1 明天上午我陪您去眼镜店")
    await demo.sees("zhang", "陪您去眼镜店")
    await demo.says("laoli", POLL)
    await demo.sees("laoli", "发布吗")
    await demo.taps("laoli", "发布")
    await demo.sees(GROUP, "【投票1号")
    await demo.taps("zhang", "去投票")
    await demo.taps("zhang", "要装")
    await demo.sees("zhang", "您选了：要装")
    await demo.says("laoli", "#投票 1", group=True)
    await demo.sees(GROUP, "已有1户投票")
    await demo.sees("laoli", "发布了")


if __name__ == "__main__":
    asyncio.run(main())
