"""The whole programme with a 微信客服 of our own: residents open the chat by a QR in WeChat, read and tap there; only time is ours.

town = await Town.open(database_url, fake)                          # fake: a FakeQyapi that was started
zhang = await town.settles_in("张阿姨", "resident", "2单元/502")      # scans the QR of her slip and agrees
assert "请选一项" in await town.taps(zhang, "去投票")                 # what she then saw
await town.moves_to(timedelta(days=7))                              # what is due on the way happens, and leaves as far as it may
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from channels.wechat_kf import WechatKf
from tests import town as towns
from tests.fakes.qyapi import Callback, FakeQyapi
from tests.fakes.qyapi_kf import Kf, fake_kf
from tests.fakes.qyapi_kf_people import Resident, Shown
from tests.fakes.sealed import Seal
from tests.house import MONDAY
from tests.town import FAST, PATIENCE

SECRET, TOKEN, AES_KEY = "s3cret-of-kf", "tok3n", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


@dataclass
class Town(towns.Town):
    """A running programme with a 客服 account, and the hands of its clocks."""

    fake: FakeQyapi = field(init=False)
    kf: Kf = field(init=False)
    people: dict[str, Resident] = field(default_factory=dict)
    read: set[int] = field(default_factory=set)

    @classmethod
    async def open(cls, database_url: str, fake: FakeQyapi, *, fresh: bool = True) -> Town:
        """A house on this database; `fresh`: furnish it first."""
        fake.now = MONDAY.timestamp()
        kf = fake_kf(fake, SECRET)
        corp = {"corp_id": fake.corp, "api_base": fake.base}
        ours = {"enabled": True, "open_kfid": kf.id, "secret": SECRET, "token": TOKEN, "encoding_aes_key": AES_KEY}
        town = await cls.begins(database_url, {"wecom": corp, "wechat_kf": ours}, {"wechat_kf_overall": FAST}, fresh=fresh)
        town.fake, town.kf = fake, kf
        kf.app.callback = Callback(f"{town.url}/hook/kf", Seal(TOKEN, AES_KEY, fake.corp))
        return town

    @property
    def door(self) -> WechatKf:
        return cast("WechatKf", self.programme.channels["wechat_kf"])

    def person(self, name: str) -> Resident:
        """Somebody with WeChat; the first time they never opened the chat."""
        if name not in self.people:
            self.people[name] = self.kf.resident(name)
        return self.people[name]

    async def scans(self, who: Resident, code: str) -> str:
        """They scan the QR of a slip or poster; what they then saw."""
        await self.quiet()
        await who.opens(await self.door.door(code))
        return await self.hears(who)

    async def settles_in(self, name: str, role: str = "", place: str = "", as_: str = "owner") -> Resident:
        """They open the chat (by the QR of their slip) and agree."""
        who = self.person(name)
        if role:
            await self.scans(who, await self.code(role, place, as_ if role == "resident" else ""))
        else:
            await who.opens()
            await self.hears(who)
        await self.taps(who, "同意，这是我家" if role == "resident" else "同意")
        return who

    async def says(self, who: Resident, text: str) -> str:
        """They write something; what they then saw."""
        await self.quiet()
        await who.says(text)
        return await self.hears(who)

    async def taps(self, who: Resident, label: str) -> str:
        """They tap the newest line so called, or type what newest stands there as a numbered one; what they then saw."""
        await self.quiet()
        if any(label in m.labels for m in who.messages):
            await who.taps(label)
        else:
            await who.says(numbered(who.messages, label))
        return await self.hears(who)

    async def hears(self, who: Resident) -> str:
        """Everything that was shown to them since they were last asked."""
        await self.quiet()
        fresh = [m for m in who.messages if m.by != "them" and id(m) not in self.read]
        self.read.update(id(m) for m in fresh)
        return "\n".join(m.text for m in fresh)

    def page(self, who: Resident, part: str) -> str:
        """The newest address they were shown that has `part` in it."""
        lines = (what for m in reversed(who.messages) for _, what in m.lines if part in what)
        written = (found[0] for m in reversed(who.messages) if (found := re.search(rf"http\S*{re.escape(part)}\S*", m.text)))
        return next(lines, "") or next(written)

    async def heard_out(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.door.reader.busy or (self.kf.unread and not self.kf.silent):
                await asyncio.sleep(0.002)

    async def moves_to(self, moment: datetime | timedelta) -> None:
        then = self.now + moment if isinstance(moment, timedelta) else moment
        self.fake.now = then.timestamp()
        await super().moves_to(then)


def numbered(messages: list[Shown], label: str) -> str:
    """What to type for a line of text such as `2. 不用装`; a room (301) as it stands."""
    if label.isdecimal():
        return label
    found = (m for m in reversed(messages) if m.by == "us" and re.search(rf"(?m)^(\d+)\. {re.escape(label)}$", m.text))
    shown = next(found, None)
    assert shown, f"nothing called {label!r} among {[(m.text, m.labels) for m in messages][-3:]}"
    return cast("re.Match[str]", re.search(rf"(?m)^(\d+)\. {re.escape(label)}$", shown.text))[1]
