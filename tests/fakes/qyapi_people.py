"""Members in front of WeCom: what they do becomes callbacks of the application, what answers is shown to them.

people = People(fake, messages, app)
await people.says(wang, "诉求 灯坏了")
await people.taps(wang, "对")                # the newest button, option, corner menu, link or numbered line so called
await people.ticks(wang, "要装", "不用装")     # several options of the newest list, sent in
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

from tests.fakes.qyapi import Answered, App, FakeQyapi
from tests.fakes.qyapi_messages import Member, Messages, Shown

TRIES = 3


class People:
    """The members of the corp, all writing to one application. `stamp`: the moment callbacks are signed at, the fake's own by default."""

    def __init__(self, fake: FakeQyapi, messages: Messages, app: App, stamp: Callable[[], float] | None = None) -> None:
        self.fake, self.messages, self.app = fake, messages, app
        self.stamp = stamp or (lambda: fake.now)
        self._ids = itertools.count(7_000_000_000_000_001)

    async def says(self, who: Member, text: str) -> Answered:
        return await self.sends(who, MsgType="text", Content=text)

    async def sends(self, who: Member, **content: Any) -> Answered:
        """Any message."""
        return await self.happens(who, **content, MsgId=next(self._ids))

    async def sends_photo(self, who: Member, data: bytes) -> Answered:
        handle = self.messages.keep(data)
        return await self.sends(who, MsgType="image", PicUrl="https://wework.qpic.cn/x", MediaId=handle)

    async def enters(self, who: Member) -> Answered:
        """Opens the application."""
        return await self.happens(who, MsgType="event", Event="enter_agent", EventKey="")

    async def taps(self, who: Member, label: str) -> str:
        """Whatever is so called in the newest message that offers it; the address when it is a link, else ""."""
        shown, offer = self._offering(who, label)
        assert shown is not None, f"{label} is nowhere to be tapped or said: {[s.text for s in who.seen[-2:]]}"
        if offer is None:
            await self.says(who, _number(shown, label) or label)
            return ""
        if offer["how"] == "link":
            return str(offer["url"])
        if offer["how"] == "option":
            await self._submits(who, shown, [offer["key"]])
        elif offer["how"] == "menu":
            await self._clicks(who, shown, "template_card_menu_event", offer["key"])
        else:
            await self._clicks(who, shown, "template_card_event", offer["key"])
        return ""

    async def ticks(self, who: Member, *labels: str) -> Answered:
        """Several options of the newest list, sent in together."""
        shown, _ = self._offering(who, labels[0])
        assert shown is not None and (shown.body["checkbox"]["mode"] == 1 or len(labels) == 1), "only one may be ticked"
        return await self._submits(who, shown, [shown.offers()[_label(shown, label) or label]["key"] for label in labels])

    async def clicks(self, who: Member, shown: Shown, key: str) -> Answered:
        """A button of any card, however old."""
        return await self._clicks(who, shown, "template_card_event", key)

    async def happens(self, who: Member, **content: Any) -> Answered:
        """A callback about this member, tried three times as WeCom does while it is not answered with 200; what answers is shown."""
        fields = {"ToUserName": self.fake.corp, "FromUserName": who.userid, "CreateTime": int(self.fake.now), **content}
        for _ in range(TRIES):
            answered = await self.fake.brings(self.app, {**fields, "AgentID": self.app.agent}, at=self.stamp())
            if answered.status == 200:
                self._passive(who, content, answered)
                break
        return answered

    async def _submits(self, who: Member, shown: Shown, keys: list[str]) -> Answered:
        row = {"QuestionKey": shown.body["checkbox"]["question_key"], "OptionIds": {"OptionId": keys}}
        return await self._clicks(
            who, shown, "template_card_event", shown.body["submit_button"]["key"], SelectedItems={"SelectedItem": [row]}
        )

    async def _clicks(self, who: Member, shown: Shown, event: str, key: str, **more: Any) -> Answered:
        task = shown.body["task_id"]
        content = {
            "MsgType": "event",
            "Event": event,
            "EventKey": key,
            "TaskId": task,
            "CardType": shown.body["card_type"],
            "ResponseCode": self.messages.right(task, self.app.agent),
            **more,
        }
        return await self.happens(who, **content)

    def _offering(self, who: Member, label: str) -> tuple[Shown | None, dict[str, Any] | None]:
        for shown in reversed(who.seen):
            if (name := _label(shown, label)) is not None:
                return shown, shown.offers()[name]
            if _number(shown, label) or re.search(rf"（也可以说：(.*、)?{re.escape(label)}(、.*)?）", shown.text):
                return shown, None
        return None, None

    def _passive(self, who: Member, content: dict[str, Any], answered: Answered) -> None:
        reply = answered.fields
        if not reply:
            return
        assert (reply["ToUserName"], reply["FromUserName"]) == (who.userid, self.fake.corp), "an answer to somebody else"
        if reply["MsgType"] == "update_button":
            right = self.messages.spend(content["ResponseCode"], self.app.agent)
            self.messages.grey(who.userid, right.task, reply["Button"]["ReplaceName"])
            return
        assert reply["MsgType"] == "text" and len(reply["Content"].encode()) <= 2048
        who.seen.append(Shown("text", {"content": reply["Content"]}, "", self.fake.now, self.app.agent, passive=True))
        self.fake.changed()


def _label(shown: Shown, label: str) -> str | None:
    """How it is called there: a card shortens what is long, and numbers it then."""
    for name in shown.offers():
        bare = re.sub(r"^\d+\. ", "", name)
        if label in (name, bare) or (bare.endswith("…") and label.startswith(bare[:-1])):
            return name
    return None


def _number(shown: Shown, label: str) -> str:
    """The number before that line of a text."""
    found = re.search(rf"(?m)^(\d+)\. {re.escape(label)}$", shown.text if shown.kind == "text" else "")
    return found[1] if found else ""
