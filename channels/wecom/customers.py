"""客户群: groups with residents in them. We lay a post before the group's owner, and only their tap sends it, once a day.

A group's address is `customers:<chat_id>`. What waits for one owner is one task: a later post takes the earlier ones along, so
that one tap sends all. Whether the owner tapped is only learnt by asking (facts/wecom.md §1.5, §4.8). We hear nothing there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from channels.contract import Cache, Notebook, SendError, Sent, Take
from channels.numbered import Phrases, language, numbered
from channels.tencent.parts import cut
from channels.wecom.chats import Chat, Chats, Result, Task
from channels.wecom.settings import CUSTOMERS, NAME, Words
from dialogue.words import Inbound, Kind, Rendered

log = structlog.get_logger(__name__)

MAX_TEXT = 4000  # bytes
MAX_WAITING = 300  # bytes of a post in the words to its owner
BETWEEN = "\n\n· · ·\n\n"  # between two posts that leave as one
OWNER = "owner"
DAY = 86400
FIRST, SELDOM = 300, 3600  # seconds until a new task is asked about, and between two questions about an old one
FORGOTTEN = 7 * DAY
LOOK = 60.0  # seconds between two looks at what is due
TOLD = "sys"  # who brings events about groups


@dataclass(frozen=True, slots=True)
class Post:
    """A task its owner has not sent yet, as the house keeps it: WeCom's id, the group's address, since when (seconds since 1970)."""

    id: str
    address: str
    since: float


@dataclass(frozen=True, slots=True)
class Ports:
    """What the house knows of these groups. `bound`: whether such an address belongs to a place. `renamed`: a task has another id now.

    `awake`: whether it is no night at that moment.
    """

    notebook: Notebook
    bound: Callable[[str], Awaitable[bool]]
    waiting: Callable[[], Awaitable[Sequence[Post]]]
    renamed: Callable[[str, str], Awaitable[None]]
    awake: Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class Speech:
    """How one speaks to owners: the words of this door, and what says them to a member."""

    words: Words
    tell: Callable[[str, Rendered], Awaitable[Sent]]


class Customers:
    """The 客户群 of one application."""

    def __init__(self, chats: Chats, cache: Cache, ports: Ports, speech: Speech, now: Callable[[], float]) -> None:
        self.chats = chats
        self._cache = cache
        self._ports = ports
        self._speech = speech
        self._now = now
        self._next: dict[str, float] = {}  # task -> when it is asked about
        self._reading: dict[str, bool] = {}  # group that is being read again -> whether something happened there meanwhile
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, take: Take) -> None:
        """Look from now on what owners did."""
        self._goes(self._run(take))

    async def stop(self) -> None:
        """Look no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- a post --------------------------------------------------------------------------------------------------------

    async def send(self, address: str, words: Rendered, key: str) -> Sent:
        """Lay it before the group's owner, with what waits there already; it is theirs to send. Raises SendError."""
        chat = await self._chat(address)
        text = self._text(words)
        if not text:
            raise SendError.ours("nothing to say")
        waiting = await self._waits(chat)
        texts = await self.chats.texts(min((post.since for post in waiting), default=self._now()) - DAY, self._now() + 1) if waiting else {}
        fits = self._taken_along(waiting, texts, text)
        whole = BETWEEN.join([*(texts[post.id] for post in fits), text])
        msgid = await self._laid(chat, whole, key)
        for post in fits:
            await self._replace(post, msgid)
        await self._tell(chat, "customers_ask", cut(whole, MAX_WAITING))
        return Sent(msgid, waits=OWNER)

    async def rests(self, address: str) -> float:
        """Seconds until that group takes another post: a day after its owner sent the last one."""
        sent = await self._ports.notebook.read(f"sent:{_id(address)}")
        return max(0.0, float(sent or 0) + DAY - self._now())

    async def _chat(self, address: str) -> Chat:
        chat = await self.chats.get(_id(address))
        if not chat.owner:
            raise SendError.ours("the group has no owner")
        return chat

    def _text(self, words: Rendered) -> str:
        """As text alone: what leads to pages stands whole, the rest is cut where it is too long."""
        phrases = Phrases.of(self._speech.words(language(words)))
        links = numbered(replace(words, text=""), phrases)
        room = MAX_TEXT - len(links.encode()) - 2
        return numbered(replace(words, text=cut(words.text, room)), phrases)

    async def _waits(self, chat: Chat) -> list[Post]:
        """What still waits in this group now, oldest first: its owner may have tapped a moment ago."""
        found = [post for post in await self._ports.waiting() if post.address == CUSTOMERS + chat.id]
        return [post for post in found if (await self.chats.became(post.id, chat.id)).result is Result.WAITS]

    def _taken_along(self, waiting: Sequence[Post], texts: Mapping[str, str], text: str) -> list[Post]:
        """The earlier posts for which there is room in one message; the others wait on by themselves."""
        size, fits = len(text.encode()), []
        for post in waiting:
            size += len((texts.get(post.id, "") + BETWEEN).encode())
            if post.id in texts and size <= MAX_TEXT:
                fits.append(post)
        return fits

    async def _laid(self, chat: Chat, text: str, key: str) -> str:
        """The task that says this: a new one, unless an earlier try of the same post made it and its answer was lost."""
        tried = f"{NAME}:tried:{key}"
        if key and (first := await self._cache.get(tried)):
            for msgid, said in (await self.chats.texts(float(first) - FIRST, self._now() + FIRST)).items():
                if said == text and await self.chats.is_for(msgid, chat.id, chat.owner):
                    return msgid
        await self._cache.put(tried, str(int(self._now())), DAY)
        return await self.chats.make(chat, text)

    async def _replace(self, post: Post, msgid: str) -> None:
        """That post is part of another task now, and its own can be sent no more."""
        if post.id == msgid:
            return
        await self._ports.renamed(post.id, msgid)
        try:
            await self.chats.cancel(post.id)
        except SendError as failure:  # should its owner send it all the same, the group hears it twice, and not never
            log.warning("wecom.task_not_cancelled", reason=failure.reason)

    async def _tell(self, chat: Chat, key: str, waiting: str = "") -> None:
        """Say to the owner what waits for them; WeCom tells them too, so nothing depends on it."""
        table = self._speech.words("")
        text = table[key].format(name=chat.name or table["customers_unnamed"], words=waiting)
        try:
            await self._speech.tell(chat.owner, Rendered(text))
        except SendError as failure:
            log.warning("wecom.owner_not_told", verdict=failure.verdict, reason=failure.reason)

    # --- what became of it ---------------------------------------------------------------------------------------------

    async def _run(self, take: Take) -> None:
        while True:
            try:
                await self.look(take)
            except Exception as failure:  # noqa: BLE001 - the next look is soon, whatever this one met
                log.error("wecom.look_failed", reason=type(failure).__name__)
            await asyncio.sleep(LOOK)

    async def look(self, take: Take) -> None:
        """Ask about every task that is due: five minutes after it was made, then ever more seldom, at last hourly."""
        waiting = await self._ports.waiting()
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

    async def _ask(self, post: Post, take: Take) -> None:
        chat = _id(post.address)
        task = await self.chats.became(post.id, chat)
        age = self._now() - post.since
        if task.result is Result.SENT:
            await self._ports.notebook.write(f"sent:{chat}", str(int(task.at or self._now())))
            await self._receipt(post, take, "sent")
        elif task.result is not Result.WAITS:
            await self._receipt(post, take, "refused", f"customers_{task.result.name.lower()}")
        elif age >= FORGOTTEN:
            await self.chats.cancel(post.id)
            await self._receipt(post, take, "refused", "customers_forgotten")
        elif age >= DAY and self._ports.awake(self._now()):
            await self._remind(post)

    async def _remind(self, post: Post) -> None:
        """Once, a day after it was laid before them."""
        name = f"reminded:{_id(post.address)}"
        reminded = (await self._ports.notebook.read(name)).split()
        if post.id in reminded:
            return
        chat = await self._chat(post.address)
        await self.chats.remind(post.id)
        await self._ports.notebook.write(name, " ".join([*reminded, post.id][-MAX_REMINDED:]))
        await self._tell(chat, "customers_again")

    async def _receipt(self, post: Post, take: Take, became: str, why: str = "") -> None:
        reason = self._speech.words("")[why] if why else ""
        number = f"{post.id}-{became}"
        await take(
            Inbound(channel=NAME, external_id=number, address=post.address, kind=Kind.RECEIPT, question=post.id, choice=became, text=reason),
            b"",
        )

    # --- what happens to a group ---------------------------------------------------------------------------------------

    def hint(self, fields: Mapping[str, Any], take: Take) -> None:
        """Something happened in a group; what, is read again, once for all that comes meanwhile. Nothing is done for groups not ours."""
        chat = fields.get("ChatId")
        if not isinstance(chat, str) or not chat or fields.get("Event") != "change_external_chat":
            return
        if chat in self._reading:
            self._reading[chat] = True
            return
        self._reading[chat] = True
        self._goes(self._read(chat, take))

    async def _read(self, chat: str, take: Take) -> None:
        try:
            while self._reading[chat]:
                self._reading[chat] = False
                await self._again(chat, take)
        except SendError as failure:
            log.warning("wecom.group_not_read", verdict=failure.verdict, reason=failure.reason)
        finally:
            del self._reading[chat]

    async def _again(self, chat: str, take: Take) -> None:
        address = CUSTOMERS + chat
        if not await self._ports.bound(address):
            return
        try:
            found = await self.chats.get(chat)
        except SendError as failure:
            if failure.verdict != "gone":
                raise
            await take(Inbound(channel=NAME, external_id=f"dismissed-{chat}", address=TOLD, chat=address, kind=Kind.LEFT), b"")
            return
        await self._moved(found)

    async def _moved(self, chat: Chat) -> None:
        """What waited for an owner who is none any more waits for the new one."""
        found = [post for post in await self._ports.waiting() if post.address == CUSTOMERS + chat.id]
        tasks: list[tuple[Post, Task]] = [(post, await self.chats.became(post.id, chat.id)) for post in found]
        stale = [post for post, task in tasks if task.result is Result.WAITS and task.owner not in ("", chat.owner)]
        if not stale or not chat.owner:
            return
        texts = await self.chats.texts(min(post.since for post in stale) - DAY, self._now() + 1)
        for post in stale:
            if post.id in texts:
                await self._replace(post, await self.chats.make(chat, texts[post.id]))
                await self._tell(chat, "customers_ask", cut(texts[post.id], MAX_WAITING))

    def _goes(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _id(address: str) -> str:
    return address.removeprefix(CUSTOMERS)
