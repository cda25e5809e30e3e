"""A neighbour's browser, as far as a transcript needs one: the link of an ordinary group, who they are, their vote."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.house import Hall
from tests.web.serving import fields, site
from web import pages


async def vote_by_link(hall: Hall, path: str, form: dict[str, str], choice: str) -> list[str]:
    """Through /g/CODE to the ballot, and the option called `choice` is sent. What the pages answered, in words."""
    said: list[str] = []
    here = site(hall)

    async def run(*what: Any, **how: Any) -> Any:
        done = await here.run(*what, **how)
        said.extend(reply.text for reply in done.replies)
        return done

    app = web.Application(middlewares=[pages.errors])
    pages.mount(app, replace(here, run=run))
    async with TestClient(TestServer(app)) as browser:
        for act in ("go", "agree"):
            page = await (await browser.post(path, data={"act": act})).text()
        ballot = await browser.post(path, data={"act": "prove", "agreed": fields(page)["agreed"], **form})
        page = await ballot.text()
        number = re.search(rf'value="(\d+)"[^>]*>\s*(?:<[^>]+>\s*)*{choice}', page)
        assert number, page
        await browser.post(ballot.url.path, data={"choice": number[1], "once": fields(page)["once"]})
    return said
