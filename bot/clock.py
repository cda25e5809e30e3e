"""What is due: polls and notices that close, claims that wait too long. Each enters as an ordinary input, once.

A restart after a day catches up; a thing whose handling fails is tried again later and never lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import structlog

import handlers
from bot import spread
from bot.intake import where
from bot.speaking import say
from bot.turn import House
from dialogue.words import Command, CommunityId, ContactId, Inbound, Kind, Speaker
from storage import due, record, retention
from storage.database import Database, DatabaseAway, Tx
from storage.due import Due

TICK = 1.0  # seconds between looks
AGAIN = timedelta(minutes=5)  # after a failure

log = structlog.get_logger("clock")


class Clock:
    """The loop that brings the time in. Several may run; each thing is taken by one."""

    def __init__(self, database: Database, house: House, wake: Callable[[], None]) -> None:
        self.database = database
        self.house = house
        self.wake = wake
        self.stopping = asyncio.Event()
        self.tidied_on: date | None = None
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def run(self) -> None:
        """Look every second until told to stop."""
        while not self.stopping.is_set():
            try:
                await self.catch_up()
            except DatabaseAway:
                log.warning("database away")
            except Exception as failure:  # noqa: BLE001 - the clock goes on, whatever one order or reminder does
                log.error("clock failed", reason=where(failure))
            try:
                await asyncio.wait_for(self.stopping.wait(), TICK)
            except TimeoutError:
                pass

    def stop(self) -> None:
        self.stopping.set()

    async def catch_up(self) -> int:
        """Take everything that is due now, then spread every order that has rows left. How many things happened."""
        happened = 0
        while await self.database.transaction(self._next):
            happened += 1
        while await self.database.transaction(spread.batch, self.house.voice, self.now()) is not None:
            happened += 1
        await self._tidy()
        if happened:
            self.wake()
        return happened

    async def _tidy(self) -> None:
        """Once a day: what is too old to keep goes."""
        if self.tidied_on == self.now().date():
            return
        while await self.database.transaction(retention.sweep, self.now()):
            pass
        self.tidied_on = self.now().date()

    def _next(self, tx: Tx) -> bool:
        thing = due.take(tx, self.now())
        if thing is None:
            return False
        savepoint = tx.connection.begin_nested()
        try:
            happen(tx, self.house, thing, self.now())
            savepoint.commit()
        except Exception as failure:  # noqa: BLE001 - kept, told, tried again; the others must not wait for it
            savepoint.rollback()
            tx.cache.clear()
            due.put_back(tx, thing, self.now() + AGAIN)
            log.error("due failed", name=thing.name, subject=thing.subject, reason=where(failure))
        return True


def happen(tx: Tx, house: House, thing: Due, now: datetime) -> None:
    """Let one thing happen: its conversation loads and steps like for any message, only nobody speaks."""
    module = handlers.by_word(thing.name)
    assert module is not None, f"nobody answers for {thing.name}"
    inbound = Inbound(
        channel="clock",
        external_id=f"{thing.name}:{thing.subject}:{thing.at.isoformat()}",
        address="",
        kind=Kind.TIMEOUT,
        id=f"{thing.name[:12]}{thing.id:x}",
        at=now,
        community=thing.community,
        command=Command(thing.name, rest=thing.subject),
        speaker=Speaker(ContactId(""), CommunityId(thing.community)),
    )
    step = module.step(module.load(tx, None, inbound), None, inbound)
    for event in step.events:
        record.record(tx, thing.community, event)
    for line in step.says:
        assert line.to is not None, f"{thing.name}: nobody to answer"
        say(tx, house.voice, inbound, line)


