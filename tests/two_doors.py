"""The house with a second door whose platform lets us write only for a while: 公众号 as it is, played by rules and no network."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot import command, understand
from bot.deliver import Deliver
from bot.turn import Done, take
from channels.contract import Capabilities, SendError, Sent, Window
from dialogue.words import Inbound, Kind, Rendered
from storage import outbox
from storage.database import Tx
from storage.shared import InMemory
from tests.crowd import line
from tests.house import Hall, OurChannel

TWO_DAYS, MINUTE = Window(5, 48 * 3600), Window(3, 60)
CAN = Capabilities(0, 600, False, True, False, windows={Kind.TEXT: TWO_DAYS, Kind.CHOICE: MINUTE, Kind.JOINED: MINUTE})


class WeChat(OurChannel):
    """Counts as the platform does: what is said outside the window, or once too often, it refuses."""

    name = "wechat"

    def __init__(self, can: Capabilities, hall: Hall) -> None:
        super().__init__()
        self.can = can
        self.hall = hall
        self.windows: dict[str, tuple[datetime, int]] = {}
        self.briefs: list[tuple[str, str, str]] = []

    def heard_from(self, address: str, kind: Kind) -> None:
        if window := self.can.windows.get(kind):
            until, left = self.windows.get(address, (self.hall.now, 0))
            fresh = self.hall.now + timedelta(seconds=window.seconds)
            if window.count and not (until > fresh and left):
                self.windows[address] = (fresh, window.count)

    async def send(self, address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        if self.failing:
            raise self.failing.pop(0)
        if words.brief:
            self.briefs.append((address, words.brief, words.text))
            return Sent(f"b{len(self.briefs)}")
        until, left = self.windows.get(address, (self.hall.now, 0))
        if self.hall.now >= until or left < 1:
            raise SendError.closed("45015")
        self.windows[address] = (until, left - 1)
        return await super().send(address, words, picture, key)


class TwoDoors(Hall):
    """`says` speaks at the first door; `writes` at 公众号."""

    wechat: WeChat

    @classmethod
    async def furnished(cls, url: str, can: Capabilities = CAN) -> TwoDoors:
        hall = await cls.open(url)
        assert isinstance(hall, TwoDoors)
        await hall.known(large=False)
        hall.wechat = WeChat(can, hall)
        hall.voice = replace(hall.voice, can={"test": hall.channel.can, "wechat": can})
        hall.house = replace(hall.house, voice=hall.voice)
        hall.deliver = Deliver(hall.database, InMemory(), {"test": hall.channel, "wechat": hall.wechat}, hall.voice)
        hall.deliver.clock = lambda: hall.now
        return hall

    async def writes(self, address: str, text: str = "", **more: Any) -> Done:
        """Somebody writes at 公众号; what may leave leaves."""
        done = await self.brings(address, text, **more)
        await self.send()
        return done

    async def brings(self, address: str, text: str = "", **more: Any) -> Done:
        """The same, and nothing leaves yet."""
        self.said += 1
        self.now += timedelta(seconds=1)
        number = command.new_id(self.now)[:12] + f"{self.said:08x}"
        inbound = Inbound(channel="wechat", external_id=f"w{self.said}", address=address, text=text, id=number, at=self.now, **more)
        self.wechat.heard_from(address, inbound.kind)
        return await self.database.transaction(take, self.house, understand.understood(inbound))

    def reads(self, address: str) -> list[str]:
        """What somebody read at 公众号 since it was last asked."""
        ear = self.wechat.ear(address)
        fresh = ear.heard[ear.read :]
        ear.read = len(ear.heard)
        return [heard.text for heard in fresh]

    async def queue(self, text: str, **row: Any) -> None:
        """Put one row into the outbox."""
        await self.database.transaction(lambda tx: line(tx, text, self.now, **row))

    async def rows(self) -> list[Any]:
        """The whole outbox, in its order."""
        return list(await self.database.read(lambda tx: tx.all(select(outbox.outbox).order_by(outbox.outbox.c.id))))

    async def states(self) -> list[tuple[str, str]]:
        return [(row.state, row.reason) for row in await self.rows()]

    async def of(self, table: Any, **where: Any) -> Any:
        """One row of a table."""

        def look(tx: Tx) -> Any:
            return tx.one(select(table).where(*(table.c[name] == value for name, value in where.items())))

        return await self.database.read(look)
