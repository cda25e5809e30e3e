"""The whole programme with one door, whatever platform stands behind it: real routes, real turn, real outbox and clock; only time is ours.

A door's own town (tests/on_telegram.py, …) subclasses Town: how people come, speak and tap there, and what they then see.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from aiohttp import web
from sqlalchemy import select

from bot.app import Programme
from bot.config import make
from community.codes import complete
from community.invites import InviteMade
from storage import invites, outbox
from storage.database import Database, Tx
from tests import servers
from tests.house import MONDAY, furnish
from tests.house import _id as area_id

FAST = [100_000, 1]  # nothing waits for a rate token
PATIENCE = 20.0


@dataclass
class Town:
    """A running programme, and the hands of its clocks."""

    programme: Programme
    runner: web.AppRunner
    url: str
    now: datetime = MONDAY
    codes: int = 0

    @classmethod
    async def begins(
        cls, database_url: str, channels: dict[str, Any], limits: dict[str, Any], *, fresh: bool = True, port: int = 0
    ) -> Self:
        """A house on this database with these channels; `fresh`: 幸福里 with the roll of 3号楼, and nobody has ever written."""
        port = port or servers.free_port()
        url = f"http://127.0.0.1:{port}"
        values = {
            "community": {"phone": "0566-1234567"},
            "server": {"secret_key": "test " * 8, "port": port, "public_url": url},
            "storage": {"database_url": database_url},
            "limits": limits,
            "channels": {"webchat": {"enabled": False}, **channels},
        }
        config = make(values, Path(), {})
        if fresh:
            database = Database(config.database_url, config.server.secret_key)
            await database.transaction(furnish)
            await database.close()
        programme = Programme(config, now=lambda: town.now)
        _one_at_a_time(programme)
        runner = web.AppRunner(programme.application(), shutdown_timeout=0.1)
        town = cls(programme, runner, url)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return town

    async def close(self) -> None:
        await self.runner.cleanup()

    async def code(self, role: str, place: str = "", as_: str = "") -> str:
        """A code as `mulin invite` prints it: for an office in an area ("" the community), or for a home (1单元/101)."""
        self.codes += 1
        code = complete(f"{4_000_000 + self.codes}")
        area, home = ("", area_id(place)) if role == "resident" else (area_id(place), "")
        ends_at = MONDAY + timedelta(days=30)
        made = InviteMade(f"i{self.codes}", code, role, area, home, as_, 1, ends_at)
        await self.programme.database.transaction(invites.record_made, 1, made)
        return code

    async def heard_out(self) -> None:
        """Everything that was said on the platform has reached us and is taken."""

    async def quiet(self) -> None:
        """Everything that was said is taken, and everything that may leave now has left."""
        await self.heard_out()
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


def _one_at_a_time(programme: Programme) -> None:
    """The clock's own loop may be in the middle of an order when a test moves the hands: then that is finished first, and seen."""
    catch_up, lock = programme.clock.catch_up, asyncio.Lock()

    async def one() -> int:
        async with lock:
            return await catch_up()

    programme.clock.catch_up = one  # type: ignore[method-assign]
