"""客户群: groups with residents in them. We lay a post before the group's owner, and only their tap sends it, once a day.

A group's address is `customers:<chat_id>`. What waits for one owner is one task: a later post takes the earlier ones along, so
that one tap sends all. Whether the owner tapped is only learnt by asking (facts/wecom.md §1.5, §4.8). We hear nothing there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from channels.contract import Cache, SendError, Sent, Take
from channels.numbered import Phrases, language, numbered
from channels.tencent.parts import cut
from channels.wecom.chats import Chat, Chats, Result, Task
from channels.wecom.checks import Finding
from channels.wecom.owners import DAY, FIRST, Owners, Ports, Post, Speech, chat_id
from channels.wecom.settings import CUSTOMERS, NAME
from dialogue.words import Inbound, Kind, Rendered

log = structlog.get_logger(__name__)

MAX_TEXT = 4000  # bytes
MAX_WAITING = 300  # bytes of what is new in the words to its owner
BETWEEN = "\n\n· · ·\n\n"  # between two posts that leave as one
OWNER = "owner"
TOLD = "sys"  # who brings events about groups


class Customers:
    """The 客户群 of one application."""

    def __init__(self, chats: Chats, cache: Cache, ports: Ports, speech: Speech, now: Callable[[], float]) -> None:
        self.chats = chats
        self.owners = Owners(chats, cache, ports, speech, now)
        self._cache = cache
        self._ports = ports
        self._speech = speech
        self._now = now
        self._reading: dict[str, bool] = {}  # group that is being read again -> whether something happened there meanwhile
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, take: Take) -> None:
        """Look from now on what owners did."""
        self._goes(self.owners.run(take))

    async def stop(self) -> None:
        """Look no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def findings(self) -> list[Finding]:
        """For an operator: whether the application may see to these groups; nothing while no place has one."""
        bound = len(await self._ports.bound())
        if not bound:
            return []
        try:
            await self.chats.allowed()
        except SendError as failure:
            return [(False, f"{NAME}.customers_not_allowed", {"reason": failure.reason})]
        return [(True, f"{NAME}.customers_allowed", {"groups": str(bound)})]

    # --- a post --------------------------------------------------------------------------------------------------------

    async def send(self, address: str, words: Rendered, key: str) -> Sent:
        """Lay it before the group's owner, with what waits there already; it is theirs to send. Raises SendError."""
        chat = await self._chat(address)
        text = self._text(words)
        if not text:
            raise SendError.ours("nothing to say")
        waiting = await self._waits(chat)
        if rest := await self.owners.rests(address):
            raise SendError.retry("one post a day", rest)
        texts = await self.chats.texts(min((post.since for post in waiting), default=self._now()) - DAY, self._now() + 1) if waiting else {}
        fits = self._taken_along(waiting, texts, text)
        whole = BETWEEN.join([*(texts[post.id] for post in fits), text])
        msgid = await self._laid(chat, (whole, text), key)
        for post in fits:
            await self._replace(post, msgid)
        await self.owners.tell(chat, "customers_ask", cut(text, MAX_WAITING))
        return Sent(msgid, waits=OWNER)

    async def _chat(self, address: str) -> Chat:
        chat = await self.chats.get(chat_id(address))
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
        found = []
        for post in await self._ports.laid.waiting():
            if post.address == CUSTOMERS + chat.id:
                task = await self.chats.became(post.id, chat.id)
                await self.owners.note(task, chat.id)
                found += [post] if task.result is Result.WAITS else []
        return found

    def _taken_along(self, waiting: Sequence[Post], texts: Mapping[str, str], text: str) -> list[Post]:
        """The earlier posts for which there is room in one message; the others wait on by themselves."""
        size, fits = len(text.encode()), []
        for post in waiting:
            size += len((texts.get(post.id, "") + BETWEEN).encode())
            if post.id in texts and size <= MAX_TEXT:
                fits.append(post)
        return fits

    async def _laid(self, chat: Chat, said: tuple[str, str], key: str) -> str:
        """The task that says `said` (whole, and its newest part): a new one, unless an earlier try made it and its answer was lost."""
        tried, whole = f"{NAME}:laid:{key}", said[0]
        if key and (first := await self._cache.get(tried)) and (made := await self._made(chat, said[1], float(first))):
            return made
        await self._cache.put(tried, str(int(self._now())), DAY)
        return await self.chats.make(chat, whole)

    async def _made(self, chat: Chat, newest: str, since: float) -> str:
        """The task for this group, not cancelled meanwhile, that says it or ends with it; "" for none."""
        for msgid, text in (await self.chats.texts(since - FIRST, self._now() + FIRST)).items():
            says = text == newest or text.endswith(BETWEEN + newest)
            if says and not await self.owners.cancelled(msgid) and await self.chats.is_for(msgid, chat.id, chat.owner):
                return msgid
        return ""

    async def _replace(self, post: Post, msgid: str) -> None:
        """That post is part of another task now, and its own can be sent no more."""
        if post.id == msgid:
            return
        await self._ports.laid.renamed(post.id, msgid)
        try:
            await self.owners.cancel(post.id)
        except SendError as failure:  # should its owner send it all the same, the group hears it twice, and not never
            log.warning("wecom.task_not_cancelled", verdict=failure.verdict, reason=failure.reason)

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
        if address not in await self._ports.bound():
            return
        try:
            found = await self.chats.get(chat)
        except SendError as failure:
            if failure.verdict != "gone":
                raise
            for post in [post for post in await self._ports.laid.waiting() if post.address == address]:
                await self.owners.receipt(post, take, "refused", "customers_dismissed")
            await take(Inbound(channel=NAME, external_id=f"dismissed-{chat}", address=TOLD, chat=address, kind=Kind.LEFT), b"")
            return
        await self._moved(found)

    async def _moved(self, chat: Chat) -> None:
        """What waited for an owner who is none any more waits for the new one."""
        found = [post for post in await self._ports.laid.waiting() if post.address == CUSTOMERS + chat.id]
        tasks: list[tuple[Post, Task]] = [(post, await self.chats.became(post.id, chat.id)) for post in found]
        stale = [post for post, task in tasks if task.result is Result.WAITS and task.owner not in ("", chat.owner)]
        if not stale or not chat.owner:
            return
        texts = await self.chats.texts(min(post.since for post in stale) - DAY, self._now() + 1)
        for post in stale:
            if post.id in texts:
                await self._replace(post, await self._laid(chat, (texts[post.id], texts[post.id]), post.id))
                await self.owners.tell(chat, "customers_ask", cut(texts[post.id], MAX_WAITING))

    def _goes(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
