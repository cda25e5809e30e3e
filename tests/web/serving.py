"""A whole house with its pages served on 127.0.0.1; time is the house's own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from bot import command
from bot.words import words
from tests.house import Hall
from web import pages
from web.pages import Site

SECRET = "test " * 8
Client = TestClient[web.Request, web.Application]


def site(hall: Hall) -> Site:
    """What pages are handed, at the hall's own time."""

    async def run(contact: str, said: Any, once: str = "", attachments: Any = (), **how: Any) -> Any:
        done = await command.run(hall.database, hall.house, contact, said, once=once, attachments=attachments, now=hall.now, **how)
        await hall.send()
        return done

    here = "http://127.0.0.1:8080"
    return Site(
        read=hall.database.read,
        write=hall.database.transaction,
        run=run,
        words=words(),
        secret=SECRET,
        public_url=here,
        foot=(),
        verify_dir=Path("verify"),
        clock=lambda: hall.now,
    )


@asynccontextmanager
async def served(database_url: str) -> AsyncIterator[tuple[Hall, Client]]:
    """幸福里 with everybody confirmed at home and the building's group bound, and a browser in front of its pages."""
    hall = await Hall.open(database_url)
    await hall.known()
    await hall.with_group()
    app = web.Application(middlewares=[pages.errors])
    pages.mount(app, site(hall))
    try:
        async with TestClient(TestServer(app)) as client:
            yield hall, client
    finally:
        await hall.close()


async def opened(client: Client | ClientSession, path: str, **more: Any) -> tuple[int, str]:
    """Status and words of a page."""
    answer = await client.get(path.removeprefix("http://127.0.0.1:8080"), allow_redirects=False, **more)
    return answer.status, await answer.text()


def link(hall: Hall, name: str, label: str) -> str:
    """The address behind the newest button so labelled that somebody sees."""
    for message in reversed(hall.channel.ear(name).heard):
        for button in message.buttons:
            if button.text == label and button.url:
                return button.url.removeprefix("http://127.0.0.1:8080")
    raise AssertionError(f"{name} sees no link [{label}]")


def fields(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms, the last one of each name."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def seen(page: str) -> str:
    """What a reader sees of a page."""
    body = re.sub(r"<(script|style|head)\b.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))
