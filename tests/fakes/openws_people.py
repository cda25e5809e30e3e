"""Members of the corp and their internal groups, as they meet the 智能机器人: what they do, and what they see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.openws_rules import taps_of, words_of

if TYPE_CHECKING:
    from tests.fakes.openws import FakeOpenWs

LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")


@dataclass
class Shown:
    """A message in a chat. `changed`: what somebody's own screen shows in place of the card."""

    text: str = ""
    card: dict[str, Any] | None = None
    by_bot: bool = True
    picture: bytes = b""
    changed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def card_of(self, userid: str = "") -> dict[str, Any] | None:
        """The card as that person sees it now."""
        return self.changed.get(userid, self.changed.get("", self.card))

    def words(self, userid: str = "") -> str:
        """What stands there to be read."""
        shown = self.card_of(userid)
        text = LINK.sub(r"\1", self.text).replace("\u200b", "")
        return "\n".join(part for part in (text, words_of(shown) if shown else "") if part)

    def taps(self, userid: str = "") -> dict[str, tuple[str, str]]:
        """What can be tapped there: buttons, options, links."""
        shown = self.card_of(userid)
        return {label: ("link", url) for label, url in LINK.findall(self.text)} | (taps_of(shown) if shown else {})


class Chat:
    """What was said somewhere. `spoken`: somebody of it has talked to the bot, who may write there only then."""

    def __init__(self, fake: FakeOpenWs, id: str) -> None:  # noqa: A002
        self.fake, self.id = fake, id
        self.messages: list[Shown] = []
        self.spoken = False
        self.said_at: list[float] = []  # the bot's messages, against its limits

    @property
    def wire(self) -> dict[str, str]:
        raise NotImplementedError


class Group(Chat):
    """An internal group. The bot hears in it only what calls it by @."""

    def __init__(self, fake: FakeOpenWs, id: str, members: tuple[Member, ...]) -> None:  # noqa: A002
        super().__init__(fake, id)
        self.members = members
        self.has_bot = True

    @property
    def wire(self) -> dict[str, str]:
        return {"chattype": "group", "chatid": self.id}


class Member(Chat):
    """Somebody of the corp, and their private chat with the bot."""

    @property
    def wire(self) -> dict[str, str]:
        return {"chattype": "single"}

    async def opens(self) -> None:
        """Opens the chat for the first time that day."""
        await self._event(self, {"eventtype": "enter_chat"})

    async def says(self, text: str, chat: Chat | None = None, *, quote: str = "", msgid: str = "") -> None:
        """Writes; in a group calling the bot by @. What nobody is called by in a group never reaches it."""
        where = chat or self
        where.messages.append(Shown(text, by_bot=False))
        if isinstance(where, Group) and (f"@{self.fake.name}" not in text or not where.has_bot):
            return
        more: dict[str, Any] = {"quote": {"msgtype": "text", "text": {"content": quote}}} if quote else {}
        await self._message(where, {"msgtype": "text", "text": {"content": text}, **more}, msgid)

    async def calls(self, text: str, group: Group, **more: Any) -> None:
        """Writes to the bot in a group."""
        await self.says(f"@{self.fake.name} {text}", group, **more)

    async def speaks(self, text: str) -> None:
        """Sends a voice message; the platform writes it down."""
        await self._message(self, {"msgtype": "voice", "voice": {"content": text}})

    async def sends(self, data: bytes, kind: str = "image", words: str = "") -> None:
        """Sends a picture or file, sealed, at an address that lives five minutes; with words: one mixed message."""
        part = {"msgtype": kind, kind: self.fake.media.put(data)}
        if words:
            part = {"msgtype": "mixed", "mixed": {"msg_item": [{"msgtype": "text", "text": {"content": words}}, part]}}
        await self._message(self, part)

    async def taps(self, label: str, chat: Chat | None = None, *, with_: tuple[str, ...] = (), of: Shown | None = None) -> bool:
        """Taps the newest thing so called on a card; options are sent in, together with those of `with_`. False: there is none."""
        where = chat or self
        for shown in [of] if of else reversed(where.messages):
            kind, payload = shown.taps(self.id).get(label, ("", ""))
            if kind in ("button", "option"):
                chosen = [shown.taps(self.id)[one][1] for one in (label, *with_)] if kind == "option" else []
                await self.clicks(shown, "submit" if chosen else payload, chosen, where)
                return True
        return False

    async def clicks(self, shown: Shown, key: str, chosen: list[str], where: Chat) -> None:
        """What the platform makes of a tap."""
        card = shown.card or {}
        event: dict[str, Any] = {"card_type": card.get("card_type"), "event_key": key, "task_id": card.get("task_id")}
        if chosen:
            question = card.get("checkbox", {}).get("question_key", "q1")
            event["selected_items"] = {"selected_item": [{"question_key": question, "option_ids": {"option_id": chosen}}]}
        await self._event(where, {"eventtype": "template_card_event", "template_card_event": event}, shown)

    async def _message(self, where: Chat, content: dict[str, Any], msgid: str = "") -> None:
        where.spoken = True
        await self.fake.brings(where, self._from(where, msgid) | content)

    async def _event(self, where: Chat, event: dict[str, Any], shown: Shown | None = None) -> None:
        where.spoken |= shown is not None  # a tap is something said; whether coming in is, too, nobody has told us
        body = self._from(where, "") | {"msgtype": "event", "create_time": int(self.fake.clock.at), "event": event}
        await self.fake.brings(where, body, shown)

    def _from(self, where: Chat, msgid: str) -> dict[str, Any]:
        return {"msgid": msgid or self.fake.number("msg"), "aibotid": self.fake.bot_id, "from": {"userid": self.id}, **where.wire}


@dataclass
class Call:
    """Something the bot was told, and may answer by its req_id."""

    at: float
    chat: Chat
    what: str  # message | enter_chat | template_card_event
    shown: Shown | None = None
    spent: bool = False
    finished: set[str] = field(default_factory=set)  # streams
