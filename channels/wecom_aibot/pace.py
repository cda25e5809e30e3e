"""Time and chance as the loops of this door see them; tests hand in their own."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """`clock` in seconds from anywhere, `now` since 1970; `name` gives a name that nobody used before."""

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Coroutine[Any, Any, object]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    name: Callable[[], str] = lambda: secrets.token_hex(8)

    async def within(self, seconds: float, awaited: asyncio.Future[T]) -> T:
        """What is awaited, if it comes in time. Raises TimeoutError."""
        alarm = asyncio.ensure_future(self.sleep(seconds))
        try:
            await asyncio.wait((awaited, alarm), return_when=asyncio.FIRST_COMPLETED)
            if awaited.done():
                return awaited.result()
            raise TimeoutError
        finally:
            alarm.cancel()
