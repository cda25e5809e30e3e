"""How Telegram brings updates: one queue per chat or person, retries by its own schedule, or getUpdates; in virtual time.

As read in its own server (facts/telegram.md §2.3): one request in flight per key; a failure is tried again at once, then
after 2, 4, 8, 16, 32 seconds, then every 60–120; a press is dropped after 150 s, everything else after a day.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

DAY = 86400.0
PRESS_LIFE = 150.0
SCHEDULE = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0)
Update = dict[str, Any]


@dataclass
class Webhook:
    """Where updates go."""

    url: str
    secret: str = ""
    max_connections: int = 40
    allowed: tuple[str, ...] = ()


@dataclass
class Waiting:
    """An update that has not been taken yet."""

    update: Update
    due: float
    expires: float
    tries: int = 0


@dataclass
class Attempt:
    """One delivery that was made."""

    at: float
    update_id: int
    status: int


@dataclass
class Delivery:
    """All queues of one bot. `now` only moves by `advance`."""

    now: float = 1_795_600_000.0
    webhook: Webhook | None = None
    queues: dict[str, list[Waiting]] = field(default_factory=lambda: defaultdict(list))
    attempts: list[Attempt] = field(default_factory=list)
    dropped: list[Update] = field(default_factory=list)
    last_error: tuple[float, str] | None = None
    changed: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.next_id = 480_000_001
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._came = asyncio.Event()
        self._session: aiohttp.ClientSession | None = None
        self._chance = random.Random(20261129)
        self._poller: asyncio.Task[list[Update]] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def put(self, key: str, content: Update, *, life: float = DAY) -> int:
        """Queue an update; with a webhook it has been brought (or refused) when this returns. Returns its id."""
        kind = next(iter(content))
        number = self.next_id
        self.next_id += 1
        if self.webhook and self.webhook.allowed and kind not in self.webhook.allowed:
            return number
        self.queues[key].append(Waiting({"update_id": number, **content}, self.now, self.now + life))
        self._came.set()
        await self.bring(key)
        return number

    async def advance(self, seconds: float) -> None:
        """Let virtual time pass, bringing what becomes due on the way."""
        until = self.now + seconds
        while (due := self._next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            await self.bring_all()
        self.now = until
        self._came.set()

    async def bring_all(self) -> None:
        """Bring whatever is due, all keys side by side."""
        await asyncio.gather(*(self.bring(key) for key in list(self.queues)))

    async def bring(self, key: str) -> None:
        """Bring what is due of one key, strictly one after the other."""
        async with self._locks[key]:
            queue = self.queues[key]
            while self.webhook and queue and queue[0].due <= self.now:
                first = queue[0]
                if first.expires <= self.now:
                    self.dropped.append(queue.pop(0).update)
                    continue
                status, wait = await self.post(first.update)
                self.attempts.append(Attempt(self.now, first.update["update_id"], status))
                if 200 <= status < 300:
                    queue.pop(0)
                    continue
                self.last_error = (self.now, f"Wrong response from the webhook: {status}")
                pause = SCHEDULE[first.tries] if first.tries < len(SCHEDULE) else self._chance.uniform(60, 120)
                first.tries += 1
                first.due = self.now + (wait or pause)

    async def post(self, update: Update, secret: str | None = None) -> tuple[int, float]:
        """One request as Telegram makes it: its status (0: broken off) and its Retry-After."""
        assert self.webhook is not None
        if self._session is None:
            self._session = aiohttp.ClientSession()
        headers = {"Content-Type": "application/json"}
        if secret or self.webhook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret or self.webhook.secret
        try:
            async with self._session.post(self.webhook.url, data=json.dumps(update).encode(), headers=headers) as answer:
                await answer.read()
                return answer.status, float(min(int(answer.headers.get("Retry-After", 0)), 3600))
        except aiohttp.ClientError:
            return 0, 0.0

    def register(self, webhook: Webhook | None) -> None:
        """setWebhook, deleteWebhook: what waited is brought at once."""
        self.webhook = webhook
        if webhook:
            poller, self._poller = self._poller, None
            if poller:
                poller.cancel()
            task = asyncio.create_task(self.bring_all())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def waiting(self) -> list[Waiting]:
        """Everything not taken yet, in order."""
        for queue in self.queues.values():
            for old in [w for w in queue if w.expires <= self.now]:
                queue.remove(old)
                self.dropped.append(old.update)
        return sorted((w for queue in self.queues.values() for w in queue), key=lambda w: int(w.update["update_id"]))

    async def poll(self, offset: int, limit: int, timeout: float, allowed: list[str]) -> list[Update] | None:
        """getUpdates; None if another poller took over (409)."""
        if self._poller is not None:
            self._poller.cancel()
        me = self._poller = asyncio.ensure_future(self._wait_for(offset, limit, self.now + timeout, allowed))
        try:
            return await me
        except asyncio.CancelledError:
            if self._poller is me:
                raise  # the client went away
            return None
        finally:
            me.cancel()
            if self._poller is me:
                self._poller = None

    async def close(self) -> None:
        """End."""
        for task in [*self._tasks, *([self._poller] if self._poller else [])]:
            task.cancel()
        if self._session is not None:
            await self._session.close()

    async def _wait_for(self, offset: int, limit: int, until: float, allowed: list[str]) -> list[Update]:
        for queue in self.queues.values():
            queue[:] = [w for w in queue if w.update["update_id"] >= offset]
        self.changed()
        while True:
            self._came.clear()
            found = [w.update for w in self.waiting() if not allowed or _kind(w.update) in allowed]
            if found or self.now >= until:
                return found[:limit]
            await self._came.wait()

    def _next_due(self) -> float | None:
        heads = [q[0].due for q in self.queues.values() if q]
        return min(heads) if heads and self.webhook else None


def _kind(update: Update) -> str:
    return next(k for k in update if k != "update_id")
