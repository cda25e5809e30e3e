"""From the outbox to the channels: claim, ask once more whether it may be sent, wait for a rate token, send, mark.

Delivery is at least once: a process that dies between a platform's yes and our mark sends that one message again when its
claim expires. The platform's id is stored before anything else is done.

A passing fault is tried again until the message is a day or two old. What is given up then, and what may not be sent at all,
stands as `refused` in the outbox, with its reason; /metrics counts it (mulin_outbox_rows), and giving up is logged.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from bot import limits, outcomes, windows
from bot.answers import key_of
from bot.intake import where
from bot.outcomes import Address
from bot.speaking import Voice
from bot.windows import Way
from channels.contract import Channel, Paced, SendError, Sent
from community import promises
from dialogue.words import Purpose
from storage import communities, held, media, outbox
from storage.database import Database, DatabaseAway, Tx
from storage.outbox import Delivery
from storage.shared import Shared

LEASE = timedelta(seconds=60)
BATCH = 40  # rows claimed at once, and bulk in hand at any time
AT_ONCE = 160  # rows in hand: replies find room beside the bulk
IDLE = 1.0  # seconds between looks when nothing wakes us
log = structlog.get_logger("deliver")


class Deliver:
    """The loop that sends. Several may run; each row is sent by the one that claimed it."""

    def __init__(self, database: Database, shared: Shared, channels: Mapping[str, Channel], voice: Voice) -> None:
        self.database = database
        self.shared = shared
        self.channels = channels
        self.voice = voice
        self.awake = asyncio.Event()
        self.busy: dict[asyncio.Task[None], int] = {}  # what is on its way -> its lane
        self.stopping = False
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def wake(self) -> None:
        """Something was queued."""
        self.awake.set()

    async def run(self) -> None:
        """Send until told to stop; then finish what is held."""
        while not self.stopping:
            self.awake.clear()
            try:
                more = await self._take()
            except DatabaseAway:
                more = 0
                log.warning("database away")
            except Exception as failure:  # noqa: BLE001 - sending goes on, whatever one look at the outbox does
                more = 0
                log.error("delivery failed", reason=where(failure))
            if not more:
                try:
                    await asyncio.wait_for(self.awake.wait(), IDLE)
                except TimeoutError:
                    pass
        await asyncio.gather(*self.busy)

    def stop(self) -> None:
        self.stopping = True
        self.awake.set()

    async def once(self) -> int:
        """Claim one batch and see it through. How many were claimed."""
        claimed = await self._take()
        await asyncio.gather(*self.busy)
        return claimed

    async def _take(self) -> int:
        """Claim what there is room for and set it on its way, one message to each reader; a slow one holds up nobody else."""
        bulk = sum(lane == outbox.BULK for lane in self.busy.values())
        room = min(BATCH, AT_ONCE - len(self.busy))
        lane = outbox.BULK if bulk < BATCH else outbox.REPLIES
        if room < 1:
            return 0
        mine = [name for name, channel in self.channels.items() if channel.ready and not await self._rests(name)]
        claimed = await self.database.transaction(outbox.claim, self.clock(), mine, room, LEASE, lane)
        for row in claimed:
            task = asyncio.create_task(self._carry(row))
            self.busy[task] = row.lane
            task.add_done_callback(self._done)
        return len(claimed)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.busy.pop(task, None)
        self.wake()  # there is room, and this reader's next message may go

    async def _carry(self, row: Delivery) -> None:
        """Send one row, whatever happens: one that fails in a way nobody foresaw must not stop the others."""
        try:
            await self._send(row)
        except DatabaseAway:
            log.warning("database away", row=row.id)  # its claim ends by itself
        except Exception as failure:  # noqa: BLE001 - told to the operator, tried again like a passing fault
            log.error("send failed", row=row.id, channel=row.channel, reason=where(failure))
            with suppress(DatabaseAway):
                await self.database.transaction(self._failed, (row,), SendError.retry("fault"))

    async def _send(self, row: Delivery) -> None:
        place = await self.database.read(self._where, row)
        if place.never or place.later or row.words is None or place.plan.way not in (Way.NOW, Way.BRIEF):
            await self.database.transaction(outcomes.set_aside, row, place, self.clock())
            return
        channel = self.channels[row.channel]
        patience = LEASE.total_seconds() / 4
        slow = bool(row.group) and _slow(channel, place.to)
        wait = await self._rests(channel.name)
        if not wait and not (slow and row.tries > 1):  # a post tried before has its day's token
            wait = await limits.token(self.shared, channel, place.to, group=not row.contact, patience=patience)
        if wait:
            again = Address(later=self.clock() + timedelta(seconds=wait))
            await self.database.transaction(outcomes.set_aside, row, again, self.clock())
            return
        if row.claimed_until and self.clock() > row.claimed_until:
            return  # it waited too long: somebody else has it now
        posts = await self.database.transaction(self._joined, row, channel.can.max_text) if slow else (row,)
        await self._hand_over(posts, place)

    async def _hand_over(self, posts: Sequence[Delivery], place: Address) -> None:
        """Give it to the platform and write what it says. A try whose answer was lost is made again: it may arrive twice."""
        row, brief = posts[0], place.plan.brief
        words, picture = replace(held.joined(posts), brief=brief), place.picture
        if words.picture and picture is None:
            picture = await self.database.read(media.read, words.picture)
        try:
            took = await self.channels[row.channel].send(place.to, words, picture, key_of(row))
        except SendError as failure:
            await self._rest(row.channel, failure)
            await self.database.transaction(self._failed, posts, failure, brief)
            log.info("not sent", row=row.id, channel=row.channel, verdict=failure.verdict, reason=failure.reason)
            return
        await self.database.transaction(self._sent, posts, took, brief)

    def _sent(self, tx: Tx, posts: Sequence[Delivery], took: Sent, brief: str) -> None:
        for row in posts:
            outcomes.sent(tx, self.voice.can, row, took, self.clock(), brief=brief)

    def _failed(self, tx: Tx, posts: Sequence[Delivery], failure: SendError, brief: str = "") -> None:
        """What becomes of the post that was tried; those that went with it wait to go with it again."""
        outcomes.failed(tx, self.voice.can, posts[0], failure, self.clock(), brief=brief)
        for row in posts[1:]:
            assert row.claimed_until is not None
            outbox.later(tx, row.id, row.claimed_until, self.clock(), held.JOINS, counts=False)

    def _joined(self, tx: Tx, row: Delivery, longest: int) -> tuple[Delivery, ...]:
        """All posts that wait for the same group and may leave now: a group that takes one message a day gets them as one."""
        quiet, now = self.voice.limits(communities.community(tx, row.community)).quiet, self.clock()
        return held.join(tx, row, [purpose for purpose in Purpose if promises.may_post(purpose, quiet, now).now], longest)

    async def _rest(self, channel: str, failure: SendError) -> None:
        """The platform wants silence from all of us: every process leaves this channel alone for so long."""
        if failure.bulk:
            seconds = failure.after or outcomes.RESTS
            if failure.verdict == "ours" and not await self._rests(channel):
                log.error("channel refused: its settings are wrong", channel=channel, reason=failure.reason)
            until = self.clock() + timedelta(seconds=seconds)
            await self.shared.put(f"rests:{channel}", until.isoformat(), math.ceil(seconds))

    async def _rests(self, channel: str) -> float:
        """For how many seconds more this channel is left alone; 0: it is not."""
        until = await self.shared.get(f"rests:{channel}")
        return max(0.0, (datetime.fromisoformat(until) - self.clock()).total_seconds()) if until else 0.0

    def _where(self, tx: Tx, row: Delivery) -> Address:
        """The address of a row now, asked again whether it may go there, and the way."""
        now = self.clock()
        place = outcomes.allowed(tx, self.voice, row, now)
        if place.never or place.later:
            return place
        plan = outcomes.planned(tx, self.voice.can, row, now) if row.contact and row.words else windows.NOW
        picture = media.read(tx, row.words.picture) if row.words and row.words.picture else None
        return replace(place, picture=picture, plan=plan)


def _slow(channel: Channel, group: str) -> bool:
    """Whether a group takes so few messages that those that wait leave as one."""
    if isinstance(channel, Paced) and channel.daily(group):
        return True
    return any(timedelta(seconds=rate.seconds / rate.count) > windows.HOUR for rate in channel.rates.group)
