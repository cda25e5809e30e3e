"""客户群 as WeCom knows them, and the tasks (群发) by which a post gets into one: nothing but the calls (facts/wecom.md §4.8).

The application must be among 客户联系 → 可调用接口的应用.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from channels.contract import SendError
from channels.tencent.api import Api
from channels.tencent.refusals import Refusal, wecom_verdict

PAGE = 100
MAX_NAME, MAX_REMARK = 40, 30  # signs; what is longer WeCom cuts off
MOST_CHATS = 5  # behind one join QR
NO_CHAT = {40050, 90501}  # no such group, or it is none with customers in it
NOBODY = 41048  # nobody there can receive it
BUSY = {41063: 60.0}  # it is being handed out just now
_PATH = "/cgi-bin/externalcontact/"


class Result(IntEnum):
    """What became of a task in one group, as WeCom counts it."""

    WAITS = 0
    SENT = 1
    LEFT = 2
    QUOTA = 3


@dataclass(frozen=True, slots=True)
class Chat:
    """A 客户群: its name (often none), its owner's userid, how many are in it."""

    id: str
    name: str
    owner: str
    members: int


@dataclass(frozen=True, slots=True)
class Task:
    """What became of a task in one group, since when (1970), and who was to send it."""

    result: Result
    at: float
    owner: str


@dataclass(frozen=True, slots=True)
class Way:
    """A join QR: its id at WeCom, and the address of the picture."""

    config: str
    picture: str


class Chats:
    """The calls. All raise SendError; `gone` where there is no such group."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def get(self, chat: str) -> Chat:
        """The group as it stands now."""
        told = (await self._call("groupchat/get", {"chat_id": chat, "need_name": 0})).get("group_chat") or {}
        return Chat(chat, str(told.get("name") or ""), str(told.get("owner") or ""), len(told.get("member_list") or ()))

    async def all(self) -> list[Chat]:
        """Every group whose owner the application may see."""
        pages = self._pages("groupchat/list", {"status_filter": 0}, "group_chat_list")
        return [await self.get(str(row["chat_id"])) async for row in pages]

    async def allowed(self) -> None:
        """Raises SendError if the application may not see 客户群."""
        await self._call("groupchat/list", {"status_filter": 0, "limit": 1})

    # --- tasks ---------------------------------------------------------------------------------------------------------

    async def make(self, chat: Chat, text: str) -> str:
        """Lay a post before the owner, who must tap it; the task's msgid."""
        body = {"chat_type": "group", "chat_id_list": [chat.id], "sender": chat.owner, "text": {"content": text}}
        told = await self._call("add_msg_template", body)
        if chat.id in (told.get("fail_list") or ()):
            raise SendError.ours("nobody in the group can receive it")
        return str(told.get("msgid") or "")

    async def texts(self, since: float, until: float) -> dict[str, str]:
        """What our tasks of that time say, by msgid, newest first."""
        body = {"chat_type": "group", "start_time": int(since), "end_time": int(until), "filter_type": 0}
        rows = [row async for row in self._pages("get_groupmsg_list_v2", body, "group_msg_list")]
        rows.sort(key=lambda row: int(row.get("create_time") or 0), reverse=True)
        return {str(row["msgid"]): str((row.get("text") or {}).get("content", "")) for row in rows}

    async def became(self, msgid: str, chat: str) -> Task:
        """What became of it in that group until now."""
        waits = Task(Result.WAITS, 0.0, "")
        async for task in self._pages("get_groupmsg_task", {"msgid": msgid}, "task_list"):
            owner = str(task.get("userid", ""))
            waits = Task(Result.WAITS, 0.0, owner)
            if task.get("status") != 2:
                continue
            async for row in self._pages("get_groupmsg_send_result", {"msgid": msgid, "userid": owner}, "send_list"):
                if row.get("chat_id") == chat and row.get("status") in (1, 2, 3):
                    return Task(Result(row["status"]), float(row.get("send_time") or 0), owner)
        return waits

    async def is_for(self, msgid: str, chat: str, owner: str) -> bool:
        """Whether that task is meant for this group, by this owner's hand."""
        if owner not in [row.get("userid") async for row in self._pages("get_groupmsg_task", {"msgid": msgid}, "task_list")]:
            return False
        pages = self._pages("get_groupmsg_send_result", {"msgid": msgid, "userid": owner}, "send_list")
        return chat in [row.get("chat_id") async for row in pages]

    async def remind(self, msgid: str) -> None:
        """WeCom tells the owner once more (three times a day at most)."""
        await self._call("remind_groupmsg_send", {"msgid": msgid})

    async def cancel(self, msgid: str) -> None:
        """The owner can send it no more."""
        await self._call("cancel_groupmsg_send", {"msgid": msgid})

    # --- a QR to join by -----------------------------------------------------------------------------------------------

    async def way(self, chats: Sequence[str], name: str, state: str, known: str = "") -> Way:
        """The QR by which anybody joins one of these groups; a new group is begun when they are full. `known`: the same QR as before."""
        body = {
            "scene": 2,
            "remark": name[:MAX_REMARK],
            "auto_create_room": 1,
            "room_base_name": name[:MAX_NAME],
            "room_base_id": len(chats) + 1,
            "chat_id_list": list(chats[:MOST_CHATS]),
            "state": state,
        }
        if known:
            await self._call("groupchat/update_join_way", {"config_id": known, **body})
        config = known or str((await self._call("groupchat/add_join_way", body)).get("config_id") or "")
        told = (await self._call("groupchat/get_join_way", {"config_id": config})).get("join_way") or {}
        return Way(config, str(told.get("qr_code") or ""))

    # --- calls ---------------------------------------------------------------------------------------------------------

    async def _pages(self, path: str, body: Mapping[str, Any], rows: str) -> AsyncIterator[Mapping[str, Any]]:
        cursor = ""
        while True:
            told = await self._call(path, {**body, "limit": PAGE, "cursor": cursor})
            for row in told.get(rows) or ():
                yield row
            if not (following := str(told.get("next_cursor") or "")) or following == cursor:
                return
            cursor = following

    async def _call(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return await self._api.call(_PATH + path, body)
        except Refusal as r:
            raise _verdict(r) from None


def _verdict(r: Refusal) -> SendError:
    if r.code in NO_CHAT:
        return SendError.gone(r.reason)
    if r.code in BUSY:
        return SendError.retry(r.reason, BUSY[r.code])
    if r.code == NOBODY:
        return SendError.ours("nobody in the group can receive it")
    return wecom_verdict(r)
