"""Who opens a 客服 chat in WeChat, what they see there, and the office's own people who take chats over."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.qyapi import Answered, Refused

if TYPE_CHECKING:
    from tests.fakes.qyapi_kf import Kf

TWO_DAYS = 48 * 3600
NEW, OURS, QUEUE, PERSON, ENDED = range(5)
CODE_LIFE = {"welcome": 20, "queue": TWO_DAYS, "person": TWO_DAYS, "end": 20}
CODE_STATE = {"queue": QUEUE, "person": PERSON, "end": ENDED}


@dataclass
class Shown:
    """A message in a resident's chat. `lines`: (label, id or address) of a menu; `by`: us, office or them."""

    text: str
    by: str
    id: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)
    picture: bytes = b""
    back: bool = False  # its author took it back

    @property
    def labels(self) -> list[str]:
        return [re.sub(r"^\d+\. ", "", label) for label, _ in self.lines]


class Resident:
    """Somebody with WeChat, and their chat with the account."""

    def __init__(self, kf: Kf, name: str, union: str) -> None:
        self.kf, self.name, self.union = kf, name, union
        self.address = f"wm{secrets.token_hex(12)}"
        self.messages: list[Shown] = []
        self.state = ENDED
        self.wrote_at = self.welcomed_at = float("-inf")
        self.left = 0
        self.gone = self.refuses = False
        self.codes: dict[str, tuple[str, float]] = {}

    async def opens(self, link: str = "") -> Answered:
        """By a QR or link (a whole address, or what follows scene_param=), or from their list of chats."""
        param = parse_qs(urlsplit(link).query).get("scene_param", [""])[0] if link.startswith("http") else link
        now, event = self.kf.fake.now, {"event_type": "enter_session", "scene": "mulin" if link else "", "scene_param": param}
        if now - self.wrote_at >= TWO_DAYS and now - self.welcomed_at >= TWO_DAYS and not self.kf.own_welcome:
            event["welcome_code"] = self.code("welcome")
        return await self.kf.happens(self, {k: v for k, v in event.items() if v})

    async def says(self, text: str) -> Answered:
        return await self.sends("text", content=text)

    async def taps(self, label: str) -> Answered:
        """A line of the newest menu that has it; a page is opened and nothing is sent."""
        found = [line for m in reversed(self.messages) for said, line in zip(m.labels, m.lines, strict=True) if said == label]
        assert found, f"{self.name} sees no line {label!r}, but {[m.labels for m in self.messages if m.lines]}"
        name, what = found[0]
        assert not what.startswith("http"), f"open {what} yourself"
        return await self.sends("text", content=name, menu_id=what)

    async def sends_file(self, kind: str, data: bytes) -> Answered:
        """A picture (image), voice, video or file."""
        return await self.sends(kind, media_id=self.kf.keep(data, self.kf.fake.now))

    async def sends(self, msgtype: str, **content: Any) -> Answered:
        """Anything. A message opens the chat anew: five of ours may follow within 48 hours."""
        self.wrote_at, self.left = self.kf.fake.now, 5
        if self.state == ENDED:
            self.state = NEW
        item = {"external_userid": self.address, "open_kfid": self.kf.id, "origin": 3, "msgtype": msgtype, msgtype: content}
        self.messages.append(Shown(str(content.get("content", "")), "them", id=self.kf.put(item)))
        return await self.kf.calls_back()

    async def takes_back(self, message: Shown | None = None) -> Answered:
        """Withdraws what they said last (or that)."""
        mine = message or [m for m in self.messages if m.by == "them"][-1]
        mine.back = True
        return await self.kf.happens(self, {"event_type": "user_recall_msg", "recall_msgid": mine.id})

    def code(self, what: str) -> str:
        """A code for one answer."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = (what, self.kf.fake.now + CODE_LIFE[what])
        return code

    def may_hear(self) -> None:
        """Refused where we may say nothing there now."""
        if self.wrote_at == float("-inf"):
            raise Refused(95031, "no consultation in 48 hours")
        if self.state in (QUEUE, PERSON):
            raise Refused(95018, "session status not allow send msg")
        if self.state == ENDED:
            raise Refused(95013, "conversation end")
        if self.kf.fake.now - self.wrote_at > TWO_DAYS:
            raise Refused(95002, "send msg time limit")
        if not self.left:
            raise Refused(95001, "send msg count limit")
        self.left -= 1


@dataclass
class Office:
    """The people who take chats in their WeCom client."""

    kf: Kf
    at_desk: list[str] = field(default_factory=list)

    async def takes(self, resident: Resident) -> Answered:
        """Out of the queue, or as it stands."""
        change = {"event_type": "session_status_change", "change_type": 1, "new_servicer_userid": "wangfang"}
        resident.state = PERSON
        return await self.kf.happens(resident, {**change, "msg_code": resident.code("person")})

    async def says(self, resident: Resident, text: str) -> Answered:
        resident.messages.append(Shown(text, "office"))
        item = {"external_userid": resident.address, "open_kfid": self.kf.id, "origin": 5, "servicer_userid": "wangfang"}
        self.kf.put({**item, "msgtype": "text", "text": {"content": text}})
        return await self.kf.calls_back()

    async def ends(self, resident: Resident) -> Answered:
        resident.state = ENDED
        change = {"event_type": "session_status_change", "change_type": 3, "old_servicer_userid": "wangfang"}
        return await self.kf.happens(resident, {**change, "msg_code": resident.code("end")})
