"""What may be opened of the addresses others hand us."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from channels.contract import SendError
from channels.outside import Outside, may_open
from channels.wecom_aibot.desk import _downloaded
from channels.wecom_aibot.replies import Replies, key_of
from storage.shared import InMemory

METADATA = "169.254.169.254"


@pytest.mark.parametrize(
    ("url", "local", "opens"),
    [
        ("https://ww-aibot-img-1258476243.cos.ap-guangzhou.myqcloud.com/x?sign=a%2Fb", False, True),
        ("https://8.8.8.8/x", False, True),
        ("http://qyapi.weixin.qq.com/x", False, False),
        ("http://127.0.0.1:8080/x", False, False),
        ("https://127.0.0.1/x", False, False),
        ("https://[::1]/x", False, False),
        ("https://[::ffff:10.0.0.1]/x", False, False),
        (f"https://{METADATA}/latest", False, False),
        ("https://192.168.1.1/x", False, False),
        ("file:///etc/passwd", False, False),
        ("https://", False, False),
        ("https://[", False, False),
        ("http://127.0.0.1:8080/x", True, True),
        ("http://localhost:8080/x", True, True),
        (f"http://{METADATA}/latest", True, False),
    ],
)
def test_which_addresses_are_opened(url: str, local: bool, opens: bool) -> None:
    assert may_open(url, local=local) is opens


class Names(AbstractResolver):
    """Says what a name server would."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0) for one in self.hosts]

    async def close(self) -> None:
        return None


async def test_a_name_that_leads_inside_leads_nowhere() -> None:
    assert [one["host"] for one in await Outside(Names("10.0.0.1", "8.8.8.8")).resolve("a.example")] == ["8.8.8.8"]
    with pytest.raises(OSError):
        await Outside(Names("10.0.0.1", METADATA, "::1", "fe80::1%eth0")).resolve("a.example")


@pytest.fixture
async def elsewhere() -> AsyncIterator[str]:
    """A server that sends everybody on to what is not theirs."""

    async def secret(_: web.Request) -> web.Response:
        return web.Response(body=b"secret")

    async def onward(request: web.Request) -> web.Response:
        raise web.HTTPFound(str(request.url.with_path("/secret")))

    app = web.Application()
    app.router.add_get("/secret", secret)
    app.router.add_get("/onward", onward)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_photo_is_not_looked_for_behind_our_wall_nor_where_its_address_leads_on_to(elsewhere: str) -> None:
    assert await _downloaded(f"{elsewhere}/secret", local=True) == b"secret"
    with pytest.raises(SendError, match="302"):
        await _downloaded(f"{elsewhere}/onward", local=True)
    with pytest.raises(SendError, match="do not open"):
        await _downloaded(f"{elsewhere}/secret", local=False)


async def test_an_address_to_answer_to_that_leads_inside_is_not_kept(elsewhere: str) -> None:
    cache = InMemory()
    replies = Replies(cache)
    await replies.keep("laoli", elsewhere)
    assert await cache.get(key_of("laoli")) is None
    await replies.keep("laoli", "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=x")
    assert await cache.get(key_of("laoli"))
