"""What `mulin check` says of the 公众号: what is missing, what the platform answers, and what to paste where in its back office."""

from __future__ import annotations

from channels.tencent.api import Api
from channels.tencent.refusals import CREDENTIALS, Refusal
from channels.wechat.settings import PATH, Settings
from channels.wechat.templates import Templates

Finding = tuple[bool, str, dict[str, str]]
ADDRESS = 40164  # our address is not on the account's list


async def findings(settings: Settings, fault: str, api: Api, templates: Templates) -> list[Finding]:
    """One after the other as the back office's pages come: developer's page, server's settings, web authorisation, templates."""
    lacking = [key for key in ("app_id", "secret", "token") if not getattr(settings, key)]
    found: list[Finding] = [(False, "wechat.missing", {"key": key}) for key in lacking]
    reached = await _token(api, settings) if not lacking else []
    found += reached
    host = settings.public_url.partition("://")[2].partition("/")[0]
    found.append((True, "wechat.server", {"url": f"{settings.public_url.rstrip('/')}{PATH}"}))
    if fault == "encoding_aes_key":
        found.append((False, "wechat.bad_key", {}))
    elif not settings.encoding_aes_key:
        found.append((False, "wechat.in_the_clear", {}))
    if not settings.original_id:
        found.append((True, "wechat.no_original_id", {}))
    found.append((True, "wechat.pages", {"host": host}))
    if reached and reached[0][0]:
        found += [await _template(templates, *configured) for configured in settings.templates.items()]
    return found


async def _token(api: Api, settings: Settings) -> list[Finding]:
    try:
        await api.token()
    except Refusal as r:
        values = {"reason": f"{r.code} {r.reason}" if r.code else r.reason, "base": settings.api_base}
        key = "address_refused" if r.code == ADDRESS else "secret_refused" if r.code in CREDENTIALS else "unreachable"
        return [(False, f"wechat.{key}", values)]
    return [(True, "wechat.account", {"id": settings.app_id})]


async def _template(templates: Templates, brief: str, id: str) -> Finding:  # noqa: A002 - the platform's word
    values = {"key": brief, "id": id}
    if not id:
        return True, "wechat.no_template", values
    try:
        found = await templates.find(id)
    except Refusal as r:
        return False, "wechat.templates_refused", {**values, "reason": f"{r.code} {r.reason}"}
    if found is None:
        return False, "wechat.unknown_template", values
    if found.unknown:
        return False, "wechat.unfillable", {**values, "fields": " ".join(found.unknown)}
    return True, "wechat.template", values
