"""What an operator should know of 微信客服, in the order of the back office's pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.tencent.api import Refusal
from channels.tencent.checks import Finding as Finding
from channels.tencent.checks import no_domain, seen_from
from channels.wechat_kf.account import Account

UNTRUSTED = 60020
NO_RIGHT = (48002, 95011, 95012, 95017)
ASKED = ("open_kfid", "secret", "token", "encoding_aes_key")


async def findings(account: Account, values: Mapping[str, str], hook: str, *, sealed: bool) -> list[Finding]:
    """`values`: the configured keys; `hook`: the callback's address; `sealed`: whether token and key make an envelope."""
    missing = [name for name, value in values.items() if not value]
    found: list[Finding] = [(False, f"wechat_kf.missing_{name}", {}) for name in missing]
    if values["encoding_aes_key"] and not sealed:
        found.append((False, "wechat_kf.bad_aes_key", {}))
    if local := no_domain(hook):
        found += local
    else:
        if not hook.startswith("https://"):
            found.append((False, "wechat_kf.no_https", {"url": hook}))
        found.append((True, "wechat_kf.paste", {"url": hook}))
    if not {"corp_id", "secret"} & set(missing):
        try:
            found += await _asked(account)
        finally:
            await account.api.close()
    return found


async def _asked(account: Account) -> list[Finding]:
    try:
        await account.api.token()
        found = await account.api.call("/cgi-bin/kf/account/list", {"offset": 0, "limit": 100})
    except Refusal as r:
        return [_why(r)]
    accounts: list[dict[str, Any]] = list(found.get("account_list") or ())
    ours = next((one for one in accounts if one.get("open_kfid") == account.id), None)
    if ours is None:
        known = "、".join(f"{one.get('name', '')} {one.get('open_kfid', '')}" for one in accounts)
        return [(False, "wechat_kf.no_account", {"id": account.id, "known": known})]
    if ours.get("manage_privilege") is False:
        return [(False, "wechat_kf.no_privilege", {"name": str(ours.get("name", ""))})]
    return [(True, "wechat_kf.account", {"name": str(ours.get("name", ""))}), await _servicers(account)]


async def _servicers(account: Account) -> Finding:
    try:
        found = await account.api.call("/cgi-bin/kf/servicer/list", query={"open_kfid": account.id})
    except Refusal as r:
        return _why(r)
    there = len(found.get("servicer_list") or ())
    return (True, "wechat_kf.servicers", {"count": str(there)}) if there else (True, "wechat_kf.no_servicers", {})


def _why(r: Refusal) -> Finding:
    if r.code == UNTRUSTED:
        return False, "wechat_kf.untrusted", {"address": seen_from(r.reason)}
    if r.code in NO_RIGHT:
        return False, "wechat_kf.no_right", {"code": str(r.code)}
    if r.code:
        return False, "wechat_kf.secret_refused", {"code": str(r.code)}
    return False, "wechat_kf.unreachable", {}
