"""A fake Telegram, our channel in front of it, and a house that only remembers what it was handed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

from channels.contract import Taken
from channels.telegram import Settings, Telegram
from channels.telegram.intake import Pace
from dialogue.words import Inbound
from tests.fakes.telegram import FakeTelegram

SECRET = "s3cret_-"


@dataclass
class House:
    """What the turn would be: keeps inputs once, answers as told.

    `away`: how often the database is not there; `broken_by`: words it fails over.
    """

    heard: list[Inbound] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    alert: str = ""
    away: int = 0
    broken_by: str = ""
    busy: asyncio.Event | None = None
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, inbound: Inbound, raw: bytes) -> Taken:
        if self.busy:
            await self.busy.wait()
        if self.broken_by and inbound.text == self.broken_by:
            raise RuntimeError("a fault of ours")
        if self.away:
            self.away -= 1
            return Taken(stored=False, retry_after=7)
        if any(i.external_id == inbound.external_id for i in self.heard):
            return Taken(stored=True, duplicate=True)
        self.heard.append(inbound)
        self.raws.append(raw)
        async with self.came:
            self.came.notify_all()
        return Taken(stored=True, alert=self.alert)

    async def hears(self, count: int) -> list[Inbound]:
        """Wait until that many inputs have come."""
        async with asyncio.timeout(10), self.came:
            await self.came.wait_for(lambda: len(self.heard) >= count)
        return self.heard

    @property
    def words(self) -> list[str]:
        return [i.text or i.choice for i in self.heard]


@dataclass
class Clockwork:
    """Time that makes nobody wait: sleeps are written down and over at once, the clock stands at `at`."""

    slept: list[float] = field(default_factory=list)
    at: float = 1000.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    @property
    def pace(self) -> Pace:
        return Pace(clock=lambda: self.at, sleep=self.sleep, jitter=lambda: 1.0)


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    f = FakeTelegram()
    await f.start()
    yield f
    await f.stop()


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def clockwork() -> Clockwork:
    return Clockwork()


Opened = Callable[..., Awaitable[Telegram]]


@pytest.fixture
async def opened(fake: FakeTelegram, house: House, clockwork: Clockwork) -> AsyncIterator[Opened]:
    """Open the channel in one mode: its route served, its loops running, Telegram knowing where we are."""
    open_ones: list[tuple[Telegram, web.AppRunner]] = []

    async def open_it(mode: str = "webhook", **settings: object) -> Telegram:
        given = Settings(token=fake.token, api_base=fake.base, mode=mode, webhook_secret=SECRET)
        app = web.Application()
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        channel: Telegram | None = None

        async def entrance(request: web.Request) -> web.StreamResponse:
            assert channel is not None
            return await next(iter(channel.routes(house.take))).handler(request)

        app.router.add_post("/hook/telegram", entrance)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        channel = Telegram(replace(given, public_url=f"http://127.0.0.1:{runner.addresses[0][1]}", **settings), clockwork.pace)  # type: ignore[arg-type]
        open_ones.append((channel, runner))
        await channel.start(house.take)
        if mode == "webhook":
            await fake.until(lambda: fake.delivery.webhook is not None, "setWebhook never came")
        return channel

    yield open_it
    for channel, runner in open_ones:
        await channel.stop()
        await runner.cleanup()
