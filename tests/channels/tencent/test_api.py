"""Calls to Tencent: one token for all who ask, a spent one replaced once, and what each refusal means for the message that waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from channels.contract import TooBig
from channels.tencent import api as tencent_api
from channels.tencent.api import Api, Grant, wechat, wecom
from channels.tencent.refusals import Refusal, wechat_verdict, wecom_verdict
from storage.shared import InMemory

SECRET = "s3cr3t-of-the-corp"
Answer = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


@dataclass
class FakeTencent:
    """Gives tokens that live by its own clock, keeps what it was sent, and answers the next calls as it is told."""

    now: float = 1_000_000.0
    issued: int = 0
    good: str = ""
    until: float = 0.0
    calls: list[tuple[str, str, bytes]] = field(default_factory=list)  # path, token, body
    next: list[Answer] = field(default_factory=list)
    slow: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)  # for a token
    token_refused: dict[str, Any] | None = None
    base: str = ""
    runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/cgi-bin/gettoken", self._wecom_token)
        app.router.add_post("/cgi-bin/stable_token", self._wechat_token)
        app.router.add_route("*", "/{path:.*}", self._call)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def _wecom_token(self, request: web.Request) -> web.Response:
        assert request.query == {"corpid": "ww1", "corpsecret": SECRET}
        return await self._token()

    async def _wechat_token(self, request: web.Request) -> web.Response:
        assert await request.json() == {"grant_type": "client_credential", "appid": "wx1", "secret": SECRET}
        return await self._token()

    async def _token(self) -> web.Response:
        self.issued += 1
        self.asked.set()
        if self.slow:
            await self.slow.wait()
        if self.token_refused is not None:
            return web.json_response(self.token_refused)
        if self.now >= self.until:
            self.good, self.until = f"token{self.issued}", self.now + 7200
        return web.json_response({"errcode": 0, "errmsg": "ok", "access_token": self.good, "expires_in": int(self.until - self.now)})

    async def _call(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        token = request.query.get("access_token", "")
        self.calls.append((request.path, token, body))
        if self.next:
            return await self.next.pop(0)(request, body)
        if token and self.now >= self.until:
            return says(42001, "access_token expired")
        if token and token != self.good:
            return says(40014, "invalid access_token")
        return says(0, "ok", got=body.decode("utf-8", "replace"))


def says(code: int, message: str, **more: Any) -> web.Response:
    return web.json_response({"errcode": code, "errmsg": message, **more})


def answering(response: web.StreamResponse) -> Answer:
    async def answer(_: web.Request, __: bytes) -> web.StreamResponse:
        return response

    return answer


async def hang_up(request: web.Request, _: bytes) -> web.StreamResponse:
    """Taken, and then the line breaks before we hear of it."""
    assert request.transport
    request.transport.abort()
    return web.Response()


@pytest.fixture
async def fake() -> AsyncIterator[FakeTencent]:
    f = FakeTencent()
    await f.start()
    yield f
    assert f.runner
    await f.runner.cleanup()


Lines = Callable[..., Api]


@pytest.fixture
async def line(fake: FakeTencent) -> AsyncIterator[Lines]:
    """Open a line; each call is another process, all share one cache unless one is given."""
    opened: list[Api] = []
    shared = InMemory()

    def open_line(grant: Grant | None = None, cache: InMemory | None = None, base: str = "") -> Api:
        opened.append(Api(base or fake.base, grant or wecom("ww1", SECRET), cache or shared, now=lambda: fake.now))
        return opened[-1]

    yield open_line
    for api in opened:
        await api.close()


async def refused(call: Awaitable[Any]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await call
    return caught.value


SEND = "/cgi-bin/message/send"


# --- tokens ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grant", [wecom("ww1", SECRET), wechat("wx1", SECRET)], ids=["wecom", "wechat"])
async def test_a_hundred_calls_at_once_ask_for_one_token(fake: FakeTencent, line: Lines, grant: Grant) -> None:
    api = line(grant)
    fake.slow = asyncio.Event()
    calls = [asyncio.create_task(api.call(SEND, {"n": n})) for n in range(100)]
    await fake.asked.wait()
    fake.slow.set()
    answers = await asyncio.gather(*calls)
    assert [json.loads(a["got"])["n"] for a in answers] == list(range(100))
    assert fake.issued == 1


async def test_several_processes_ask_for_one_token(fake: FakeTencent, line: Lines) -> None:
    fake.slow = asyncio.Event()
    calls = [asyncio.create_task(line().call(SEND, {})) for _ in range(8)]
    await fake.asked.wait()
    fake.slow.set()
    await asyncio.gather(*calls)
    assert fake.issued == 1


async def test_a_process_that_died_with_the_lock_stops_nobody_for_long(
    fake: FakeTencent, line: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tencent_api, "POLL", 0.001)
    api = line()
    await api._cache.hold(f"{api._key}:fetch", "a dead process", 600)
    assert await api.token() == "token1"


async def test_a_token_is_replaced_before_it_ends(fake: FakeTencent, line: Lines) -> None:
    api = line()
    await api.call(SEND, {})
    fake.now += 6999
    await api.call(SEND, {})
    assert fake.issued == 1
    fake.now += 2
    fake.until = fake.now  # the platform, too, gives a new one now
    await api.call(SEND, {})
    assert [token for _, token, _ in fake.calls] == ["token1", "token1", "token2"]


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_spent_token_is_replaced_and_the_call_repeated_once(fake: FakeTencent, line: Lines, code: int) -> None:
    api = line()
    await api.call(SEND, {})
    fake.until = 0
    fake.next = [answering(says(code, "spent"))]
    assert (await api.call(SEND, {"text": "好"}))["errcode"] == 0
    assert [token for _, token, _ in fake.calls] == ["token1", "token1", "token2"]
    assert fake.calls[1][2] == fake.calls[2][2]


async def test_a_second_refusal_is_told_and_not_tried_a_third_time(fake: FakeTencent, line: Lines) -> None:
    fake.next = [answering(says(40001, "invalid credential")), answering(says(40001, "invalid credential"))]
    r = await refused(line().call(SEND, {}))
    assert (r.code, r.reason, r.uncertain) == (40001, "invalid credential", False)
    assert len(fake.calls) == 2


async def test_whoever_finds_a_token_spent_late_does_not_drop_the_fresh_one(fake: FakeTencent, line: Lines) -> None:
    """Two processes hold the old token; the slower one learns of it after the other has put a fresh one there."""
    slow, quick = line(), line()
    await slow.call(SEND, {})
    fake.until = 0
    came, release = asyncio.Event(), asyncio.Event()

    async def late(_: web.Request, __: bytes) -> web.Response:
        came.set()
        await release.wait()
        return says(42001, "access_token expired")

    fake.next = [late]
    waiting = asyncio.create_task(slow.call(SEND, {}))
    await came.wait()
    await quick.call(SEND, {})
    release.set()
    await waiting
    assert fake.issued == 2
    assert fake.calls[-1][1] == "token2"


async def test_fifty_calls_that_find_the_token_spent_ask_for_one_new_token(fake: FakeTencent, line: Lines) -> None:
    api = line()
    await api.call(SEND, {})
    fake.until = 0
    await asyncio.gather(*(api.call(SEND, {}) for _ in range(50)))
    assert fake.issued == 2


async def test_a_wrong_secret_is_tried_once_a_minute_however_many_wait(fake: FakeTencent, line: Lines) -> None:
    fake.token_refused = {"errcode": 40001, "errmsg": "invalid credential"}
    api = line()
    found = await asyncio.gather(*(api.call(SEND, {}) for _ in range(30)), return_exceptions=True)
    assert {(r.code, r.reason) for r in found if isinstance(r, Refusal)} == {(40001, "invalid credential")} and len(found) == 30
    await refused(api.call(SEND, {}))
    assert fake.issued == 1
    fake.now += 61
    fake.token_refused = None
    assert (await api.call(SEND, {}))["errcode"] == 0


@pytest.mark.parametrize("given", [{}, {"access_token": "x", "expires_in": "soon"}, {"errcode": 0, "errmsg": "ok"}])
async def test_an_answer_without_a_token_is_no_token(fake: FakeTencent, line: Lines, given: dict[str, Any]) -> None:
    fake.token_refused = given
    assert (await refused(line().token())).code == 0


async def test_who_stops_waiting_stops_nobody_else(fake: FakeTencent, line: Lines) -> None:
    api = line()
    fake.slow = asyncio.Event()
    first, second = asyncio.create_task(api.token()), asyncio.create_task(api.token())
    await fake.asked.wait()
    first.cancel()
    fake.slow.set()
    assert await second == "token1"


async def test_another_secret_has_another_token(fake: FakeTencent, line: Lines) -> None:
    ours, other, elsewhere = line(), line(wecom("ww1", "another")), line(base="http://127.0.0.1:1")
    assert len({ours._key, other._key, elsewhere._key}) == 3
    assert SECRET not in ours._key


# --- calls -----------------------------------------------------------------------------------------------------------


async def test_chinese_stays_chinese_and_a_call_without_a_body_is_a_get(fake: FakeTencent, line: Lines) -> None:
    seen: list[tuple[str, str, dict[str, str]]] = []

    async def look(request: web.Request, _: bytes) -> web.Response:
        seen.append((request.method, request.content_type, dict(request.query)))
        return says(0, "ok")

    fake.next = [look, look]
    api = line()
    await api.call(SEND, {"text": {"content": "你好"}})
    await api.call("/cgi-bin/user/get", None, {"userid": "张三 & co"})
    assert fake.calls[0][2] == '{"text": {"content": "你好"}}'.encode()
    assert seen[0][:2] == ("POST", "application/json")
    assert (seen[1][0], seen[1][2]) == ("GET", {"userid": "张三 & co", "access_token": "token1"})


async def test_a_call_without_our_token(fake: FakeTencent, line: Lines) -> None:
    await line().open("/sns/oauth2/access_token", {"code": "c"})
    assert (fake.issued, fake.calls[0][1]) == (0, "")
    fake.next = [answering(says(40163, "code been used"))]
    assert (await refused(line().open("/sns/oauth2/access_token", {"code": "c"}))).code == 40163


async def test_json_that_calls_itself_text_with_control_characters_in_a_name(fake: FakeTencent, line: Lines) -> None:
    body = b'{"errcode":0,"errmsg":"ok","name":"\xe5\xbc\xa0\x01\xff"}'
    fake.next = [answering(web.Response(body=body, content_type="text/plain"))]
    assert (await line().call(SEND, {}))["name"] == "张\x01�"


CUT_OFF = {
    "the line breaks after it was taken": (hang_up, True),
    "a gateway's page": (answering(web.Response(status=502, text="<html>Bad Gateway</html>")), True),
    "a page that says 200": (answering(web.Response(text="<html>welcome</html>", content_type="text/html")), True),
    "a list": (answering(web.json_response([1])), True),
    "a code that is none": (answering(web.json_response({"errcode": "none"})), True),
    "an empty body": (answering(web.Response()), True),
    "well-formed and 503": (answering(web.json_response({}, status=503)), True),
    "no such page": (answering(web.Response(status=404, text="nothing here")), False),
    "elsewhere": (answering(web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})), True),
}


@pytest.mark.parametrize("name", CUT_OFF)
async def test_after_an_unreadable_answer_it_may_have_been_done(fake: FakeTencent, line: Lines, name: str) -> None:
    answer, uncertain = CUT_OFF[name]
    fake.next = [answer]
    r = await refused(line().call(SEND, {}))
    assert (r.code, r.uncertain) == (0, uncertain)
    assert len(fake.calls) == 1  # never repeated from here
    error = wecom_verdict(r)
    assert (error.verdict, error.uncertain) == ("retry", uncertain)


async def test_nobody_there_is_certain(line: Lines, fake: FakeTencent) -> None:
    cache = InMemory()
    api = line(cache=cache, base="http://127.0.0.1:1")
    await cache.put(api._key, f"{fake.now + 100:.0f} t", 100)
    r = await refused(api.call(SEND, {}))
    assert (r.code, r.uncertain) == (0, False)


async def test_without_a_token_nothing_was_sent_so_nothing_is_uncertain(
    fake: FakeTencent, line: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.token_refused = {"errcode": -1, "errmsg": "system error"}
    r = await refused(line().call(SEND, {}))
    assert (r.code, wecom_verdict(r).verdict, r.uncertain) == (-1, "retry", False)

    async def broken(_: web.Request) -> web.Response:
        return web.Response(status=502)

    monkeypatch.setattr(FakeTencent, "_token", lambda self: broken(None))  # type: ignore[arg-type]
    r = await refused(line().call(SEND, {}))
    assert (r.code, r.uncertain) == (0, False)


async def test_how_long_to_wait_is_kept_where_it_is_said(fake: FakeTencent, line: Lines) -> None:
    fake.next = [answering(web.json_response({"errcode": 45009, "errmsg": "freq"}, headers={"Retry-After": "30"}))]
    r = await refused(line().call(SEND, {}))
    assert wecom_verdict(r).after == 30


async def test_no_failure_shows_an_address_a_token_or_a_secret(fake: FakeTencent, line: Lines) -> None:
    api = line()
    await api.token()
    fake.next = [hang_up, answering(web.Response(status=502)), answering(says(40058, "bad"))]
    found = [await refused(api.call(SEND, {})) for _ in range(3)]
    gone = line(wecom("ww1", "another-secret"), base="http://127.0.0.1:1")
    found.append(await refused(gone.token()))
    shown = " ".join(f"{r} {r!r} {r.__cause__!r} {wecom_verdict(r)}" for r in found) + repr(api._grant) + repr(wechat("wx1", SECRET))
    for hidden in (SECRET, "another-secret", "token1", "127.0.0.1", "access_token", "corpsecret"):
        assert hidden not in shown


# --- files -----------------------------------------------------------------------------------------------------------


async def test_a_file_goes_up_under_a_name_tencent_can_read(fake: FakeTencent, line: Lines) -> None:
    api = line()
    fake.next = [answering(says(42001, "expired"))]
    await api.upload("/cgi-bin/media/upload", b"\x89PNG...", '楼道"照片.png', "image/png", {"type": "image"})
    first, again = (body for _, _, body in fake.calls)
    assert b'name="media"; filename="_____.png"' in first and b"Content-Type: image/png" in first and b"\x89PNG..." in first
    assert b"\x89PNG..." in again  # the whole form once more, not its empty rest


async def test_a_file_comes_down_whole_or_not_at_all(fake: FakeTencent, line: Lines) -> None:
    api = line()
    picture = web.Response(body=b"\xff\xd8" + b"p" * 998, content_type="image/jpeg")
    fake.next = [answering(picture)]
    assert len(await api.download("/cgi-bin/media/get", {"media_id": "m"}, 1000)) == 1000
    fake.next = [answering(web.Response(body=b"\xff\xd8" + b"p" * 999, content_type="image/jpeg"))]
    with pytest.raises(TooBig):
        await api.download("/cgi-bin/media/get", {"media_id": "m"}, 1000)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "image/jpeg"])
async def test_an_error_instead_of_a_file_is_seen_whatever_it_calls_itself(fake: FakeTencent, line: Lines, kind: str) -> None:
    fake.next = [answering(web.Response(body=b'{"errcode":40007,"errmsg":"invalid media_id"}', content_type=kind))]
    r = await refused(line().download("/cgi-bin/media/get", {"media_id": "m"}, 1000))
    assert (r.code, r.reason) == (40007, "invalid media_id")


async def test_a_spent_token_hidden_in_a_file_is_replaced_too(fake: FakeTencent, line: Lines) -> None:
    fake.next = [
        answering(web.Response(body=b'{"errcode":42001,"errmsg":"expired"}', content_type="text/plain")),
        answering(web.Response(body=b"GIF89a", content_type="image/gif")),
    ]
    assert await line().download("/cgi-bin/media/get", {"media_id": "m"}, 1000) == b"GIF89a"


@pytest.mark.parametrize(("status", "body"), [(200, b'{"video_url":"x"}'), (404, b"gone"), (502, b"<html>")])
async def test_what_is_no_file_is_a_refusal(fake: FakeTencent, line: Lines, status: int, body: bytes) -> None:
    fake.next = [answering(web.Response(body=body, status=status))]
    assert (await refused(line().download("/cgi-bin/media/get", {"media_id": "m"}, 1000))).code == 0


# --- what refusals mean ----------------------------------------------------------------------------------------------

WECOM = """
-1 retry | 45009 retry 60 channel | 45033 retry 2 channel
40001 ours channel | 40014 ours channel | 42001 ours channel | 48001 ours channel | 48002 ours channel | 60020 ours channel
40056 ours channel | 41011 ours channel | 60011 ours | 40058 ours | 40063 ours | 45002 ours | 45008 ours | 40007 ours | 42014 ours
99999 ours
43004 gone | 81013 gone | 60111 gone | 40003 gone | 40031 gone | 86001 gone | 86003 gone | 86008 gone | 93000 gone | 93004 gone | 93008 gone
"""
WECHAT = """
-1 retry | 45009 retry 3600 channel | 45011 retry 60 channel | 45015 closed | 45047 closed
40001 ours channel | 40014 ours channel | 42001 ours channel | 48001 ours channel | 40164 ours channel | 40125 ours channel
40037 ours | 47003 ours | 40007 ours | 99999 ours | 81013 ours
43004 gone | 48002 gone | 40003 gone
"""


def rows(table: str) -> list[list[str]]:
    return [cell.split() for row in table.strip().splitlines() for cell in row.split("|")]


@pytest.mark.parametrize(("verdict", "table"), [(wecom_verdict, WECOM), (wechat_verdict, WECHAT)], ids=["wecom", "wechat"])
def test_what_each_refusal_means(verdict: Callable[[Refusal], Any], table: str) -> None:
    for code, word, *more in rows(table):
        error = verdict(Refusal(int(code), "why"))
        waits = next((float(m) for m in more if m.isdigit()), None)
        assert (error.verdict, error.after, error.bulk, error.reason) == (word, waits, "channel" in more, "why"), code
