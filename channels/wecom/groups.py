"""Groups the application makes itself (应用群聊): members only, it posts there and hears nothing (facts/wecom.md §4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from channels.tencent.api import Api
from channels.tencent.refusals import Refusal, wecom_verdict
from channels.wecom.settings import GROUP

MAX_NAME = 50
FEWEST, MOST = 2, 2000


@dataclass(frozen=True, slots=True)
class Made:
    """A group: its address as the house keeps it, its name, and who is in it."""

    address: str
    name: str
    members: tuple[str, ...]


class Groups:
    """The groups of one application."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def create(self, name: str, members: Sequence[str], owner: str = "") -> Made:
        """A group of these members (userids, two at least), the first its owner. Members see it after the first post. Raises SendError."""
        body = {"name": name[:MAX_NAME], "owner": owner or members[0], "userlist": list(members)}
        try:
            told = await self._api.call("/cgi-bin/appchat/create", body)
        except Refusal as r:
            raise wecom_verdict(r) from None
        return Made(f"{GROUP}{told.get('chatid', '')}", name, tuple(members))

    async def get(self, address: str) -> Made:
        """What WeCom knows of that group. Raises SendError: gone where there is none."""
        try:
            told = await self._api.call("/cgi-bin/appchat/get", query={"chatid": address.removeprefix(GROUP)})
        except Refusal as r:
            raise wecom_verdict(r) from None
        info = told.get("chat_info") or {}
        return Made(address, str(info.get("name", "")), tuple(str(m) for m in info.get("userlist", ())))
