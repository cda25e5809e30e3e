"""The door every channel hands its messages to: kept, answered, or — when the turn fails — filed to be taken again.

What one person says is taken in the order in which it came, one after the other.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

import texts
from bot import fetch, outcomes, turn, understand
from bot.answers import Answers
from bot.command import new_id
from bot.turn import Done, House
from channels.contract import Channel, Taken
from dialogue.words import Inbound, Kind
from storage import contacts, inbox
from storage.database import Database, DatabaseAway, Tx

log = structlog.get_logger("turn")
RETRY = 5  # seconds after which a platform should try again when the database is away
SHOWN = 200  # characters of an alert


@dataclass
class Intake:
    """Takes messages; `wake` tells the sender that something was queued."""

    database: Database
    house: House
    channels: Mapping[str, Channel]
    wake: Callable[[], None]
    queues: dict[str, asyncio.Lock] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    answers: Answers | None = None  # where channels can answer within a request

    async def take(self, inbound: Inbound, raw: bytes) -> Taken:
        """Take one message; returns once it is durably kept. Never raises for what a message says."""
        if inbound.kind is Kind.RECEIPT:
            return await self._told(inbound)
        if inbound.chat and not inbound.addressed and inbound.kind not in (Kind.LEFT, Kind.MOVED, Kind.JOINED):
            return Taken(stored=True)  # neighbours talking to each other are none of our business
        at = self.now()
        inbound = replace(inbound, id=new_id(at), at=at, language=texts.language_of(inbound.language))
        key = f"{inbound.channel}:{inbound.address}"
        async with self.queues.setdefault(key, asyncio.Lock()):
            try:
                return await self._take(inbound)
            except DatabaseAway:
                log.warning("database away", channel=inbound.channel)
                return Taken(stored=False, retry_after=RETRY)
            finally:
                if not self._awaited(key):
                    self.queues.pop(key, None)

    def _awaited(self, key: str) -> bool:
        lock = self.queues.get(key)
        return bool(lock and lock._waiters)  # noqa: SLF001 - nobody else knows whether a lock is awaited

    async def _told(self, inbound: Inbound) -> Taken:
        """What became of something we sent: `question` names it, `choice` is sent | delivered | refused | closed | gone, `text` why."""
        try:
            await self.database.transaction(outcomes.told, self.house.voice.can, inbound, self.now())
        except DatabaseAway:
            return Taken(stored=False, retry_after=RETRY)
        self.wake()
        return Taken(stored=True)

    async def _take(self, inbound: Inbound) -> Taken:
        inbound = understand.understood(await fetch.fetched(self.database, self.channels[inbound.channel], inbound))
        try:
            done = await self.database.transaction(turn.take, self.house, inbound)
        except DatabaseAway:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever it was, what they said must not be lost
            reason = where(failure)
            log.error("turn failed", inbound=inbound.id, channel=inbound.channel, reason=reason)
            await self.database.transaction(_file, self.house, inbound, reason)
            self.wake()
            return Taken(stored=True)
        self.wake()
        log.info("turn", inbound=inbound.id, channel=inbound.channel, handler=done.handler, events=done.events, fresh=done.fresh)
        channel = self.channels[inbound.channel]
        if self.answers and channel.can.passive_reply:
            lent = await self.answers.lend(channel, inbound, self.now(), duplicate=not done.fresh)
            return replace(lent, alert=self._alert(inbound, done))
        return Taken(True, duplicate=not done.fresh, alert=self._alert(inbound, done))

    def _alert(self, inbound: Inbound, done: Done) -> str:
        """What a presser in a group is shown at once: 收到, or that they must open the private chat first."""
        if inbound.kind is not Kind.CHOICE or not inbound.chat or not done.fresh:
            return ""
        key = "menu.received" if done.reachable or self.channels[inbound.channel].can.first_word else "menu.open_private"
        return texts.render(key, {}, inbound.language)[:SHOWN]


def where(failure: BaseException) -> str:
    """What failed and where, without its message: that may quote what a resident wrote. Innermost place first."""
    frames = traceback.extract_tb(failure.__traceback__)[::-1]
    return " < ".join([type(failure).__name__, *(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames[:4])])


def _file(tx: Tx, house: House, inbound: Inbound, reason: str) -> None:
    """The turn raised: keep the message for replay and tell its author so."""
    met = contacts.meet(tx, inbound, inbound.community or 1)
    inbox.failed(tx, inbound, met.speaker.contact, met.speaker.person, reason, met.open.version)
    turn.apologise(tx, house, met, inbound)
