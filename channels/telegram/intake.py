"""Updates on their way into the house, pushed to us or fetched by us: read, handed over, acknowledged."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from channels.contract import Take, Taken
from channels.telegram.api import Api, Failure
from channels.telegram.parse import Ignored, Me, Unreadable, parse
from channels.telegram.wire import Person

log = structlog.get_logger(__name__)

WANTED = ("message", "callback_query", "my_chat_member")
ALERT_SECONDS = 1.0  # a presser's phone shows a spinner until the press is answered: the house has this long for a word
MAX_ALERT = 200
TOAST = 20  # longer words need a window that stays until it is tapped away
POLL_SECONDS = 50  # Telegram's own limit
ASK_AGAIN_SECONDS = 60.0
PATIENCE = 5  # times the house may fail over one fetched update before it is passed over


@dataclass(frozen=True, slots=True)
class Pace:
    """Time and chance as the loops see them; tests hand in their own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Coroutine[Any, Any, object]] = asyncio.sleep
    jitter: Callable[[], float] = random.random

    async def back_off(self, attempt: int, at_least: int = 0) -> None:
        """Wait before trying again: longer each time up to a minute, never two of us at the same moment."""
        await self.sleep(at_least or min(60.0, 2.0 ** min(attempt, 6)) * (1 + self.jitter()) / 2)


class _Numbered(msgspec.Struct):
    update_id: int = -1


class Intake:
    """What one bot hears. Each update is handed to the house once it is understood; presses are acknowledged beside that."""

    def __init__(self, api: Api, bot_id: int, pace: Pace) -> None:
        self._api = api
        self._pace = pace
        self._me = Me(bot_id)
        self._asked_at: float | None = None
        self._asking = asyncio.Lock()
        self._acknowledging: set[asyncio.Task[None]] = set()

    @property
    def me(self) -> Me:
        """Ourselves, as far as known."""
        return self._me

    async def introduce(self, *, seconds: float = 10.0) -> Person:
        """Ask Telegram who we are; the name is needed to know what in a group is meant for us. Raises Failure."""
        person = await self._api.call("getMe", Person, {}, seconds=seconds)
        self._me = Me(person.id, person.username)
        return person

    async def accept(self, raw: bytes, take: Take) -> Taken:
        """Hand one update over. What is not for us counts as stored: Telegram shall not bring it again."""
        read = parse(raw, await self._known())
        if isinstance(read, Ignored):
            if read.press:
                self._beside(self._acknowledge(read.press, ""))
            return Taken(stored=True)
        if isinstance(read, Unreadable):
            log.error("telegram.unreadable", bytes=len(raw), kept=read.inbound is not None)
            return await take(read.inbound, raw) if read.inbound is not None else Taken(stored=True)
        if not read.press:
            return await take(read.inbound, raw)
        taking = asyncio.ensure_future(take(read.inbound, raw))
        self._beside(self._acknowledge_with(read.press, taking))
        return await taking

    async def poll(self, take: Take) -> None:
        """Fetch updates until cancelled. An update counts as fetched only when it is stored."""
        offset = attempt = 0
        while True:
            wish = {"offset": offset, "timeout": POLL_SECONDS, "limit": 100, "allowed_updates": WANTED}
            try:
                updates = await self._api.call("getUpdates", list[msgspec.Raw], wish, seconds=POLL_SECONDS + 15)
            except Failure as f:
                attempt += 1
                await self._recover(f, attempt)
                continue
            attempt = 0
            # nothing left: all is confirmed, and after a quiet week Telegram may begin to number from anywhere
            offset = 0 if not updates else offset
            for update in updates:
                offset = max(offset, await self._stored(bytes(update), take) + 1)

    async def stop(self) -> None:
        """Let the last presses be acknowledged."""
        await asyncio.gather(*self._acknowledging, return_exceptions=True)

    async def _recover(self, f: Failure, attempt: int) -> None:
        # 409: a webhook is set, which we remove, or another process polls with our token, which the log must say
        log.warning("telegram.polling", code=f.code, reason=f.reason, attempt=attempt)
        if f.code == 409 and f.says("webhook"):
            try:
                await self._api.call("deleteWebhook", bool, {})
            except Failure as again:
                log.warning("telegram.webhook_stays", code=again.code, reason=again.reason)
        await self._pace.back_off(attempt, f.after)

    async def _stored(self, raw: bytes, take: Take) -> int:
        attempt = raised = 0
        while raised < PATIENCE:
            attempt += 1
            try:
                taken = await self.accept(raw, take)
            except Exception:  # the house promises never to raise; if it does, the others must not wait for ever
                log.exception("telegram.not_taken", attempt=attempt)
                raised += 1
                await self._pace.back_off(attempt)
                continue
            if taken.stored:
                break
            await self._pace.back_off(attempt, taken.retry_after)
        try:
            return msgspec.json.decode(raw, type=_Numbered).update_id
        except msgspec.MsgspecError:
            return -1

    async def _known(self) -> Me:
        if self._me.username:
            return self._me
        async with self._asking:  # the first update of a process waits for our name, those behind it too
            if not self._me.username and (self._asked_at is None or self._pace.clock() - self._asked_at > ASK_AGAIN_SECONDS):
                self._asked_at = self._pace.clock()
                try:
                    await self.introduce(seconds=3.0)
                except Failure as f:
                    log.warning("telegram.own_name", code=f.code, reason=f.reason)
        return self._me

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)

    async def _acknowledge_with(self, press: str, taking: asyncio.Future[Taken]) -> None:
        """Answer the press with the house's word if it comes in time, else at once without one."""
        patience = asyncio.create_task(self._pace.sleep(ALERT_SECONDS))
        await asyncio.wait((taking, patience), return_when=asyncio.FIRST_COMPLETED)
        patience.cancel()
        if not taking.done():
            await self._acknowledge(press, "")
        elif not taking.cancelled() and taking.exception() is None and taking.result().stored:
            await self._acknowledge(press, taking.result().alert)
        # else not stored: Telegram brings the press again, and that one is answered

    async def _acknowledge(self, press: str, alert: str) -> None:
        answer = {"callback_query_id": press}
        words = {"text": alert[:MAX_ALERT], "show_alert": len(alert) > TOAST} if alert else {}
        try:
            await self._api.call("answerCallbackQuery", bool, {**answer, **words})
        except Failure as f:  # too late, or answered before: the press itself counts all the same
            log.info("telegram.press_unanswered", code=f.code, reason=f.reason)
