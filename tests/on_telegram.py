"""The whole programme on a Telegram of our own: real routes, real turn, real outbox and clock; only time is ours.

town = await Town.open(database_url, fake)      # 幸福里 with the roll of 3号楼; nobody has ever written
wang = await town.settles_in("王女士", "resident", "2单元/301")  # opens the chat by her slip's deep link and agrees
assert "请选一项" in await town.taps(wang, "去投票", group)       # what she then heard in private
await town.moves_to(timedelta(days=7))                        # what is due on the way happens, and leaves
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests import town as towns
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_people import Chat, User
from tests.town import FAST

SECRET = "s3cret_-"


@dataclass
class Town(towns.Town):
    """A running programme with a Telegram channel, and the hands of its clocks."""

    fake: FakeTelegram = field(init=False)
    people: dict[str, User] = field(default_factory=dict)
    read: dict[int, set[int]] = field(default_factory=dict)

    @classmethod
    async def open(cls, database_url: str, fake: FakeTelegram, mode: str = "webhook", *, fresh: bool = True) -> Town:
        """A house on this database; `fresh`: furnish it first."""
        telegram = {"enabled": True, "token": fake.token, "api_base": fake.base, "mode": mode, "webhook_secret": SECRET}
        limits = {"telegram_overall": FAST, "telegram_person": FAST, "telegram_group": FAST}
        town = await cls.begins(database_url, {"telegram": telegram}, limits, fresh=fresh)
        town.fake = fake
        if mode == "webhook":
            await fake.until(lambda: fake.delivery.webhook is not None, "setWebhook never came")
        return town

    def person(self, name: str) -> User:
        """A neighbour with a telephone; the first time they have never written to us."""
        if name not in self.people:
            self.people[name] = self.fake.user(name)
        return self.people[name]

    async def settles_in(self, name: str, role: str = "", place: str = "", as_: str = "owner") -> User:
        """They open the private chat (with their slip's code as a deep link) and agree."""
        who = self.person(name)
        await who.starts(await self.code(role, place, as_ if role == "resident" else "") if role else "")
        await self.taps(who, "同意，这是我家" if role == "resident" else "同意")
        return who

    async def says(self, who: User, text: str, chat: Chat | None = None, **more: Any) -> str:
        """They write something; what they heard for it in private (in a group: there)."""
        await self.quiet()
        await who.says(text, chat, **more)
        return await self.hears(who if chat is None else chat)

    async def taps(self, who: User, label: str, chat: Chat | None = None) -> str:
        """They press the newest button so labelled; what they heard for it in private."""
        await self.quiet()
        press = await who.taps(label, chat)
        await press.answer()
        return await self.hears(who)

    async def hears(self, chat: Chat) -> str:
        """Everything the bot said in a chat since it was last asked about."""
        await self.quiet()
        known = self.read.setdefault(id(chat), set())
        fresh = [m for m in chat.messages if m.by_bot and id(m) not in known]
        known.update(id(m) for m in fresh)
        return "\n".join(m.text for m in fresh)

    async def heard_out(self) -> None:
        await self.fake.until(lambda: not self.fake.delivery.waiting(), "an update was never taken")
