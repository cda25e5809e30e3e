"""The other ways of the 智能机器人: callbacks with their sealed answers, addresses to answer to once, and what people sent."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from tests.fakes.openws_people import Call, Chat, Group, Shown
from tests.fakes.openws_rules import Refused
from tests.fakes.sealed import Seal

if TYPE_CHECKING:
    from tests.fakes.openws import FakeOpenWs

PATIENCE = 5.0
REPLY_LIFE, MEDIA_LIFE, UPLOAD_LIFE, KEPT = 3600.0, 300.0, 1800.0, 3 * 24 * 3600.0


@dataclass
class Callback:
    """Where callbacks go, and what they are sealed with. `status` is that of the last one; `streams`: answers that can be asked for."""

    url: str
    seal: Seal
    statuses: list[int] = field(default_factory=list)
    streams: list[str] = field(default_factory=list)

    async def posts(self, fake: FakeOpenWs, where: Chat, body: dict[str, Any], shown: Shown | None) -> None:
        """One message or event, with an address to answer to; and what the response makes of the chat."""
        answer = await self.post(fake, body | {"response_url": fake.replies.gives(where, body)})
        if answer is None:
            return
        call = Call(fake.clock.at, where, body.get("event", {}).get("eventtype") or "message", shown)
        if call.what == "template_card_event":
            fake.changes(shown, answer)
        else:
            fake.answers(call, answer)
        if answer.get("stream"):
            self.streams.append(answer["stream"]["id"])

    async def asks_again(self, fake: FakeOpenWs, stream: str) -> dict[str, Any] | None:
        """How does that answer go on?"""
        return await self.post(fake, {"msgtype": "stream", "stream": {"id": stream}, "msgid": fake.number("msg")})

    async def post(self, fake: FakeOpenWs, body: dict[str, Any]) -> dict[str, Any] | None:
        """What the response says, opened; None: nothing."""
        encrypt = self.seal.encrypt(json.dumps(body, ensure_ascii=False).encode())
        status, text = await self.raw(json.dumps({"encrypt": encrypt}).encode(), self.seal.query(encrypt, int(fake.clock.at)))
        if status != 200 or not text:
            return None
        given = json.loads(text)
        assert given["msgsignature"] == self.seal.signature(given["encrypt"], str(given["timestamp"]), given["nonce"])
        assert given["nonce"] == "nonce1" and isinstance(given["timestamp"], int)
        plain, receiver = self.seal.decrypt(given["encrypt"])
        assert receiver == ""
        said: dict[str, Any] = json.loads(plain)
        return said or None

    async def raw(self, body: bytes, query: dict[str, str]) -> tuple[int, str]:
        """Any bytes at all, as a callback."""
        async with aiohttp.ClientSession() as http, http.post(self.url, params=query, data=io.BytesIO(body)) as response:
            self.statuses.append(response.status)
            return response.status, await response.text()


@dataclass
class Replies:
    """`response_url`: plain JSON, once, within the hour."""

    fake: FakeOpenWs
    open: dict[str, tuple[Chat, float]] = field(default_factory=dict)

    def gives(self, where: Chat, body: dict[str, Any]) -> str:
        code = self.fake.number("code")
        self.open[code] = (where, self.fake.clock.at)
        return f"{self.fake.base}/cgi-bin/aibot/response?response_code={code}"

    async def take(self, request: web.Request) -> web.Response:
        chat, at = self.open.pop(request.query.get("response_code", ""), (None, 0.0))
        try:
            if chat is None or self.fake.clock.at - at > REPLY_LIFE:
                raise Refused(60140, "response_url used or expired")  # its number is not confirmed
            body = json.loads(await request.text())
            if "encrypt" in body or body.get("msgtype") not in ("markdown", "template_card"):
                raise Refused(40008, "invalid message type")
            if body["msgtype"] == "template_card" and isinstance(chat, Group):
                raise Refused(40008, "cards in single chats only")
            chat.messages.append(self.fake.showing(chat, body))
        except Refused as r:
            self.fake.refused.append(("response_url", r.code))
            return web.json_response({"errcode": r.code, "errmsg": r.message})
        return web.json_response({"errcode": 0, "errmsg": "ok"})


@dataclass
class Media:
    """What people sent (sealed, five minutes), and what the bot uploaded (three days)."""

    fake: FakeOpenWs
    lying: dict[str, tuple[bytes, float]] = field(default_factory=dict)
    uploading: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: dict[str, tuple[bytes, float]] = field(default_factory=dict)

    def put(self, data: bytes) -> dict[str, str]:
        """Where something lies, as a message says it: with a key of its own, or sealed with the callback's."""
        own = base64.b64encode(os.urandom(32)).decode().rstrip("=")
        callback = self.fake.callback
        seal = Seal("", callback.seal.aes_key if callback else own, "")
        count = 32 - len(data) % 32
        name = self.fake.number("file")
        self.lying[name] = (base64.b64decode(seal.encrypt_padded(data + bytes([count]) * count)), self.fake.clock.at)
        return {"url": f"{self.fake.base}/media/{name}?sign=a%2Fb%3D"} | ({} if callback else {"aeskey": own})

    async def give(self, request: web.Request) -> web.Response:
        data, at = self.lying.get(request.match_info["name"], (b"", 0.0))
        if self.fake.clock.at - at > MEDIA_LIFE or "sign=a%2Fb%3D" not in request.raw_path:
            return web.Response(status=403)
        return web.Response(body=data, content_type="application/octet-stream")

    def uploads(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        """The three steps of an upload. Raises Refused."""
        if what == "init":
            if body["total_size"] < 5 or not 1 <= body["total_chunks"] <= 100:
                raise Refused(40058, "size")
            upload = self.fake.number("up")
            self.uploading[upload] = {**body, "at": self.fake.clock.at, "parts": {}}
            return {"upload_id": upload}
        about = self.uploading.get(body["upload_id"])
        if about is None or self.fake.clock.at - about["at"] > UPLOAD_LIFE:
            raise Refused(40007, "no such upload")
        if what == "chunk":
            about["parts"][body["chunk_index"]] = part = base64.b64decode(body["base64_data"])
            if len(part) > 512 * 1024 or not 0 <= body["chunk_index"] < about["total_chunks"]:
                raise Refused(40058, "chunk")
            return {}
        data = b"".join(about["parts"][i] for i in range(about["total_chunks"]))
        if len(data) != about["total_size"] or hashlib.md5(data).hexdigest() != about["md5"]:
            raise Refused(40058, "md5")
        media = self.fake.number("media")
        self.kept[media] = (data, self.fake.clock.at)
        return {"type": about["type"], "media_id": media, "created_at": int(self.fake.clock.at)}

    def given(self, media: str) -> bytes:
        data, at = self.kept.get(media, (b"", 0.0))
        if not data or self.fake.clock.at - at > KEPT:
            raise Refused(40007, "invalid media_id")
        return data
