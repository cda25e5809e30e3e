"""A qyapi.weixin.qq.com of our own: a corp, its applications with their tokens, and the callbacks it makes; on 127.0.0.1, in virtual time.

    fake = FakeQyapi(); await fake.start()             # fake.base is `api_base`
    app = fake.app(1000002, "s3cret")                  # an application: its secret, and (below) where its callbacks go
    fake.mount(Messages(fake))                         # a part: the methods below /cgi-bin/ that it answers
    app.callback = Callback(url, Seal(token, aes_key, fake.corp))
    answer = await fake.brings(app, {"ToUserName": …}) # one callback as Tencent makes it: its status, and what was answered, opened

A part has `methods`: path -> function(Ask) -> dict (the answer, `errcode` 0 is added) or bytes (a file); it raises Refused.
Time only moves by `fake.advance(seconds)`. `fake.goes_wrong(path, …)` plans the next failures; `fake.refused` holds every
refusal, `fake.calls` every call. Nobody here waits for time to pass; `fake.until(…)` waits for what the programme does.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from aiohttp import web

from tests.fakes.qyapi_callback import Answered, Callback, Caller

__all__ = ["Answered", "App", "Ask", "Callback", "FakeQyapi", "Method", "Part", "Refused"]

SECONDS = 10.0  # how long a test waits for what must come; nothing waits for it to pass
TOKEN_LIFE = 7200
WRONG_SECRETS = 20  # so many wrong secrets and the address is shut out for an hour
MB = 1024 * 1024


class Refused(Exception):
    """An answer with errcode."""

    def __init__(self, code: int, message: str = "refused", **more: Any) -> None:
        super().__init__(f"{code} {message}")
        self.code, self.message, self.more = code, message, more


@dataclass
class App:
    """An application of the corp, with a secret and a token of its own. `name` is free: "wecom", "kf", "customers"."""

    agent: int
    secret: str
    name: str = ""
    callback: Callback | None = None


@dataclass
class Ask:
    """One call as a part sees it."""

    app: App
    query: Mapping[str, str]
    body: dict[str, Any]
    file: tuple[str, str, bytes] | None = None  # name, MIME type, bytes
    request: web.Request | None = None


Method = Callable[[Ask], Awaitable[dict[str, Any] | bytes]]


class Part(Protocol):
    """A group of methods, and whatever state stands behind them."""

    @property
    def methods(self) -> Mapping[str, Method]: ...


@dataclass
class Trouble:
    """What happens to a call: an errcode, an HTTP status, or `how` = reset | html | plain (JSON as text/plain)."""

    path: str
    code: int = 0
    status: int = 0
    how: str = ""
    done: bool = False  # the thing was done all the same
    times: int = 1
    skip: int = 0  # so many calls go well before
    says: Mapping[str, Any] | None = None  # an answer of its own


@dataclass
class FakeQyapi(Caller):
    """The platform."""

    corp: str = "ww6a112864f8022910"
    now: float = 1_795_600_000.0
    trusted: bool = True  # whether our address is among 企业可信IP
    base: str = ""

    def __post_init__(self) -> None:
        self.apps: dict[str, App] = {}
        self.methods: dict[str, Method] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refused: list[tuple[str, int]] = []
        self.tokens_given = 0
        self.wrong_secrets = 0
        self._tokens: dict[str, tuple[App, float]] = {}
        self._spent: set[str] = set()
        self._troubles: list[Trouble] = []
        self._change = asyncio.Condition()
        self._notices: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        app = web.Application(client_max_size=30 * MB)
        app.router.add_get("/cgi-bin/gettoken", self._gettoken)
        app.router.add_route("*", "/cgi-bin/{path:.+}", self._call)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close."""
        await self._hang_up()
        if self._runner:
            await self._runner.cleanup()

    def app(self, agent: int, secret: str, name: str = "") -> App:
        """An application of this corp."""
        found = self.apps[secret] = App(agent, secret, name)
        return found

    def mount(self, part: Part) -> None:
        """Answer these methods, too."""
        self.methods.update(part.methods)

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.now += seconds

    def goes_wrong(self, path: str, code: int = 0, **how: Any) -> None:
        """The next call(s) of a method fail: by errcode, or as Trouble says (status=502, how="reset", done=True, times=2, skip=1)."""
        self._troubles.append(Trouble(path, code, **how))

    def expire_tokens(self) -> None:
        """Every token ends before its time: 42001."""
        self._spent.update(self._tokens)
        self._tokens.clear()

    async def until(self, true: Callable[[], bool], otherwise: str) -> None:
        """Wait for something to become true by what the programme does."""
        try:
            async with asyncio.timeout(SECONDS), self._change:
                await self._change.wait_for(true)
        except TimeoutError:
            raise AssertionError(otherwise) from None

    def changed(self) -> None:
        """Somebody may be waiting for what just happened."""

        async def tell() -> None:
            async with self._change:
                self._change.notify_all()

        task = asyncio.create_task(tell())
        self._notices.add(task)
        task.add_done_callback(self._notices.discard)

    # --- calls ---------------------------------------------------------------------------------------------------------

    async def _gettoken(self, request: web.Request) -> web.StreamResponse:
        async def given() -> dict[str, Any]:
            if self.wrong_secrets >= WRONG_SECRETS:
                raise Refused(45009, "api freq out of limit")
            app = self.apps.get(request.query.get("corpsecret", ""))
            if app is None or request.query.get("corpid") != self.corp:
                self.wrong_secrets += 1
                raise Refused(40001, "invalid credential")
            self.tokens_given += 1
            for token, (owner, until) in self._tokens.items():
                if owner is app and until - self.now > 60:
                    return {"access_token": token, "expires_in": int(until - self.now)}
            token = secrets.token_urlsafe(40)
            self._tokens[token] = (app, self.now + TOKEN_LIFE)
            return {"access_token": token, "expires_in": TOKEN_LIFE}

        return await self._answered(request, "gettoken", {}, given)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        body, file = await _read(request)

        async def done() -> dict[str, Any] | bytes:
            app = self._app_of(request.query.get("access_token", ""))
            if not self.trusted:
                raise Refused(60020, "not allow to access from your ip")
            method = self.methods.get(path)
            if method is None:
                raise Refused(48002, "api forbidden")
            return await method(Ask(app, request.query, body, file, request))

        return await self._answered(request, path, body, done)

    def _app_of(self, token: str) -> App:
        if not token:
            raise Refused(41001, "access_token missing")
        if token in self._spent:
            raise Refused(42001, "access_token expired")
        if token not in self._tokens:
            raise Refused(40014, "invalid access_token")
        app, until = self._tokens[token]
        if self.now >= until:
            raise Refused(42001, "access_token expired")
        return app

    async def _answered(
        self, request: web.Request, path: str, body: dict[str, Any], done: Callable[[], Awaitable[dict[str, Any] | bytes]]
    ) -> web.StreamResponse:
        self.calls.append((path, body))
        trouble = next((t for t in self._troubles if t.path == path and t.times), None)
        if trouble and trouble.skip:
            trouble.skip -= 1
            trouble = None
        if trouble:
            trouble.times -= 1
            if not trouble.done and trouble.how != "plain":
                return self._wrong(request, path, trouble)
        try:
            found = await done()
        except Refused as r:
            self.refused.append((path, r.code))
            message = f"{r.message}, hint: [1795600000012345678901234], from ip: 203.0.113.7, more info at the documentation"
            found = {"errcode": r.code, "errmsg": message, **r.more}
        self.changed()
        if trouble and trouble.how != "plain":
            return self._wrong(request, path, trouble)
        if isinstance(found, bytes):
            return web.Response(body=found, content_type="application/octet-stream")
        answer = json.dumps({"errcode": 0, "errmsg": "ok", **found}, ensure_ascii=False)
        return web.Response(text=answer, content_type="text/plain" if trouble else "application/json")

    def _wrong(self, request: web.Request, path: str, trouble: Trouble) -> web.StreamResponse:
        if trouble.how == "reset":
            assert request.transport
            request.transport.abort()
            return web.Response()
        if trouble.says is not None:
            return web.json_response(trouble.says)
        if trouble.how == "html" or trouble.status:
            return web.Response(status=trouble.status or 200, text="<html>502 Bad Gateway</html>", content_type="text/html")
        self.refused.append((path, trouble.code))
        return web.json_response({"errcode": trouble.code, "errmsg": "system busy"})


async def _read(request: web.Request) -> tuple[dict[str, Any], tuple[str, str, bytes] | None]:
    if request.content_type.startswith("multipart/"):
        part = await (await request.multipart()).next()
        assert isinstance(part, aiohttp.BodyPartReader) and part.name == "media", "the file is not called media"
        return {}, (part.filename or "", part.headers.get("Content-Type", ""), bytes(await part.read()))
    raw = await request.read()
    if not raw:
        return {}, None
    assert b"\\u" not in raw, "Chinese written as \\u escapes is shown so"
    return json.loads(raw), None
