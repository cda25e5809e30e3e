"""A 客服 account on the fake qyapi, our door in front of it, and a house that only remembers what it was handed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

import texts
from channels.contract import Cache
from channels.wechat_kf import Ports, Settings, WechatKf
from channels.wechat_kf.account import Pace
from channels.wechat_kf.reading import LOOK_SECONDS
from storage.shared import InMemory
from tests.channels.conftest import House
from tests.fakes.qyapi import Callback, FakeQyapi
from tests.fakes.qyapi_kf import Kf, fake_kf
from tests.fakes.sealed import Seal

SECRET, TOKEN, AES_KEY = "s3cret_kf", "kjr2TKI8umCBfVF3wAHk8JiP", "4Ma3YBrSBbX2aez8MJpXGBne5LSDwgGqHbhM9WPYIws"


@dataclass
class Notes:
    """What is kept over a start."""

    kept: dict[str, str] = field(default_factory=dict)

    async def read(self, name: str) -> str:
        return self.kept.get(name, "")

    async def write(self, name: str, value: str) -> None:
        self.kept[name] = value


@dataclass
class World:
    """The platform, the house, and what all processes of ours share. Nobody waits for time to pass."""

    fake: FakeQyapi
    kf: Kf
    house: House
    cache: Cache = field(default_factory=InMemory)
    notes: Notes = field(default_factory=Notes)
    wanted: dict[str, float] = field(default_factory=dict)  # address -> until when they want a person
    slept: list[float] = field(default_factory=list)
    tick: asyncio.Event = field(default_factory=asyncio.Event)
    doors: list[WechatKf] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """Over at once; only what happens every few minutes waits until the test says so."""
        self.slept.append(seconds)
        if seconds == LOOK_SECONDS:
            await self.tick.wait()
            self.tick.clear()
        await asyncio.sleep(0)

    def door(self, **changed: str) -> WechatKf:
        """One process's door, not served."""
        given = Settings(self.kf.id, self.fake.corp, SECRET, TOKEN, AES_KEY, self.fake.base, "https://mulin.example")

        async def wanted(address: str) -> float:
            return self.wanted.get(address, 0.0)

        ports = Ports(self.cache, self.notes, lambda tag: texts.table(tag or texts.DEFAULT, "wechat_kf"), wanted)
        made = WechatKf(replace(given, **changed), ports, Pace(lambda: self.fake.now, self.sleep))
        self.doors.append(made)
        return made

    async def rests(self) -> None:
        """Everything that was called is read."""
        while any(door.reader.busy for door in self.doors):
            await asyncio.sleep(0.001)


@pytest.fixture
async def world(house: House) -> AsyncIterator[World]:
    fake = FakeQyapi()
    await fake.start()
    made = World(fake, fake_kf(fake, SECRET), house)
    yield made
    for door in made.doors:
        await door.stop()
    await fake.stop()


Opened = Callable[..., Awaitable[WechatKf]]


@pytest.fixture
async def opened(world: World) -> AsyncIterator[Opened]:
    """A door whose route is served and called by the platform."""
    runners: list[web.AppRunner] = []

    async def open_it(**changed: str) -> WechatKf:
        door = world.door(**changed)
        app = web.Application()
        app.add_routes(door.routes(world.house.take))
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook/kf"
        world.kf.app.callback = Callback(url, Seal(TOKEN, AES_KEY, world.fake.corp))
        return door

    yield open_it
    for runner in runners:
        await runner.cleanup()
