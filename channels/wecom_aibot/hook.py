"""The callback of the 智能机器人: sealed JSON comes in, and the answer is the sealed body of the same response (facts/wecom.md §2.3)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog
from aiohttp import web

from channels.contract import Answer, SendError, Take, Taken
from channels.passive import respond
from channels.tencent.crypto import Envelope, Forged, Sealed
from channels.tencent.hook import body_of
from channels.wecom_aibot.desk import Desk
from channels.wecom_aibot.parse import Ignored, Read, parse, read
from channels.wecom_aibot.render import MAX_CONTENT, Message, marked, tapped, together, welcome
from channels.wecom_aibot.replies import Replies
from dialogue.words import Inbound, Kind

log = structlog.get_logger(__name__)

PATH = "/hook/aibot"
LATE = 4.5  # seconds: the platform waits five
STREAM_SECONDS = 600  # so long the platform may ask how an answer goes on


OPENS = re.compile(rb'"encrypt"\s*:\s*"')
SPOKEN = 64 * 1024  # no message is larger; a forger's backslashes are not counted
HEAD = 1024  # it stands first, or behind an id or two


class Hook:
    """Takes callbacks. `envelope` None: the key is missing or none, and everything is refused."""

    def __init__(self, desk: Desk, replies: Replies, envelope: Envelope | None) -> None:
        self._desk = desk
        self._replies = replies
        self._envelope = envelope

    async def verify(self, request: web.Request) -> web.Response:
        """The back office asks whether we are we: the plain words behind echostr."""
        plain = self._opened(request.query, request.query.get("echostr", ""))
        return web.Response(status=403) if plain is None else web.Response(body=plain, content_type="text/plain")

    async def receive(self, request: web.Request, take: Take) -> web.StreamResponse:
        """One message or event, answered in its own response as far as there is room."""
        began = self._desk.pace.clock()
        plain = self._opened(request.query, _encrypted(await body_of(request)))
        if plain is None:
            return web.Response(status=403)
        body = read(plain)
        found = parse(body, self._desk.me) if body is not None else Ignored("unreadable")
        if isinstance(found, Ignored):
            log.info("wecom_aibot.ignored", why=found.why)
            again = await self._said_before(found.stream) if found.stream else None
            return self._response(request, again) if again else web.Response()
        inbound = found.inbound
        if found.reply:
            await self._replies.keep(inbound.chat or inbound.address, found.reply)
        self._desk.keep(found.media)
        # not as it stands: addresses of files and answers are in it, which nobody may keep
        taken = await take(inbound, b"")
        if not taken.stored:
            return web.Response(status=503, headers={"Retry-After": str(taken.retry_after or 5)})
        if self._desk.pace.clock() - began > LATE:
            await taken.given(())
            return web.Response()
        return await self._respond(request, found, taken)

    async def _respond(self, request: web.Request, found: Read, taken: Taken) -> web.StreamResponse:
        if found.inbound.kind is Kind.CHOICE:
            return await self._changed(request, found, taken)
        message, count = self._message(found, taken)
        if not message:
            return await respond(request, web.Response(), taken, ())
        self._desk.shown([message])
        await self._remember(message)
        rows = [answer.row for answer in taken.answers[:count]]
        return await respond(request, self._response(request, message), taken, rows)

    async def _changed(self, request: web.Request, found: Read, taken: Taken) -> web.StreamResponse:
        """The card says what was tapped on it: there is no room for words, which leave by the one address the tap brought."""
        inbound = found.inbound
        said = taken.alert if inbound.chat else self._desk.chosen(inbound.question, inbound.choice.split("\n"))
        card = tapped(inbound.question, said or str(self._desk.words("")["received"]), self._desk.settings.public_url)
        whose = {"userids": [inbound.address]} if inbound.chat else {}
        changed: Message = {"response_type": "update_template_card", **whose, "template_card": card}
        response = await respond(request, self._response(request, changed), replace(taken, answers=()), ())
        joined = await self._joined(inbound, taken.answers)
        if joined is not None:  # else they may have been said: they are nobody's until the loan ends
            await taken.given(joined)
        return response

    async def _joined(self, inbound: Inbound, answers: tuple[Answer, ...]) -> list[int] | None:
        """Several answers are said there as one; a single one leaves by itself, with its card. Which were said; None: nobody knows."""
        several = _without_pictures(answers)
        if len(several) < 2:
            return []
        style = self._desk.style(several[0].words)
        text = "\n\n".join(marked(answer.words, style) for answer in several)
        if len(text.encode()) > MAX_CONTENT:
            return []
        try:
            await self._replies.say(inbound.chat or inbound.address, {"msgtype": "markdown", "markdown": {"content": text}})
        except SendError as error:
            log.info("wecom_aibot.not_joined", verdict=error.verdict, reason=error.reason)
            return None if error.uncertain else []
        return [answer.row for answer in several]

    def _message(self, found: Read, taken: Taken) -> tuple[Message, int]:
        """What the response says, and how many answers are in it, from the first."""
        answers = _without_pictures(taken.answers)
        if not answers:
            return {}, 0
        style = self._desk.style(answers[0].words)
        tasks = [answer.key for answer in answers]  # not by chance: what is said again is the same
        if found.inbound.kind is Kind.JOINED:
            greeting = welcome(answers[0].words, tasks[0], style)
            return (greeting, 1) if greeting else ({}, 0)
        return together([answer.words for answer in answers], tasks, tasks[0], style)

    # --- envelopes -----------------------------------------------------------------------------------------------

    def _opened(self, query: Mapping[str, str], encrypt: str | bytes) -> bytes | None:
        """What is said inside; None: it did not come from Tencent, or is old."""
        if self._envelope is None:
            return None
        given = (query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", ""))
        try:
            return self._envelope.open(encrypt, *given, self._desk.pace.now())
        except Forged as f:
            log.warning("wecom_aibot.forged", reason=f.reason)
            return None

    def _response(self, request: web.Request, message: Message) -> web.Response:
        assert self._envelope is not None
        plain = json.dumps(message, ensure_ascii=False).encode()
        sealed = self._envelope.seal(plain, request.query.get("nonce", ""), int(self._desk.pace.now()))
        return web.Response(text=_written(sealed), content_type="text/plain")  # as Tencent's own plugin calls it

    # --- an answer the platform asks for again -------------------------------------------------------------------

    async def _remember(self, message: Message) -> None:
        """Our answers are finished at once; one that was lost on the way is asked for, perhaps of another of our processes."""
        stream = message.get("stream")
        if stream and self._envelope:
            # sealed: what was said to somebody lies nowhere in the clear
            sealed = self._envelope.seal(json.dumps(stream).encode(), "", int(self._desk.pace.now()))
            await self._desk.cache.put(_stream_key(stream["id"]), f"{sealed.signature} {sealed.timestamp} {sealed.encrypt}", STREAM_SECONDS)

    async def _said_before(self, name: str) -> Message | None:
        signature, _, rest = (await self._desk.cache.get(_stream_key(name)) or "").partition(" ")
        timestamp, _, encrypt = rest.partition(" ")
        if not encrypt or self._envelope is None:
            return None
        stream = read(self._envelope.open(encrypt, signature, timestamp, "", float(timestamp)))
        return {"msgtype": "stream", "stream": stream}


def _stream_key(name: str) -> str:
    return f"wecom_aibot:stream:{name}"


def _without_pictures(answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """The answers before the first with a picture, which leaves by itself, and all behind it, or the order would be lost."""
    return answers[: next((i for i, answer in enumerate(answers) if answer.words.picture), len(answers))]


def _encrypted(body: bytes) -> bytes:
    """What an envelope carries, found without reading the rest: 1 MiB of anything costs next to nothing. Empty: no envelope."""
    opens = OPENS.search(body, 0, HEAD)
    end = body.find(b'"', opens.end()) if opens else -1
    found = body[opens.end() : end] if opens and end >= 0 else b""
    return found.replace(b"\\", b"") if len(found) <= SPOKEN and b"\\" in found else found  # \/ is how some write a / in JSON


def _written(sealed: Sealed) -> str:
    fields: dict[str, Any] = {
        "encrypt": sealed.encrypt,
        "msgsignature": sealed.signature,
        "timestamp": sealed.timestamp,
        "nonce": sealed.nonce,
    }
    return json.dumps(fields)
