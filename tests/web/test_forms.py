"""A questionnaire as pages: begun in chat and finished here, or the other way round; the same answers either way, without a script."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot import command
from storage import responses
from storage.database import Tx
from tests.house import Hall
from web import access, pages


class Site(pages.Site):
    """Our pages by the hall's own clock."""

    hall: Hall

    def now(self) -> Any:
        return self.hall.now


@dataclass
class House:
    """A hall whose pages can be opened."""

    hall: Hall
    client: TestClient[Any, Any]

    async def link(self, name: str) -> str:
        """The newest 用网页答 this person was given."""
        for message in reversed(self.hall.channel.ear(name).heard):
            for button in message.buttons:
                if button.url and "/f/" in button.url:
                    return "/f/" + button.url.partition("/f/")[2]
        raise AssertionError(f"{name} was given no link")

    async def get(self, path: str) -> Page:
        async with self.client.get(path) as answer:
            return Page(answer.status, await answer.text(), path)

    async def post(self, page: Page, act: str, *values: str, again: bool = False) -> Page:
        """Press one of the page's buttons, as a browser without scripts does, and follow where it leads."""
        form = [("once", page.hidden("once")), ("question", page.hidden("question")), ("act", act), *(("value", v) for v in values)]
        async with self.client.post(page.path, data=form) as answer:
            return Page(answer.status, await answer.text(), answer.url.path)


@dataclass
class Page:
    """What a browser shows."""

    status: int
    html: str
    path: str

    @property
    def text(self) -> str:
        words = re.sub(r"<(style|title).*?</\1>", "", self.html, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", words)).split())

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        return unescape(found[1]) if found else ""


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    hall = await Hall.open(database_url)
    await hall.known()

    async def run(contact: str, said: Any, once: str = "", attachments: Any = (), **how: Any) -> Any:
        hall.now += timedelta(seconds=1)
        return await command.run(hall.database, hall.house, contact, said, once=once, attachments=attachments, now=hall.now, **how)

    database, server = hall.database, hall.config.server
    site = Site(
        database.read, database.transaction, run, hall.house.words, server.secret_key, "http://127.0.0.1", (), Path()
    )
    object.__setattr__(site, "hall", hall)
    app = web.Application(middlewares=[pages.errors])
    pages.mount(app, site)
    async with TestClient(TestServer(app)) as client:
        yield House(hall, client)
    await hall.close()


async def asked(house: House, *names: str, file: str = "充电桩.xlsx") -> None:
    """The questionnaire is published, and these people have opened it."""
    await house.hall.workbook("小王", file)
    await house.hall.says("小王", "发布问卷 1 12月1日20:00")
    await house.hall.taps("小王", "发布")
    for name in names:
        await house.hall.says(name, "问卷1")


async def handed_in(hall: Hall) -> list[dict[str, str]]:
    """All answers as they count, without whose they are."""

    def read(tx: Tx) -> list[dict[str, str]]:
        found = tx.one(select(responses.responses.c.questionnaire_id))
        return [dict(s.answers) for s in responses.submitted(tx, 1, found[0])[0]] if found else []

    return await hall.database.read(read)


async def test_begun_in_chat_finished_on_the_page(house: House) -> None:
    await asked(house, "王女士")
    await house.hall.says("王女士", "需要")
    page = await house.get(await house.link("王女士"))
    assert "（2/3）您家有几辆电动车？" in page.text
    assert "script" not in page.html
    page = await house.post(page, "answer", "两辆")
    page = await house.post(page, "answer", "东门\r\n旁边")
    assert "您家需要电动车充电桩吗？ 需要" in page.text
    page = await house.post(page, "submit")
    assert "谢谢您" in page.text
    assert await handed_in(house.hall) == [{"/data/need": "yes", "/data/bikes": "2", "/data/where": "东门\n旁边"}]
    await house.hall.says("王女士", "问卷1")
    assert "您已经填好" in house.hall.hears("王女士")[-1].text


async def test_begun_on_the_page_finished_in_chat(house: House) -> None:
    await asked(house, "王女士")
    page = await house.get(await house.link("王女士"))
    page = await house.post(page, "answer", "later")
    page = await house.post(page, "answer", "1")
    await house.hall.says("王女士", "继续")
    assert "装在哪里好" in house.hall.hears("王女士")[-1].text
    await house.hall.says("王女士", "东门")
    await house.hall.taps("王女士", "提交")
    assert await handed_in(house.hall) == [{"/data/need": "later", "/data/bikes": "1", "/data/where": "东门"}]


async def test_the_same_answers_are_kept_the_same_whichever_way(house: House) -> None:
    await asked(house, "王女士", "李叔", file="满意度问卷.xlsx")
    said = ["知道了", "不满意", "楼道灯 ", "3", "０", "89.50", "2020-05-01", "1 3", "跳过", "提交"]
    for words in said:
        await house.hall.says("王女士", words)
    page = await house.get(await house.link("李叔"))
    for values in (["OK"], ["bad"], ["楼道灯 "], ["3"], ["０"], ["89.50"], ["2020-05-01"], ["lift", "parking"]):
        page = await house.post(page, "answer", *values)
        assert page.status == 200, page.text
    page = await house.post(await house.post(page, "skip"), "submit")
    assert "谢谢您" in page.text
    one, other = await handed_in(house.hall)
    own = ("/data/start", "/data/today", "/data/end")
    assert {k: v for k, v in one.items() if k not in own} == {k: v for k, v in other.items() if k not in own}
    assert one["/data/home/area"] == "89.5"


async def test_looking_spends_nothing_and_a_form_sent_twice_counts_once(house: House) -> None:
    await asked(house, "王女士")
    link = await house.link("王女士")
    for _ in range(3):
        page = await house.get(link)
    assert "（1/3）" in page.text
    first = await house.post(page, "answer", "yes")
    assert "（2/3）" in first.text
    second = await house.post(page, "answer", "no")  # the same page once more, by a thumb that trembles
    assert "（2/3）" in second.text
    looked = await house.get(f"{link}?q=1")
    assert 'value="yes" checked' in looked.html
    assert "（2/3）" in (await house.get(link)).text


async def test_what_is_wrong_stands_beside_the_field_with_what_was_typed(house: House) -> None:
    await asked(house, "王女士")
    page = await house.post(await house.get(await house.link("王女士")), "answer")
    assert "不能跳过" in page.text
    assert "（1/3）" in page.text
    page = await house.post(page, "answer", "yes")
    page = await house.post(page, "answer", "<b>一堆</b>")
    assert "这一题要一个数字" in page.text
    assert 'value="&lt;b&gt;一堆&lt;/b&gt;"' in page.html
    page = await house.post(page, "skip")
    assert "不能跳过" in page.text


async def test_back_and_change_before_handing_in_and_after(house: House) -> None:
    await asked(house, "王女士")
    link = await house.link("王女士")
    page = await house.post(await house.post(await house.get(link), "answer", "yes"), "answer", "2")
    back = await house.get(f"{link}?q=1")
    page = await house.post(back, "answer", "no")  # then the second question is not asked
    assert "（2/2）装在哪里好？" in page.text
    page = await house.post(await house.post(page, "skip"), "submit")
    assert await handed_in(house.hall) == [{"/data/need": "no"}]
    page = await house.post(page, "reopen")
    page = await house.post(await house.get(f"{link}?q=1"), "answer", "yes")
    assert await handed_in(house.hall) == [{"/data/need": "no"}]  # until it is handed in anew
    page = await house.post(page, "submit")
    assert await handed_in(house.hall) == [{"/data/need": "yes", "/data/bikes": "2"}]


async def test_danger_on_a_page_is_answered_at_once_and_the_answer_kept(house: House) -> None:
    await asked(house, "王女士")
    page = await house.post(await house.get(await house.link("王女士")), "answer", "no")
    page = await house.post(page, "answer", "我不想活了")
    assert "12356" in page.text or "120" in page.text
    assert "我不想活了" in (await house.get(page.path)).text


async def test_large_type_and_english_follow_the_reader(house: House) -> None:
    await asked(house, "张阿姨")
    page = await house.get(await house.link("张阿姨"))
    assert '<body class="large"' in page.html
    assert "Next" in (await house.get(f"{page.path}?lang=en")).text


async def test_after_the_end_nothing_more_is_taken(house: House) -> None:
    await asked(house, "王女士")
    page = await house.get(await house.link("王女士"))
    await house.hall.moves_to(house.hall.now.replace(year=2026, month=12, day=1, hour=20, minute=0))
    refused = await house.post(page, "answer", "yes")
    assert "已经截止" in refused.text
    assert "已经截止" in (await house.get(page.path)).text
    assert await handed_in(house.hall) == []


async def test_forged_old_and_foreign_links_open_nothing(house: House) -> None:
    await asked(house, "王女士")
    link = await house.link("王女士")
    assert (await house.get(link[:-3] + "abc")).status == 403
    assert (await house.get(f"/c/nobody{link}")).status == 404
    token = access.sign(house.hall.config.server.secret_key, access.Pass("ballot", 1, "1", "x", "y", house.hall.now + timedelta(days=1)))
    assert (await house.get(f"/f/{token}")).status == 403
    house.hall.now += timedelta(days=31)
    assert (await house.get(link)).status == 403
    async with house.client.post(link, data={"act": "nonsense"}) as answer:
        assert answer.status == 403
