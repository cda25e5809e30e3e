"""The chat page and the demonstration in a real browser, over real sockets."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from channels.contract import Taken
from channels.webchat.demo import ROOM
from channels.webchat.ports import Settings
from dialogue.words import Button, Inbound, Rendered
from tests.channels.webchat.serving import DEMO, Silent
from tests.fakes.echo_house import EchoHouse, settings, words

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

pytestmark = pytest.mark.browser
TEXT = words("")


@asynccontextmanager
async def standing(house: EchoHouse, port: int, given: Settings | None = None) -> AsyncIterator[str]:
    """The web chat on a port that stays the same when it is stopped and started again."""
    runner = web.AppRunner(house.open(given or settings(f"http://127.0.0.1:{port}", DEMO)), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await house.chat.stop()
        await runner.cleanup()


async def look(browser: Browser, url: str, width: int = 390, height: int = 800) -> Page:
    """A page whose script has its history; what the browser complains about fails the test."""
    page = await browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
    page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
    await page.goto(url)
    await page.locator(".chat:not([data-ready])").first.wait_for(state="detached")
    return page


async def type_and_send(chat: Locator, text: str) -> None:
    await chat.locator("textarea").fill(text)
    await chat.locator("textarea").press("Enter")


def bubbles(chat: Locator) -> Locator:
    return chat.locator(".bubble-text")


async def test_a_resident_says_something_and_reads_the_answer(browser: Browser) -> None:
    from playwright.async_api import expect

    house, odd = EchoHouse(), "<b>灯</b> {{ 7*7 }} 坏了\n第二行"
    complaints: list[str] = []
    asked: list[str] = []
    async with standing(house, unused_port(), settings()) as url:
        page = await browser.new_page(viewport={"width": 360, "height": 640})
        page.on("console", lambda m: complaints.append(m.text))
        page.on("request", lambda r: asked.append(r.url))
        await page.goto(f"{url}/chat")
        chat = page.locator(".chat")
        await chat.get_by_role("button", name=TEXT["empty_hello"]).click()
        await expect(bubbles(chat)).to_have_text(["您好", "收到：您好"])
        await expect(chat.locator(".bubble-waiting")).to_have_count(0)
        await type_and_send(chat, odd)
        await expect(bubbles(chat)).to_have_text(["您好", "收到：您好", odd, f"收到：{odd}"])
        await page.reload()
        await expect(bubbles(chat)).to_have_count(4)
    assert [i.text for i in house.inputs] == ["您好", odd]
    assert complaints == []
    assert not [a for a in asked if not re.match(r"(http|ws|blob:http)://127\.0\.0\.1", a)]


async def test_said_while_the_server_was_gone_it_arrives_once_when_it_is_back(browser: Browser) -> None:
    from playwright.async_api import expect

    house, port = EchoHouse(), unused_port()
    async with standing(house, port) as url:
        page = await look(browser, f"{url}/chat?as=zhang")
        chat = page.locator(".chat")
        await type_and_send(chat, "第一句")
        await expect(bubbles(chat)).to_have_count(2)
    await expect(chat.locator(".chat-state")).to_have_text(TEXT["js_lost"])
    await type_and_send(chat, "断网时说的")
    await expect(chat.locator(".bubble-state")).to_have_text(TEXT["js_sending"])
    async with standing(house, port):
        await expect(bubbles(chat)).to_have_text(["第一句", "收到：第一句", "断网时说的", "收到：断网时说的"], timeout=20_000)
        await expect(chat.locator(".bubble-waiting")).to_have_count(0)
        await expect(chat.locator(".chat-state")).to_be_hidden()
    assert [i.text for i in house.inputs] == ["第一句", "断网时说的"]


async def test_said_before_the_browser_was_closed_it_is_said_again_when_the_page_opens(browser: Browser) -> None:
    from playwright.async_api import expect

    house, port = EchoHouse(), unused_port()
    async with standing(house, port) as url:
        page = await look(browser, f"{url}/chat?as=zhang")
        chat = page.locator(".chat")
    await type_and_send(chat, "没发出去就关了")
    await expect(chat.locator(".bubble-waiting")).to_have_count(1)
    async with standing(house, port) as url:
        await page.goto(f"{url}/chat?as=zhang")
        await expect(bubbles(chat)).to_have_text(["没发出去就关了", "收到：没发出去就关了"])
    assert len(house.inputs) == 1


async def test_when_only_the_acknowledgement_is_lost_nothing_counts_twice(browser: Browser) -> None:
    from playwright.async_api import expect

    class Breaks(EchoHouse):
        async def take(self, inbound: Inbound, raw: bytes) -> Taken:
            first = not self.inputs
            taken = await super().take(inbound, raw)
            if first:
                raise ConnectionResetError("the process is killed after the commit")
            return taken

    house = Breaks()
    async with standing(house, unused_port()) as url:
        page = await look(browser, f"{url}/chat?as=zhang")
        chat = page.locator(".chat")
        await type_and_send(chat, "投票3 2")
        await expect(bubbles(chat)).to_have_text(["投票3 2", "收到：投票3 2"], timeout=20_000)
        await expect(chat.locator(".bubble-waiting")).to_have_count(0, timeout=20_000)
    assert len(house.inputs) == 1


async def test_the_page_waits_as_long_as_it_is_told_and_says_it_again(browser: Browser) -> None:
    from playwright.async_api import expect

    house = EchoHouse()
    async with standing(house, unused_port()) as url:
        page = await look(browser, f"{url}/chat?as=zhang")
        chat = page.locator(".chat")
        house.away = 1
        await type_and_send(chat, "您好")
        await expect(chat.locator(".chat-state")).to_have_text(TEXT["js_busy"])
        house.away = 0
        await expect(bubbles(chat)).to_have_text(["您好", "收到：您好"], timeout=20_000)
    assert len(house.inputs) == 1


async def test_half_an_emoji_does_not_stop_the_conversation(browser: Browser) -> None:
    from playwright.async_api import expect

    house = Silent()
    async with standing(house, unused_port()) as url:
        page = await look(browser, f"{url}/chat?as=zhang")
        chat = page.locator(".chat")
        await chat.locator("textarea").evaluate("e => { e.value = '好\\ud83d'; e.form.requestSubmit(); }")
        await expect(chat.locator(".bubble-waiting")).to_have_count(0)
    assert [i.text for i in house.inputs] == ["好\ufffd"]


async def test_enter_while_a_chinese_word_is_being_chosen_sends_nothing(browser: Browser) -> None:
    from playwright.async_api import expect

    house = EchoHouse()
    async with standing(house, unused_port()) as url:
        page = await look(browser, f"{url}/chat?as=zhang")
        chat = page.locator(".chat")
        await chat.locator("textarea").fill("loudao")
        enter = "e => e.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
        await chat.locator("textarea").evaluate(enter)
        await type_and_send(chat, "楼道")
        await expect(bubbles(chat)).to_have_text(["楼道", "收到：楼道"])


async def test_buttons_answer_open_and_stand_apart(browser: Browser) -> None:
    from playwright.async_api import expect

    house = EchoHouse()
    buttons = (
        Button("同意", "consent"),
        Button("改", "back", aside=True),
        Button("全文", url="/privacy"),
        Button("坏", url="javascript:alert(1)"),
    )
    async with standing(house, unused_port()) as url:
        asked = await house.say("demo:zhang", Rendered("看 http://127.0.0.1/board/polls/3，同意吗？", buttons))
        page = await look(browser, f"{url}/chat?as=zhang")
        chat = page.locator(".chat")
        assert await chat.get_by_role("link", name="http").get_attribute("href") == "http://127.0.0.1/board/polls/3"
        assert await chat.get_by_text("坏").get_attribute("href") is None
        assert await chat.get_by_role("link", name="全文").get_attribute("target") == "_self"
        await chat.get_by_role("button", name="同意").click()
        await expect(bubbles(chat).last).to_have_text("收到：同意")
    assert [(i.choice, i.question) for i in house.inputs] == [("consent", asked)]


async def test_a_photo_is_picked_sent_and_seen(browser: Browser) -> None:
    from playwright.async_api import expect

    house = Silent()
    async with standing(house, unused_port()) as url:
        page = await look(browser, f"{url}/chat?as=zhang")
        chat = page.locator(".chat")
        shot = await page.screenshot()
        await chat.locator("textarea").fill("灯在这儿")
        await chat.locator("input[type=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": shot})
        await expect(chat.locator(".bubble-picture")).to_have_js_property("naturalWidth", 390)
        await expect(chat.locator(".bubble-waiting")).to_have_count(0)
        await page.reload()
        await expect(chat.locator(".bubble-picture")).to_have_js_property("naturalWidth", 390)
        await chat.locator("input[type=file]").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"})
        await expect(chat.locator(".chat-state")).to_have_text(TEXT["js_photo_kind"])
    assert [(i.text, i.attachments[0].size) for i in house.inputs] == [("灯在这儿", len(shot))]


async def test_large_type_is_large_and_fingers_find_the_buttons(browser: Browser) -> None:
    house = EchoHouse()
    async with standing(house, unused_port()) as url:
        await house.say("demo:lishu", Rendered("同意吗？", (Button("同意", "consent"), Button("改", "back", aside=True))))
        page = await look(browser, f"{url}/chat?as=lishu")
        sizes = """() => ({ text: parseFloat(getComputedStyle(document.querySelector('.bubble-text')).fontSize),
            line: parseFloat(getComputedStyle(document.querySelector('.bubble-text')).lineHeight),
            touch: Math.min(...[...document.querySelectorAll('.chat-form button, .bubble button')].map(b => b.offsetHeight)) })"""
        normal = await page.evaluate(sizes)
        await page.locator(".chat-size").click()
        large = await page.evaluate(sizes)
    assert normal["text"] >= 18
    assert normal["touch"] >= 44
    assert large["text"] >= 24
    assert large["touch"] >= 60
    assert min(normal["line"] / normal["text"], large["line"] / large["text"]) >= 1.3


@pytest.mark.parametrize("path", ["/", "/chat?as=zhang"])
async def test_nothing_sticks_out_at_the_side(browser: Browser, path: str) -> None:
    house = EchoHouse()
    async with standing(house, unused_port()) as url:
        await house.say("demo:zhang", Rendered("长" * 60 + "https://127.0.0.1/" + "x" * 200, (Button("选" * 40, "a"),), large=True))
        page = await look(browser, f"{url}{path}")
        for width in (320, 390, 768, 1440, 1920):
            await page.set_viewport_size({"width": width, "height": 800})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            assert await page.evaluate("[...document.querySelectorAll('.chat-log')].every(l => l.scrollWidth <= l.clientWidth)"), width


def private(page: Page, name: str) -> Locator:
    return page.locator(f".phone .chat[data-as={name}][data-chat='']")


async def test_on_the_demonstration_page_every_phone_is_its_own_person(browser: Browser) -> None:
    from playwright.async_api import expect

    house = EchoHouse()
    async with standing(house, unused_port()) as url:
        page = await look(browser, url, 1440, 1000)
        await type_and_send(private(page, "zhang"), "我是张阿姨")
        await type_and_send(private(page, "xiaowang"), "我是小王")
        await expect(bubbles(private(page, "zhang"))).to_have_text(["我是张阿姨", "收到：我是张阿姨"])
        await expect(bubbles(private(page, "xiaowang"))).to_have_text(["我是小王", "收到：我是小王"])
        await expect(private(page, "zhang")).to_have_class(re.compile("chat-large"))
        await house.say("demo:lishu", Rendered("李叔，有您的消息"))
        holder = page.locator(".phone").nth(1).locator(".holder[data-as=lishu]")
        await expect(holder).to_have_class(re.compile("unread"))
        await holder.click()
        await expect(bubbles(private(page, "lishu"))).to_have_text(["李叔，有您的消息"])
        await expect(holder).not_to_have_class(re.compile("unread"))
    assert {(i.address, i.text) for i in house.inputs} == {("demo:zhang", "我是张阿姨"), ("demo:xiaowang", "我是小王")}


async def test_in_the_group_people_take_turns_and_choices_stay_private(browser: Browser) -> None:
    from playwright.async_api import expect

    house = Silent()
    async with standing(house, unused_port()) as url:
        page = await look(browser, url, 1440, 1000)
        group = page.locator(f".chat[data-chat='{ROOM}']")
        await type_and_send(group, "大家看一下")
        await house.say(ROOM, Rendered("投票1号", (Button("要装", "vote 1 1"),)))
        await page.locator(".phone").first.locator(".holder[data-as=zhang]").click()
        await expect(bubbles(group)).to_have_text(["大家看一下", "投票1号"])
        await expect(group.locator(".bubble-other .bubble-name")).to_have_text("老李")
        await group.get_by_role("button", name="要装").click()
        await expect(group.locator(".pressed")).to_have_text("要装")
        await expect(bubbles(group)).to_have_count(2)
    assert [(i.address, i.choice, i.chat) for i in house.inputs] == [("demo:zhang", "vote 1 1", ROOM)]


async def test_a_hint_is_written_into_the_right_phone_and_sent_by_hand(browser: Browser) -> None:
    from playwright.async_api import expect

    house = Silent()
    async with standing(house, unused_port()) as url:
        page = await look(browser, url, 1440, 1000)
        for number, stage in enumerate(DEMO.stages, start=1):
            await page.locator(f"#stage-{number}").click()
            for place, hint in enumerate(stage.hints):
                name = hint.person.address.split(":")[1]
                await page.locator(f"#hints-{number} .hint").nth(place).click()
                chat = page.locator(f".chat[data-chat='{ROOM}']") if hint.room else private(page, name)
                await expect(chat).to_be_visible()
                await expect(chat.locator("textarea")).to_have_value(hint.text)
                await expect(chat).to_have_attribute("data-as", name)
        assert house.inputs == []
        await private(page, "xiaowang").locator(".chat-send").click()
        await expect(private(page, "xiaowang").locator(".bubble-waiting")).to_have_count(0)
    assert [i.text for i in house.inputs] == [DEMO.stages[-1].hints[-1].text]
