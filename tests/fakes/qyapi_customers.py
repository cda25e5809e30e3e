"""客户群 as a part of the fake qyapi: groups with residents, tasks their owners must tap, the day's quota; facts/wecom.md §1.5, §4.8.

    customers = Customers(messages, app); fake.mount(customers)
    group = customers.group("3号楼群", li, "张阿姨", "王女士")     # li: a Member; its residents live in WeChat
    customers.before(li)                                          # what li's 群发助手 shows as not sent yet
    customers.taps(li)                                            # sends all of it, in order
    group.seen                                                    # what stands in the group, oldest first
    await customers.happens(group, "update", UpdateDetail="change_owner")

The day is a calendar day in China, and at most one 群发 a day reaches a group; whether a real corp counts so is its setting.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.qyapi import Answered, App, Ask, Method, Refused
from tests.fakes.qyapi_messages import Member, Messages

DAY, CHINA = 86400, 8 * 3600
TEXT = 4000
UNSENT, SENT = 0, 2  # of a task
WAITS, ARRIVED, LEFT, OVER = 0, 1, 2, 3  # in a group
REMINDERS = 3  # a day


@dataclass
class Group:
    """A 客户群. `sent_on`: the days on which a 群发 reached it."""

    id: str
    name: str
    owner: Member
    residents: list[str]
    dismissed: bool = False
    reachable: bool = True
    seen: list[str] = field(default_factory=list)
    sent_on: set[int] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)  # resident -> the state of the QR they came by


@dataclass
class Task:
    """A 群发 that its sender was asked to send."""

    id: str
    text: str
    sender: str
    chats: list[str]
    made: float
    status: int = UNSENT
    cancelled: bool = False
    at: float = 0.0
    results: dict[str, int] = field(default_factory=dict)
    reminded: list[float] = field(default_factory=list)


class Customers:
    """externalcontact/*. `page`: so many rows a page at most. `allowed`: the application is under 客户联系 → 可调用接口的应用."""

    def __init__(self, messages: Messages, app: App, page: int = 1000) -> None:
        self.messages, self.app, self.page = messages, app, page
        self.fake = messages.fake
        self.groups: dict[str, Group] = {}
        self.tasks: dict[str, Task] = {}
        self.ways: dict[str, dict[str, Any]] = {}
        self.allowed = True
        self.pictures = self.fake.base  # where it keeps the pictures of join QRs
        self._count = itertools.count(1)

    @property
    def methods(self) -> Mapping[str, Method]:
        mine = {
            "groupchat/list": self._list,
            "groupchat/get": self._get,
            "groupchat/add_join_way": self._add_way,
            "groupchat/get_join_way": self._get_way,
            "groupchat/update_join_way": self._update_way,
            "add_msg_template": self._add,
            "get_groupmsg_list_v2": self._tasks,
            "get_groupmsg_task": self._task,
            "get_groupmsg_send_result": self._result,
            "remind_groupmsg_send": self._remind,
            "cancel_groupmsg_send": self._cancel,
        }
        return {f"externalcontact/{path}": method for path, method in mine.items()}

    # --- people --------------------------------------------------------------------------------------------------------

    def group(self, name: str, owner: Member, *residents: str) -> Group:
        """A group that a member began and drew residents into."""
        chat = f"wrOgQhDgAA{next(self._count):022d}"
        found = self.groups[chat] = Group(chat, name, owner, list(residents))
        return found

    def before(self, owner: Member) -> list[str]:
        """What their 群发助手 shows as not sent yet, oldest first."""
        return [task.text for task in self._of(owner)]

    def taps(self, owner: Member) -> None:
        """They send all of it. What a group took today already, a second 群发 does not reach."""
        for task in self._of(owner):
            task.status, task.at = SENT, self.fake.now
            for chat in task.chats:
                task.results[chat] = self._reaches(self.groups[chat], task)
        self.fake.changed()

    async def happens(self, group: Group, change: str, **more: Any) -> Answered:
        """The callback: a hint, never the whole."""
        fields = {"ToUserName": self.fake.corp, "FromUserName": "sys", "CreateTime": int(self.fake.now), "MsgType": "event"}
        about = {"Event": "change_external_chat", "ChatId": group.id, "ChangeType": change}
        return await self.fake.brings(self.app, {**fields, **about, **more})

    def _of(self, owner: Member) -> list[Task]:
        return [t for t in self.tasks.values() if t.sender == owner.userid and t.status == UNSENT and not t.cancelled]

    def _reaches(self, group: Group, task: Task) -> int:
        today = int((self.fake.now + CHINA) // DAY)
        if group.dismissed or not group.reachable or group.owner.userid != task.sender:
            return LEFT
        if today in group.sent_on:
            return OVER
        group.sent_on.add(today)
        group.seen.append(task.text)
        return ARRIVED

    # --- groups --------------------------------------------------------------------------------------------------------

    async def _list(self, ask: Ask) -> dict[str, Any]:
        self._may()
        if unknown := set(ask.body) - {"status_filter", "owner_filter", "limit", "cursor"}:
            raise Refused(40058, f"unknown {sorted(unknown)}")
        rows = [{"chat_id": group.id, "status": 0} for group in self.groups.values() if not group.dismissed]
        return self._paged(ask, "group_chat_list", rows)

    async def _get(self, ask: Ask) -> dict[str, Any]:
        group = self._group(ask.body.get("chat_id", ""))
        since = {"join_time": int(self.fake.now)}
        members: list[dict[str, Any]] = [{"userid": group.owner.userid, "type": 1, "join_scene": 1, **since}]
        for place, name in enumerate(group.residents):
            row = {"userid": f"wmOgQhDgAA{place:022d}", "type": 2, "unionid": f"union-{name}", "join_scene": 3, **since}
            members.append({**row, **({"state": group.states[name]} if name in group.states else {})})
        about = {"chat_id": group.id, "name": group.name, "owner": group.owner.userid, "create_time": int(self.fake.now)}
        return {"group_chat": {**about, "member_list": members, "admin_list": [], "member_version": "1"}}

    async def _add_way(self, ask: Ask) -> dict[str, Any]:
        config = f"config{next(self._count):026d}"
        self.ways[config] = {"config_id": config, **self._way(ask.body), "qr_code": f"{self.pictures}/{config}.png"}
        return {"config_id": config}

    async def _update_way(self, ask: Ask) -> dict[str, Any]:
        self._known_way(ask).update(self._way({k: v for k, v in ask.body.items() if k != "config_id"}))
        return {}

    async def _get_way(self, ask: Ask) -> dict[str, Any]:
        return {"join_way": dict(self._known_way(ask))}

    def _known_way(self, ask: Ask) -> dict[str, Any]:
        self._may()
        if ask.body.get("config_id") not in self.ways:
            raise Refused(40058, "invalid config_id")
        return self.ways[ask.body["config_id"]]

    def _way(self, body: dict[str, Any]) -> dict[str, Any]:
        self._may()
        if unknown := set(body) - {"scene", "remark", "auto_create_room", "room_base_name", "room_base_id", "chat_id_list", "state"}:
            raise Refused(40058, f"unknown {sorted(unknown)}")
        if len(body.get("state", "")) > 30 or len(body.get("room_base_name", "")) > 40 or body.get("scene") not in (1, 2):
            raise Refused(40058, "state, room_base_name or scene")
        if not 1 <= len(body.get("chat_id_list", ())) <= 5:
            raise Refused(40058, "chat_id_list")
        for chat in body["chat_id_list"]:
            self._group(chat)
        return body

    def _group(self, chat: str) -> Group:
        self._may()
        if chat not in self.groups or self.groups[chat].dismissed:
            raise Refused(40050, "invalid chat_id")
        return self.groups[chat]

    def _may(self) -> None:
        if not self.allowed:
            raise Refused(48002, "api forbidden")

    # --- tasks ---------------------------------------------------------------------------------------------------------

    async def _add(self, ask: Ask) -> dict[str, Any]:
        self._may()
        body = ask.body
        if unknown := set(body) - {"chat_type", "chat_id_list", "sender", "text", "attachments", "allow_select"}:
            raise Refused(40058, f"unknown {sorted(unknown)}")
        text = (body.get("text") or {}).get("content", "")
        if not text or not body.get("sender") or body.get("chat_type") != "group":
            raise Refused(40063, "empty parameter")
        if len(text.encode()) > TEXT:
            raise Refused(45002, "content too long")
        mine = [group for group in self.groups.values() if group.owner.userid == body["sender"] and not group.dismissed]
        wanted = body.get("chat_id_list") or [group.id for group in mine]
        known = [group.id for group in mine if group.id in wanted]
        if not known:
            raise Refused(41048, "no customer to send", fail_list=wanted)
        chats = [chat for chat in known if self.groups[chat].reachable]
        failed = [chat for chat in wanted if chat not in chats]  # said with errcode 0
        msgid = f"msgGCAAAX{next(self._count):019d}"
        self.tasks[msgid] = Task(msgid, text, body["sender"], chats, self.fake.now, results=dict.fromkeys(chats, WAITS))
        return {"fail_list": failed, "msgid": msgid}

    async def _tasks(self, ask: Ask) -> dict[str, Any]:
        self._may()
        since, until = ask.body["start_time"], ask.body["end_time"]
        if not 0 <= until - since <= 31 * DAY or ask.body.get("chat_type") != "group":
            raise Refused(40058, "start_time and end_time")
        found = [task for task in self.tasks.values() if since <= task.made <= until]
        rows = [{"msgid": t.id, "create_time": int(t.made), "create_type": 0, "text": {"content": t.text}} for t in found]
        return self._paged(ask, "group_msg_list", rows)

    async def _task(self, ask: Ask) -> dict[str, Any]:
        task = self._known(ask)
        row = {"userid": task.sender, "status": task.status, **({"send_time": int(task.at)} if task.at else {})}
        return self._paged(ask, "task_list", [row])

    async def _result(self, ask: Ask) -> dict[str, Any]:
        task = self._known(ask)
        if ask.body.get("userid") != task.sender:
            raise Refused(40058, "invalid userid")
        when = {"send_time": int(task.at)} if task.at else {}
        rows = [{"chat_id": chat, "userid": task.sender, "status": status, **when} for chat, status in task.results.items()]
        return self._paged(ask, "send_list", rows)

    async def _remind(self, ask: Ask) -> dict[str, Any]:
        task = self._known(ask)
        if task.status == SENT or task.cancelled:
            raise Refused(40058, "task finished")
        if sum(at > self.fake.now - DAY for at in task.reminded) >= REMINDERS:
            raise Refused(45009, "api freq out of limit")
        task.reminded.append(self.fake.now)
        return {}

    async def _cancel(self, ask: Ask) -> dict[str, Any]:
        task = self._known(ask)
        if task.status == SENT or task.cancelled:
            raise Refused(40058, "task finished")
        task.cancelled = True
        return {}

    def _known(self, ask: Ask) -> Task:
        self._may()
        if ask.body.get("msgid") not in self.tasks:
            raise Refused(40058, "invalid msgid")
        return self.tasks[ask.body["msgid"]]

    def _paged(self, ask: Ask, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """A page; the cursor says where the next begins. A last page may be empty."""
        begin = int(ask.body.get("cursor") or 0)
        end = begin + min(self.page, int(ask.body.get("limit", 1000)))
        return {name: rows[begin:end], "next_cursor": str(end) if end <= len(rows) and rows[begin:end] else ""}

