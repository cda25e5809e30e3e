"""The three buttons below every follower's chat: our commands, one tap away."""

from __future__ import annotations

import hashlib
import json

import structlog

from channels.contract import Notebook
from channels.tencent.api import Api
from channels.tencent.refusals import Refusal
from channels.wechat.settings import Menu

log = structlog.get_logger(__name__)

NOTE = "menu"  # in the notebook: the digest of the menu that stands there


async def offer(api: Api, notebook: Notebook, menu: Menu) -> None:
    """Put the menu up where another one stands. An account that may not have one goes without; it is tried again at the next start."""
    if not menu:
        return
    buttons = [
        {"name": title, "sub_button": [{"type": "click", "name": label, "key": payload} for label, payload in entries]}
        for title, entries in menu
    ]
    digest = hashlib.sha256(json.dumps(buttons).encode()).hexdigest()
    if await notebook.read(NOTE) == digest:
        return
    try:
        await api.call("/cgi-bin/menu/create", {"button": buttons})
    except Refusal as r:
        log.warning("wechat.no_menu", code=r.code, reason=r.reason)
        return
    await notebook.write(NOTE, digest)
    log.info("wechat.menu")
