"""A fake qyapi, our door in front of it, and a house that answers as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

import texts
from channels.contract import Answer, Taken
from channels.wecom import Settings, Wecom
from dialogue.words import Inbound, Rendered
from storage.shared import InMemory
from tests.fakes.qyapi import App, Callback, FakeQyapi
from tests.fakes.qyapi_corp import Corp
from tests.fakes.qyapi_messages import Member, Messages
from tests.fakes.qyapi_people import People
from tests.fakes.sealed import Seal

AGENT, SECRET, TOKEN = 1000002, "s3cret-of-the-application", "tok3n"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
PUBLIC = "https://mulin.example"


def words(tag: str) -> Any:
    """The door's own words."""
    return texts.table(texts.language_of(tag) if tag else texts.DEFAULT, "wecom")


@dataclass
class House:
    """Keeps what it was handed; `says` gives the answers to an input, each for itself a row."""

    heard: list[Inbound] = field(default_factory=list)
    given: list[list[int]] = field(default_factory=list)
    says: Callable[[Inbound], Sequence[Rendered]] = lambda _: ()
    asked: int = 0
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

        async def given(rows: Collection[int]) -> None:
            self.given.append(sorted(rows))
            self.tell()

        answers = tuple(Answer(i, said) for i, said in enumerate(self.says(inbound), 1))
        return Taken(True, known, answers=answers, given=given)


@dataclass
class Office:
    """The corp, our door, and who stands in front of it."""

    fake: FakeQyapi
    app: App
    messages: Messages
    corp: Corp
    people: People
    house: House
    door: Wecom
    cache: InMemory
    elapsed: float = 0.0

    def member(self, userid: str = "ZhangAYi", name: str = "张阿姨") -> Member:
        return self.messages.members.get(userid.lower()) or self.messages.member(userid, name)


def settings(fake: FakeQyapi, **changed: Any) -> Settings:
    usual: dict[str, Any] = {"corp_id": fake.corp, "agent_id": AGENT, "secret": SECRET, "token": TOKEN, "encoding_aes_key": AES_KEY}
    return Settings(**{**usual, "public_url": PUBLIC, "words": words, "api_base": fake.base, **changed})


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    fake = FakeQyapi()
    await fake.start()
    messages, house, cache = Messages(fake), House(tell=fake.changed), InMemory()
    corp, app = Corp(messages), fake.app(AGENT, SECRET, "wecom")
    fake.mount(messages)
    fake.mount(corp)

    door = Wecom(settings(fake), cache)
    here = Office(fake, app, messages, corp, People(fake, messages, app), house, door, cache)
    door.now, door.clock = (lambda: fake.now), (lambda: here.elapsed)
    server = web.Application()
    server.add_routes(door.routes(house.take))
    runner = web.AppRunner(server, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app.callback = Callback(f"http://127.0.0.1:{runner.addresses[0][1]}/hook/wecom", Seal(TOKEN, AES_KEY, fake.corp))
    yield here
    await door.stop()
    await runner.cleanup()
    await fake.stop()
