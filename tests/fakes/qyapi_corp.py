"""What else the corp offers an application, as a part of the fake qyapi: groups it makes, itself, and who has a page open.

corp = Corp(messages); fake.mount(corp)
corp.groups["wr…"].seen                 # what stands in a group
corp.code({"userid": "WangWu"})         # the OAuth code a member's browser brings
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.qyapi import App, Ask, Method, Refused
from tests.fakes.qyapi_messages import Messages, Shown


@dataclass
class Group:
    """A group an application made."""

    id: str
    name: str
    owner: str
    members: list[str]
    agent: int
    seen: list[Shown] = field(default_factory=list)


class Corp:
    """appchat/*, agent/get, user/get and auth/getuserinfo."""

    def __init__(self, messages: Messages) -> None:
        self.messages = messages
        self.groups: dict[str, Group] = {}
        self.codes: dict[str, tuple[dict[str, str], float]] = {}
        self.root = True  # the application has the root department in its range

    @property
    def methods(self) -> Mapping[str, Method]:
        return {
            "appchat/create": self._create,
            "appchat/send": self._post,
            "appchat/get": self._group,
            "agent/get": self._agent,
            "user/get": self._user,
            "auth/getuserinfo": self._who,
        }

    async def _create(self, ask: Ask) -> dict[str, Any]:
        body = ask.body
        members, owner = [one.lower() for one in body.get("userlist", [])], str(body.get("owner", "")).lower()
        people = self.messages.members
        if not self.root:
            raise Refused(48002, "root department needed")
        if not 2 <= len(members) <= 2000 or not 1 <= len(body.get("name", "")) <= 50:
            raise Refused(86205, "userlist or name")
        if any(not (one in people and people[one].visible) for one in members):
            raise Refused(60111, "userid not found")
        if owner not in members:
            raise Refused(86207, "owner not in list")
        chat = body.get("chatid") or f"wr{secrets.token_hex(8)}"
        if chat in self.groups:
            raise Refused(86215, "chatid exists")
        self.groups[chat] = Group(chat, body["name"], owner, members, ask.app.agent)
        return {"chatid": chat}

    async def _post(self, ask: Ask) -> dict[str, Any]:
        group = self._ours(ask.app, str(ask.body.get("chatid", "")))
        kind = str(ask.body.get("msgtype"))
        if kind == "template_card":
            raise Refused(40008, "invalid message type")
        if unknown := set(ask.body) - {"chatid", "msgtype", kind, "safe"}:
            raise Refused(40058, f"unknown {sorted(unknown)}")
        group.seen.append(self.messages.shown(ask, kind, ask.body.get(kind) or {}))
        return {}

    async def _group(self, ask: Ask) -> dict[str, Any]:
        group = self._ours(ask.app, ask.query.get("chatid", ""))
        return {"chat_info": {"chatid": group.id, "name": group.name, "owner": group.owner, "userlist": group.members}}

    def _ours(self, app: App, chat: str) -> Group:
        if chat not in self.groups:
            raise Refused(86003, "no such chat")
        if self.groups[chat].agent != app.agent:
            raise Refused(86008, "another application's chat")
        return self.groups[chat]

    async def _agent(self, ask: Ask) -> dict[str, Any]:
        if ask.query.get("agentid") != str(ask.app.agent):
            raise Refused(40056, "invalid agentid")
        return {"agentid": ask.app.agent, "name": "睦邻助手", "close": 0, "redirect_domain": ""}

    async def _user(self, ask: Ask) -> dict[str, Any]:
        found = self.messages.members.get(ask.query.get("userid", "").lower())
        if found is None or not found.visible:
            raise Refused(60111, "userid not found")
        return {"userid": found.userid, "name": found.name, "department": [1], "status": 1}

    def code(self, who: Mapping[str, str]) -> str:
        """An OAuth code as the member's browser brings it: {"userid": …}, or {"openid": …} of somebody who is no member."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = (dict(who), self.messages.fake.now + 300)
        return code

    async def _who(self, ask: Ask) -> dict[str, Any]:
        found, until = self.codes.pop(ask.query.get("code", ""), ({}, 0.0))
        if self.messages.fake.now >= until:
            raise Refused(40029, "invalid code")
        return dict(found)
