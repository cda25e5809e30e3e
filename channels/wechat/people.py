"""One person behind several doors: the unionid of a follower, where the account is bound to an 开放平台 account."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import structlog

from channels.tencent.api import Api
from channels.tencent.refusals import Refusal

log = structlog.get_logger(__name__)

PATIENCE = 1.0  # seconds: their answer does not wait for it
REMEMBERED = 20_000
FORBIDDEN = 48001  # the account may not ask: it will hear the same the next time


class People:
    """Asks the platform once for each follower; whoever has no unionid is not asked about again before a restart."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.patience = PATIENCE  # set by tests only
        self._known: OrderedDict[str, str] = OrderedDict()

    async def union(self, openid: str) -> str:
        """Their unionid, or "" where there is none or nobody said in time."""
        if openid in self._known:
            self._known.move_to_end(openid)
            return self._known[openid]
        try:
            async with asyncio.timeout(self.patience):
                found = await self._api.call("/cgi-bin/user/info", query={"openid": openid})
        except TimeoutError:
            return ""
        except Refusal as r:
            log.info("wechat.union_not_told", code=r.code)
            if r.code != FORBIDDEN:
                return ""
            found = {"subscribe": 1}
        union = str(found.get("unionid") or "")
        if not found.get("subscribe"):  # of who does not follow nothing is told; once they do, it is
            return union
        self._known[openid] = union
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return union
