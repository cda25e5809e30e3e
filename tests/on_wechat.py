"""The whole programme with a 公众号 of our own: residents follow by a scene QR, type, tap in the text, press the menu; only time is ours.

town = await Town.open(database_url, fake)                          # fake: a FakeWeixin that was started
zhang = await town.settles_in("张阿姨", "resident", "2单元/502")      # scans the QR of her slip and agrees
assert "请选一项" in await town.taps(zhang, "去投票")                 # what she then saw
await town.moves_to(timedelta(days=7))                              # what is due happens, and leaves as far as the windows let it
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from aiohttp import web

from channels.contract import Take
from channels.wechat import WeChat
from tests import town as towns
from tests.fakes.weixin import EXAMPLE, FIELDS, FakeWeixin, Follower
from tests.house import MONDAY
from tests.town import FAST, PATIENCE

BRIEFS = ("result", "progress", "notice", "ballot")


@dataclass
class Town(towns.Town):
    """A running programme with a 公众号, and the hands of its clocks."""

    fake: FakeWeixin = field(init=False)
    read: set[int] = field(default_factory=set)
    inside: int = 0  # requests that are not over yet

    @classmethod
    async def open(cls, database_url: str, fake: FakeWeixin, *, fresh: bool = True) -> Town:
        """A house on this database; `fresh`: furnish it first."""
        fake.now = MONDAY.timestamp()
        fake.templates |= {f"T-{brief}": (FIELDS, EXAMPLE) for brief in BRIEFS}
        ours = {
            "enabled": True,
            "app_id": fake.app_id,
            "secret": fake.secret,
            "token": fake.token,
            "encoding_aes_key": fake.aes_key,
            "original_id": fake.account,
            "api_base": fake.base,
            "templates": {brief: f"T-{brief}" for brief in BRIEFS},
        }
        town = await cls.begins(database_url, {"wechat": ours}, {"wechat_overall": FAST}, fresh=fresh)
        town.fake = fake
        fake.hook = f"{town.url}/hook/wechat"
        town.door.clock, town.door._people.patience = lambda: fake.now, PATIENCE  # however slow this machine is
        town._counts()
        await fake.until(lambda: bool(fake.menu), "the menu was never put up")
        return town

    def _counts(self) -> None:
        """An answer is on the screen before its request is over here: what it did not carry leaves only then."""
        come = self.door._come

        async def counted(request: web.Request, take: Take) -> web.StreamResponse:
            self.inside += 1
            try:
                return await come(request, take)
            finally:
                self.inside -= 1

        self.door._come = counted  # type: ignore[method-assign]

    async def heard_out(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.inside:
                await asyncio.sleep(0.002)

    @property
    def door(self) -> WeChat:
        return cast("WeChat", self.programme.channels["wechat"])

    def person(self, name: str) -> Follower:
        """Somebody with WeChat; the first time they do not follow the account."""
        return self.fake.person(name)

    async def scans(self, who: Follower, code: str) -> str:
        """They scan the QR of a slip or poster; what they then saw."""
        await self.quiet()
        scene = await self.door.poster(code, days=30)
        ticket = scene.image.partition("ticket=")[2].replace("%2B", "+").replace("%3D", "=")
        await who.scans(self.fake.scenes[ticket])
        return await self.hears(who)

    async def settles_in(self, name: str, role: str = "", place: str = "", as_: str = "owner") -> Follower:
        """They follow (by the QR of their slip) and agree."""
        who = self.person(name)
        if role:
            await self.scans(who, await self.code(role, place, as_ if role == "resident" else ""))
        else:
            await who.follows()
            await self.hears(who)
        await self.taps(who, "同意，这是我家" if role == "resident" else "同意")
        return who

    async def says(self, who: Follower, text: str) -> str:
        """They write something; what they then saw."""
        await self.quiet()
        await who.says(text)
        return await self.hears(who)

    async def taps(self, who: Follower, label: str) -> str:
        """They tap the newest line so called, or type what newest stands there as a numbered one; what they then saw."""
        await self.quiet()
        if any(label == re.sub(r"^\d+\. ", "", shown) for m in who.messages for shown in m.labels):
            await who.taps(label)
        else:
            await who.says(numbered(who, label))
        return await self.hears(who)

    async def presses(self, who: Follower, label: str) -> str:
        """A button of the menu below the chat; what they then saw."""
        await self.quiet()
        await who.presses(label)
        return await self.hears(who)

    async def hears(self, who: Follower) -> str:
        """Everything that was shown to them since they were last asked."""
        await self.quiet()
        fresh = [m for m in who.messages if id(m) not in self.read]
        self.read.update(id(m) for m in fresh)
        return "\n".join(m.text for m in fresh)

    def page(self, who: Follower, part: str) -> str:
        """The newest address they were shown that has `part` in it."""
        return next(url for m in reversed(who.messages) for url in m.pages.values() if part in url)

    async def moves_to(self, moment: datetime | timedelta) -> None:
        then = self.now + moment if isinstance(moment, timedelta) else moment
        self.fake.advance(then.timestamp() - self.fake.now)
        await super().moves_to(then)


def numbered(who: Follower, label: str) -> str:
    """What to type for a line of text such as `2. 不用装`."""
    line = re.compile(rf"(?m)^(\d+)\. {re.escape(label)}$")
    found = next((f for m in reversed(who.messages) if (f := line.search(m.text))), None)
    assert found, f"nothing called {label!r} among {who.screen[-3:]}"
    return found[1]
