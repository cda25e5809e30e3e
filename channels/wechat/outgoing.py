"""What leaves for the 公众号: 客服消息, templates, scene QRs; and the refusals in delivery's words."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import structlog

from channels.begun import Begun
from channels.contract import SendError, Sent, TooBig
from channels.numbered import language
from channels.tencent.api import Api
from channels.tencent.refusals import Refusal, wechat_verdict
from channels.wechat import render, templates
from channels.wechat.settings import Settings
from channels.wechat.templates import Template, Templates
from dialogue.words import Attachment, Rendered

log = structlog.get_logger(__name__)

MAX_FILE = 10 * 1024 * 1024
CUSTOM = "/cgi-bin/message/custom/send"
BAD_MEDIA = 40007  # the picture was kept three days and is no more
UNVERIFIED = 48001  # an account that may only answer: what is to be said waits until they write
NOT_ORDERED = 43101
NO_TEMPLATE = 40037
KEPT = 256


@dataclass(frozen=True, slots=True)
class Scene:
    """A QR of the account that carries a code: `url` to draw it from on paper, `image` the platform's own picture of it."""

    url: str
    image: str


class Outgoing:
    """Sends; remembers what broke off, and the pictures the platform has already."""

    def __init__(self, api: Api, known: Templates, settings: Settings) -> None:
        self._api = api
        self._templates = known
        self._settings = settings
        self._pictures: OrderedDict[str, str] = OrderedDict()  # digest -> the platform's own handle
        self._begun = Begun()

    async def message(self, address: str, words: Rendered, picture: bytes | None, key: str) -> Sent:
        """The words as 客服消息, the picture first. The platform names none of them: the id is our own key. Raises SendError."""
        calls = [*([{"msgtype": "image"}] if picture else []), *render.calls(words, self._settings.words)]
        if not calls:
            raise SendError.ours("nothing to say")
        begun = self._begun.take(key, words)
        for i, call in enumerate(calls[begun:], begun):
            try:
                await self._say(address, call, words.picture, picture or b"")
            except Refusal as r:
                error = SendError.closed(r.reason) if r.code == UNVERIFIED else wechat_verdict(r)
                if error.verdict in ("retry", "closed"):
                    self._begun.note(key, words, i)
                error.said = i - begun
                raise error from None
        return Sent(key, count=len(calls) - begun)

    async def template(self, address: str, words: Rendered, now: datetime, key: str) -> Sent:
        """The template configured for `words.brief`, filled from the words, opening their first page. Raises SendError."""
        id = self._settings.templates.get(words.brief, "")  # noqa: A001 - the platform's word
        try:
            found = await self._templates.find(id) if id else None
            if found is None or found.unknown:
                await self._templates.forget()
                raise SendError.ours(f"template of {words.brief}: {'no such' if found is None else ' '.join(found.unknown)}")
            return await self._order(address, found, self._filled(found, words, now), key)
        except Refusal as r:
            if r.code == NO_TEMPLATE:
                await self._templates.forget()
            raise (SendError.closed(r.reason) if r.code == NOT_ORDERED else wechat_verdict(r)) from None

    def _filled(self, found: Template, words: Rendered, now: datetime) -> dict[str, Any]:
        url = next((b.url for b in words.buttons if b.url), words.page)
        data = templates.fill(found, words, self._settings.words(language(words)), now)
        return {"template_id": found.id, "page" if found.ordered else "url": url, "data": data}

    async def _order(self, address: str, found: Template, filled: dict[str, Any], key: str) -> Sent:
        if found.ordered:
            sent = await self._api.call("/cgi-bin/message/subscribe/bizsend", {"touser": address, **filled})
            return Sent(str(sent.get("msgid") or key))
        sent = await self._api.call("/cgi-bin/message/template/send", {"touser": address, **filled, "client_msg_id": key})
        return Sent(str(sent.get("msgid") or key))

    async def _say(self, address: str, call: render.Call, digest: str, picture: bytes) -> None:
        if call["msgtype"] != "image":
            await self._api.call(CUSTOM, {"touser": address, **call})
            return
        for again in (False, True):
            handle = await self._handle(digest, picture)
            try:
                await self._api.call(CUSTOM, {"touser": address, **call, "image": {"media_id": handle}})
                return
            except Refusal as r:
                if r.code != BAD_MEDIA or again:
                    raise
                self._pictures.pop(digest, None)

    async def _handle(self, digest: str, picture: bytes) -> str:
        if digest not in self._pictures:
            png = picture.startswith(b"\x89PNG")
            name, kind = ("picture.png", "image/png") if png else ("picture.jpg", "image/jpeg")
            told = await self._api.upload("/cgi-bin/media/upload", picture, name, kind, {"type": "image"})
            self._pictures[digest] = str(told.get("media_id", ""))
            if len(self._pictures) > KEPT:
                self._pictures.popitem(last=False)
        return self._pictures[digest]


async def fetched(api: Api, attachment: Attachment) -> bytes:
    """The bytes of something a follower sent. Raises SendError or TooBig."""
    if attachment.size > MAX_FILE:
        raise TooBig
    try:
        return await api.download("/cgi-bin/media/get", {"media_id": attachment.reference}, MAX_FILE)
    except Refusal as r:
        raise wechat_verdict(r) from None


async def scene(api: Api, qr_base: str, code: str, days: int) -> Scene:
    """A QR that brings this code, from the platform. Raises SendError."""
    lasting = {"expire_seconds": min(days, 30) * 86400, "action_name": "QR_STR_SCENE"} if days else {"action_name": "QR_LIMIT_STR_SCENE"}
    try:
        told = await api.call("/cgi-bin/qrcode/create", {**lasting, "action_info": {"scene": {"scene_str": code}}})
    except Refusal as r:
        raise wechat_verdict(r) from None
    ticket = urlencode({"ticket": str(told.get("ticket", ""))})
    return Scene(str(told.get("url", "")), f"{qr_base.rstrip('/')}/cgi-bin/showqrcode?{ticket}")
