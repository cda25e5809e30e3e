"""What Tencent tells of who writes: their name, and the one name they have in all doors of the same owner (unionid)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import structlog

from channels.tencent.api import Refusal
from channels.wechat_kf.account import Account
from dialogue.words import Inbound

log = structlog.get_logger(__name__)

AT_ONCE = 100
REMEMBERED = 4096
REST = 600  # seconds without asking, once it was refused: it is a help and no more


class People:
    """Those of one account, as long as the process lives."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._known: dict[str, tuple[str, str]] = {}
        self._rests_until = 0.0

    async def meet(self, addresses: Collection[str]) -> None:
        """Ask about those who are not known yet."""
        if len(self._known) > REMEMBERED:  # before it is asked who is new: who is forgotten now is
            self._known.clear()
        fresh = [address for address in dict.fromkeys(addresses) if address not in self._known]
        if not fresh or self._account.pace.now() < self._rests_until:
            return
        for begin in range(0, len(fresh), AT_ONCE):
            body = {"external_userid_list": fresh[begin : begin + AT_ONCE], "need_enter_session_context": 0}
            try:
                found = await self._account.api.call("/cgi-bin/kf/customer/batchget", body)
            except Refusal as r:
                log.info("wechat_kf.no_names", code=r.code, reason=r.reason)
                self._rests_until = self._account.pace.now() + REST
                return
            for one in found.get("customer_list") or ():
                self._known[str(one.get("external_userid"))] = (str(one.get("unionid") or ""), str(one.get("nickname") or ""))

    def named(self, inbound: Inbound) -> Inbound:
        """The same, with what is known of who said it."""
        union, name = self._known.get(inbound.address, ("", ""))
        return replace(inbound, union=union, name=name)
