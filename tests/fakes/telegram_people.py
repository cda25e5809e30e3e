"""People and groups on the fake Telegram, and what they do there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.telegram_delivery import PRESS_LIFE

if TYPE_CHECKING:
    from tests.fakes.telegram import FakeTelegram


@dataclass
class Message:
    """A message in a chat. Its buttons are `labels`."""

    id: int
    text: str
    date: int
    by_bot: bool = False
    sender: User | None = None
    thread: int = 0
    photo: str = ""
    markup: dict[str, Any] | None = None
    reply_to: int = 0
    silent: bool = False
    edits: int = 0

    @property
    def buttons(self) -> list[dict[str, str]]:
        return [b for row in (self.markup or {}).get("inline_keyboard", ()) for b in row]

    @property
    def labels(self) -> list[str]:
        return [b["text"] for b in self.buttons]

    def wire(self, chat: Chat) -> dict[str, Any]:
        """As Telegram writes it."""
        sender = chat.fake.me if self.by_bot else self.sender.person() if self.sender else None
        m: dict[str, Any] = {"message_id": self.id, "date": self.date, "chat": chat.wire(), **({"from": sender} if sender else {})}
        m |= {"message_thread_id": self.thread, "is_topic_message": True} if self.thread else {}
        if self.photo:
            m["photo"] = [{"file_id": self.photo, "file_unique_id": self.photo, "width": 90, "height": 90}]
        return {**m, ("caption" if self.photo else "text"): self.text}


@dataclass
class Press:
    """A pressed button. `alert` is None until the bot answered it."""

    fake: FakeTelegram
    id: str
    at: float
    alert: str | None = None
    modal: bool = False

    async def answer(self) -> str:
        """The words shown for it ("" for none), waited for."""
        await self.fake.until(lambda: self.alert is not None, "the press was never answered")
        return self.alert or ""


class Chat:
    """A private chat or a group: an id and what was said."""

    def __init__(self, fake: FakeTelegram, number: int) -> None:
        self.fake, self.id = fake, number
        self.messages: list[Message] = []
        self.topics: dict[int, str] = {}
        self.last_bot_is_ours = False
        self.last_id = 0
        self.sent_at: list[float] = []

    def wire(self) -> dict[str, Any]:
        raise NotImplementedError

    def add(self, text: str, **more: Any) -> Message:
        self.last_id += 1
        m = Message(self.last_id, text, int(self.fake.delivery.now), **more)
        self.messages.append(m)
        return m


class User(Chat):
    """A person and the private chat with the bot."""

    def __init__(self, fake: FakeTelegram, number: int, name: str, language: str) -> None:
        super().__init__(fake, number)
        self.name, self.language = name, language
        self.started = self.blocked = self.deactivated = False
        self._seen: dict[int, int] = {}

    def wire(self) -> dict[str, Any]:
        return {"id": self.id, "type": "private", "first_name": self.name}

    def person(self) -> dict[str, Any]:
        """As whoever says something."""
        return {"id": self.id, "is_bot": False, "first_name": self.name, "language_code": self.language}

    async def starts(self, payload: str = "") -> int:
        """Presses START, or opens a deep link."""
        return await self.says(f"/start {payload}".strip())

    async def says(self, text: str, chat: Chat | None = None, *, topic: int = 0, reply_to: Message | None = None) -> int:
        """Writes, in private or in a group; a group's privacy mode decides whether the bot hears it. Returns the update's id or 0."""
        return await self.sends(chat, topic=topic, reply_to=reply_to, text=text)

    async def sends(self, chat: Chat | None = None, *, topic: int = 0, reply_to: Message | None = None, **content: Any) -> int:
        """Sends anything: `sticker={...}`, `location={...}`, `photo=[...]`."""
        where = chat or self
        if where is self:
            self.started = True
        text = content.get("text", content.get("caption", ""))
        m = where.add(text, sender=self, thread=topic)
        wire = {k: v for k, v in m.wire(where).items() if k != "text"} | content
        if reply_to:
            wire["reply_to_message"] = reply_to.wire(where)
            wire.setdefault("message_thread_id", reply_to.id)  # a thread of replies, no topic
        elif topic:  # whatever is said in a topic "replies" to the note that opened it
            wire["reply_to_message"] = {"message_id": topic, "date": 1, "chat": where.wire(), "from": self.fake.me}
        if isinstance(where, Group) and not where.bot_hears(text, reply_to):
            return 0
        return await self.fake.delivery.put(f"message {where.id}", {"message": wire})

    async def sends_photo(self, content: bytes, caption: str = "", chat: Chat | None = None, *, album: str = "") -> int:
        """A picture in two sizes."""
        sizes = [{"file_id": self.fake.keep(c), "width": w, "height": w, "file_size": len(c)} for c, w in ((b"small", 90), (content, 1280))]
        pictured: dict[str, Any] = {"photo": [{**s, "file_unique_id": s["file_id"]} for s in sizes]}
        return await self.sends(chat, **pictured | ({"caption": caption} if caption else {}) | ({"media_group_id": album} if album else {}))

    async def sends_voice(self, content: bytes, seconds: int) -> int:
        """A voice message."""
        key = self.fake.keep(content)
        return await self.sends(
            voice={"file_id": key, "file_unique_id": key, "duration": seconds, "mime_type": "audio/ogg", "file_size": len(content)}
        )

    async def taps(self, label: str, chat: Chat | None = None, message: Message | None = None) -> Press:
        """Presses the newest button of that name (or one of `message`). A link to the bot is followed."""
        where = chat or self
        found = [(m, b) for m in ([message] if message else reversed(where.messages)) for b in m.buttons if b["text"] == label]
        assert found, f"no button {label!r} among {[m.labels for m in where.messages if m.labels]}"
        m, button = found[0]
        press = Press(self.fake, f"{self.id}{len(self.fake.presses) + 1:06}", self.fake.delivery.now)
        if "url" in button:
            press.alert = ""
            link = urlsplit(button["url"])
            assert (link.hostname, link.path) == ("t.me", f"/{self.fake.me['username']}"), f"open {button['url']} yourself"
            await self.starts(parse_qs(link.query).get("start", [""])[0])
            return press
        self.fake.presses[press.id] = press
        query = {"id": press.id, "from": self.person(), "message": m.wire(where), "chat_instance": "1", "data": button["callback_data"]}
        await self.fake.delivery.put(f"callback {self.id}", {"callback_query": query}, life=PRESS_LIFE)
        return press

    async def sees(self, containing: str = "", chat: Chat | None = None) -> Message:
        """The next message of the bot not yet seen here that contains these words, waited for; those before it count as seen."""
        where = chat or self

        def find() -> Message | None:
            fresh = where.messages[self._seen.get(where.id, 0) :]
            return next((m for m in fresh if m.by_bot and containing in m.text), None)

        def instead() -> str:
            return (
                f"{self.name} never saw {containing!r}, but {[m.text for m in where.messages[self._seen.get(where.id, 0) :] if m.by_bot]}"
            )

        await self.fake.until(lambda: find() is not None, instead)
        m = find()
        assert m is not None
        self._seen[where.id] = where.messages.index(m) + 1
        return m

    async def blocks(self) -> None:
        """Blocks the bot."""
        self.blocked = True
        await self._changed("member", "kicked")

    async def unblocks(self) -> None:
        """Allows it again."""
        self.blocked = False
        await self._changed("kicked", "member")

    async def _changed(self, old: str, new: str) -> None:
        await self.fake.membership(self, self, old, new)


class Group(Chat):
    """A building's group. `supergroup` ids begin with -100; a basic one may `migrate`."""

    def __init__(self, fake: FakeTelegram, number: int, title: str, members: tuple[User, ...]) -> None:
        super().__init__(fake, number)
        self.title, self.members = title, members
        self.bot_status = "left"

    @property
    def kind(self) -> str:
        return "supergroup" if self.id < -1_000_000_000_000 else "group"

    def wire(self) -> dict[str, Any]:
        return {"id": self.id, "type": self.kind, "title": self.title, **({"is_forum": True} if self.topics else {})}

    def topic(self, name: str) -> int:
        """Opens a topic; the group becomes a forum."""
        number = 1000 + len(self.topics)
        self.topics[number] = name
        return number

    def bot_hears(self, text: str, reply_to: Message | None) -> bool:
        """Privacy mode: commands by name, a bare one if we were the last bot to write, replies to us; an admin hears all."""
        if self.bot_status == "administrator" or not self.fake.privacy:
            return self.bot_status in ("administrator", "member")
        named = re.match(r"/\w+@(\w+)", text)
        if named:
            return self.bot_status == "member" and named[1].lower() == self.fake.me["username"].lower()
        return self.bot_status == "member" and (bool(reply_to and reply_to.by_bot) or (text.startswith("/") and self.last_bot_is_ours))

    async def adds_bot(self, *, by: User, admin: bool = False) -> None:
        """Somebody takes the bot into the group."""
        await self._becomes("administrator" if admin else "member", by)

    async def kicks_bot(self, *, by: User) -> None:
        """Somebody throws it out."""
        await self._becomes("kicked", by)

    async def migrates(self) -> int:
        """The basic group becomes a supergroup: a new id, both notes, and the old id is dead. Returns the old id."""
        old, before = self.id, self.wire()
        self.id = -1_000_000_000_000 - abs(old)
        self.fake.moved[old] = self.id
        self.fake.chats[self.id] = self
        note = {"message_id": 900, "date": int(self.fake.delivery.now), "from": self.members[0].person()}
        self.messages.clear()
        self.last_id = 1
        await self.fake.delivery.put(f"message {old}", {"message": {**note, "chat": before, "migrate_to_chat_id": self.id}})
        after = {**note, "message_id": 1, "chat": self.wire(), "migrate_from_chat_id": old}
        await self.fake.delivery.put(f"message {self.id}", {"message": after})
        return old

    async def _becomes(self, status: str, by: User) -> None:
        old, self.bot_status = self.bot_status, status
        await self.fake.membership(self, by, old, status)
