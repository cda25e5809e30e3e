"""The whole programme on a Telegram of our own: real routes, real turn, real outbox and clock; only time is ours.

town = await Town.open(database_url, fake)      # 幸福里 with the roll of 3号楼; nobody has ever written
wang = await town.settles_in("王女士", "resident", "2单元/301")  # opens the chat by her slip's deep link and agrees
assert "请选一项" in await town.taps(wang, "去投票", group)       # what she then heard in private
await town.moves_to(timedelta(days=7))                        # what is due on the way happens, and leaves
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy import select

from bot.app import Programme
from bot.config import make
from community.codes import complete
from community.invites import InviteMade
from storage import invites, outbox
from storage.database import Database, Tx
from tests import servers
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_people import Chat, User
from tests.house import MONDAY, furnish
from tests.house import _id as area_id

SECRET = "s3cret_-"
FAST = [100_000, 1]  # nothing waits for a rate token
PATIENCE = 20.0


@dataclass
class Town:
    """A running programme with a Telegram channel, and the hands of its clocks."""

    fake: FakeTelegram
    programme: Programme
    runner: web.AppRunner
    url: str
    now: datetime = MONDAY
    people: dict[str, User] = field(default_factory=dict)
    codes: int = 0
    read: dict[int, set[int]] = field(default_factory=dict)

    @classmethod
    async def open(cls, database_url: str, fake: FakeTelegram, mode: str = "webhook", *, fresh: bool = True) -> Town:
        """A house on this database; `fresh`: furnish it first."""
        port = servers.free_port()
        url = f"http://127.0.0.1:{port}"
        telegram = {"enabled": True, "token": fake.token, "api_base": fake.base, "mode": mode, "webhook_secret": SECRET}
        limits = {"telegram_overall": FAST, "telegram_person": FAST, "telegram_group": FAST}
        values = {
            "community": {"phone": "0566-1234567"},
            "server": {"secret_key": "test " * 8, "port": port, "public_url": url},
            "storage": {"database_url": database_url},
            "limits": limits,
            "channels": {"telegram": telegram, "webchat": {"enabled": False}},
        }
        config = make(values, Path(), {})
        if fresh:
            database = Database(config.database_url, config.server.secret_key)
            await database.transaction(furnish)
            await database.close()
        programme = Programme(config, now=lambda: town.now)
        runner = web.AppRunner(programme.application(), shutdown_timeout=0.1)
        town = cls(fake, programme, runner, url)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        if mode == "webhook":
            await fake.until(lambda: fake.delivery.webhook is not None, "setWebhook never came")
        return town

    async def close(self) -> None:
        await self.runner.cleanup()

    def person(self, name: str) -> User:
        """A neighbour with a telephone; the first time they have never written to us."""
        if name not in self.people:
            self.people[name] = self.fake.user(name)
        return self.people[name]

    async def code(self, role: str, place: str = "", as_: str = "") -> str:
        """A code as `mulin invite` prints it: for an office in an area ("" the community), or for a home (1单元/101)."""
        self.codes += 1
        code = complete(f"{4_000_000 + self.codes}")
        area, home = ("", area_id(place)) if role == "resident" else (area_id(place), "")
        ends_at = MONDAY + timedelta(days=30)
        made = InviteMade(f"i{self.codes}", code, role, area, home, as_, 1, ends_at)
        await self.programme.database.transaction(invites.record_made, 1, made)
        return code

    async def settles_in(self, name: str, role: str = "", place: str = "", as_: str = "owner") -> User:
        """They open the private chat (with their slip's code as a deep link) and agree."""
        who = self.person(name)
        await who.starts(await self.code(role, place, as_ if role == "resident" else "") if role else "")
        await self.taps(who, "同意")
        return who

    async def says(self, who: User, text: str, chat: Chat | None = None, **more: Any) -> str:
        """They write something; what they heard for it in private (in a group: there)."""
        await self.quiet()
        await who.says(text, chat, **more)
        return await self.hears(who if chat is None else chat)

    async def taps(self, who: User, label: str, chat: Chat | None = None) -> str:
        """They press the newest button so labelled; what they heard for it in private."""
        await self.quiet()
        press = await who.taps(label, chat)
        await press.answer()
        return await self.hears(who)

    async def hears(self, chat: Chat) -> str:
        """Everything the bot said in a chat since it was last asked about."""
        await self.quiet()
        known = self.read.setdefault(id(chat), set())
        fresh = [m for m in chat.messages if m.by_bot and id(m) not in known]
        known.update(id(m) for m in fresh)
        return "\n".join(m.text for m in fresh)

    async def quiet(self) -> None:
        """Everything that was said is taken, and everything that may leave now has left."""
        await self.fake.until(lambda: not self.fake.delivery.waiting(), "an update was never taken")
        async with asyncio.timeout(PATIENCE):
            while await self.programme.database.read(self._waits):
                self.programme.deliver.wake()
                await asyncio.sleep(0.002)

    def _waits(self, tx: Tx) -> bool:
        rows = outbox.outbox
        waiting = select(rows.c.id).where(rows.c.state.in_(("queued", "sending")), rows.c.not_before <= self.now)
        return tx.one(waiting.limit(1)) is not None

    async def moves_to(self, moment: datetime | timedelta) -> None:
        """The clock moves; what is due on the way happens and leaves."""
        self.now = self.now + moment if isinstance(moment, timedelta) else moment
        await self.programme.clock.catch_up()
        await self.quiet()
