"""Known on a page without typing: in WeChat a page of ours may ask whose browser it is (网页授权, facts/wecom.md §4.11)."""

from __future__ import annotations

from urllib.parse import urlencode

import structlog

from channels.contract import Identity
from channels.tencent.api import Api
from channels.tencent.refusals import Refusal
from channels.wechat.people import People
from channels.wechat.settings import NAME, Settings

log = structlog.get_logger(__name__)


class Oauth:
    """Identifies by openid, silently (snsapi_base): nobody is asked for a name or picture we do not need."""

    def __init__(self, settings: Settings, api: Api, people: People) -> None:
        self._settings = settings
        self._api = api
        self._people = people

    def ask(self, back: str, state: str) -> str:
        """Where to send the browser; it comes back to `back` with `code` and this `state`."""
        asked = {
            "appid": self._settings.app_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
        return f"{self._settings.oauth_base}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"

    async def identify(self, code: str) -> Identity | None:
        """Whose browser it is. None where the code is none, spent or too old, and where the platform does not answer."""
        grant = {"appid": self._settings.app_id, "secret": self._settings.secret, "code": code, "grant_type": "authorization_code"}
        try:
            told = await self._api.open("/sns/oauth2/access_token", grant)
        except Refusal as r:
            log.info("wechat.not_identified", code=r.code)
            return None
        openid = str(told.get("openid") or "")
        if not openid:
            return None
        snapshot = bool(told.get("is_snapshotuser"))
        union = str(told.get("unionid") or "") or ("" if snapshot else await self._people.union(openid))
        return Identity(NAME, openid, union, snapshot)
