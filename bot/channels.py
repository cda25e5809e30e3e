"""The channels that are switched on, each built from its section of config.toml by one function of its own.

To add one: a function, and a line in BUILDERS (alphabetical, like channels/__init__.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import texts
from bot import owners
from bot.config import Config
from channels.contract import Cache, Capabilities, Channel, Notebook, Rate, Rates
from channels.telegram import CommandMenu, Telegram
from channels.telegram import Settings as TelegramSettings
from channels.webchat import WebChat
from channels.webchat.demo import cast
from channels.webchat.memory import MemoryShelf
from channels.webchat.ports import House as ChatHouse
from channels.webchat.ports import Line
from channels.webchat.ports import Settings as ChatSettings
from channels.wechat import Menu, WeChat
from channels.wechat import Settings as WeChatSettings
from channels.wechat_kf import Pace as KfPace
from channels.wechat_kf import Ports as KfPorts
from channels.wechat_kf import Settings as KfSettings
from channels.wechat_kf import WechatKf
from channels.wecom import Settings as WecomSettings
from channels.wecom import Wecom
from channels.wecom_aibot import AiBot
from channels.wecom_aibot import Settings as AiBotSettings
from channels.wecom_robot import Robots
from channels.wecom_robot import Settings as RobotSettings
from storage import contacts, doors, inbox, media, notes, outbox
from storage.database import Database, Tx
from storage.shared import InMemory, Shared
from web.pages import Identifies

BELOW = {
    "menu_answer": ("survey", "vote", "notices"),
    "menu_tell": ("wish", "idea", "request", "callme", "human"),
    "menu_mine": ("menu", "progress", "mydata", "large"),
}
HISTORY = 60  # lines of a conversation shown to who comes back


@dataclass(frozen=True, slots=True)
class Outfit:
    """What a channel may be built from."""

    config: Config
    database: Database
    shared: Shared
    demo: bool = False
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def cache(self) -> Cache:
        """Tokens and connections, shared by all processes."""
        return self.shared

    def notebook(self, channel: str) -> Notebook:
        """What this channel must not lose between two starts."""
        return _Notebook(self.database, channel)

    def words(self, noun: str) -> Callable[[str], Mapping[str, Any]]:
        """The texts of one noun by language tag ("" for the usual one), for the few words a channel says of itself."""
        return lambda tag: texts.table(texts.language_of(tag) if tag else texts.DEFAULT, noun)


@dataclass(frozen=True, slots=True)
class _Notebook:
    database: Database
    channel: str

    async def read(self, name: str) -> str:
        found: str = await self.database.read(notes.read, self.channel, name)
        return found

    async def write(self, name: str, value: str) -> None:
        await self.database.transaction(notes.write, self.channel, name, value)


def build(outfit: Outfit) -> dict[str, Channel]:
    """The channels that are switched on, by name."""
    return {name: make(outfit) for name, make in BUILDERS.items() if getattr(outfit.config.channels, name).enabled}


def identities(built: Mapping[str, Channel]) -> dict[str, Identifies]:
    """The platforms that can say whose browser has one of our pages open (OAuth2), by channel."""
    return {name: channel.oauth for name, channel in built.items() if isinstance(channel, WeChat | Wecom)}


def abilities(config: Config, database: Database) -> dict[str, Capabilities]:
    """What each channel can do, for commands that speak to residents without a running programme."""
    return {name: channel.can for name, channel in build(Outfit(config, database, InMemory())).items()}


def limit(pair: tuple[int, ...]) -> tuple[Rate, ...]:
    """One of our limits as [limits] writes it: [count, seconds] or [count, seconds, at once]."""
    return (Rate(*pair),)


def _webchat(outfit: Outfit) -> WebChat:
    server = outfit.config.server
    demo = cast(texts.table(texts.DEFAULT, "webchat")) if outfit.demo else None
    foot = tuple(line for line in (server.icp, server.police_record) if line)
    settings = ChatSettings(outfit.config.community.name, server.public_url, server.secret_key, demo, foot)
    house = ChatHouse(
        words=outfit.words("webchat"),
        history=lambda address: outfit.database.read(history, address),
        picture=lambda digest: outfit.database.read(media.read, digest),
        fanout=outfit.shared,
        shelf=MemoryShelf(),
    )
    chat = WebChat(settings, house)
    chat.rates = Rates(person=limit(outfit.config.limits.webchat_person))
    return chat


def _telegram(outfit: Outfit) -> Telegram:
    ours, limits = outfit.config.channels.telegram, outfit.config.limits
    menus = tuple(_menu(scope, language) for scope in ("all_private_chats", "all_group_chats") for language in texts.LANGUAGES)
    public_url = outfit.config.server.public_url
    channel = Telegram(TelegramSettings(ours.token, ours.api_base, ours.proxy, ours.mode, ours.webhook_secret, public_url, menus))
    channel.rates = Rates(limit(limits.telegram_overall), limit(limits.telegram_person), limit(limits.telegram_group))
    return channel


def _wechat(outfit: Outfit) -> WeChat:
    ours = outfit.config.channels.wechat
    settings = WeChatSettings(
        ours.app_id,
        ours.secret,
        ours.token,
        ours.encoding_aes_key,
        ours.original_id,
        outfit.config.server.public_url,
        outfit.words("wechat"),
        ours.templates.model_dump(),
        _below(),
        api_base=ours.api_base,
        qr_base=ours.qr_base,
        oauth_base=ours.oauth_base,
    )
    channel = WeChat(settings, outfit.cache, outfit.notebook("wechat"), lambda: outfit.now().timestamp())
    channel.rates = Rates(limit(outfit.config.limits.wechat_overall))
    return channel


def _below() -> Menu:
    """The menu below every chat of the 公众号: words that need nothing after them, as we teach them."""
    titles, words = texts.table(texts.DEFAULT, "wechat"), texts.table(texts.DEFAULT, "words")
    return tuple((titles[title], tuple((words[word]["say"][0], word) for word in below)) for title, below in BELOW.items())


def _wechat_kf(outfit: Outfit) -> WechatKf:
    ours, corp = outfit.config.channels.wechat_kf, outfit.config.channels.wecom
    secrets = (ours.secret, ours.token, ours.encoding_aes_key)
    settings = KfSettings(ours.open_kfid, corp.corp_id, *secrets, corp.api_base, outfit.config.server.public_url)

    async def wanted(address: str) -> float:
        until = await outfit.database.read(contacts.human_until, "wechat_kf", address)
        return until.timestamp() if until else 0.0

    ports = KfPorts(outfit.cache, outfit.notebook("wechat_kf"), outfit.words("wechat_kf"), wanted)
    channel = WechatKf(settings, ports, KfPace(lambda: outfit.now().timestamp()))
    channel.rates = Rates(limit(outfit.config.limits.wechat_kf_overall))
    return channel


def _wecom(outfit: Outfit) -> Wecom:
    limits = outfit.config.limits
    ours = outfit.config.channels.wecom.model_dump(exclude={"enabled"})
    settings = WecomSettings(**ours, public_url=outfit.config.server.public_url, words=outfit.words("wecom"))
    door = Wecom(settings, outfit.cache, owners.ports(outfit.config, outfit.database, outfit.notebook("wecom")))
    member = limit(limits.wecom_minute) + limit(limits.wecom_hour)
    door.rates = Rates(person=member, group=member)
    return door


def _wecom_aibot(outfit: Outfit) -> AiBot:
    config, limits = outfit.config, outfit.config.limits
    ours = config.channels.wecom_aibot.model_dump(exclude={"enabled"})
    settings = AiBotSettings(**ours, public_url=config.server.public_url, corp_id=config.channels.wecom.corp_id)
    bot = AiBot(settings, outfit.words("wecom_aibot"), outfit.cache, outfit.notebook("wecom_aibot"))
    chat = limit(limits.wecom_aibot_minute) + limit(limits.wecom_aibot_hour)
    bot.rates = Rates(person=chat, group=chat)
    return bot


def _wecom_robot(outfit: Outfit) -> Robots:
    ours = outfit.config.channels.wecom_robot
    called = tuple(texts.render("wecom_robot.everyone", {}, language) for language in texts.LANGUAGES)
    robots = Robots(RobotSettings(ours.keys, ours.api_base, called))
    robots.rates = Rates(group=limit(outfit.config.limits.wecom_robot_group))
    return robots


def _menu(scope: str, language: str) -> CommandMenu:
    """What Telegram offers behind / : the words that work there, with what they mean."""
    table: Mapping[str, Any] = texts.table(language, "words")
    base = texts.table(texts.DEFAULT, "words")
    group = scope == "all_group_chats"
    rows = []
    for word, entry in base.items():
        if not word.startswith("_") and entry.get("slash") and (not group or entry.get("where") in ("group", "both")):
            spoken = table.get(word, entry).get("say") or entry["say"]
            rows.append((entry["slash"][0], spoken[0]))
    return CommandMenu(scope, tuple(rows[:90]), "" if language == texts.DEFAULT else language)



def history(tx: Tx, address: str) -> list[Line]:
    """The mailbox of a web chat: what was said to this address and what it said, oldest first."""
    if address.startswith("room:"):
        group = doors.group_at(tx, "webchat", address)
        said = outbox.posted(tx, group.id, HISTORY) if group else []
        return [_line(row, at) for row, at in said if row.words]
    contact = contacts.find(tx, "webchat", address)
    if contact is None:
        return []
    theirs = [_line(row, at) for row, at in outbox.said(tx, contact, HISTORY) if row.words]
    mine = [Line(i.external_id, i.now, i.text, True) for i in inbox.said(tx, contact, HISTORY) if i.text and not i.chat]
    return sorted(theirs + mine, key=lambda line: line.at)[-HISTORY:]


def _line(row: outbox.Delivery, at: Any) -> Line:
    assert row.words is not None
    return Line(row.platform, at, row.words.text, False, row.words.buttons, row.words.picture, row.words.large)



BUILDERS: Mapping[str, Callable[[Outfit], Channel]] = {
    "telegram": _telegram,
    "webchat": _webchat,
    "wechat": _wechat,
    "wechat_kf": _wechat_kf,
    "wecom": _wecom,
    "wecom_aibot": _wecom_aibot,
    "wecom_robot": _wecom_robot,
}
