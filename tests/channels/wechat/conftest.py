"""A fake 公众号 platform, our door in front of it, and a house that answers as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import web

import texts
from channels.contract import Answer, Taken
from channels.wechat import Settings, WeChat
from dialogue.words import Inbound, Rendered
from storage.shared import InMemory
from tests.fakes.weixin import FakeWeixin, Follower

PUBLIC, AT_HOME = "https://mulin.example", "http://127.0.0.1:8080"
MENU = (("填一填", (("投票", "vote"), ("问卷", "survey"))), ("我的", (("菜单", "menu"),)))


@dataclass
class House:
    """Keeps what it was handed; `says` gives the answers to an input, each for itself a row."""

    heard: list[Inbound] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    asked: int = 0  # how often it was handed something, duplicates too
    given: list[list[int]] = field(default_factory=list)
    says: Callable[[Inbound], Sequence[Rendered]] = lambda _: ()
    away: int = 0
    busy: asyncio.Event | None = None
    tell: Callable[[], None] = lambda: None

    async def take(self, inbound: Inbound, raw: bytes) -> Taken:
        self.asked += 1
        self.tell()
        if self.busy:
            await self.busy.wait()
        if self.away:
            self.away -= 1
            return Taken(stored=False, retry_after=7)
        known = any(i.external_id == inbound.external_id for i in self.heard)
        if not known:
            self.heard.append(inbound)
            self.raws.append(raw)
            self.tell()

        async def given(rows: Collection[int]) -> None:
            self.given.append(sorted(rows))
            self.tell()

        answers = tuple(Answer(i, words) for i, words in enumerate(self.says(inbound), 1))
        return Taken(True, known, answers=answers, given=given)

    def was_asked(self, times: int) -> bool:
        return self.asked == times


class Notes:
    """A notebook on paper."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}

    async def read(self, name: str) -> str:
        return self.pages.get(name, "")

    async def write(self, name: str, value: str) -> None:
        self.pages[name] = value


def words(tag: str) -> Any:
    """The door's own words."""
    return texts.table(texts.language_of(tag) if tag else texts.DEFAULT, "wechat")


@pytest.fixture(params=["safe"])
def mode(request: pytest.FixtureRequest) -> str:
    """How callbacks come; a test that wants others says so."""
    return str(request.param)


@pytest.fixture
async def fake(mode: str) -> AsyncIterator[FakeWeixin]:
    f = FakeWeixin(mode=mode)
    await f.start()
    yield f
    await f.stop()


@pytest.fixture
def house(fake: FakeWeixin) -> House:
    return House(tell=fake.changed)


@pytest.fixture
def notes() -> Notes:
    return Notes()


Opened = Callable[..., Awaitable[WeChat]]


@pytest.fixture
async def opened(fake: FakeWeixin, house: House, notes: Notes) -> AsyncIterator[Opened]:
    """Open the door as configured: its routes served, its menu put up."""
    open_ones: list[tuple[WeChat, web.AppRunner]] = []

    async def open_it(**changed: Any) -> WeChat:
        public = AT_HOME if fake.mode == "plain" else PUBLIC
        usual = Settings(fake.app_id, fake.secret, fake.token, fake.aes_key, fake.account, public, words, api_base=fake.base)
        channel = WeChat(replace(usual, **changed), InMemory(), notes, lambda: fake.now)
        channel.clock, channel._people.patience = lambda: fake.now, 60.0  # however slow this machine is
        app = web.Application()
        app.add_routes(channel.routes(house.take))
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        fake.hook = f"http://127.0.0.1:{runner.addresses[0][1]}/hook/wechat"
        open_ones.append((channel, runner))
        await channel.start(house.take)
        return channel

    yield open_it
    for channel, runner in open_ones:
        await channel.stop()
        await runner.cleanup()


@pytest.fixture
async def zhang(fake: FakeWeixin, opened: Opened) -> Follower:
    """Somebody who follows the account already, with the door open."""
    await opened()
    person = fake.person("张阿姨")
    person.following = True
    return person
