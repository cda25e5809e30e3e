"""The front door: what this is and where to go, the privacy notice, and the files with which platforms verify the address."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aiohttp import web

from web.pages import Handler, Site

PROOF = re.compile(r"(WW|MP)_verify_[A-Za-z0-9]{1,64}\.txt")


def routes(site: Site) -> Sequence[tuple[str, str, Handler]]:
    """/, /privacy, /robots.txt and /WW_verify_….txt."""

    async def home(request: web.Request) -> web.Response:
        return site.page(request, "home.html", await site.community(request))

    async def privacy(request: web.Request) -> web.Response:
        return site.page(request, "privacy.html", await site.community(request))

    async def robots(request: web.Request) -> web.Response:
        return web.Response(text="User-agent: *\nDisallow: /\n")

    async def proof(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        path = site.verify_dir / name
        if not PROOF.fullmatch(name) or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path)

    front = [] if site.home is not None else [("GET", "/", home)]
    proofs = ("GET", "/{name:[A-Z]{2}_verify_[A-Za-z0-9]+[.]txt}", proof)
    return [*front, ("GET", "/privacy", privacy), ("GET", "/robots.txt", robots), proofs]
