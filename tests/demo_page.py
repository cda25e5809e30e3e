"""The demonstration's page in a real browser, played by hand: somebody picks up a phone, types, taps, reads.

demo = await DemoPage.open(browser, url)
await demo.says("zhang", "您好")
await demo.taps("zhang", "同意")
await demo.sees("zhang", "已经登记")
await demo.says("laoli", "#绑定本群 3号楼", group=True)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from channels.webchat.demo import ROOM

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Locator, Page

GROUP = "group"
PATIENCE = 20_000  # milliseconds for what must come; nothing waits for them to pass


@dataclass
class DemoPage:
    """The page, and what went wrong on it."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    @classmethod
    async def open(cls, browser: Browser | BrowserContext, url: str, width: int = 1400, height: int = 900) -> DemoPage:
        """The page with every phone's history read."""
        page = await browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")  # type: ignore[call-arg]
        demo = cls(page)
        page.on("pageerror", lambda error: demo.complaints.append(str(error)))
        page.on("console", lambda said: demo.complaints.append(said.text))
        await page.goto(url)
        await page.locator(".chat:not([data-ready])").first.wait_for(state="detached")
        return demo

    def chat(self, who: str) -> Locator:
        """That person's private chat, or the group's."""
        return self.page.locator(f'.chat[data-chat="{ROOM}"]' if who == GROUP else f'.hold[data-as="{who}"] .chat')

    async def picks_up(self, who: str, *, group: bool = False) -> Locator:
        """The phone in their hand: their own, or the group's with them as the one who speaks."""
        room = f'.phone:has(.chat[data-chat="{ROOM}"])'
        holder = self.page.locator(f'{room if group else f".phone:not({room})"} .holder[data-as="{who}"]')
        if await holder.count():
            await holder.click()
        return self.chat(GROUP if group else who)

    async def says(self, who: str, text: str, *, group: bool = False) -> None:
        """They type it and press Enter."""
        chat = await self.picks_up(who, group=group)
        await chat.locator("textarea").fill(text)
        await chat.locator("textarea").press("Enter")

    async def taps(self, who: str, label: str | re.Pattern[str], *, group: bool = False) -> None:
        """They tap the newest button so labelled."""
        chat = await self.picks_up(who, group=group)
        await chat.locator(".bubble-buttons").get_by_role("button", name=label, exact=True).last.click(timeout=PATIENCE)

    async def sends_photo(self, who: str, photo: bytes, text: str) -> None:
        """They write a line and choose a photo to go with it."""
        chat = await self.picks_up(who)
        await chat.locator("textarea").fill(text)
        await chat.locator("input[type=file]").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo})

    async def sees(self, who: str, words: str) -> None:
        """A message with these words stands in their chat, waited for."""
        await self.chat(who).locator(".bubble-bot", has_text=words).last.wait_for(state="attached", timeout=PATIENCE)

    async def text(self, who: str) -> str:
        """Everything that stands in a chat."""
        return "\n".join(await self.chat(who).locator(".bubble-text").all_text_contents())

    async def link(self, who: str, label: str) -> str:
        """Where the newest link so labelled leads."""
        found = self.chat(who).get_by_role("link", name=label, include_hidden=True).last
        await found.wait_for(state="attached", timeout=PATIENCE)
        address = await found.get_attribute("href")
        assert address
        return address
