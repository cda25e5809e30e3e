"""Time that only a test moves: whoever sleeps wakes when it has come so far, in order."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable


class Ticking:
    """`at` in seconds since 1970. `settled` is awaited after each waking, so that what it set off happens before the next."""

    def __init__(self, at: float = 1_795_600_000.0) -> None:
        self.at = at
        self.settled: Callable[[], Awaitable[None]] | None = None
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._count = 0

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._count += 1
        heapq.heappush(self._sleepers, (self.at + seconds, self._count, woken))
        await woken.wait()

    async def advance(self, seconds: float) -> None:
        """Let so much time pass."""
        until = self.at + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            self.at, _, woken = heapq.heappop(self._sleepers)
            woken.set()
            await self._settle()
        self.at = until
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        if self.settled:
            await self.settled()
