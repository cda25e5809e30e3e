"""The whole programme on a WeCom of our own: members write to the 自建应用, tap its cards, and read what it posts into groups.

town = await Town.open(database_url, fake)                    # fake: a FakeQyapi that was started
li = await town.settles_in("老李", "leader", "幸福里/3号楼")    # opens the application, brings the code, agrees
assert "请选一项" in await town.taps(li, "去投票")              # the newest button, option or numbered line so called
await town.moves_to(timedelta(days=7))                        # what is due on the way happens, and leaves
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from aiohttp import web

from channels.contract import Take
from channels.wecom import Wecom
from tests import town as towns
from tests.fakes.qyapi import App, Callback, FakeQyapi
from tests.fakes.qyapi_corp import Corp, Group
from tests.fakes.qyapi_messages import Member, Messages, Shown
from tests.fakes.qyapi_people import People
from tests.fakes.sealed import Seal
from tests.town import FAST, PATIENCE

AGENT, SECRET, TOKEN = 1000002, "s3cret-of-the-application", "tok3n"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
PINYIN = {"老李": "LaoLi", "小王": "XiaoWang", "小赵": "XiaoZhao", "王女士": "WangFang", "张阿姨": "ZhangAYi", "陈先生": "ChenJun"}
A_WHILE = timedelta(seconds=7)  # between two things people do: WeCom swallows more than thirty messages a minute


@dataclass
class Town(towns.Town):
    """A running programme with the 自建应用, and the hands of its clocks."""

    fake: FakeQyapi = field(init=False)
    app: App = field(init=False)
    messages: Messages = field(init=False)
    corp: Corp = field(init=False)
    people: People = field(init=False)
    read: set[int] = field(default_factory=set)
    inside: int = 0  # callbacks that are being answered

    @classmethod
    async def open(cls, database_url: str, fake: FakeQyapi, *, fresh: bool = True) -> Town:
        """A house on this database; `fresh`: furnish it first."""
        wecom = {"enabled": True, "corp_id": fake.corp, "agent_id": AGENT, "secret": SECRET}
        wecom |= {"token": TOKEN, "encoding_aes_key": AES_KEY, "api_base": fake.base}
        town = await cls.begins(database_url, {"wecom": wecom}, {"wecom_minute": FAST, "wecom_hour": FAST}, fresh=fresh)
        town.fake, town.app = fake, fake.app(AGENT, SECRET, "wecom")
        town.messages = Messages(fake)
        town.corp = Corp(town.messages)
        fake.mount(town.messages)
        fake.mount(town.corp)
        town.app.callback = Callback(f"{town.url}/hook/wecom", Seal(TOKEN, AES_KEY, fake.corp))
        town.people = People(fake, town.messages, town.app)
        town.door.now = town.instant
        town._counts()
        town._passes(timedelta())
        return town

    def instant(self) -> float:
        return self.now.timestamp()

    @property
    def door(self) -> Wecom:
        return cast("Wecom", self.programme.channels["wecom"])

    def member(self, name: str) -> Member:
        """A member of the corp; the first time they have never opened the application."""
        userid = PINYIN.get(name, name)
        return self.messages.members.get(userid.lower()) or self.messages.member(userid, name)

    async def settles_in(self, name: str, role: str = "", place: str = "", as_: str = "owner") -> Member:
        """They open the application, say the code of their slip, and agree."""
        who = self.member(name)
        self._passes()
        await self.people.enters(who)
        await self.hears(who)
        if role:
            await self.says(who, f"绑定 {await self.code(role, place, as_ if role == 'resident' else '')}")
        await self.taps(who, "同意，这是我家" if role == "resident" else "同意")
        return who

    async def says(self, who: Member, text: str) -> str:
        """They write something; what they then read."""
        await self._before()
        await self.people.says(who, text)
        return await self.hears(who)

    async def taps(self, who: Member, label: str) -> str:
        """They tap or type what is so called; what they then read."""
        await self._before()
        assert not await self.people.taps(who, label), f"{label} opens a page"
        return await self.hears(who)

    async def ticks(self, who: Member, *labels: str) -> str:
        """They tick several options of a card and send them in; what they then read."""
        await self._before()
        await self.people.ticks(who, *labels)
        return await self.hears(who)

    async def sends(self, who: Member, **content: Any) -> str:
        """They send something that is no words; what they then read."""
        await self._before()
        await self.people.sends(who, **content)
        return await self.hears(who)

    async def photographs(self, who: Member, picture: bytes) -> str:
        """They send a photo; what they then read."""
        await self._before()
        await self.people.sends_photo(who, picture)
        return await self.hears(who)

    def posted(self, group: Group) -> str:
        """What was posted into a group since it was last read."""
        fresh = [shown for shown in group.seen if id(shown) not in self.read]
        self.read.update(id(shown) for shown in fresh)
        return "\n".join(shown.text for shown in fresh)

    async def follows(self, who: Member, label: str) -> str:
        """The address behind a link."""
        return await self.people.taps(who, label)

    async def hears(self, who: Member) -> str:
        """Everything that was shown to them since they were last asked."""
        await self.quiet()
        fresh = [shown for shown in who.seen if id(shown) not in self.read]
        self.read.update(id(shown) for shown in fresh)
        assert not who.swallowed, "WeCom swallowed something and said that all was well"
        return "\n".join(shown.text for shown in fresh)

    def last(self, who: Member) -> Shown:
        """What stands at the bottom of their conversation."""
        return who.seen[-1]

    async def moves_to(self, moment: datetime | timedelta) -> None:
        then = self.now + moment if isinstance(moment, timedelta) else moment
        self.fake.now = then.timestamp()
        await super().moves_to(then)

    async def heard_out(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.inside:
                await asyncio.sleep(0.002)

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

    async def _before(self) -> None:
        await self.quiet()
        self._passes()

    def _passes(self, time: timedelta = A_WHILE) -> None:
        self.now += time
        self.fake.now = self.now.timestamp()
