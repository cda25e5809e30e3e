"""智能机器人 as a channel: in private and, called by @, in the corp's own groups; by a long connection or by callbacks."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import aiohttp
import structlog
from aiohttp import web

from channels.begun import Begun
from channels.contract import Cache, Capabilities, Notebook, Rate, Rates, SendError, Sent, Take, Window
from channels.tencent.cards import OPTIONS
from channels.tencent.crypto import Envelope
from channels.tencent.refusals import Refusal, wecom_verdict
from channels.wecom_aibot.desk import Desk
from channels.wecom_aibot.desk import Settings as Settings
from channels.wecom_aibot.hook import PATH, Hook
from channels.wecom_aibot.pace import Pace
from channels.wecom_aibot.parse import GROUP, NAME
from channels.wecom_aibot.render import MAX_CONTENT, Message, render
from channels.wecom_aibot.replies import REPLY_SECONDS, REUSED, Replies
from channels.wecom_aibot.socket import NOTE, Server, Socket
from channels.wecom_aibot.talk import Talk
from dialogue.words import Attachment, Kind, Rendered

log = structlog.get_logger(__name__)

CHUNK = 512 * 1024
FINISHING = 10.0  # seconds for what was heard before we leave
OPENS = (Kind.TEXT, Kind.CHOICE, Kind.PHOTO, Kind.VOICE, Kind.FILE, Kind.OTHER)  # each brings one address to answer to
ENDED = {"kicked": "wecom_aibot.kicked", "refused": "wecom_aibot.refused"}  # link.Phase: how the connection ended for good
PER_CHAT = (Rate(20, 60, 9), Rate(900, 3600, 90))  # below 30 and 1000, answers and pushes together

Finding = tuple[bool, str, dict[str, str]]


class AiBot:
    """One bot. `pace` is handed in by tests only."""

    name = NAME
    # what is pushed into a group shows no buttons for certain: posts there carry links, only answers there carry cards
    can = Capabilities(
        buttons=OPTIONS, max_text=MAX_CONTENT // 3, groups=True, pictures=True, first_word=False, passive_reply=True, hears_groups=False
    )
    rates = Rates(person=PER_CHAT, group=PER_CHAT)

    def __init__(
        self, settings: Settings, words: Callable[[str], Mapping[str, Any]], cache: Cache, notes: Notebook, pace: Pace | None = None
    ) -> None:
        self._settings = settings
        self._desk = Desk(settings, words, cache, notes, pace or Pace())
        self._socket: Socket | None = None
        self._talk: Talk | None = None
        self._running: asyncio.Task[None] | None = None
        self._replies = Replies(cache, local=settings.local)
        self._begun = Begun()
        self.secrets = tuple(s for s in (settings.secret, settings.token, settings.encoding_aes_key) if s)
        if settings.mode == "callback":
            windows = MappingProxyType({kind: Window(1, REPLY_SECONDS) for kind in OPENS})
            self.can = replace(self.can, windows=windows, pictures=False)

    @property
    def ready(self) -> bool:
        """By the long connection only where it is, and while it lives."""
        return self._settings.mode == "callback" or (self._socket is not None and self._socket.live)

    def routes(self, take: Take) -> Sequence[web.RouteDef]:
        """The callback's two; none with a long connection."""
        if self._settings.mode != "callback":
            return ()
        hook = Hook(self._desk, self._replies, self._envelope())

        async def receive(request: web.Request) -> web.StreamResponse:
            return await hook.receive(request, take)

        return (web.get(PATH, hook.verify), web.post(PATH, receive))

    async def start(self, take: Take) -> None:
        """Hold the long connection, as soon as no other process does."""
        s = self._settings
        if s.mode == "callback":
            return
        if not (s.bot_id and s.secret):
            log.error("wecom_aibot.not_configured")
            return
        self._talk = Talk(self._desk, take)
        server = Server(s.socket_url, s.bot_id, s.secret)
        self._socket = self._talk.socket = Socket(server, self._desk.cache, self._desk.notes, self._talk.heard, self._desk.pace)
        self._running = asyncio.create_task(self._socket.run())

    async def stop(self) -> None:
        """What was heard is taken and answered; then hang up, and let another process have the connection."""
        if self._talk is not None and self._socket is not None and self._running is not None:
            self._talk.closing = True
            try:
                await asyncio.wait_for(self._socket.finish(), FINISHING)
            except TimeoutError:
                log.warning("wecom_aibot.unfinished")
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            await self._socket.release()
            self._running = None
        await self._replies.close()

    async def send(self, address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        """Say it in that chat; the id is the card's task_id, else our own key. Raises SendError."""
        group = address.startswith(GROUP)
        by_socket = self._settings.mode != "callback"
        messages = render(words, key, self._desk.style(words), cards=not group)
        if picture and by_socket:
            messages = [{"msgtype": "image"}, *messages]
        elif picture:
            log.warning("wecom_aibot.picture_left_out", size=len(picture))
        if not messages:
            raise SendError.ours("nothing to say")
        begun = self._begun.take(key, words)
        for i, message in enumerate(messages[begun:], begun):
            try:
                await (self._push(address, message, picture or b"") if by_socket else self._replies.say(address, message))
            except SendError as error:
                if error.verdict in ("retry", "closed"):
                    self._begun.note(key, words, i)
                raise
        self._desk.shown(messages)
        return Sent(key)

    async def fetch(self, attachment: Attachment) -> bytes:
        """The bytes of what somebody sent within the last five minutes. Raises SendError or TooBig."""
        return await self._desk.fetch(attachment.reference)

    async def check(self) -> list[Finding]:
        """What an operator should know, in the order of the back office's page."""
        s = self._settings
        wanted = ("bot_id", "secret") if s.mode == "socket" else ("token", "encoding_aes_key")
        missing: list[Finding] = [(False, f"wecom_aibot.missing_{s.mode}", {"key": key}) for key in wanted if not getattr(s, key)]
        if missing:
            return missing
        found: list[Finding] = [] if s.bot_name else [(True, "wecom_aibot.no_name", {})]
        return found + (self._check_callback() if s.mode == "callback" else await self._check_socket())

    def _check_callback(self) -> list[Finding]:
        url = f"{self._settings.public_url.rstrip('/')}{PATH}"
        if self._settings.encoding_aes_key and self._envelope() is None:
            return [(False, "wecom_aibot.bad_aes_key", {})]
        fine = url.startswith("https://")
        return [(fine, "wecom_aibot.callback" if fine else "wecom_aibot.no_https", {"url": url})]

    async def _check_socket(self) -> list[Finding]:
        """Whether the server is there. Nobody is greeted: that would throw out the connection of the running programme."""
        s = self._settings
        word = ""
        with suppress(Exception):  # there may be no database yet, which is said elsewhere
            word = await self._desk.notes.read(NOTE)
        found: list[Finding] = [(False, ENDED[word], {})] if word in ENDED else []
        try:
            timeout = aiohttp.ClientTimeout(10)
            async with aiohttp.ClientSession(timeout=timeout) as session, session.ws_connect(s.socket_url):
                return [*found, (True, "wecom_aibot.reachable", {"url": s.socket_url})]
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as e:
            return [*found, (False, "wecom_aibot.unreachable", {"url": s.socket_url, "reason": type(e).__name__})]

    def _envelope(self) -> Envelope | None:
        try:
            return Envelope(self._settings.token, self._settings.encoding_aes_key, "") if self._settings.token else None
        except ValueError:
            return None

    # --- by the long connection ------------------------------------------------------------------------------------

    async def _push(self, address: str, message: Message, picture: bytes) -> None:
        if self._socket is None:
            raise SendError.retry("not connected")
        to = {"chatid": address.removeprefix(GROUP), "chat_type": 2 if address.startswith(GROUP) else 1}
        try:
            if message["msgtype"] == "image":
                message = {"msgtype": "image", "image": {"media_id": await self._uploaded(self._socket, picture)}}
            await self._socket.ask("aibot_send_msg", {**to, **message})
        except Refusal as r:
            if r.code == REUSED:  # the card is there: our first try got through
                return
            error = wecom_verdict(r)
            error.bulk = False  # every chat has its own limit
            raise error from None

    async def _uploaded(self, socket: Socket, picture: bytes) -> str:
        chunks = [picture[at : at + CHUNK] for at in range(0, len(picture), CHUNK)]
        digest = hashlib.md5(picture, usedforsecurity=False).hexdigest()
        kind = "png" if picture.startswith(b"\x89PNG") else "jpg"
        about = {"type": "image", "filename": f"picture.{kind}", "total_size": len(picture), "total_chunks": len(chunks), "md5": digest}
        upload = _given(await socket.ask("aibot_upload_media_init", about), "upload_id")
        for index, chunk in enumerate(chunks):
            part = {"upload_id": upload, "chunk_index": index, "base64_data": base64.b64encode(chunk).decode()}
            await socket.ask("aibot_upload_media_chunk", part)
        return _given(await socket.ask("aibot_upload_media_finish", {"upload_id": upload}), "media_id")


def _given(frame: Mapping[str, Any], name: str) -> str:
    body = frame.get("body")
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, str) or not found:
        raise Refusal(0, f"no {name} in the answer")
    return found
