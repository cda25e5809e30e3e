"""Our bot before a WeCom of our own, and a house that remembers what it was handed and answers as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

import texts
from channels.contract import Answer, Taken
from channels.wecom_aibot import AiBot, Settings
from channels.wecom_aibot.pace import Pace
from dialogue.rendered import Button, Rendered
from dialogue.words import Inbound
from storage.shared import InMemory
from tests.fakes.openws import FakeOpenWs
from tests.fakes.openws_callback import Callback
from tests.fakes.sealed import Seal

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SEAL = Seal("tok", KEY, "")
ASKED = Rendered("楼道要不要加装扶手？", (Button("要装", "vote 1 1"), Button("不用装", "vote 1 2"), Button("改", "edit", aside=True)))


@dataclass
class Notes:
    """A notebook on no database."""

    kept: dict[str, str] = field(default_factory=dict)

    async def read(self, name: str) -> str:
        return self.kept.get(name, "")

    async def write(self, name: str, value: str) -> None:
        self.kept[name] = value


@dataclass
class House:
    """Keeps inputs once. `answers`: what is said to each; `given`: those that went out with the request; `away`: so often no database."""

    answers: tuple[Rendered, ...] = ()
    alert: str = ""
    away: int = 0
    channel: AiBot | None = None
    heard: list[Inbound] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    files: list[bytes | Exception] = field(default_factory=list)
    given: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    slow: Callable[[], Awaitable[object]] | None = None

    async def take(self, inbound: Inbound, raw: bytes) -> Taken:
        if self.away:
            self.away -= 1
            return Taken(stored=False, retry_after=7)
        for attachment in inbound.attachments:
            assert self.channel
            try:
                self.files.append(await self.channel.fetch(attachment))
            except Exception as e:
                self.files.append(e)
        if self.slow:
            await self.slow()
        duplicate = any(i.external_id == inbound.external_id for i in self.heard)
        if not duplicate:
            self.heard.append(inbound)
            self.raws.append(raw)
        rows = [10 * len(self.heard) + i for i in range(len(self.answers))]

        async def given(gone: Collection[int]) -> None:
            self.given += [row for row in rows if row in gone]
            self.left += [row for row in rows if row not in gone]

        answers = tuple(Answer(row, words, f"m{row}-1") for row, words in zip(rows, self.answers, strict=True))
        return Taken(True, duplicate, alert=self.alert, answers=answers, given=given)

    @property
    def words(self) -> list[str]:
        return [i.text or i.choice for i in self.heard]


@dataclass
class Stage:
    """Everything that plays."""

    fake: FakeOpenWs
    house: House
    cache: InMemory = field(default_factory=InMemory)
    notes: Notes = field(default_factory=Notes)
    names: int = 0
    bots: list[AiBot] = field(default_factory=list)
    runners: list[web.AppRunner] = field(default_factory=list)

    @property
    def pace(self) -> Pace:
        clock = self.fake.clock
        return Pace(clock=clock.now, now=clock.now, sleep=clock.sleep, chance=lambda: 1.0, name=self.name)

    def name(self) -> str:
        self.names += 1
        return f"n{self.names}"

    def bot(self, **settings: str) -> AiBot:
        """A bot of ours, not started."""
        given = Settings(bot_id="BOT", secret="s3cret", bot_name="睦邻", socket_url=self.fake.url, public_url="http://127.0.0.1:1")
        made = AiBot(replace(given, **settings), lambda tag: texts.table(tag or "zh-CN", "wecom_aibot"), self.cache, self.notes, self.pace)
        self.bots.append(made)
        self.house.channel = made
        return made

    async def live(self, **settings: str) -> AiBot:
        """A bot of ours, connected."""
        bot = self.bot(**settings)
        await bot.start(self.house.take)
        await self.fake.until(lambda: self.fake.live is not None, "never subscribed")
        await self.fake.settled()
        return bot

    async def called_back(self, **settings: str) -> AiBot:
        """A bot of ours that is called back; people's words go there."""
        bot = self.bot(mode="callback", token="tok", encoding_aes_key=KEY, **settings)
        app = web.Application()
        app.add_routes(bot.routes(self.house.take))
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.runners.append(runner)
        self.fake.callback = Callback(f"http://127.0.0.1:{runner.addresses[0][1]}/hook/aibot", SEAL)
        return bot

    async def quiet(self) -> None:
        """What was said is heard and answered, as far as no time has to pass for it."""
        await self.fake.settled()
        socket = self.bots[-1]._socket
        if socket:
            async with asyncio.timeout(10):
                await socket.finish()
            await self.fake.settled()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    fake = FakeOpenWs()
    await fake.start()
    made = Stage(fake, House())
    yield made
    for bot in made.bots:
        await bot.stop()
    for runner in made.runners:
        await runner.cleanup()
    await fake.stop()
