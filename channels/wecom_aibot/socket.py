"""The long connection to the 智能机器人's server: opened, greeted, kept alive, opened again. What it does when stands in link.py.

The official SDKs are left aside: they stay silently dead after some closes, or connect again after being thrown out.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import aiohttp
import structlog

from channels.contract import Cache, Notebook
from channels.tencent.refusals import Refusal
from channels.wecom_aibot import link as links
from channels.wecom_aibot.link import ENDS, Link, Phase, What
from channels.wecom_aibot.pace import Pace
from channels.wecom_aibot.parse import Body, event_of, read

log = structlog.get_logger(__name__)

LEAD = "lead:wecom_aibot"
BEAT = 30.0  # seconds between pings
HOLD = 75  # seconds for which one process may hold the connection without saying so again
ACK = 5.0
CONNECT = 15.0
CALLBACKS = ("aibot_msg_callback", "aibot_event_callback")
WRONG_SECRET = 853000
NOTE = "connection"  # in the notebook: how the connection ended for good, for `mulin check`

Heard = Callable[[str, Body], Coroutine[Any, Any, None]]
"""Called with each message's or event's req_id and body."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where to, and as whom."""

    url: str
    bot_id: str
    secret: str = field(repr=False)


class Socket:
    """The bot's one connection. `heard` is called for everything that comes, in its order, beside the reading."""

    def __init__(self, server: Server, cache: Cache, notes: Notebook, heard: Heard, pace: Pace) -> None:
        self._server = server
        self._cache = cache
        self._notes = notes
        self._heard = heard
        self._pace = pace
        self._holder = pace.name()
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._acks: dict[str, asyncio.Future[Body]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._hearing: set[asyncio.Task[None]] = set()
        self.link = Link()

    @property
    def live(self) -> bool:
        """Whether something can be sent now."""
        return self.link.phase is Phase.LIVE

    async def run(self) -> None:
        """Keep the connection until cancelled. Thrown out or refused, it stands still, so that nobody of ours tries either."""
        while True:
            if not await self._leads() or self.link.phase in ENDS:
                await self._pace.sleep(BEAT)
                continue
            await self._connected()
            if self.link.phase is Phase.RESTING:
                await self._pace.sleep(links.rest(self.link, self._pace.chance()))
                self._becomes(What.RESTED)

    async def finish(self) -> None:
        """Whatever was heard is taken and answered."""
        while self._hearing:
            await asyncio.gather(*self._hearing, return_exceptions=True)

    async def release(self) -> None:
        """Another process may have the connection now."""
        for task in self._hearing:
            task.cancel()
        await asyncio.gather(*self._hearing, return_exceptions=True)
        await self._cache.release(LEAD, self._holder)

    async def ask(self, cmd: str, body: Mapping[str, Any], req_id: str = "", patience: float = ACK) -> Body:
        """Say something and wait for its acknowledgement; `req_id` of what it answers. Raises Refusal (code 0: no line, no word)."""
        if not self.live:
            raise Refusal(0, "not connected")
        return await self._asked(cmd, body, req_id or f"{cmd}_{self._pace.name()}", patience)

    async def _leads(self) -> bool:
        try:
            return await self._cache.hold(LEAD, self._holder, HOLD)
        except Exception as e:  # noqa: BLE001 - who does not know whether it leads, does not
            log.warning("wecom_aibot.no_lead", why=type(e).__name__)
            return False

    async def _connected(self) -> None:
        """One connection from its opening to its end."""
        self._becomes(What.LED)
        began, why = self._pace.clock(), ""
        try:
            async with aiohttp.ClientSession() as session:
                opening = asyncio.ensure_future(session.ws_connect(self._server.url, timeout=aiohttp.ClientWSTimeout(ws_close=5.0)))
                try:
                    self._ws = await self._pace.within(CONNECT, opening)
                finally:
                    opening.cancel()
                async with self._ws as ws:
                    self._becomes(What.OPENED)
                    why = await self._lived(ws)
        except Exception as e:  # noqa: BLE001 - whatever it was, the line is gone and is opened again
            why = type(e).__name__  # never its words: they name the address
        finally:
            self._over()
        log.info("wecom_aibot.closed", why=why, phase=self.link.phase, tries=self.link.tries, seconds=round(self._pace.clock() - began))

    async def _lived(self, ws: aiohttp.ClientWebSocketResponse) -> str:
        """Greet, then hear and keep alive; why it ended."""
        hearing, living = asyncio.create_task(self._hears(ws)), asyncio.create_task(self._lives(ws))
        try:
            await asyncio.wait((hearing, living), return_when=asyncio.FIRST_COMPLETED)
            return (hearing if hearing.done() else living).result()
        finally:
            self._over()  # before the line is hung up, which a dead one takes its time for
            hearing.cancel()
            living.cancel()
            await asyncio.gather(hearing, living, return_exceptions=True)

    async def _lives(self, ws: aiohttp.ClientWebSocketResponse) -> str:
        greeting = {"bot_id": self._server.bot_id, "secret": self._server.secret}
        try:
            await self._asked("aibot_subscribe", greeting, f"aibot_subscribe_{self._pace.name()}")
        except Refusal as r:
            if r.code != WRONG_SECRET:
                return f"not subscribed: {r.code}"
            await self._ended(What.REFUSED)
            return "wrong secret"
        self._becomes(What.ACCEPTED)
        log.info("wecom_aibot.live", tries=self.link.tries)
        await self._noted("")
        while True:
            await self._pace.sleep(BEAT)
            if self.link.dead:
                return "no pong"
            if not await self._leads():
                self._becomes(What.LOST_LEAD)
                return "another process leads"
            self._becomes(What.PINGED)
            await ws.send_str(_frame("ping", f"ping_{self._pace.name()}"))

    async def _hears(self, ws: aiohttp.ClientWebSocketResponse) -> str:
        """Every end of this loop is the end of the connection."""
        async for message in ws:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            frame = read(message.data.encode("utf-8", "replace"))
            if frame is None:
                log.warning("wecom_aibot.unreadable", size=len(message.data))
            elif frame.get("cmd") in CALLBACKS:
                if await self._called(frame):
                    return "kicked"
            else:
                self._acknowledged(frame)
        return f"closed {ws.close_code}"

    async def _called(self, frame: Body) -> bool:
        """Something was said or happened. True: another programme has our connection now."""
        body = frame.get("body")
        if not isinstance(body, dict):
            return False
        if event_of(body) == "disconnected_event":
            await self._ended(What.KICKED)
            return True
        task = asyncio.create_task(self._heard(_req_id(frame), body))
        self._hearing.add(task)
        task.add_done_callback(self._hearing.discard)
        return False

    def _acknowledged(self, frame: Body) -> None:
        req_id = _req_id(frame)
        waiting = self._acks.get(req_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)
        elif req_id.startswith("ping_"):
            self._becomes(What.PONGED)

    async def _asked(self, cmd: str, body: Mapping[str, Any], req_id: str, patience: float = ACK) -> Body:
        turn = self._turns.get(req_id) or self._turns.setdefault(req_id, asyncio.Lock())
        async with turn:  # acknowledgements name the req_id alone: one at a time
            if self._ws is None:
                raise Refusal(0, "not connected")
            waiting: asyncio.Future[Body] = asyncio.get_running_loop().create_future()
            self._acks[req_id] = waiting
            try:
                await self._ws.send_str(_frame(cmd, req_id, body))
                frame = await self._pace.within(patience, waiting)
            except (TimeoutError, asyncio.CancelledError, aiohttp.ClientError, OSError) as e:
                if isinstance(e, asyncio.CancelledError) and not waiting.cancelled():
                    raise
                log.warning("wecom_aibot.no_ack", cmd=cmd)
                raise Refusal(0, "no acknowledgement", uncertain=True) from None
            finally:
                self._acks.pop(req_id, None)
        code = frame.get("errcode") or 0
        if code:
            raise Refusal(code if isinstance(code, int) else 0, str(frame.get("errmsg", ""))[:300])
        return frame

    def _over(self) -> None:
        """Nothing goes out any more, and nothing that was said is acknowledged."""
        self._ws = None
        for waiting in self._acks.values():
            waiting.cancel()
        self._becomes(What.CLOSED)

    async def _ended(self, what: What) -> None:
        """For good: said once in the log, and by `mulin check` until a restart connects."""
        self._becomes(what)
        log.error("wecom_aibot.stands_still", why=what)
        await self._noted(what)

    async def _noted(self, word: str) -> None:
        with suppress(Exception):  # the database may be away; the connection lives without its note
            if await self._notes.read(NOTE) != word:
                await self._notes.write(NOTE, word)

    def _becomes(self, what: What) -> None:
        self.link = links.after(self.link, what)


def _frame(cmd: str, req_id: str, body: Mapping[str, Any] | None = None) -> str:
    frame = {"cmd": cmd, "headers": {"req_id": req_id}}
    return json.dumps(frame if body is None else {**frame, "body": body}, ensure_ascii=False)


def _req_id(frame: Body) -> str:
    headers = frame.get("headers")
    found = headers.get("req_id") if isinstance(headers, dict) else None
    return found if isinstance(found, str) else ""
