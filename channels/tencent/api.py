"""Calls to Tencent's servers with a token that many processes share.

wechatpy's client is left aside: it blocks the loop, asks again without end, and every process refreshes for itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp

from channels.contract import Cache
from channels.tencent.line import Line, Query
from channels.tencent.refusals import Refusal as Refusal
from channels.tencent.refusals import wechat_verdict as wechat_verdict
from channels.tencent.refusals import wecom_verdict as wecom_verdict

T = TypeVar("T")
EARLY = 200  # seconds before its end a token is no longer used
HOLD = 20  # seconds one process may take to fetch a token while the others wait for it
POLLS, POLL = 30, 0.1  # how often, and every how many seconds, the others look: then they go ahead rather than stand still
BARRED = 60  # seconds a refused secret is not tried again: many wrong ones and Tencent shuts our address out for an hour
SPENT = (40001, 40014, 42001)  # the token is wrong, or no longer the newest, or too old


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is given for: see wecom() and wechat()."""

    id: str
    secret: str = field(repr=False)
    path: str
    query: Query = field(repr=False)
    body: Mapping[str, str] | None = field(default=None, repr=False)


def wecom(corp_id: str, secret: str) -> Grant:
    """The token of one application of a corp (自建应用, 微信客服, 客户联系)."""
    return Grant(corp_id, secret, "/cgi-bin/gettoken", {"corpid": corp_id, "corpsecret": secret})


def wechat(app_id: str, secret: str) -> Grant:
    """The token of a 公众号: the stable one, which other programmes' calls do not make void."""
    return Grant(app_id, secret, "/cgi-bin/stable_token", {}, {"grant_type": "client_credential", "appid": app_id, "secret": secret})


class Api:
    """One application's line to Tencent. `base` without a path; paths begin with `/` (`/cgi-bin/message/send`)."""

    def __init__(self, base: str, grant: Grant, cache: Cache, *, now: Callable[[], float] = time.time) -> None:
        self._line = Line(base)
        self._grant = grant
        self._cache = cache
        self._now = now
        # another secret is another token: after a change of config nobody goes on with the old one
        self._key = f"token:{grant.id}:{hashlib.sha256(f'{self._line.base} {grant.secret}'.encode()).hexdigest()[:16]}"
        self._fetching: asyncio.Task[str] | None = None
        self._barred: tuple[float, Refusal] | None = None

    async def call(self, path: str, body: Mapping[str, Any] | None = None, query: Query | None = None) -> dict[str, Any]:
        """POST a body as JSON (GET without one). A spent token is replaced and the call repeated once. Raises Refusal."""
        return await self._with_token(query, lambda full: self._line.json(path, full, body))

    async def upload(self, path: str, data: bytes, name: str, type: str, query: Query | None = None) -> dict[str, Any]:  # noqa: A002
        """Send a file; `type` is its MIME type, media/upload's own `type` (image, voice …) stands in `query`. Raises Refusal."""
        file_name = re.sub(r"[^0-9A-Za-z._-]", "_", name)  # Tencent reads no other names

        def once(full: Query) -> Awaitable[dict[str, Any]]:
            form = aiohttp.FormData()
            form.add_field("media", io.BytesIO(data), filename=file_name, content_type=type)
            return self._line.form(path, full, form)

        return await self._with_token(query, once)

    async def download(self, path: str, query: Query | None, most: int) -> bytes:
        """A file of at most `most` bytes (media/get). Raises Refusal or TooBig."""
        return await self._with_token(query, lambda full: self._line.file(path, full, most))

    async def open(self, path: str, query: Query | None = None) -> dict[str, Any]:
        """GET without our token (sns/oauth2/access_token). Raises Refusal."""
        return await self._line.json(path, query or {})

    async def token(self) -> str:
        """A token that is good for at least EARLY seconds; one request for it at a time, in all processes. Raises Refusal."""
        if found := await self._kept():
            return found
        if self._barred and self._now() < self._barred[0]:
            raise self._barred[1].again()
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch())
        try:
            return await asyncio.shield(self._fetching)  # whoever stops waiting stops nobody else's token
        except Refusal as r:
            raise r.again() from None

    async def close(self) -> None:
        """Hang up."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)
            self._fetching = None
        await self._line.close()

    async def _with_token(self, query: Query | None, once: Callable[[Query], Awaitable[T]]) -> T:
        token = await self.token()
        try:
            return await once({**(query or {}), "access_token": token})
        except Refusal as r:
            if r.code not in SPENT:
                raise
        await self._drop(token)
        return await once({**(query or {}), "access_token": await self.token()})

    async def _kept(self) -> str:
        until, _, token = (await self._cache.get(self._key) or "").partition(" ")
        return token if token and self._now() < float(until) else ""

    async def _drop(self, token: str) -> None:
        value = await self._cache.get(self._key) or ""
        if value.partition(" ")[2] == token:  # somebody else may have put a fresh one there already
            await self._cache.drop(self._key, value)

    async def _fetch(self) -> str:
        holder, lock, mine = secrets.token_hex(8), f"{self._key}:fetch", False
        for _ in range(POLLS):
            if mine := await self._cache.hold(lock, holder, HOLD):
                break
            await asyncio.sleep(POLL)
            if found := await self._kept():
                return found
        try:
            return await self._kept() or await self._fresh()
        finally:
            if mine:
                await self._cache.release(lock, holder)

    async def _fresh(self) -> str:
        try:
            given = await self._line.json(self._grant.path, self._grant.query, self._grant.body)
            token, seconds = str(given["access_token"]), int(given.get("expires_in", 7200))
        except (KeyError, ValueError, TypeError):
            raise Refusal(0, "no token in the answer") from None
        except Refusal as r:
            if r.code > 0:
                self._barred = (self._now() + BARRED, r)
            raise Refusal(r.code, r.reason, after=r.after) from None  # whatever was to be sent was not sent: nothing is uncertain
        lasts = max(seconds - EARLY, 1)
        await self._cache.put(self._key, f"{self._now() + lasts:.0f} {token}", lasts)
        return token
