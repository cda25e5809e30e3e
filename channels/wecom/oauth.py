"""Known on a page without typing: in WeCom a page of ours may ask which member has it open (网页授权, facts/wecom.md §4.11)."""

from __future__ import annotations

from urllib.parse import urlencode

import structlog

from channels.contract import Identity
from channels.tencent.api import Api
from channels.tencent.refusals import Refusal
from channels.wecom.settings import NAME, Settings

log = structlog.get_logger(__name__)


class Oauth:
    """Identifies members by userid, silently (snsapi_base). Whoever is no member is nobody here."""

    def __init__(self, settings: Settings, api: Api) -> None:
        self._settings = settings
        self._api = api

    def ask(self, back: str, state: str) -> str:
        """Where to send the browser; it comes back to `back` with `code` and this `state`."""
        asked = {
            "appid": self._settings.corp_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
            "agentid": str(self._settings.agent_id),
        }
        return f"{self._settings.oauth_base.rstrip('/')}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"

    async def identify(self, code: str) -> Identity | None:
        """Which member has the page open. None where the code is none, spent or too old, and where the platform does not answer."""
        try:
            told = await self._api.call("/cgi-bin/auth/getuserinfo", query={"code": code})
        except Refusal as r:
            log.info("wecom.not_identified", code=r.code)
            return None
        member = str(told.get("userid") or "").lower()
        return Identity(NAME, member, f"{NAME}:{self._settings.corp_id}:{member}") if member else None
