"""What a member is called: callbacks carry a userid alone, and neighbours know each other by name."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import structlog

from channels.tencent.api import Api
from channels.tencent.refusals import Refusal

log = structlog.get_logger(__name__)

PATIENCE = 1.0  # seconds: their answer does not wait for it
REMEMBERED = 20_000


class People:
    """Asks the directory once for each member; their names are kept in memory alone."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: OrderedDict[str, str] = OrderedDict()

    async def name(self, address: str) -> str:
        """Their name in the directory, or "" where nobody says it in time."""
        if address in self._known:
            self._known.move_to_end(address)
            return self._known[address]
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._api.call("/cgi-bin/user/get", query={"userid": address})
        except TimeoutError:
            return ""
        except Refusal as r:
            log.info("wecom.name_not_told", code=r.code)
            if not r.code:
                return ""
            found = {}  # outside the visible range, or the application may not ask: it will hear the same the next time
        self._known[address] = name = str(found.get("name") or "")
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return name
