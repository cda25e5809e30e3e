"""A web chat served on 127.0.0.1, and a page's side of its socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientWebSocketResponse, web
from aiohttp.test_utils import TestClient, TestServer

from channels.webchat.demo import cast
from channels.webchat.ports import Demo, Settings
from dialogue.words import Inbound
from tests.fakes.echo_house import EchoHouse, settings, words

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
DEMO: Demo = cast(words(""))
Client = TestClient[web.Request, web.Application]


class Silent(EchoHouse):
    """Keeps what is said and answers nothing."""

    async def answer(self, inbound: Inbound) -> None: ...


@asynccontextmanager
async def serving(house: EchoHouse, given: Settings | None = None) -> AsyncIterator[Client]:
    app = house.open(given or settings(demo=DEMO))
    async with TestClient(TestServer(app)) as client:
        yield client


async def open_page(client: Client, query: str = "?as=zhang") -> tuple[ClientWebSocketResponse[bool], list[dict[str, Any]]]:
    """A page's socket and the history it is shown first."""
    socket = await client.ws_connect(f"/chat/ws{query}")
    first = await socket.receive_json(timeout=10)
    return socket, first["messages"]


async def heard(socket: ClientWebSocketResponse[bool]) -> dict[str, Any]:
    word: dict[str, Any] = await socket.receive_json(timeout=10)
    return word


async def say(socket: ClientWebSocketResponse[bool], name: str, text: str = "", **more: str) -> None:
    await socket.send_json({"id": f"page-{name}", "text": text, **more})
