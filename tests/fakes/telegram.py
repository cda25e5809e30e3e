"""A Telegram of our own: people, groups and the Bot API on 127.0.0.1, with Telegram's limits and refusals.

    fake = FakeTelegram(); await fake.start()          # fake.base is our bot's `api_base`
    zhang = fake.user("张姐"); group = fake.group("3号楼", zhang)
    await group.adds_bot(by=zhang)
    await zhang.starts("CODE")                          # private; a bot cannot write to her before
    await zhang.says("/vote@MulinBot 3", group)         # brought by webhook (done when this returns) or kept for polling
    words = await zhang.sees("投票3号")                  # the next message of the bot she has not seen, waited for
    press = await zhang.taps("同意"); await press.answer()

Time is virtual (`await fake.advance(5)`). Rate limits are enforced after `fake.limits = Limits()`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.telegram_api import Refusal, Server, bad, retry_after
from tests.fakes.telegram_delivery import Delivery
from tests.fakes.telegram_people import Chat, Group, Message, Press, User

__all__ = ["FakeTelegram", "Group", "Limits", "Message", "Press", "User"]

SECONDS = 10.0  # how long a test waits for what must come; nothing waits for it to pass


@dataclass
class Limits:
    """Messages per seconds, per person, per group, over all; `burst` is what one person's chat tolerates at once."""

    person: tuple[int, float] = (3, 3.0)
    group: tuple[int, float] = (20, 60.0)
    overall: tuple[int, float] = (30, 1.0)


@dataclass
class Trouble:
    """What happens to the next call: an error, or (code 0) a broken line, before or after the thing was `done`."""

    method: str
    code: int
    description: str
    times: int
    parameters: dict[str, int]
    done: bool = False
    chat: int | None = None


@dataclass
class FakeTelegram:
    """The platform. `privacy` is the bot's privacy mode; `refused` holds every call that got an error, `calls` all of them."""

    token: str = "110201543:test"
    privacy: bool = True
    limits: Limits | None = None
    me: dict[str, Any] = field(default_factory=lambda: {"id": 110201543, "is_bot": True, "first_name": "睦邻", "username": "MulinBot"})

    def __post_init__(self) -> None:
        self.delivery = Delivery(changed=self.changed)
        self.chats: dict[int, Chat] = {}
        self.moved: dict[int, int] = {}
        self.files: dict[str, bytes] = {}
        self.gone_files: set[str] = set()  # known by getFile, but no longer to be had
        self.presses: dict[str, Press] = {}
        self.menus: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refused: list[tuple[str, str]] = []
        self.uploads = 0
        self.base = ""
        self._troubles: list[Trouble] = []
        self._sent_at: list[float] = []
        self._change = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._notices: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self._runner = web.AppRunner(Server(self).app(), handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close."""
        await self.delivery.close()
        if self._runner:
            await self._runner.cleanup()

    def user(self, name: str, *, language: str = "zh-hans", started: bool = False) -> User:
        """A person; `started`: has spoken to the bot before."""
        u = User(self, 700_001 + len(self.chats), name, language)
        u.started = started
        self.chats[u.id] = u
        return u

    def group(self, title: str, *members: User, supergroup: bool = False) -> Group:
        """A group without the bot."""
        number = 4_001 + len(self.chats)
        g = Group(self, -1_000_000_000_000 - number if supergroup else -number, title, members)
        self.chats[g.id] = g
        return g

    async def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        await self.delivery.advance(seconds)

    async def delivers(self, content: dict[str, Any], key: str = "other") -> int:
        """An update of any shape, as it may come one day."""
        return await self.delivery.put(key, content)

    def goes_wrong(self, method: str, code: int, description: str = "", *, times: int = 1, done: bool = False, **parameters: int) -> None:
        """The next call(s) of a method fail; code 0 breaks the line (`done`: after the thing was done)."""
        chat = parameters.pop("chat", None)
        self._troubles.append(Trouble(method, code, description, times, parameters, done, chat))

    async def until(self, true: Callable[[], bool], otherwise: str | Callable[[], str]) -> None:
        """Wait for something to become true by what the bot does."""
        try:
            async with asyncio.timeout(SECONDS), self._change:
                await self._change.wait_for(true)
        except TimeoutError:
            raise AssertionError(otherwise if isinstance(otherwise, str) else otherwise()) from None

    # --- what the API asks -------------------------------------------------------------------------------------------

    def changed(self) -> None:
        """Somebody may be waiting for what just happened."""

        async def tell() -> None:
            async with self._change:
                self._change.notify_all()

        task = asyncio.create_task(tell())
        self._notices.add(task)
        task.add_done_callback(self._notices.discard)

    def keep(self, content: bytes) -> str:
        """Store a file; returns its id."""
        key = f"AgAC{len(self.files):06}"
        self.files[key] = content
        return key

    def trouble_with(self, method: str, params: dict[str, Any]) -> Trouble | None:
        """The planned failure for this call, used up."""
        for t in self._troubles:
            if t.method == method and t.times and t.chat in (None, params.get("chat_id")):
                t.times -= 1
                return t
        return None

    def chat_for_bot(self, number: int) -> Chat:
        """The chat if the bot may write there, else Telegram's refusal."""
        if number in self.moved:
            raise Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=self.moved[number])
        chat = self.chats.get(number)
        if isinstance(chat, User):
            if chat.deactivated:
                raise Refusal(403, "Forbidden: user is deactivated")
            if chat.blocked:
                raise Refusal(403, "Forbidden: bot was blocked by the user")
            if not chat.started:
                raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
            return chat
        if not isinstance(chat, Group):
            raise bad("chat not found")
        if chat.bot_status not in ("member", "administrator"):
            how = "was kicked from" if chat.bot_status == "kicked" else "is not a member of"
            raise Refusal(403, f"Forbidden: bot {how} the {chat.kind} chat")
        return chat

    def charge(self, chat: Chat) -> None:
        """Count a message or an edit against the limits; 429 above them."""
        if self.limits is None:
            return
        own = self.limits.person if isinstance(chat, User) else self.limits.group
        now = self.delivery.now
        for log, (count, seconds) in ((chat.sent_at, own), (self._sent_at, self.limits.overall)):
            recent = [t for t in log if t > now - seconds]
            if len(recent) >= count:
                raise retry_after(recent[-count] + seconds - now)
        chat.sent_at.append(now)
        self._sent_at.append(now)

    async def membership(self, chat: Chat, by: User, old: str, new: str) -> None:
        """Our own place in a chat changed: my_chat_member."""
        sides = {side: {"user": self.me, "status": status} for side, status in (("old_chat_member", old), ("new_chat_member", new))}
        content = {"chat": chat.wire(), "from": by.person(), "date": int(self.delivery.now), **sides}
        await self.delivery.put(f"member {chat.id}", {"my_chat_member": content})
