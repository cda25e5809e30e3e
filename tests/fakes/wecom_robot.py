"""Group robots of our own: each key puts posts into one internal group, with WeCom's limits and refusals (facts of the webhook API).

    fake = FakeRobots(); await fake.start()      # fake.base is `api_base`
    fake.add("k1")                               # a robot in a group
    fake.groups["k1"]                            # what stands in that group, oldest first

Time is virtual: `fake.now += 60`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

LIMIT, WINDOW = 20, 60.0
TEXT, MARKDOWN, PICTURE = 2048, 4096, 2 * 1024 * 1024
HINT = ", hint: [1700000000012345678901234], from ip: 203.0.113.7"


class Refused(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class FakeRobots:
    """The platform. `troubles` happen to the next posts: a status, or `reset` after the post was taken."""

    now: float = 0.0
    groups: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    off: set[str] = field(default_factory=set)
    troubles: list[int | str] = field(default_factory=list)
    base: str = ""
    _times: dict[str, list[float]] = field(default_factory=dict)
    _runner: web.AppRunner | None = None

    def add(self, key: str) -> None:
        self.groups[key] = []

    async def start(self) -> None:
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.router.add_post("/cgi-bin/webhook/send", self._send)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _send(self, request: web.Request) -> web.Response:
        trouble = self.troubles.pop(0) if self.troubles else 0
        if isinstance(trouble, int) and trouble:
            return web.Response(status=trouble, text="<html>")
        try:
            self._take(request.query.get("key", ""), json.loads(await request.read()))
            code, message = 0, "ok"
        except Refused as r:
            code, message = r.code, r.message + HINT
        if trouble == "reset":
            assert request.transport
            request.transport.abort()
        return web.json_response({"errcode": code, "errmsg": message})

    def _take(self, key: str, post: dict[str, Any]) -> None:
        if key not in self.groups:
            raise Refused(93000, "invalid webhook url")
        if key in self.off:
            raise Refused(93004, "robot disabled")
        kind = post.get("msgtype")
        check = {"text": _text, "markdown": _markdown, "image": _image, "template_card": _card}.get(str(kind))
        if check is None:
            raise Refused(40008, "invalid message type")
        check(post.get(str(kind)) or {})
        times = self._times.setdefault(key, [])
        times[:] = [at for at in times if self.now - at < WINDOW]
        if len(times) >= LIMIT:
            raise Refused(45009, "api freq out of limit")
        times.append(self.now)
        self.groups[key].append(post)


def _text(body: dict[str, Any]) -> None:
    _sized(body, TEXT, {"content", "mentioned_list", "mentioned_mobile_list"})


def _markdown(body: dict[str, Any]) -> None:
    _sized(body, MARKDOWN, {"content"})


def _sized(body: dict[str, Any], most: int, known: set[str]) -> None:
    if set(body) - known:
        raise Refused(40058, f"unknown {set(body) - known}")
    content = body.get("content")
    if not isinstance(content, str) or not content:
        raise Refused(44004, "text content is empty")
    if len(content.encode()) > most:
        raise Refused(40058, f"content exceed max length {most}")


def _image(body: dict[str, Any]) -> None:
    data = base64.b64decode(body.get("base64", ""), validate=True)
    if len(data) > PICTURE:
        raise Refused(40009, "invalid image size")
    if hashlib.md5(data).hexdigest() != body.get("md5"):
        raise Refused(301019, "media md5 not match")
    if not data.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        raise Refused(40009, "invalid image")


def _card(card: dict[str, Any]) -> None:
    if card.get("card_type") not in ("text_notice", "news_notice"):
        raise Refused(42031, "invalid card_type")
    if not card.get("main_title", {}).get("title") and not card.get("sub_title_text"):
        raise Refused(42045, "missing main_title")
    action = card.get("card_action", {})
    if action.get("type") != 1 or not action.get("url"):
        raise Refused(42045, "missing card_action")
    jumps = card.get("jump_list", [])
    if len(jumps) > 3 or any(j.get("type") == 1 and not j.get("url") for j in jumps):
        raise Refused(42047, "invalid jump_list")
