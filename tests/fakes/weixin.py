"""A 公众号 of our own on 127.0.0.1: followers, callbacks and api.weixin.qq.com, with the platform's windows, rules and refusals.

    fake = FakeWeixin(); await fake.start()         # fake.base is `api_base`; fake.hook = where callbacks go
    zhang = fake.person("张阿姨"); await zhang.follows("12345678")
    await zhang.says("投票 3"); await zhang.taps("同意")
    zhang.screen                                     # what she saw

Time is virtual (`fake.advance(5)`): a callback unanswered for five seconds is hung up and brought again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.sealed import Seal
from tests.fakes.weixin_api import Server
from tests.fakes.weixin_delivery import Delivery
from tests.fakes.weixin_people import Follower, Message

__all__ = ["FakeWeixin", "Follower", "Message", "Trouble"]

SECONDS = 10.0  # how long a test waits for what must come; nothing waits for it to pass
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
FIELDS = "事项名称:{{thing1.DATA}}\n办理进度:{{phrase2.DATA}}\n时间:{{time3.DATA}}\n编号:{{character_string4.DATA}}\n"
EXAMPLE = "事项名称:楼道灯维修\n办理进度:已办结\n时间:2026年11月23日 10:00\n编号:12\n"


@dataclass
class Trouble:
    """What happens to the next call of a path: an errcode, an HTTP status (`http`), or a broken line (0); `done`: after it worked."""

    path: str
    code: int = 0
    http: int = 0
    done: bool = False


@dataclass
class FakeWeixin:
    """The platform. `refused` holds every call that got an errcode, `calls` all of them."""

    app_id: str = "wx5823bf96d3bd56c7"
    secret: str = "0123456789abcdef0123456789abcdef"
    token: str = "mulin"
    mode: str = "safe"
    account: str = "gh_7f083739789a"
    now: float = 1_795_600_000.0
    verified: bool = True  # else it may answer callbacks and nothing more
    bound: bool = True  # to an 开放平台 account: followers have a unionid
    hook: str = ""
    base: str = ""
    people: dict[str, Follower] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    media: dict[str, tuple[bytes, float]] = field(default_factory=dict)
    codes: dict[str, tuple[str, float, bool]] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    scenes: dict[str, str] = field(default_factory=dict)  # ticket -> scene
    menu: list[dict[str, Any]] = field(default_factory=list)
    templates: dict[str, tuple[str, str]] = field(default_factory=dict)  # 模板消息: id -> content, example
    ordered: dict[str, tuple[str, str]] = field(default_factory=dict)  # 订阅通知
    calls: list[tuple[str, Any]] = field(default_factory=list)
    given: list[dict[str, str]] = field(default_factory=list)  # msgid of every template that was taken
    refused: list[tuple[str, int]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    slow: dict[str, asyncio.Event] = field(default_factory=dict)  # path -> answers once this is set

    def __post_init__(self) -> None:
        self.delivery = Delivery(self, Seal(self.token, AES_KEY, self.app_id), self.mode)
        self.aes_key = "" if self.mode == "plain" else AES_KEY
        self._count = 6_291_501_249_152_520_000
        self._change = asyncio.Condition()
        self._notices: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self._runner = web.AppRunner(Server(self).app(), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close."""
        await self.delivery.close()
        if self._runner:
            await self._runner.cleanup()

    def person(self, name: str) -> Follower:
        """Somebody with WeChat who does not follow us yet."""
        if name not in self.people:
            number = len(self.people) + 1
            self.people[name] = Follower(self, name, f"oMulin-{number:02}_x", f"uMulin{number:02}")
        return self.people[name]

    def by_openid(self, openid: str) -> Follower | None:
        return next((p for p in self.people.values() if p.openid == openid), None)

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.now += seconds
        self.delivery.moved()

    def number(self) -> str:
        """A MsgId, a msgid: never the same again."""
        self._count += 1
        return str(self._count)

    def keep(self, content: bytes) -> str:
        """Store a file for three days; returns its id."""
        key = f"media{self.number()}"
        self.media[key] = (content, self.now + 3 * 86400)
        return key

    def code(self, who: Follower) -> str:
        """What the browser of that person brings back from the authorize page."""
        code = f"code{self.number()}"
        self.codes[code] = (who.openid, self.now + 300, who.snapshot)
        return code

    def goes_wrong(self, path: str, code: int = 0, *, http: int = 0, done: bool = False, times: int = 1) -> None:
        """The next call(s) of that path fail."""
        self.troubles += [Trouble(path, code, http, done)] * times

    def trouble_with(self, path: str) -> Trouble | None:
        found = next((t for t in self.troubles if t.path == path), None)
        if found:
            self.troubles.remove(found)
        return found

    async def until(self, true: Callable[[], bool], otherwise: str) -> None:
        """Wait for something to become true by what the house does."""
        try:
            async with asyncio.timeout(SECONDS), self._change:
                await self._change.wait_for(true)
        except TimeoutError:
            raise AssertionError(otherwise) from None

    def changed(self) -> None:
        """Somebody may be waiting for what just happened."""

        async def tell() -> None:
            async with self._change:
                self._change.notify_all()

        task = asyncio.create_task(tell())
        self._notices.add(task)
        task.add_done_callback(self._notices.discard)
