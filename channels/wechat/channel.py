"""公众号 as a channel: followers speak by callback and are answered within it where it fits; the rest leaves as 客服消息 or template."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import structlog
from aiohttp import web

from channels import passive
from channels.contract import Cache, Capabilities, Notebook, Rate, Rates, Sent, Take, Taken, Window
from channels.tencent import xml
from channels.tencent.api import Api, wechat
from channels.tencent.crypto import Forged
from channels.tencent.hook import body_of
from channels.wechat import checks, outgoing, parse, render
from channels.wechat.gate import Gate
from channels.wechat.menu import offer
from channels.wechat.oauth import Oauth
from channels.wechat.outgoing import Outgoing, Scene
from channels.wechat.people import People
from channels.wechat.settings import NAME, PATH, Settings
from channels.wechat.templates import Templates
from dialogue.words import Attachment, Inbound, Kind, Rendered

log = structlog.get_logger(__name__)

IN_TIME = 4.5  # seconds since a request began: at five the platform hangs up and asks again
LASTING, BRIEF = Window(5, 48 * 3600), Window(3, 60)
# a tap in a text or menu is counted like a press of the account's own menu, as far as anybody knows: the shorter window is assumed
SHORT = (Kind.JOINED, Kind.CHOICE)
WINDOWS = MappingProxyType(
    dict.fromkeys((Kind.TEXT, Kind.PHOTO, Kind.VOICE, Kind.PLACE, Kind.FILE, Kind.OTHER), LASTING) | dict.fromkeys(SHORT, BRIEF)
)
DONE = "success"  # the platform's own word for: taken, and nothing to say now


class WeChat:
    """One 公众号. `now`: seconds since 1970; `clock` is set by tests only."""

    name = NAME
    can = Capabilities(
        buttons=0, max_text=render.MAX_TEXT // 3, groups=False, pictures=True, first_word=False, passive_reply=True, windows=WINDOWS
    )
    ready = True
    rates = Rates(overall=(Rate(50, 1, 20),))

    def __init__(self, settings: Settings, cache: Cache, notebook: Notebook, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._notebook = notebook
        self.can = replace(WeChat.can, briefs=frozenset(brief for brief, template in settings.templates.items() if template))
        self._gate = Gate(settings.token, settings.encoding_aes_key, settings.app_id, settings.public_url)
        self.now = now
        self.clock: Callable[[], float] = time.monotonic
        self._api = Api(settings.api_base, wechat(settings.app_id, settings.secret), cache, now=now)
        self._people = People(self._api)
        self._templates = Templates(self._api, cache, settings.app_id)
        self._outgoing = Outgoing(self._api, self._templates, settings)
        self._keys = frozenset(payload for _, entries in settings.menu for _, payload in entries)
        self._offering: asyncio.Task[None] | None = None
        self.oauth = Oauth(settings, self._api, self._people)
        self.secrets = tuple(s for s in (settings.secret, settings.token, settings.encoding_aes_key) if s)

    def routes(self, take: Take) -> Sequence[web.RouteDef]:
        """The address that is pasted into the back office: asked once with GET, called with POST."""

        async def hook(request: web.Request) -> web.StreamResponse:
            return await self._come(request, take)

        return (web.get(PATH, self._verify, allow_head=False), web.post(PATH, hook))

    async def start(self, take: Take) -> None:
        """Put up our menu below every follower's chat, if it is not the one that stands there."""
        self._offering = asyncio.create_task(offer(self._api, self._notebook, self._settings.menu))

    async def stop(self) -> None:
        """Hang up."""
        if self._offering is not None:
            self._offering.cancel()
            await asyncio.gather(self._offering, return_exceptions=True)
            self._offering = None
        await self._api.close()

    async def send(self, address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        """Say it to that follower: as 客服消息 within their window, or as the template that `words.brief` names. Raises SendError."""
        if words.brief:
            return await self._outgoing.template(address, words, datetime.fromtimestamp(self.now(), UTC), key)
        return await self._outgoing.message(address, words, picture, key)

    async def fetch(self, attachment: Attachment) -> bytes:
        """The bytes of what a resident sent, kept by the platform for three days. Raises SendError or TooBig."""
        return await outgoing.fetched(self._api, attachment)

    async def poster(self, code: str, *, days: int = 0) -> Scene:
        """The QR whose scan brings `code` (1 to 64 signs) here, from who follows by it and who follows already. `days` 0: for good,
        of which an account has 100,000; else at most 30. Raises SendError."""
        return await outgoing.scene(self._api, self._settings.qr_base, code, days)

    async def check(self) -> list[checks.Finding]:
        """What an operator should know, in the order of the back office's pages."""
        try:
            return await checks.findings(self._settings, self._gate.fault, self._api, self._templates)
        finally:
            if self._offering is None:
                await self._api.close()

    async def _verify(self, request: web.Request) -> web.Response:
        try:
            self._gate.signed(request.query, self.now())
        except Forged as f:
            return _refused(f)
        return web.Response(text=request.query.get("echostr", ""))

    async def _come(self, request: web.Request, take: Take) -> web.StreamResponse:
        began = self.clock()
        try:
            self._gate.signed(request.query, self.now())
            plain = self._gate.opened(await body_of(request), request.query, self.now())
        except Forged as f:
            return _refused(f)
        inbound, ours = self._read(plain)
        if inbound is None:
            return web.Response(text=DONE)
        if inbound.kind not in (Kind.LEFT, Kind.RECEIPT):
            inbound = replace(inbound, union=await self._people.union(inbound.address))
        taken = await take(inbound, plain)
        if not taken.stored:
            return web.Response(status=503, headers={"Retry-After": str(taken.retry_after or 5)})
        text, rows = render.body(taken.answers, self._settings.words)
        if not rows or self.clock() - began > IN_TIME:
            return await passive.respond(request, web.Response(text=DONE), taken, ())
        return await self._answer(request, taken, rows, self._reply(inbound.address, ours, text))

    def _read(self, plain: bytes) -> tuple[Inbound | None, str]:
        """What was said, and the account it was said to; None for what is not for us."""
        try:
            fields = xml.read(plain)
        except xml.NotXml:
            log.warning("wechat.unreadable", bytes=len(plain))
            return None, ""
        ours = str(fields.get("ToUserName", ""))
        if self._settings.original_id and ours != self._settings.original_id:
            log.warning("wechat.another_account")
            return None, ""
        read = parse.parse(fields, self._keys)
        if isinstance(read, parse.Ignored):
            log.info("wechat.ignored", why=read.why)
            return None, ""
        return read, ours

    def _reply(self, address: str, ours: str, text: str) -> bytes:
        said = {"ToUserName": address, "FromUserName": ours, "CreateTime": int(self.now()), "MsgType": "text", "Content": text}
        return self._gate.sealed(xml.write(said), self.now())

    async def _answer(self, request: web.Request, taken: Taken, rows: Collection[int], reply: bytes) -> web.StreamResponse:
        return await passive.respond(request, web.Response(body=reply, content_type="application/xml"), taken, rows)


def _refused(forged: Forged) -> web.Response:
    log.warning("wechat.refused", reason=forged.reason)
    return web.Response(status=401 if forged.reason == "stale" else 403)
