"""What `mulin check` says of the 公众号: what is missing, what the platform answers, and what to paste where in its back office."""

from __future__ import annotations

from channels.tencent.api import Api
from channels.tencent.checks import Finding as Finding
from channels.tencent.checks import no_domain, seen_from
from channels.tencent.refusals import CREDENTIALS, Refusal
from channels.wechat.settings import PATH, Settings
from channels.wechat.templates import Templates

ADDRESS = 40164  # our address is not on the account's list


async def findings(settings: Settings, fault: str, api: Api, templates: Templates) -> list[Finding]:
    """One after the other as the back office's pages come: developer's page, server's settings, web authorisation, templates."""
    lacking = [key for key in ("app_id", "secret", "token") if not getattr(settings, key)]
    found: list[Finding] = [(False, "wechat.missing", {"key": key}) for key in lacking]
    reached = await _token(api, settings) if not lacking else []
    found += reached
    local = no_domain(settings.public_url)
    found += local or [(True, "wechat.server", {"url": f"{settings.public_url.rstrip('/')}{PATH}"})]
    if fault == "encoding_aes_key":
        found.append((False, "wechat.bad_key", {}))
    elif not settings.encoding_aes_key:
        found.append((False, "wechat.in_the_clear", {}))
    if not settings.original_id:
        found.append((True, "wechat.no_original_id", {}))
    if not local:
        found.append((True, "wechat.pages", {"host": settings.public_url.partition("://")[2].partition("/")[0]}))
    if reached and reached[0][0]:
        found += [await _template(templates, *configured) for configured in settings.templates.items() if configured[1]]
    if empty := [brief for brief, template in settings.templates.items() if not template]:
        found.append((True, "wechat.no_templates", {"keys": " ".join(empty)}))
    return found


async def _token(api: Api, settings: Settings) -> list[Finding]:
    try:
        await api.token()
    except Refusal as r:
        if r.code == ADDRESS:
            return [(False, "wechat.address_refused", {"address": seen_from(r.reason)})]
        if not r.code:
            return [(False, "wechat.unreachable", {"base": settings.api_base})]
        key = "secret_refused" if r.code in CREDENTIALS else "refused"
        return [(False, f"wechat.{key}", {"code": str(r.code)})]
    return [(True, "wechat.account", {"id": settings.app_id})]


async def _template(templates: Templates, brief: str, id: str) -> Finding:  # noqa: A002 - the platform's word
    values = {"key": brief, "id": id}
    try:
        found = await templates.find(id)
    except Refusal as r:
        return False, "wechat.templates_refused", {"code": str(r.code)}
    if found is None:
        return False, "wechat.unknown_template", values
    if found.unknown:
        return False, "wechat.unfillable", {**values, "fields": " ".join(found.unknown)}
    return True, "wechat.template", values
