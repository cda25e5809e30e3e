"""What an operator should know of this door, in the order in which the back office asks for it."""

from __future__ import annotations

from channels.tencent.api import Api
from channels.tencent.checks import Finding as Finding
from channels.tencent.checks import no_domain, seen_from
from channels.tencent.crypto import Envelope
from channels.tencent.refusals import Refusal
from channels.wecom.settings import NAME, PATH, Settings

NEEDED = ("corp_id", "agent_id", "secret", "token", "encoding_aes_key")
UNTRUSTED = 60020
WRONG_SECRET = (40001, 40013, 40091, 42001)


def bad_key(key: str) -> bool:
    """Whether this is no EncodingAESKey."""
    try:
        Envelope("", key, "")
    except ValueError:
        return True
    return False


async def findings(settings: Settings, api: Api) -> list[Finding]:
    """What is missing by its key, whether the application answers, and what to paste where."""
    missing = [key for key in NEEDED if not getattr(settings, key)]
    found: list[Finding] = [(False, f"{NAME}.missing_{key}", {}) for key in missing]
    if settings.encoding_aes_key and bad_key(settings.encoding_aes_key):
        found.append((False, f"{NAME}.bad_key", {}))
    if not {"corp_id", "secret", "agent_id"} & set(missing):
        found.append(await _asked(settings, api))
    if local := no_domain(settings.public_url):
        return found + local
    url = settings.public_url.rstrip("/")
    found.append((True, f"{NAME}.domain", {"host": url.partition("://")[2]}))
    found.append((True, f"{NAME}.callback", {"url": url + PATH}))
    return found


async def _asked(settings: Settings, api: Api) -> Finding:
    try:
        told = await api.call("/cgi-bin/agent/get", query={"agentid": str(settings.agent_id)})
    except Refusal as r:
        if r.code == UNTRUSTED:
            return False, f"{NAME}.untrusted", {"address": seen_from(r.reason)}
        if r.code in WRONG_SECRET:
            return False, f"{NAME}.secret_refused", {"code": str(r.code)}
        if not r.code:
            return False, f"{NAME}.unreachable", {"base": settings.api_base}
        return False, f"{NAME}.refused", {"code": str(r.code)}
    return True, f"{NAME}.application", {"name": str(told.get("name") or settings.agent_id)}
