"""The whole programme on a WeCom of our own, as its members meet the 智能机器人: in private and in their building's internal group.

town = await Town.open(database_url, fake)          # or mode "callback"
li = await town.settles_in("老李", "leader", "幸福里/3号楼")
assert "请选一项" in await town.taps(wang, "去投票")   # taps a card, or types what no card offers; what they then heard
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from channels.wecom_aibot import AiBot
from channels.wecom_aibot.pace import Pace
from storage import outbox
from storage.database import Tx
from tests import servers
from tests import town as towns
from tests.fakes.openws import FakeOpenWs, Group, Member
from tests.fakes.openws_callback import Callback
from tests.fakes.openws_people import Chat
from tests.fakes.sealed import Seal
from tests.town import FAST

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


@dataclass
class Town(towns.Town):
    """A running programme with the bot."""

    fake: FakeOpenWs = field(init=False)
    people: dict[str, Member] = field(default_factory=dict)
    read: dict[int, int] = field(default_factory=dict)

    @classmethod
    async def open(cls, database_url: str, fake: FakeOpenWs, mode: str = "socket") -> Town:
        """幸福里 with the roll of 3号楼; nobody has ever written."""
        bot: dict[str, Any] = {"enabled": True, "mode": mode, "bot_name": fake.name}
        if mode == "socket":
            bot |= {"bot_id": fake.bot_id, "secret": fake.secret, "socket_url": fake.url}
        else:
            bot |= {"token": "tok", "encoding_aes_key": KEY}
        port = servers.free_port()
        limits = {"wecom_aibot_minute": FAST, "wecom_aibot_hour": FAST}
        town = await cls.begins(database_url, {"wecom_aibot": bot}, limits, port=port)
        town.fake = fake
        if mode == "socket":
            await fake.until(lambda: fake.live is not None, "the bot never connected")
            await fake.until(lambda: town.bot.ready, "the bot never became ready")
        else:
            town.bot._desk.pace = Pace(now=fake.clock.now)
            fake.callback = Callback(f"{town.url}/hook/aibot", Seal("tok", KEY, ""))
        return town

    @property
    def bot(self) -> AiBot:
        found = self.programme.channels["wecom_aibot"]
        assert isinstance(found, AiBot)
        return found

    def person(self, name: str) -> Member:
        """A member of the corp; the first time they have never talked to the bot."""
        if name not in self.people:
            self.people[name] = self.fake.member(f"member{len(self.people) + 1}")
        return self.people[name]

    async def settles_in(self, name: str, role: str = "", place: str = "", as_: str = "owner") -> Member:
        """They open the chat, type the code of their slip and agree."""
        who = self.person(name)
        await who.opens()
        await self.quiet()
        if role:
            await self.says(who, f"绑定 {await self.code(role, place, as_ if role == 'resident' else '')}")
        await self.taps(who, "同意，这是我家" if role == "resident" else "同意")
        return who

    async def says(self, who: Member, text: str, group: Group | None = None) -> str:
        """They write something (in a group: to the bot); what they heard for it there."""
        await self._takes_breath()
        if group is not None:
            await who.calls(text, group)
        else:
            await who.says(text)
        return await self.hears(who if group is None else group, who)

    async def taps(self, who: Member, label: str, group: Group | None = None) -> str:
        """They tap it on a card, or type it where no card offers it; what they then heard in private."""
        await self._takes_breath()
        if not await who.taps(label, group):
            where = group or who
            shown = next((m for m in reversed(where.messages) if m.by_bot and label in m.words(who.id)), None)
            assert shown, f"{label!r} stands nowhere in {[m.words(who.id) for m in where.messages[-4:]]}"
            await (who.calls(label, group) if group else who.says(label))
        return await self.hears(who)

    async def ticks(self, who: Member, *labels: str) -> str:
        """They tick several options of a card and send them in; what they then heard."""
        await self._takes_breath()
        assert await who.taps(labels[0], with_=labels[1:]), f"{labels} stand on no card"
        return await self.hears(who)

    async def photographs(self, who: Member, picture: bytes, words: str = "") -> str:
        """They send a photo; what they then heard."""
        await self._takes_breath()
        await who.sends(picture, words=words)
        return await self.hears(who)

    async def hears(self, chat: Chat, who: Member | None = None) -> str:
        """Everything the bot said in a chat since it was last asked about."""
        await self.quiet()
        begun = self.read.get(id(chat), 0)
        self.read[id(chat)] = len(chat.messages)
        reader = who.id if who else chat.id
        return "\n".join(m.words(reader) for m in chat.messages[begun:] if m.by_bot)

    def link(self, chat: Chat, label: str) -> str:
        """The address behind the newest link so called."""
        found = (m.taps(chat.id).get(label, ("", "")) for m in reversed(chat.messages))
        return next(address for kind, address in found if kind == "link")

    def page(self, who: Member, part: str) -> str:
        """The newest address they were shown that has `part` in it."""
        found = (address for m in reversed(who.messages) for kind, address in m.taps(who.id).values() if kind == "link")
        return next(address for address in found if part in address)

    async def _takes_breath(self) -> None:
        """Nobody says more than six things a minute."""
        await self.quiet()
        await self.fake.clock.advance(10)

    async def heard_out(self) -> None:
        await self.fake.settled()
        if self.bot._socket is not None:
            async with asyncio.timeout(towns.PATIENCE):
                await self.bot._socket.finish()
            await self.fake.settled()

    def _waits(self, tx: Tx) -> bool:
        """What a response was given to say is given back a moment after it."""
        lent = select(outbox.outbox.c.id).where(outbox.outbox.c.state == "sending")
        return super()._waits(tx) or tx.one(lent.limit(1)) is not None

    async def moves_to(self, moment: Any) -> None:
        before = self.now
        await super().moves_to(moment)
        await self.fake.clock.advance(max((self.now - before).total_seconds(), 0))
        await self.quiet()
