"""Templates on the fake 公众号: 模板消息 and 订阅通知, with the platform's rules for what a field may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.weixin_people import Follower, Message

if TYPE_CHECKING:
    from tests.fakes.weixin import FakeWeixin

Body = Mapping[str, Any]
RULES = {  # what a field may hold, by the beginning of its name
    "thing": r".{1,20}",
    "short_thing": r".{1,10}",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "name": r"[\u4e00-\u9fff]{1,10}|[A-Za-z ]{1,20}",
    "character_string": r"[\x21-\x7e]{1,32}",
    "number": r"[0-9.]{1,32}",
    "time": r"(\d{4}年\d{1,2}月\d{1,2}日 )?\d{2}:\d{2}",
    "date": r"\d{4}年\d{1,2}月\d{1,2}日( \d{2}:\d{2})?",
    "const": r"已办结|办理中",
}


class Refused(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class TemplateCalls:
    """Both sorts of templates, and who may be written to at all."""

    def __init__(self, fake: FakeWeixin) -> None:
        self.fake = fake
        self.sent: dict[str, str] = {}  # client_msg_id -> msgid

    def _follower(self, body: Body) -> Follower:
        who = self.fake.by_openid(str(body.get("touser", "")))
        if who is None:
            raise Refused(40003, "invalid openid")
        if not who.following:
            raise Refused(43004, "require subscribe")
        if who.refuses:
            raise Refused(48002, "user refused")
        return who

    async def _template(self, request: web.Request, body: Body) -> Body:
        content, _ = self._known(self.fake.templates, body)
        who = self._follower(body)
        self._check(content, body)
        once = str(body.get("client_msg_id", ""))
        if once and once in self.sent:
            return {"errcode": 0, "errmsg": "ok", "msgid": int(self.sent[once])}
        self.sent[once] = number = self.fake.number()
        self.fake.given.append({"touser": who.openid, "msgid": number})
        who.messages.append(self._card(content, body, "template", str(body.get("url", ""))))
        return {"errcode": 0, "errmsg": "ok", "msgid": int(number)}

    async def _bizsend(self, request: web.Request, body: Body) -> Body:
        content, _ = self._known(self.fake.ordered, body)
        who = self._follower(body)
        self._check(content, body)
        if body["template_id"] not in who.ordered:
            raise Refused(43101, "user refuse to accept the msg")
        who.ordered.discard(body["template_id"])
        who.messages.append(self._card(content, body, "ordered", str(body.get("page", ""))))
        return {"errcode": 0, "errmsg": "ok", "msgid": int(self.fake.number())}

    def _known(self, there: Mapping[str, tuple[str, str]], body: Body) -> tuple[str, str]:
        if not self.fake.verified:
            raise Refused(48001, "api unauthorized")
        if body.get("template_id") not in there:
            raise Refused(40037, "invalid template_id")
        return there[body["template_id"]]

    def _check(self, content: str, body: Body) -> None:
        names = re.findall(r"\{\{(\w+)\.DATA\}\}", content)
        if set(body.get("data", {})) != set(names):
            raise Refused(47003, "argument invalid! fields")
        for name in names:
            value = body["data"][name].get("value", "")
            if not re.fullmatch(RULES[name.rstrip("0123456789")], value):
                raise Refused(47003, f"argument invalid! data.{name}.value invalid")

    def _card(self, content: str, body: Body, way: str, url: str) -> Message:
        values = {name: part["value"] for name, part in body["data"].items()}
        text = re.sub(r"\{\{(\w+)\.DATA\}\}", lambda m: values[m[1]], content).strip()
        return Message(text, way, self.fake.now, pages={"": url} if url else {}, fields=values)

    async def _private(self, request: web.Request, body: Body) -> Body:
        return {
            "template_list": [{"template_id": i, "title": "t", "content": c, "example": e} for i, (c, e) in self.fake.templates.items()]
        }

    async def _subscribable(self, request: web.Request, body: Body) -> Body:
        found = [{"priTmplId": i, "title": "t", "content": c, "example": e, "type": 2} for i, (c, e) in self.fake.ordered.items()]
        return {"errcode": 0, "errmsg": "ok", "data": found}
