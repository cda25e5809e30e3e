"""Fetching what was said. Tencent only calls that there is something; the messages wait with it for three days.

So a call may be acknowledged at once: a cursor stands in the notebook and moves when a page is taken, and what was called and
not read is read at the next look, at the start and every few minutes.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog

from channels.contract import Take
from channels.tencent.api import Refusal
from channels.wechat_kf.account import TWO_DAYS, Account
from channels.wechat_kf.parse import Read, for_a_person, parse
from channels.wechat_kf.people import People
from channels.wechat_kf.sessions import Sessions
from dialogue.words import Inbound, Kind

log = structlog.get_logger(__name__)

LOOK_SECONDS = 180  # between looks that nobody called for
PAGE = 200
AT_ONCE = 20  # residents whose messages are taken side by side; each one's own in their order
HOLD = 120  # seconds one process reads while the others leave it to that one
POLLS, POLL = 50, 0.1  # how often, and every how many seconds, the others look whether it does: then they read themselves
TRIES = 6
PATIENCE = 3  # times in one look the house may fail over one message
PASSED_OVER = 86400  # seconds after which a message the house fails over at every look is left behind
STANDSTILL = 3  # pages that lead nowhere before it is enough
TOKEN_SECONDS = 600
BARE = "-"
BEFORE = 60
TOKEN_SPENT = 95007

Say = Callable[[str, str], Awaitable[None]]


class NotTaken(Exception):
    """The database is away: the page is read again in `after` seconds."""

    def __init__(self, after: int) -> None:
        super().__init__("not taken")
        self.after = after


class Failed(NotTaken):
    """The house fails over this message: it is read again with the next look."""


class Reader:
    """One account's messages on their way into the house. However often it is called, one look at a time."""

    def __init__(self, account: Account, sessions: Sessions, reasons: Mapping[str, str], recalled: Say) -> None:
        self._account = account
        self._sessions = sessions
        self._reasons = reasons
        self._recalled = recalled
        self._people = People(account)
        self._holder = secrets.token_hex(8)
        self._unasked = self._called = self._stopped = self.busy = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def called(self, token: str, take: Take) -> None:
        """Tencent says that there is something. Noted for all processes, then read beside this."""
        await self._account.cache.put(self._flag, token or BARE, TOKEN_SECONDS)
        self._called = True
        self._begin(take)

    def look(self, take: Take) -> None:
        """Read what there is, whether called or not; a look that goes on already looks once more."""
        self._unasked = True
        self._begin(take)

    def _begin(self, take: Take) -> None:
        if not self.busy and not self._stopped:  # a call that comes while we leave is for whoever comes next
            self.busy = True
            self._beside(self._run(take))

    def watch(self, take: Take) -> None:
        """Look now and every few minutes."""
        self.look(take)
        self._beside(self._watch(take))

    async def stop(self) -> None:
        """Leave off; what was not taken is read again by whoever comes next."""
        self._stopped = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _beside(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self, take: Take) -> None:
        while True:
            await self._account.pace.sleep(LOOK_SECONDS)
            self.look(take)

    async def _run(self, take: Take) -> None:
        attempt = 0
        try:
            while self._unasked or self._called:
                unasked, self._unasked, self._called = self._unasked, False, False
                try:
                    if unasked or await self._account.cache.get(self._flag):  # else the look before has seen it
                        await self._one_look(take)
                    attempt = 0
                except Exception as failure:  # noqa: BLE001 - the next look goes on where this one stopped
                    attempt += 1
                    log.warning("wechat_kf.not_read", reason=_word(failure), attempt=attempt)
                    if attempt < TRIES:  # else the look that comes every few minutes
                        await self._account.pace.sleep(_wait(failure, attempt))
                        self._unasked = True
        finally:
            self.busy = False

    async def _one_look(self, take: Take) -> None:
        cache, holding, mine = self._account.cache, self._account.key("reads"), False
        called = await cache.get(self._flag)
        for _ in range(POLLS):
            if mine := await cache.hold(holding, self._holder, HOLD):
                break
            await self._account.pace.sleep(POLL)
            if called and await cache.get(self._flag) != called:
                return  # whoever reads has seen it
        # nobody let us, and nobody reads: two that read the same take it once, for a message's id is known the second time
        try:
            await self._pages(take, mine=mine)
        finally:
            if mine:
                await cache.release(holding, self._holder)

    async def _pages(self, take: Take, *, mine: bool) -> None:
        account = self._account
        cursor, since = await account.notebook.read(self._cursor), await self._since()
        token, stands, more = "", 0, True
        while more or await account.cache.get(self._flag):
            if called := await account.cache.get(self._flag):
                await account.cache.drop(self._flag, called)
                token = "" if called == BARE else called
            page = await self._page(cursor, token)
            reads = [(parse(found, self._reasons), found) for found in page.get("msg_list") or () if isinstance(found, dict)]
            await self._take_all([(read, found) for read, found in reads if not read.at or read.at >= since], take)
            after, more = str(page.get("next_cursor") or cursor), page.get("has_more") == 1
            stands = stands + 1 if after == cursor else 0
            if stands >= STANDSTILL:
                return
            if after != cursor:
                await account.notebook.write(self._cursor, after)
                cursor = after
            if mine:
                await account.cache.hold(account.key("reads"), self._holder, HOLD)

    async def _page(self, cursor: str, token: str) -> dict[str, Any]:
        body = {"open_kfid": self._account.id, "cursor": cursor, "token": token, "limit": PAGE, "voice_format": 0}
        wish = {name: value for name, value in body.items() if value != ""}
        try:
            return await self._account.api.call("/cgi-bin/kf/sync_msg", wish)
        except Refusal as r:
            if r.code != TOKEN_SPENT or "token" not in wish:
                raise
            del wish["token"]
            return await self._account.api.call("/cgi-bin/kf/sync_msg", wish)

    async def _since(self) -> int:
        """When this account was first read: what was said before that was said to somebody else."""
        name = f"since:{self._account.id}"
        if not (found := await self._account.notebook.read(name)):
            found = str(int(self._account.pace.now()) - BEFORE)  # the first call tells of what was said just before it
            await self._account.notebook.write(name, found)
        return int(found)

    async def _take_all(self, reads: list[tuple[Read, dict[str, Any]]], take: Take) -> None:
        """One page. Of one resident in their order, of several side by side."""
        recalled = {read.recalls for read, _ in reads if read.recalls}
        await self._people.meet([i.address for read, _ in reads for i in read.inbounds if i.kind is not Kind.RECEIPT])
        lanes: dict[str, list[tuple[Read, dict[str, Any]]]] = {}
        for read, found in reads:
            if not read.understood:
                log.error("wechat_kf.unreadable", kept=bool(read.inbounds))
            if read.id not in recalled:  # taken back before we read it: then we have not
                lanes.setdefault(read.address, []).append((read, found))
        ids, room = {read.id for read, _ in reads}, asyncio.Semaphore(AT_ONCE)

        async def lane(theirs: list[tuple[Read, dict[str, Any]]]) -> None:
            async with room:
                failed = False
                for read, found in theirs:
                    if not await self._heard(read, found, take):
                        failed = True  # what they said after it is heard all the same
                    elif read.recalls and read.recalls not in ids:
                        await self._was_taken(read)
                if failed:
                    raise Failed(0)

        done = await asyncio.gather(*(lane(theirs) for theirs in lanes.values()), return_exceptions=True)
        if failed := next((one for one in done if isinstance(one, BaseException)), None):
            raise failed

    async def _heard(self, read: Read, found: dict[str, Any], take: Take) -> bool:
        """False: the house failed over it, and it must be read again. For a day, or one message would end up keeping back all."""
        try:
            await self._one(read, msgspec.json.encode(found), take)
        except Failed:
            if self._account.pace.now() - read.at < PASSED_OVER:
                return False
            log.error("wechat_kf.passed_over", id=read.id)
        return True

    async def _one(self, read: Read, raw: bytes, take: Take) -> None:
        await self._account.allow(read.address, read.code, read.code_ends - self._account.pace.now())
        if read.attended is not None:
            await self._sessions.noticed(read.address, attended=read.attended)
        for inbound in read.inbounds:
            theirs = inbound.kind not in (Kind.RECEIPT, Kind.JOINED, Kind.LEFT) and await self._sessions.with_a_person(inbound.address)
            await self._handed(self._people.named(for_a_person(inbound) if theirs else inbound), raw, take)

    async def _handed(self, inbound: Inbound, raw: bytes, take: Take) -> None:
        for _ in range(PATIENCE):
            try:
                taken = await take(inbound, raw)
            except Exception:  # the house promises never to raise; if it does, the others must not wait for ever
                log.exception("wechat_kf.not_taken")
                continue
            if not taken.stored:
                raise NotTaken(taken.retry_after)
            return
        raise Failed(0)

    async def _was_taken(self, read: Read) -> None:
        """Taken back too late: it counts, and its author hears so, once."""
        key = self._account.key("recalled", read.recalls)
        log.info("wechat_kf.recalled_too_late")
        if await self._account.cache.get(key) is None and not await self._sessions.with_a_person(read.address):
            await self._account.cache.put(key, "1", TWO_DAYS)
            await self._recalled(read.address, read.recalls)

    @property
    def _flag(self) -> str:
        return self._account.key("called")

    @property
    def _cursor(self) -> str:
        return f"cursor:{self._account.id}"


def _wait(failure: Exception, attempt: int) -> float:
    after = failure.after if isinstance(failure, NotTaken | Refusal) else None
    return float(after or min(60, 2**attempt))


def _word(failure: Exception) -> str:
    return str(failure) if isinstance(failure, NotTaken | Refusal) else type(failure).__name__
