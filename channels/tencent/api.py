"""Calls to Tencent's servers with a token that many processes share.

wechatpy's client is left aside: it blocks the loop, asks again without end, and every process refreshes for itself. Tokens and
secrets stand in the addresses of calls, so nothing here ever logs or raises an address.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp

from channels.bodies import limited
from channels.contract import Cache
from channels.tencent.refusals import Refusal as Refusal
from channels.tencent.refusals import wechat_verdict as wechat_verdict
from channels.tencent.refusals import wecom_verdict as wecom_verdict

T = TypeVar("T")
CALL_SECONDS = 15.0
FILE_SECONDS = 120.0
EARLY = 200  # seconds before its end a token is no longer used
HOLD = 20  # seconds one process may take to fetch a token while the others wait for it
POLLS, POLL = 30, 0.1  # how often, and every how many seconds, the others look: then they go ahead rather than stand still
BARRED = 60  # seconds a refused secret is not tried again: many wrong ones and Tencent shuts our address out for an hour
SPENT = (40001, 40014, 42001)  # the token is wrong, or no longer the newest, or too old


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is given for: see wecom() and wechat()."""

    id: str
    path: str
    query: Mapping[str, str] | None = field(default=None, repr=False)
    body: Mapping[str, str] | None = field(default=None, repr=False)
    secret: str = field(default="", repr=False)


def wecom(corp_id: str, secret: str) -> Grant:
    """The token of one application of a corp (自建应用, 微信客服, 客户联系)."""
    return Grant(corp_id, "/cgi-bin/gettoken", query={"corpid": corp_id, "corpsecret": secret}, secret=secret)


def wechat(app_id: str, secret: str) -> Grant:
    """The token of a 公众号: the stable one, which other programmes' calls do not make void."""
    body = {"grant_type": "client_credential", "appid": app_id, "secret": secret}
    return Grant(app_id, "/cgi-bin/stable_token", body=body, secret=secret)


class Api:
    """One application's line to Tencent. `base` without a path; paths begin with `/` (`/cgi-bin/message/send`)."""

    def __init__(self, base: str, grant: Grant, cache: Cache, *, now: Callable[[], float] = time.time) -> None:
        self._base = base.rstrip("/")
        self._grant = grant
        self._cache = cache
        self._now = now
        # another secret is another token: after a change of config nobody goes on with the old one
        self._key = f"token:{grant.id}:{hashlib.sha256(f'{self._base} {grant.secret}'.encode()).hexdigest()[:16]}"
        self._session: aiohttp.ClientSession | None = None
        self._fetching: asyncio.Task[str] | None = None
        self._barred: tuple[float, Refusal] | None = None

    async def call(self, path: str, body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """POST a body as JSON (GET without one). A spent token is replaced and the call repeated once. Raises Refusal."""
        return await self._with_token(lambda token: self._json(path, {**(query or {}), "access_token": token}, body))

    async def upload(self, path: str, data: bytes, name: str, type: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:  # noqa: A002 - MIME's own word
        """Send a file; `type` is its MIME type, media/upload's own `type` (image, voice …) stands in `query`. Raises Refusal."""
        file_name = re.sub(r"[^0-9A-Za-z._-]", "_", name)  # Tencent reads no other names

        def once(token: str) -> Awaitable[dict[str, Any]]:
            form = aiohttp.FormData()
            form.add_field("media", data, filename=file_name, content_type=type)
            return self._request("POST", path, {**(query or {}), "access_token": token}, _answer, data=form)

        return await self._with_token(once)

    async def download(self, path: str, query: Mapping[str, str] | None, most: int) -> bytes:
        """A file of at most `most` bytes (media/get). Raises Refusal or TooBig."""

        async def file(response: aiohttp.ClientResponse) -> bytes:
            data = await limited(response.content, most)
            # errors come as JSON with status 200, sometimes called text/plain; a picture never begins so
            if response.status != 200 or response.content_type == "application/json" or data[:1] == b"{":
                _result(response, data)
                raise Refusal(0, "an answer instead of a file")
            return data

        return await self._with_token(lambda token: self._request("GET", path, {**(query or {}), "access_token": token}, file))

    async def open(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """GET without our token (sns/oauth2/access_token). Raises Refusal."""
        return await self._json(path, query or {}, None)

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
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _with_token(self, once: Callable[[str], Awaitable[T]]) -> T:
        token = await self.token()
        try:
            return await once(token)
        except Refusal as r:
            if r.code not in SPENT:
                raise
        await self._drop(token)
        return await once(await self.token())

    async def _kept(self) -> str:
        until, _, token = (await self._cache.get(self._key) or "").partition(" ")
        return token if token and self._now() < float(until) else ""

    async def _drop(self, token: str) -> None:
        value = await self._cache.get(self._key) or ""
        if value.partition(" ")[2] == token:  # somebody else may have put a fresh one there already
            await self._cache.drop(self._key, value)

    async def _fetch(self) -> str:
        holder = secrets.token_hex(8)
        lock = f"{self._key}:fetch"
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
        g = self._grant
        try:
            given = await self._json(g.path, g.query or {}, g.body)
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

    async def _json(self, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None) -> dict[str, Any]:
        if body is None:
            return await self._request("GET", path, query, _answer)
        data = json.dumps(body, ensure_ascii=False).encode()  # neighbours would read \u4f60 otherwise
        return await self._request("POST", path, query, _answer, data=data)

    async def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        result: Callable[[aiohttp.ClientResponse], Awaitable[T]],
        *,
        data: bytes | aiohttp.FormData | None = None,
    ) -> T:
        headers = {"Content-Type": "application/json"} if isinstance(data, bytes) else {}
        seconds = FILE_SECONDS if result is not _answer or isinstance(data, aiohttp.FormData) else CALL_SECONDS
        timeout = aiohttp.ClientTimeout(seconds, sock_connect=10)
        try:
            async with self._line().request(
                method, self._base + path, params=query, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return await result(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as e:
            raise Refusal(0, type(e).__name__) from None  # never got there; "from None", since the cause names the address
        except (aiohttp.ClientError, TimeoutError, OSError) as e:
            raise Refusal(0, type(e).__name__, uncertain=True) from None

    def _line(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session


async def _answer(response: aiohttp.ClientResponse) -> dict[str, Any]:
    return _result(response, await response.read())


def _result(response: aiohttp.ClientResponse, body: bytes) -> dict[str, Any]:
    """The answer as an object, whatever Content-Type it calls itself. Raises Refusal."""
    header = response.headers.get("Retry-After", "")
    after = float(header) if header.isascii() and header.isdigit() else None
    try:
        # not strict: names of residents come with raw control characters in them
        found = json.loads(body.decode("utf-8", "replace"), strict=False)
        code = int(found.get("errcode") or 0)
    except (ValueError, TypeError, AttributeError, RecursionError):
        # a gateway's page, or a shape we do not know: a success all the same may stand behind it
        raise Refusal(0, f"unreadable answer, HTTP {response.status}", uncertain=not 400 <= response.status < 500, after=after) from None
    if code:
        raise Refusal(code, str(found.get("errmsg", ""))[:300], after=after)
    if response.status >= 400:
        raise Refusal(0, f"HTTP {response.status}", uncertain=response.status >= 500, after=after)
    return dict(found)
