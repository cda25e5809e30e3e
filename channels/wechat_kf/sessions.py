"""Who has a chat: we, the queue, or somebody of the office. While it is not ours we can say nothing there, and must not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from channels.tencent.api import Refusal
from channels.wechat_kf.account import MENU, TEXT, TWO_DAYS, Account

log = structlog.get_logger(__name__)

NEW, OURS, QUEUE, PERSON, ENDED = range(5)  # service_state
HOUR = 3600
DESK_SECONDS = 60  # how long what is known of who is at their desk counts
CODE_SECONDS = 18

Wanted = Callable[[str], Awaitable[float]]
"""Until when whoever has this address is to be answered by a person (seconds since 1970; 0: by us), as the house knows it."""


class Sessions:
    """Chats of one account, handed over when a resident says 找人 and somebody is there, and taken back."""

    def __init__(self, account: Account, until: Wanted) -> None:
        self._account = account
        self._until = until

    async def with_a_person(self, address: str) -> bool:
        """Whether somebody of the office has this chat."""
        known = await self._account.cache.get(self._key(address))
        if known is None:
            state = await self._state(address) if await self._staffed() else OURS
            return state == PERSON
        return known == str(PERSON)

    async def noticed(self, address: str, *, attended: bool) -> None:
        """The office took the chat over, or let go of it."""
        await self._keep(address, PERSON if attended else ENDED)

    async def wanted(self, address: str) -> bool:
        """Whether they want a person now, and not us."""
        return await self._until(address) > self._account.pace.now()

    async def hand_over(self, address: str) -> None:
        """After our last word: if they asked for a person and one is at their desk, the chat goes into the queue."""
        if not await self._staffed() or await self._account.cache.get(self._key(address)) in (str(QUEUE), str(PERSON)):
            return
        try:
            if not await self.wanted(address):
                return
            code = await self._trans(address, QUEUE)
        except Exception as failure:  # noqa: BLE001 - what was to be said was said: it must not be said once more for this
            log.warning("wechat_kf.not_handed_over", reason=str(failure) if isinstance(failure, Refusal) else type(failure).__name__)
            return
        await self._account.allow(address, code, TWO_DAYS, TEXT)

    async def take_back(self, address: str) -> bool:
        """Tencent let us not speak there: whether we may now, by a code or because the chat is ours. Raises Refusal."""
        state = await self._state(address)
        if state == NEW:
            await self._trans(address, OURS)
        if state == QUEUE and not await self.wanted(address):
            # nobody came, and they would rather have us again; out of the queue there is no way back but by its end
            await self._account.allow(address, await self._trans(address, ENDED), CODE_SECONDS, MENU)
            return True
        return state in (NEW, OURS)

    async def _state(self, address: str) -> int:
        try:
            found = await self._account.api.call("/cgi-bin/kf/service_state/get", self._who(address))
        except Refusal as r:
            log.info("wechat_kf.no_state", code=r.code, reason=r.reason)
            return OURS
        state = int(found.get("service_state", OURS))
        await self._keep(address, state)
        return state

    async def _trans(self, address: str, state: int) -> str:
        body = {**self._who(address), "service_state": state}
        found = await self._account.api.call("/cgi-bin/kf/service_state/trans", body)
        await self._keep(address, state)
        return str(found.get("msg_code") or "")

    async def _staffed(self) -> bool:
        """Whether anybody takes chats for this account now."""
        account, key = self._account, self._account.key("staffed")
        known = await account.cache.get(key)
        if known is None:
            try:
                found = await account.api.call("/cgi-bin/kf/servicer/list", query={"open_kfid": account.id})
            except Refusal as r:
                log.info("wechat_kf.no_servicers", code=r.code, reason=r.reason)
                found = {}
            known = "1" if any(one.get("status") == 0 for one in found.get("servicer_list") or ()) else "0"
            await account.cache.put(key, known, DESK_SECONDS)
        return known == "1"

    async def _keep(self, address: str, state: int) -> None:
        await self._account.cache.put(self._key(address), str(state), TWO_DAYS if state in (QUEUE, PERSON) else HOUR)

    def _who(self, address: str) -> dict[str, str]:
        return {"open_kfid": self._account.id, "external_userid": address}

    def _key(self, address: str) -> str:
        return self._account.key("with", address)
