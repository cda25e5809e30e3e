"""A house that only answers: to look at the web chat before, or without, the real one.

python -m tests.fakes.echo_house 8099
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

import texts
from channels.contract import SendError, Taken
from channels.webchat.channel import WebChat
from channels.webchat.demo import cast
from channels.webchat.memory import MemoryShelf
from channels.webchat.ports import Demo, House, Line, Settings
from dialogue.words import Button, Inbound, Rendered
from storage.shared import InMemory

SECRET = "a secret of the tests"
STATIC = Path(__file__).parents[2] / "web" / "static"


def words(language: str) -> Mapping[str, str]:
    return texts.table(texts.language_of(language), "webchat")


@dataclass
class EchoHouse:
    """Keeps what is said in memory and answers it; `away` makes it a house whose database does not answer."""

    inputs: list[Inbound] = field(default_factory=list)
    mailbox: dict[str, list[Line]] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    away: int = 0
    alert: str = ""
    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    fanout: InMemory = field(default_factory=InMemory)
    chat: WebChat = field(init=False)

    def open(self, settings: Settings) -> web.Application:
        """The web chat over this house, as bot/app.py mounts it."""
        self.chat = WebChat(settings, House(words, self.history, self.picture, self.fanout, self.shelf))
        app = web.Application()
        app.add_routes([*self.chat.routes(self.take), web.get("/", self.chat.demo_page), web.static("/static", STATIC)])
        return app

    async def take(self, inbound: Inbound, raw: bytes) -> Taken:
        if self.away:
            return Taken(stored=False, retry_after=self.away)
        if any(i.external_id == inbound.external_id for i in self.inputs):
            return Taken(stored=True, duplicate=True)
        self.inputs.append(replace(inbound, at=datetime.now(UTC)))
        picture = inbound.attachments[0].reference if inbound.attachments else ""
        if picture:
            self.pictures[picture] = await self.chat.fetch(inbound.attachments[0])
        if not inbound.chat:
            line = Line(inbound.external_id, datetime.now(UTC), inbound.text, True, picture=picture)
            self.mailbox.setdefault(inbound.address, []).append(line)
        await self.answer(inbound)
        return Taken(stored=True, alert=self.alert)

    async def answer(self, inbound: Inbound) -> None:
        await self.say(inbound.chat or inbound.address, Rendered(f"收到：{inbound.text or inbound.choice}"))

    async def say(self, address: str, words: Rendered) -> str:
        """What the bot says there, kept in the mailbox as delivery would keep it."""
        sent = await self.chat.send(address, words)
        line = Line(sent.id, datetime.now(UTC), words.text, False, words.buttons, words.picture, words.large)
        self.mailbox.setdefault(address, []).append(line)
        return sent.id

    async def history(self, address: str) -> Sequence[Line]:
        if self.away:
            raise SendError.retry("the database is away", self.away)
        return self.mailbox.get(address, [])

    async def picture(self, digest: str) -> bytes | None:
        return self.pictures.get(digest)


def settings(url: str = "http://127.0.0.1:8099", demo: Demo | None = None) -> Settings:
    return Settings(community="幸福里社区", public_url=url, secret_key=SECRET, demo=demo)


class Rehearsal(EchoHouse):
    """Answers a few words as the real house would, for a picture of the page."""

    async def answer(self, inbound: Inbound) -> None:
        large = inbound.address == "demo:zhang"
        if inbound.text in ("您好", "你好"):
            asked = Rendered(
                "您好，我是幸福里社区的小助手，是自动程序。登记办事要记下称呼和房号，您同意吗？"
                if large
                else "您好，我是幸福里社区睦邻助手（自动程序），由幸福里社区居委会管理，电话 027-8888 0000。为登记您的事、请您投票，"
                "要记下称呼、房号和您发来的内容，只给办理的人看，存到您说删除为止；说“我的资料”可查看、更正、删除。",
                (Button("同意", "consent"), Button("先看看，不登记", "browse"), Button("全文", url="/privacy", aside=True)),
                large=large,
            )
            return await self._done(inbound.address, asked)
        if inbound.text.startswith("发起投票"):
            post = Rendered(
                "投票1号《楼道要不要加装扶手》\n征求意见，住户每户一票，不公开谁投了什么。\n11月29日（周日）20:00 截止，已投 0/30 户。",
                (Button("要装", "vote 1 1"), Button("不用装", "vote 1 2"), Button("弃权", "vote 1 3", aside=True)),
            )
            await self._done("room:building3", post)
            return await self._done(inbound.address, Rendered("投票1号已经发到「幸福里3号楼群」，共30户可以投。"))
        if inbound.choice.startswith("vote") and inbound.chat:
            said = Rendered(f"投票1号《楼道要不要加装扶手》\n您选的是：{inbound.text}。", (Button("改", "edit", aside=True),), large=large)
            return await self._done(inbound.address, said)
        await super().answer(inbound)
        return None

    async def _done(self, address: str, words: Rendered) -> None:
        await self.say(address, words)


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8099
    web.run_app(Rehearsal().open(settings(f"http://127.0.0.1:{port}", cast(words("")))), host="127.0.0.1", port=port)


if __name__ == "__main__":
    main()
