"""The pages of the web chat as HTML, with nothing in them that may run but our own files."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from channels.webchat.door import Door, Guest
from channels.webchat.ports import Settings, Words

HERE = Path(__file__).parent
SCRIPT_WORDS = "js_"  # the words the script shows begin so


class Pages:
    """Renders the chat page and the demonstration, and serves their files."""

    def __init__(self, settings: Settings, words: Words, door: Door) -> None:
        self._settings = settings
        self._words = words
        self._door = door
        self._files = {file.name: file for file in (HERE / "static").iterdir()}
        self._templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined)

    async def chat(self, request: web.Request) -> web.Response:
        """One conversation with the community, for whoever opens it."""
        guest = self._door.guest(request)
        response = self._page(request, "chat.html", guest)
        self._door.welcome(request, response)
        return response

    async def demo(self, request: web.Request) -> web.Response:
        """The demonstration with its phones; 404 where there is none."""
        if self._settings.demo is None:
            raise web.HTTPNotFound
        return self._page(request, "demo.html", None)

    async def static(self, request: web.Request) -> web.StreamResponse:
        """Script and style of these pages."""
        file = self._files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        return web.FileResponse(file, headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"})

    def _page(self, request: web.Request, template: str, guest: Guest | None) -> web.Response:
        language = request.query.get("lang", "")
        words = self._words(language)
        html = self._templates.get_template(template).render(
            w=words,
            language="en" if language.startswith("en") else "zh-CN",
            settings=self._settings,
            demo=self._settings.demo,
            guest=guest,
            script_words=json.dumps({k.removeprefix(SCRIPT_WORDS): v for k, v in words.items() if k.startswith(SCRIPT_WORDS)}),
        )
        return web.Response(text=html, content_type="text/html", headers=_guard(request))


def _guard(request: web.Request) -> dict[str, str]:
    """Only our own files run and only our own server is spoken to; the socket is named because old Safari wants it named."""
    host = urlsplit(f"//{request.host}").netloc
    own = "".join(c for c in host if c.isalnum() or c in ".:-[]")
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        f"connect-src 'self' ws://{own} wss://{own}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
