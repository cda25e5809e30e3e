"""自建应用 as a channel: what members say and tap comes in by callback, answered within it where it fits, else by message/send."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog
from aiohttp import web

from channels import passive
from channels.contract import Cache, Capabilities, Rate, Rates, SendError, Sent, Take, Taken
from channels.tencent import xml
from channels.tencent.api import Api, wecom
from channels.tencent.cards import OPTIONS
from channels.tencent.crypto import Envelope, Forged
from channels.tencent.hook import body_of
from channels.tencent.refusals import Refusal, wecom_verdict
from channels.wecom import checks, groups, parse, render
from channels.wecom.chats import Chats
from channels.wecom.customers import Customers
from channels.wecom.oauth import Oauth
from channels.wecom.outgoing import Outgoing
from channels.wecom.owners import Ports, Speech
from channels.wecom.people import People
from channels.wecom.settings import CUSTOMERS, NAME, PATH, Settings
from dialogue.words import Attachment, Kind, Rendered

log = structlog.get_logger(__name__)

IN_TIME = 4.5  # seconds since a request began: at five WeCom hangs up and calls again
ENTERED = 12 * 3600  # seconds in which opening the application once more is no news
MAX_FILE = 20 * 1024 * 1024


class Wecom:
    """One application of a corp. `now` (seconds since 1970) and `clock` (seconds that only grow) are set by tests alone."""

    name = NAME
    can = Capabilities(
        buttons=OPTIONS,
        max_text=render.MAX_TEXT // 3,
        groups=True,
        pictures=True,
        first_word=True,
        passive_reply=True,
        hears_groups=False,
    )
    ready = True
    rates = Rates(person=(Rate(20, 60, 9), Rate(900, 3600, 90)), group=(Rate(20, 60, 9),))

    def __init__(self, settings: Settings, cache: Cache, customers: Ports | None = None) -> None:
        self._settings = settings
        self._cache = cache
        self.now: Callable[[], float] = time.time
        self.clock: Callable[[], float] = time.monotonic
        self._api = Api(settings.api_base, wecom(settings.corp_id, settings.secret), cache, now=self._moment)
        self._outgoing = Outgoing(settings, self._api, cache, self._moment)
        self._later: set[asyncio.Task[None]] = set()
        self._people = People(self._api)
        self.oauth = Oauth(settings, self._api)
        self.appchat = groups.Groups(self._api)
        self.chats = Chats(self._api)
        speech = Speech(settings.words, lambda who, words: self._outgoing.send(who, words, None, ""))
        self.customers = Customers(self.chats, cache, customers, speech, self._moment) if customers else None
        self.secrets = tuple(s for s in (settings.secret, settings.token, settings.encoding_aes_key) if s)
        self._envelope: Envelope | None = None
        if settings.token and not checks.bad_key(settings.encoding_aes_key):
            self._envelope = Envelope(settings.token, settings.encoding_aes_key, settings.corp_id)

    def routes(self, take: Take) -> Sequence[web.RouteDef]:
        """The address that is pasted into the back office: asked once with GET, called with POST."""

        async def hook(request: web.Request) -> web.StreamResponse:
            return await self._come(request, take)

        return (web.get(PATH, self._verify, allow_head=False), web.post(PATH, hook))

    async def start(self, take: Take) -> None:
        """WeCom calls us; only what the owners of 客户群 did must be asked for."""
        if self.customers:
            self.customers.start(take)

    async def stop(self) -> None:
        """Hang up."""
        if self.customers:
            await self.customers.stop()
        for task in self._later:
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)
        await self._api.close()

    async def send(self, address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        """Say it to a member, into a group of ours (`appchat:<chatid>`), or lay it before the owner of a 客户群. Raises SendError."""
        if address.startswith(CUSTOMERS):
            if self.customers is None:
                raise SendError.ours("no groups with customers here")
            return await self.customers.send(address, words, key)
        return await self._outgoing.send(address, words, picture, key)

    def daily(self, address: str) -> bool:
        """Only a 客户群 takes one post a day."""
        return address.startswith(CUSTOMERS)

    async def rests(self, address: str) -> float:
        """Seconds until that 客户群 takes another post."""
        return await self.customers.owners.rests(address) if self.customers else 0.0

    async def recall(self, id: str) -> None:  # noqa: A002 - as Sent calls it
        """Take back what was said, within a day of it. Raises SendError."""
        await self._outgoing.recall(id)

    async def fetch(self, attachment: Attachment) -> bytes:
        """The bytes of what a member sent, kept by the platform for three days. Raises SendError or TooBig."""
        try:
            return await self._api.download("/cgi-bin/media/get", {"media_id": attachment.reference}, MAX_FILE)
        except Refusal as r:
            raise wecom_verdict(r) from None

    async def check(self) -> list[checks.Finding]:
        """What an operator should know, in the order of the back office's pages."""
        try:
            found = await checks.findings(self._settings, self._api)
            return found + (await self.customers.findings() if self.customers else [])
        finally:
            await self._api.close()

    # --- what comes in -------------------------------------------------------------------------------------------------

    async def _verify(self, request: web.Request) -> web.Response:
        """WeCom asks once whether we are who holds the key: the plain text is the proof."""
        try:
            return web.Response(body=self._opened(request.query.get("echostr", "").encode(), request), content_type="text/plain")
        except Forged as f:
            return _refused(f)

    async def _come(self, request: web.Request, take: Take) -> web.StreamResponse:
        began = self.clock()
        sealed = xml.encrypted_in(await body_of(request))
        try:
            plain = self._opened(sealed, request)
            fields = xml.read(plain)
        except Forged as f:
            return _refused(f)
        except xml.NotXml:
            log.warning("wecom.unreadable")
            return web.Response()
        read = parse.parse(fields, self._settings.corp_id, self._settings.agent_id)
        if isinstance(read, parse.Customer) and self.customers:
            self.customers.hint(fields, take)
        if not isinstance(read, parse.Read):
            log.info("wecom.ignored", why=getattr(read, "why", "customers"))
            return web.Response()
        # each opening of the application is an event, and a menu at each would be a flood
        entered = f"{NAME}:entered:{read.inbound.address}" if read.entered else ""
        if entered and await self._cache.get(entered):
            return web.Response()
        inbound = read.inbound
        if inbound.kind is not Kind.LEFT:
            inbound = replace(inbound, name=await self._people.name(inbound.address))
        taken = await take(inbound, plain)
        if not taken.stored:
            return web.Response(status=503, headers={"Retry-After": str(taken.retry_after or 5)})
        if entered:
            await self._cache.put(entered, "1", ENTERED)
        return await self._answer(request, read, taken, fields, late=self.clock() - began > IN_TIME)

    async def _answer(
        self, request: web.Request, read: parse.Read, taken: Taken, fields: parse.Fields, *, late: bool
    ) -> web.StreamResponse:
        """Within the request: a clicked card is greyed, or the first of the answers said if it is text; the others leave by themselves."""
        if read.clicked:
            return await passive.respond(request, await self._clicked(read, read.clicked, fields, late=late), taken, ())
        first = taken.answers[0] if taken.answers else None
        text = render.answer(first.words, self._settings.words) if first and not late else ""
        if first is None or not text:
            return await passive.respond(request, web.Response(), taken, ())
        return await passive.respond(request, self._sealed(fields, {"MsgType": "text", "Content": text}), taken, (first.row,))

    async def _clicked(self, read: parse.Read, click: parse.Clicked, fields: parse.Fields, *, late: bool) -> web.Response:
        """The card shows what was chosen. Its key is good once: within the request, or by a call when WeCom has hung up by then."""
        said = render.chosen(await self._outgoing.labels(click.task, click.payloads), self._settings.words)
        called = f"{NAME}:greyed:{click.response}"
        if await self._cache.get(called):
            return web.Response()
        if not late:
            return self._sealed(fields, {"MsgType": "update_button", "Button": {"ReplaceName": said}})
        await self._cache.put(called, "1", ENTERED)
        task = asyncio.create_task(self._outgoing.grey(read.inbound.address, click.response, said))
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        return web.Response()

    def _moment(self) -> float:
        return self.now()

    def _opened(self, sealed: bytes | None, request: web.Request) -> bytes:
        if self._envelope is None:
            raise Forged("not_configured")
        if sealed is None:
            raise Forged("not_sealed")
        q = request.query
        return self._envelope.open(sealed, q.get("msg_signature", ""), q.get("timestamp", ""), q.get("nonce", ""), self.now())

    def _sealed(self, fields: parse.Fields, said: dict[str, Any]) -> web.Response:
        assert self._envelope
        to = {"ToUserName": fields.get("FromUserName", ""), "FromUserName": self._settings.corp_id, "CreateTime": int(self.now())}
        sealed = self._envelope.seal(xml.write({**to, **said}), secrets.token_hex(8), int(self.now()))
        return web.Response(body=xml.enveloped(sealed), content_type="application/xml")


def _refused(forged: Forged) -> web.Response:
    log.warning("wecom.refused", reason=forged.reason)
    return web.Response(status=401 if forged.reason == "stale" else 403)
