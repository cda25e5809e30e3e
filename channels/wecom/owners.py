"""The owners of 客户群: what is laid before them, that they are reminded of it, and what they did, which is only learnt by asking."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from channels.contract import Cache, Notebook, SendError, Sent, Take
from channels.wecom.chats import Chat, Chats, Result, Task
from channels.wecom.settings import CUSTOMERS, NAME, Words
from dialogue.words import Inbound, Kind, Rendered

log = structlog.get_logger(__name__)

DAY = 86400
FIRST, SELDOM = 300, 3600  # seconds until a new task is asked about, and between two questions about an old one
FORGOTTEN = 7 * DAY
LOOK = 60.0  # seconds between two looks at what is due
REMINDED = 8  # tasks of one group of which it is kept that their owner was reminded: more do not wait in seven days


@dataclass(frozen=True, slots=True)
class Post:
    """A task its owner has not sent yet, as the house keeps it: WeCom's id, the group's address, since when (seconds since 1970)."""

    id: str
    address: str
    since: float


@dataclass(frozen=True, slots=True)
class Laid:
    """What the house keeps of posts that lie before owners. `stopped`: those of orders that were stopped there.

    `renamed`: a post is part of another task now. `taken_back`: a stopped one is before its owner no more; `sent_after_all`: it had
    been sent already.
    """

    waiting: Callable[[], Awaitable[Sequence[Post]]]
    stopped: Callable[[], Awaitable[Sequence[Post]]]
    renamed: Callable[[str, str], Awaitable[None]]
    taken_back: Callable[[str], Awaitable[None]]
    sent_after_all: Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ports:
    """What the house knows. `bound`: the addresses of the groups that belong to a place. `awake`: whether it is no night at that moment."""

    notebook: Notebook
    bound: Callable[[], Awaitable[Collection[str]]]
    laid: Laid
    awake: Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class Speech:
    """How one speaks to owners: the words of this door, and what says them to a member."""

    words: Words
    tell: Callable[[str, Rendered], Awaitable[Sent]]


class Owners:
    """Those of the 客户群 of one application."""

    def __init__(self, chats: Chats, cache: Cache, ports: Ports, speech: Speech, now: Callable[[], float]) -> None:
        self._chats = chats
        self._cache = cache
        self._ports = ports
        self._speech = speech
        self._now = now
        self._next: dict[str, float] = {}  # task -> when it is asked about
        self._unknown: dict[str, float] = {}  # stopped task WeCom would not hear of -> when it is tried again

    async def rests(self, address: str) -> float:
        """Seconds until that group takes another post: a day after its owner sent the last one."""
        sent = await self._ports.notebook.read(f"sent:{chat_id(address)}")
        return max(0.0, float(sent or 0) + DAY - self._now())

    async def tell(self, chat: Chat, key: str, waiting: str = "") -> None:
        """Say to the owner what waits for them; WeCom tells them too, so nothing depends on it."""
        table = self._speech.words("")
        text = table[key].format(name=chat.name or table["customers_unnamed"], words=waiting)
        try:
            await self._speech.tell(chat.owner.lower(), Rendered(text))
        except SendError as failure:
            log.warning("wecom.owner_not_told", verdict=failure.verdict, reason=failure.reason)

    async def cancel(self, msgid: str) -> None:
        """They can send that task no more. Raises SendError where WeCom did not answer."""
        try:
            await self._chats.cancel(msgid)
        except SendError as failure:
            if failure.verdict == "retry":
                raise
            log.warning("wecom.task_not_cancelled", reason=failure.reason)
        await self._cache.put(_cancelled(msgid), "1", 2 * DAY)

    async def cancelled(self, msgid: str) -> bool:
        """Whether that task was cancelled of late."""
        return await self._cache.get(_cancelled(msgid)) is not None

    async def run(self, take: Take) -> None:
        """Look every minute, until cancelled."""
        while True:
            try:
                await self.look(take)
            except Exception as failure:  # noqa: BLE001 - the next look is soon, whatever this one met
                log.error("wecom.look_failed", reason=type(failure).__name__)
            await asyncio.sleep(LOOK)

    async def look(self, take: Take) -> None:
        """Take back what was stopped; ask about every task that is due: five minutes after it was made, at last hourly."""
        stopped = await self._ports.laid.stopped()
        self._unknown = {post.id: self._unknown[post.id] for post in stopped if self._now() < self._unknown.get(post.id, 0)}
        for post in stopped:
            if post.id not in self._unknown:
                await self._stop(post)
        waiting = await self._ports.laid.waiting()
        self._next = {post.id: self._next.get(post.id, post.since + FIRST) for post in waiting}
        for post in waiting:
            age = self._now() - post.since
            if self._now() < self._next[post.id]:
                continue
            try:
                await self._ask(post, take)
            except SendError as failure:
                log.warning("wecom.task_unknown", verdict=failure.verdict, reason=failure.reason)
            self._next[post.id] = self._now() + min(max(age, FIRST), SELDOM)

    async def _stop(self, post: Post) -> None:
        """Take it back; what WeCom does not know is tried hourly, and after seven days no more."""
        try:
            await self._take_back(post)
        except SendError as failure:
            log.warning("wecom.task_not_cancelled", verdict=failure.verdict, reason=failure.reason)
            if self._now() - post.since >= FORGOTTEN:
                await self._ports.laid.taken_back(post.id)
            elif failure.verdict != "retry":
                self._unknown[post.id] = self._now() + SELDOM

    async def _take_back(self, post: Post) -> None:
        task = await self._chats.became(post.id, chat_id(post.address))
        await self.note(task, chat_id(post.address))
        if task.result is Result.SENT:
            await self._ports.laid.sent_after_all(post.id)
            return
        await self.cancel(post.id)
        await self._ports.laid.taken_back(post.id)

    async def _ask(self, post: Post, take: Take) -> None:
        chat = chat_id(post.address)
        task = await self._chats.became(post.id, chat)
        age = self._now() - post.since
        await self.note(task, chat)
        if task.result is Result.SENT:
            await self.receipt(post, take, "sent")
        elif task.result is not Result.WAITS:
            await self.receipt(post, take, "refused", f"customers_{task.result.name.lower()}")
        elif age >= FORGOTTEN:
            await self.cancel(post.id)
            await self.receipt(post, take, "refused", "customers_forgotten")
        elif age >= DAY and self._ports.awake(self._now()):
            await self._remind(post)

    async def note(self, task: Task, chat: str) -> None:
        """The group rests from the moment its owner sent something."""
        if task.result is Result.SENT:
            await self._ports.notebook.write(f"sent:{chat}", str(int(task.at or self._now())))

    async def _remind(self, post: Post) -> None:
        """Once, a day after it was laid before them."""
        name = f"reminded:{chat_id(post.address)}"
        reminded = (await self._ports.notebook.read(name)).split()
        if post.id in reminded:
            return
        chat = await self._chats.get(chat_id(post.address))
        await self._chats.remind(post.id)
        await self._ports.notebook.write(name, " ".join([*reminded, post.id][-REMINDED:]))
        await self.tell(chat, "customers_again")

    async def receipt(self, post: Post, take: Take, became: str, why: str = "") -> None:
        """Tell the house what became of a post; `why` names the words in texts/*/wecom.toml."""
        reason = self._speech.words("")[why] if why else ""
        what: dict[str, Any] = {"kind": Kind.RECEIPT, "question": post.id, "choice": became, "text": reason}
        await take(Inbound(channel=NAME, external_id=f"{post.id}-{became}", address=post.address, **what), b"")


def chat_id(address: str) -> str:
    """The platform's id of a group, from its address as the house keeps it."""
    return address.removeprefix(CUSTOMERS)


def _cancelled(msgid: str) -> str:
    return f"{NAME}:cancelled:{msgid}"
