"""The body of a callback: whole up to 1 MiB, and above it refused without being kept."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from channels.tencent.hook import MAX_BODY, body_of


@pytest.fixture
async def door() -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(len(await body_of(request)))

    app = web.Application()  # its own limit is below ours and must not count
    app.router.add_post("/hook", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await runner.cleanup()


async def in_parts(size: int) -> AsyncIterator[bytes]:
    """A body that does not say how long it will be."""
    for start in range(0, size, 65536):
        yield b"x" * min(65536, size - start)


@pytest.mark.parametrize("told", [True, False], ids=["length told", "length not told"])
@pytest.mark.parametrize(("size", "status"), [(0, 200), (MAX_BODY, 200), (MAX_BODY + 1, 413), (3 * MAX_BODY, 413)])
async def test_a_mebibyte_and_no_more(door: str, told: bool, size: int, status: int) -> None:
    async with aiohttp.ClientSession() as session:
        try:
            async with session.post(door, data=io.BytesIO(b"x" * size) if told else in_parts(size)) as response:
                assert response.status == status
                if status == 200:
                    assert await response.json() == size
        except aiohttp.ClientConnectionError:  # refused while we were still talking
            assert status == 413


async def test_a_body_that_says_it_is_too_long_is_not_waited_for(door: str) -> None:
    host, _, port = door.removeprefix("http://").partition("/")[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n".encode())
    async with asyncio.timeout(10):
        assert b" 413 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
