"""By callbacks each message that came brings one address to answer to: for an hour, and once. Then they must write again."""

from __future__ import annotations

import structlog

from channels.contract import Cache, SendError
from channels.outside import Outside, may_open
from channels.tencent.line import Line
from channels.tencent.refusals import Refusal, wecom_verdict
from channels.wecom_aibot.render import Message

log = structlog.get_logger(__name__)

REPLY_SECONDS = 3600
REUSED = 42014  # a card of that name is there: an earlier try got through


class Replies:
    """The addresses, shared by all processes. An address is a secret: it stands in no log and in no database."""

    def __init__(self, cache: Cache, *, local: bool = False) -> None:
        self._cache = cache
        self._local = local
        self._line = Line("", None if local else Outside())  # whole addresses are given to it

    async def keep(self, to: str, url: str) -> None:
        """The newest address to that chat, if we may open it."""
        if not may_open(url, local=self._local):
            log.warning("wecom_aibot.reply_address_refused")
            return
        await self._cache.put(key_of(to), url, REPLY_SECONDS)

    async def say(self, to: str, message: Message) -> None:
        """Answer in that chat, if something of it may still be answered. Raises SendError."""
        url = await self._cache.get(key_of(to))
        if not url:
            raise SendError.closed("they have not written within the hour")
        await self._cache.drop(key_of(to), url)
        try:
            await self._line.json(url, {}, message)
        except Refusal as r:
            if r.code == REUSED:
                return
            error = wecom_verdict(r)
            error.bulk = False  # every chat has its own limit
            if r.code > 0 and error.verdict != "retry":  # spent, or too old: which number says so, nobody has told us
                log.info("wecom_aibot.reply_refused", code=r.code, reason=r.reason)
                raise SendError.closed(r.reason) from None
            if not r.uncertain and "HTTP" not in r.reason:  # it never got there
                await self.keep(to, url)
            raise error from None

    async def close(self) -> None:
        """Hang up."""
        await self._line.close()


def key_of(to: str) -> str:
    """Where the address to that chat lies in the cache."""
    return f"wecom_aibot:reply:{to}"
