"""Followers of the fake 公众号: what they do there, and what they see on their screens."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tests.fakes.weixin import FakeWeixin

ANCHOR = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
PLAIN = re.compile(r"([^\s：]+)[：:]\s*(https?://\S+)")
SPOKEN = "weixin://bizmsgmenu?"
FAULT = "该公众号提供的服务出现故障，请稍后再试"


@dataclass(frozen=True)
class Tap:
    """Something that can be tapped: it says `said` in their name, with the id."""

    label: str
    said: str
    id: str


@dataclass
class Message:
    """One message on their screen. `way`: reply | custom | template | ordered | fault."""

    text: str
    way: str
    at: float
    taps: list[Tap] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    picture: bytes = b""
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> list[str]:
        return [t.label for t in self.taps]


def shown(content: str, way: str, at: float) -> Message:
    """A text as WeChat puts it up: links are words, what nobody can see is gone."""
    message = Message("", way, at)

    def link(found: re.Match[str]) -> str:
        address, label = found[1], found[2].replace("\u200b", "")
        if address.startswith(SPOKEN):
            given = dict(part.split("=", 1) for part in address.removeprefix(SPOKEN).split("&"))
            assert set(given) == {"msgmenucontent", "msgmenuid"}, address
            message.taps.append(Tap(label, given["msgmenucontent"], given["msgmenuid"]))
        else:
            assert urlsplit(address).scheme in ("http", "https"), address
            message.pages[label] = address
        return label

    message.text = ANCHOR.sub(link, content).replace("\u200b", "")
    message.pages |= dict(PLAIN.findall(message.text))
    return message


class Follower:
    """A person with WeChat. `windows`: how many messages they may still be sent, until when."""

    def __init__(self, fake: FakeWeixin, name: str, openid: str, union: str) -> None:
        self.fake, self.name, self.openid, self.union = fake, name, openid, union
        self.messages: list[Message] = []
        self.following = self.refuses = self.snapshot = False
        self.lasting: tuple[float, int] = (0.0, 0)
        self.brief: tuple[float, int] = (0.0, 0)
        self.ordered: set[str] = set()  # 订阅通知 they ticked, each good for one

    # --- what they do ------------------------------------------------------------------------------------------------

    async def follows(self, scene: str = "") -> None:
        """关注, by the account's name or by a QR."""
        self.following = True
        self._opens(brief=True)
        await self._event("subscribe", EventKey=f"qrscene_{scene}" if scene else "", **({"Ticket": "t"} if scene else {}))

    async def scans(self, scene: str) -> None:
        """A QR of the account: who does not follow yet does so by it."""
        if not self.following:
            return await self.follows(scene)
        self._opens(brief=True)
        return await self._event("SCAN", EventKey=scene, Ticket="t")

    async def leaves(self) -> None:
        """取消关注."""
        self.following = False
        self.lasting = self.brief = (0.0, 0)
        await self._event("unsubscribe", EventKey="")

    async def says(self, text: str) -> None:
        """They type, and wait until it was brought."""
        await self._message("text", Content=text)

    async def taps(self, label: str) -> None:
        """The newest thing to tap that is called so."""
        found = [t for m in reversed(self.messages) for t in m.taps if re.sub(r"^\d+\. ", "", t.label) == label]
        assert found, f"nothing called {label!r} among {[m.labels for m in self.messages if m.taps]}"
        self._opens(brief=True)
        await self._message("text", opens=False, Content=found[0].said, bizmsgmenuid=found[0].id)

    async def presses(self, label: str) -> None:
        """A button of the menu below the chat."""
        key = next(b["key"] for row in self.fake.menu for b in row["sub_button"] if b["name"] == label)
        self._opens(brief=True)
        await self._event("CLICK", EventKey=key)

    async def sends_photo(self, content: bytes) -> None:
        """A picture."""
        await self._message("image", PicUrl="http://mmbiz.qpic.cn/x", MediaId=self.fake.keep(content))

    async def sends_voice(self, content: bytes, heard: str | None = None) -> None:
        """A voice message; `heard`: what the platform made of it, where it is switched on."""
        await self._message("voice", Format="amr", MediaId=self.fake.keep(content), **({} if heard is None else {"Recognition": heard}))

    async def sends(self, kind: str, **fields: str) -> None:
        """Anything else."""
        await self._message(kind, **fields)

    async def event(self, name: str, **fields: Any) -> None:
        """Something else happens with them."""
        await self._event(name, **fields)

    # --- what they see -----------------------------------------------------------------------------------------------

    @property
    def screen(self) -> list[str]:
        """Everything the account said to them, oldest first."""
        return [m.text for m in self.messages]

    async def _message(self, kind: str, *, opens: bool = True, **fields: Any) -> None:
        assert self.following, f"{self.name} does not follow the account"
        if opens:
            self._opens(brief=False)
        await self.fake.delivery.bring(self, {"MsgType": kind, **fields, "MsgId": self.fake.number()})

    async def _event(self, name: str, **fields: Any) -> None:
        await self.fake.delivery.bring(self, {"MsgType": "event", "Event": name, **fields})

    def _opens(self, *, brief: bool) -> None:
        if brief:
            self.brief = (self.fake.now + 60, 3)
        else:
            self.lasting = (self.fake.now + 48 * 3600, 5)
