"""What every page of ours has in common: how it reads and acts, its look, its errors, and the list of all pages."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import structlog
from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

import texts
from dialogue.grammar import Words
from storage import communities
from storage.communities import Community
from storage.database import DatabaseAway, Tx

log = structlog.get_logger("web")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


class Identity(Protocol):
    """Who a platform says has one of our pages open. `snapshot`: a preview's account, which is nobody."""

    @property
    def channel(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def union(self) -> str: ...
    @property
    def snapshot(self) -> bool: ...


class Identifies(Protocol):
    """A platform that can say so (OAuth2): the address to ask at, and what its code comes to (None: it is none, or spent)."""

    def ask(self, back: str, state: str) -> str: ...

    async def identify(self, code: str) -> Identity | None: ...


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Site:
    """What a page may use: `read` and `write` run a function in a transaction, `run` carries out a command as its reader."""

    read: Callable[..., Awaitable[Any]]
    write: Callable[..., Awaitable[Any]]
    run: Callable[..., Awaitable[Any]]
    words: Words
    secret: str
    public_url: str
    foot: tuple[str, ...]
    verify_dir: Path
    home: Handler | None = None
    identities: Mapping[str, Identifies] = field(default_factory=dict)  # channel -> who says whose browser it is
    clock: Callable[[], datetime] = _utc

    def now(self) -> datetime:
        """The moment a page is asked for."""
        return self.clock()

    async def community(self, request: web.Request) -> Community:
        """The community whose page this is: /c/SLUG/… or the first."""

        def find(tx: Tx) -> Community | None:
            slug = request.match_info.get("slug", "")
            return communities.by_slug(tx, slug) if slug else communities.everyone(tx)[0]

        found: Community | None = await self.read(find)
        if found is None:
            raise web.HTTPNotFound
        return found

    def page(self, request: web.Request, template: str, here: Community | None = None, status: int = 200, **values: Any) -> web.Response:
        """A finished page. `t(key, …)` in a template is a text in the reader's language; nothing a reader sees stands in it."""
        spoken = str(values.pop("speaks", "")) or request.headers.get("Accept-Language", "")  # `speaks`: the language their chat has
        language = texts.language_of(request.query.get("lang", "") or spoken)
        zone = here.settings.timezone if here else "Asia/Shanghai"
        common = {"community": here.name if here else "", "phone": here.settings.phone if here else ""}
        common["office_hours"] = here.settings.office_hours if here else ""

        def t(key: str, **more: Any) -> str:
            return texts.render(key, {**common, **more}, language, large=bool(values.get("large")), zone=zone)

        body = _templates(language, zone).get_template(template).render(t=t, foot=self.foot, here=here, language=language, **values)
        return web.Response(text=body, content_type="text/html", status=status, headers=HEADERS)


SITE = web.AppKey("site", Site)


def mount(app: web.Application, site: Site) -> None:
    """Every page of ours, at its path and, for further communities, below /c/SLUG."""
    app[SITE] = site
    app.router.add_static("/static", Path(__file__).parent / "static")
    if site.home is not None:
        app.router.add_get("/", site.home)
    for module in modules():
        for method, path, handler in module.routes(site):
            app.router.add_route(method, path, handler)
            if path != "/":
                app.router.add_route(method, "/c/{slug}" + path, handler)


def modules() -> tuple[Any, ...]:
    """The page modules; each has routes(site) -> (method, path, handler) …"""
    from web import ballots, board, console, door, forms, home, oauth

    return (ballots, board, console, door, forms, home, oauth)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What went wrong in one sentence; a traceback only in the log. 503 with Retry-After while the database is away."""
    try:
        return await handler(request)
    except DatabaseAway:
        return web.Response(status=503, text="503\n", headers={"Retry-After": "5"})
    except web.HTTPException as answer:
        if answer.status < 400 or request.path.startswith("/hook/") or SITE not in request.app:
            raise
        return _sorry(request, answer.status)
    except Exception as failure:  # noqa: BLE001 - whatever it is, the reader gets one sentence
        frame = traceback.extract_tb(failure.__traceback__)[-1]  # where, and never what: the message may quote a resident
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        log.error("page failed", route=str(request.match_info.route.resource), failure=type(failure).__name__, place=place)
        return _sorry(request, 500) if SITE in request.app else web.Response(status=500)


def _sorry(request: web.Request, status: int) -> web.Response:
    site = request.app[SITE]
    key = f"pages.error_{status}" if status in (403, 404, 410, 413, 429) else "pages.error"
    return site.page(request, "error.html", status=status, key=key, title=f"{status}")


def _templates(language: str, zone: str) -> Environment:
    if (language, zone) not in _ENVIRONMENTS:
        env = Environment(
            loader=PackageLoader("web"), undefined=StrictUndefined, autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
        )
        env.filters.update(texts.filters(language))
        env.globals["_zone"] = zone
        _ENVIRONMENTS[language, zone] = env
    return _ENVIRONMENTS[language, zone]


_ENVIRONMENTS: dict[tuple[str, str], Environment] = {}
