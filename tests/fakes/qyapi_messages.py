"""Messages of applications to members, as a part of the fake qyapi: what is shown to whom, what is swallowed, what is refused.

    messages = Messages(fake); fake.mount(messages)
    wang = messages.member("WangWu")                    # in the visible range of every application
    wang.seen                                           # what stands in her conversation with the application, oldest first
    wang.swallowed                                      # what WeCom took with errcode 0 and never showed: above 30 a minute, 1000 an hour

Tests play people by tests/fakes/qyapi_people.py.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.qyapi import Ask, FakeQyapi, Method, Refused
from tests.fakes.qyapi_cards import INTERACTIVE, check

MINUTE, HOUR, DAY = 60, 3600, 86400
PER_MINUTE, PER_HOUR = 30, 1000
CODE_LIFE, MEDIA_LIFE = 3 * DAY, 3 * DAY
TEXT, TITLE, DESCRIPTION, URL = 2048, 128, 512, 2048
PICTURES = (b"\x89PNG", b"\xff\xd8\xff")


@dataclass
class Shown:
    """One message as its reader sees it. `greyed`: what stands on the card instead of its buttons."""

    kind: str
    body: dict[str, Any]
    msgid: str
    at: float
    agent: int
    picture: bytes = b""
    greyed: str = ""
    passive: bool = False

    @property
    def text(self) -> str:
        """Everything that can be read."""
        b = self.body
        if self.kind == "text":
            return str(b["content"])
        if self.kind == "textcard":
            return f"{b['title']}\n{b['description']}".replace("<br>", "\n")
        if self.kind == "news":
            return "\n".join(f"{a['title']}\n{a.get('description', '')}" for a in b["articles"])
        if self.kind == "template_card":
            title = b.get("main_title", {})
            lines = [title.get("title", ""), title.get("desc", ""), b.get("sub_title_text", "")]
            lines += [row["title"] for row in b.get("vertical_content_list", ())]
            return "\n".join([line for line in lines if line] + ([self.greyed] if self.greyed else []))
        return "(图片)"

    def offers(self) -> dict[str, dict[str, Any]]:
        """What can be tapped, by label: `how` = button | option | menu | link."""
        b = self.body
        if self.kind == "textcard":
            return {b.get("btntxt", "详情"): {"how": "link", "url": b["url"]}}
        if self.kind == "news":
            return {a["title"]: {"how": "link", "url": a["url"]} for a in b["articles"]}
        if self.kind != "template_card":
            return {}
        links = [(r["value"], r) for r in b.get("horizontal_content_list", ()) if r.get("type") == 1]
        links += [(r["title"], r) for r in b.get("jump_list", ())]
        found = {label: {"how": "link", "url": row["url"]} for label, row in links}
        found |= {r["text"]: {"how": "menu", "key": r["key"]} for r in b.get("action_menu", {}).get("action_list", ())}
        if not self.greyed:
            for r in b.get("button_list", ()):
                found[r["text"]] = {"how": "link", "url": r["url"]} if r.get("type") == 1 else {"how": "button", "key": r["key"]}
            for r in b.get("checkbox", {}).get("option_list", ()):
                found[r["text"]] = {"how": "option", "key": r["id"]}
        return found


@dataclass
class Member:
    """A member of the corp."""

    userid: str
    name: str = ""
    visible: bool = True
    seen: list[Shown] = field(default_factory=list)
    swallowed: list[Shown] = field(default_factory=list)
    taken: list[tuple[float, str, str]] = field(default_factory=list)  # when, what, its id: for the duplicate check


@dataclass
class Right:
    """A response_code: for which card of which application it is good once."""

    task: str
    agent: int
    until: float


class Messages:
    """message/* and media/*."""

    def __init__(self, fake: FakeQyapi) -> None:
        self.fake = fake
        self.members: dict[str, Member] = {}
        self.media: dict[str, tuple[bytes, str, float]] = {}
        self.rights: dict[str, Right] = {}
        self.sent: dict[str, tuple[int, float]] = {}  # msgid -> application, when
        self.ceiling = 1_000_000  # 人次 a day
        self._tasks: set[tuple[int, str]] = set()

    @property
    def methods(self) -> Mapping[str, Method]:
        return {
            "message/send": self._send,
            "message/update_template_card": self._update,
            "message/recall": self._recall,
            "media/upload": self._upload,
            "media/uploadimg": self._uploadimg,
            "media/get": self._get,
        }

    def member(self, userid: str, name: str = "", *, visible: bool = True) -> Member:
        """Somebody of the corp."""
        found = self.members[userid.lower()] = Member(userid, name or userid, visible)
        return found

    def keep(self, data: bytes, kind: str = "image") -> str:
        """A file that somebody sent, or that was uploaded; its media_id."""
        handle = secrets.token_urlsafe(24)
        self.media[handle] = (data, kind, self.fake.now)
        return handle

    def right(self, task: str, agent: int) -> str:
        """A response_code, as a send or a click gives it."""
        code = secrets.token_urlsafe(24)
        self.rights[code] = Right(task, agent, self.fake.now + CODE_LIFE)
        return code

    def spend(self, code: str, agent: int) -> Right:
        """Use it, once. Raises Refused."""
        right = self.rights.pop(code, None)
        if right is None or self.fake.now >= right.until:
            raise Refused(42016, "invalid response_code")
        if right.agent != agent:
            raise Refused(42015, "another application's card")
        return right

    # --- message/* -----------------------------------------------------------------------------------------------------

    async def _send(self, ask: Ask) -> dict[str, Any]:
        body, kind = ask.body, str(ask.body.get("msgtype"))
        if body.get("agentid") != ask.app.agent:
            raise Refused(40056, "invalid agentid")
        known = {"touser", "msgtype", "agentid", kind, "safe", "enable_id_trans", "enable_duplicate_check", "duplicate_check_interval"}
        if unknown := set(body) - known:
            raise Refused(40058, f"unknown {sorted(unknown)}")
        asked = [one for one in str(body.get("touser", "")).split("|") if one]
        there = [self.members[one.lower()] for one in asked if one.lower() in self.members and self.members[one.lower()].visible]
        invalid = [one.lower() for one in asked if one.lower() not in {m.userid.lower() for m in there}]
        if not there:
            raise Refused(81013, "user & party & tag all invalid", invaliduser="|".join(invalid))
        if len(self.sent) + len(there) > self.ceiling:
            raise Refused(45009, "api freq out of limit")
        shown = self.shown(ask, kind, body.get(kind) or {})
        answer = {"invaliduser": "|".join(invalid), "invalidparty": "", "invalidtag": "", "msgid": shown.msgid}
        if (earlier := self._again(there[0], shown, body)) is not None:
            return {**answer, "msgid": earlier}
        self.sent[shown.msgid] = (ask.app.agent, self.fake.now)
        for member in there:
            self._give(member, shown)
        card = shown.body if kind == "template_card" else {}
        if card.get("card_type") in INTERACTIVE or "action_menu" in card:
            answer["response_code"] = self.right(card["task_id"], ask.app.agent)
        return answer

    def _again(self, member: Member, shown: Shown, body: dict[str, Any]) -> str | None:
        """The id of the same words said within the interval; then nothing is shown."""
        said = json.dumps([shown.kind, shown.body], sort_keys=True, ensure_ascii=False)
        since = self.fake.now - body.get("duplicate_check_interval", 1800)
        found = next((earlier for at, what, earlier in reversed(member.taken) if what == said and at > since), None)
        if body.get("enable_duplicate_check") and found is not None:
            return found
        member.taken.append((self.fake.now, said, shown.msgid))
        return None

    def _give(self, member: Member, shown: Shown) -> None:
        """Shown, or swallowed: above the limits WeCom says that all is well."""
        mine = [one.at for one in member.seen if not one.passive]
        full = any(sum(at > self.fake.now - seconds for at in mine) >= most for seconds, most in ((MINUTE, PER_MINUTE), (HOUR, PER_HOUR)))
        (member.swallowed if full else member.seen).append(Shown(**{f: getattr(shown, f) for f in shown.__dataclass_fields__}))

    def shown(self, ask: Ask, kind: str, body: dict[str, Any]) -> Shown:
        """The message, if it is one. Raises Refused."""
        shown = Shown(kind, dict(body), secrets.token_urlsafe(32), self.fake.now, ask.app.agent)
        if kind == "text":
            if not body.get("content"):
                raise Refused(44004, "empty content")
            shown.body["content"] = body["content"].encode()[:TEXT].decode(errors="ignore")
        elif kind == "textcard":
            _sizes(body, {"title": TITLE, "description": DESCRIPTION, "url": URL}, {"btntxt"})
            if len(body.get("btntxt", "")) > 4:
                raise Refused(40058, "btntxt")
        elif kind == "news":
            if not 1 <= len(body.get("articles", ())) <= 8:
                raise Refused(45008, "article count")
            for article in body["articles"]:
                _sizes(article, {"title": TITLE, "url": URL}, {"description", "picurl"})
        elif kind == "image":
            shown.picture = self._medium(body.get("media_id", ""))
        elif kind == "template_card":
            self._card(ask, body)
        else:
            raise Refused(40008, "invalid message type")
        return shown

    def _card(self, ask: Ask, card: dict[str, Any]) -> None:
        check(card)
        if card["card_type"] in INTERACTIVE and ask.app.callback is None:
            raise Refused(40058, "no callback url")
        if task := card.get("task_id"):
            if (ask.app.agent, task) in self._tasks:
                raise Refused(42014, "task_id reused")
            self._tasks.add((ask.app.agent, task))

    async def _update(self, ask: Ask) -> dict[str, Any]:
        body = ask.body
        if body.get("agentid") != ask.app.agent:
            raise Refused(40056, "invalid agentid")
        right = self.spend(body.get("response_code", ""), ask.app.agent)
        for userid in body.get("userids", []):
            self.grey(userid, right.task, body["button"]["replace_name"])
        return {"invaliduser": []}

    def grey(self, userid: str, task: str, name: str) -> None:
        """The card shows this instead of its buttons."""
        assert name
        for shown in self.members[userid.lower()].seen:
            if shown.body.get("task_id") == task:
                shown.greyed = name
        self.fake.changed()

    async def _recall(self, ask: Ask) -> dict[str, Any]:
        agent, at = self.sent.get(ask.body.get("msgid", ""), (0, 0.0))
        if agent != ask.app.agent:
            raise Refused(40058, "not this application's message")
        if self.fake.now - at > DAY:
            raise Refused(42052, "msgid expired")
        for member in self.members.values():
            member.seen = [one for one in member.seen if one.msgid != ask.body["msgid"]]
        return {}

    # --- media/* -------------------------------------------------------------------------------------------------------

    async def _upload(self, ask: Ask) -> dict[str, Any]:
        data = _picture(ask)
        return {"type": "image", "media_id": self.keep(data), "created_at": str(int(self.fake.now))}

    async def _uploadimg(self, ask: Ask) -> dict[str, Any]:
        handle = self.keep(_picture(ask))
        return {"url": f"https://wework.qpic.cn/{handle}"}

    async def _get(self, ask: Ask) -> bytes:
        return self._medium(ask.query.get("media_id", ""))

    def _medium(self, handle: str) -> bytes:
        data, _, at = self.media.get(handle, (b"", "", 0.0))
        if not data or self.fake.now - at > MEDIA_LIFE:
            raise Refused(40007, "invalid media_id")
        return data


def _sizes(body: Mapping[str, Any], needed: Mapping[str, int], more: set[str]) -> None:
    if unknown := set(body) - set(needed) - more:
        raise Refused(40058, f"unknown {sorted(unknown)}")
    for name, most in needed.items():
        if not body.get(name):
            raise Refused(40063, f"{name} is empty")
        if len(body[name].encode()) > most:
            raise Refused(45002, f"{name} too long")


def _picture(ask: Ask) -> bytes:
    assert ask.file, "no file"
    name, _, data = ask.file
    if not name.isascii() or len(data) < 5 or not data.startswith(PICTURES):
        raise Refused(40009, "invalid image")
    return data
