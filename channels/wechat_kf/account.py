"""One 客服 account of ours, and what of it all processes share: codes that allow one answer, who of us is reading."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from channels.contract import Cache, Notebook
from channels.tencent.api import Api

TWO_DAYS = 48 * 3600
MENU, TEXT = "menu", "text"  # what may be sent with a code


@dataclass
class Pace:
    """Time as the door sees it (seconds since 1970); tests set their own."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], Coroutine[Any, Any, object]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Account:
    """`id`: open_kfid."""

    id: str
    api: Api = field(repr=False)
    cache: Cache = field(repr=False)
    notebook: Notebook = field(repr=False)
    pace: Pace = field(default_factory=Pace, repr=False)

    def key(self, *parts: str) -> str:
        """The name of something of ours in the cache."""
        return ":".join(("kf", self.id, *parts))

    async def allow(self, address: str, code: str, seconds: float, what: str = MENU) -> None:
        """One answer may go out with this code, so many seconds long."""
        if code and seconds >= 1:
            await self.cache.put(self.key("code", address), f"{what} {code}", int(seconds))

    async def allowed(self, address: str) -> tuple[str, str]:
        """What may be sent with a code, and that code, taken so that nobody else uses it; ("", "") for none."""
        found = await self.cache.get(self.key("code", address)) or ""
        if found:
            await self.cache.drop(self.key("code", address), found)
        what, _, code = found.partition(" ")
        return what, code
