"""Who reads a page: nobody, somebody bound to a home, an officer; known by a signed cookie of ours or by the link they came with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from ipaddress import ip_address, ip_network
from urllib.parse import urlencode

from aiohttp import web

import texts
from community.staff import covers
from dialogue.words import Role, Speaker
from storage import contacts, logins, residents
from storage.communities import Community
from storage.database import Tx
from web import access
from web.access import Pass
from web.pages import Site

DOOR, READER, DESK = "mulin_door", "mulin_reader", "mulin_desk"  # cookies: proved at the door; came by a link from chat; at the desk
LASTS = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: their homes' and offices' places. `page` is the one page a link opens that names nobody (a sheet's, a group's).

    A link can be passed on, so it opens only what its owner's place may read; `resident` is who came in: at the door, at the desk,
    or by 进入 on a page their link opened.
    """

    resident: str = ""
    homes: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    page: str = ""

    def sees(self, path: str, page: str) -> bool:
        """Whether what concerns that place may be shown to them: the whole community's to all, a building's to those it concerns."""
        if not path or page == self.page:
            return True
        near = any(covers(role.path, path) or covers(path, role.path) for role in self.roles)
        return near or any(covers(path, home) for home in self.homes)

    @property
    def bound(self) -> bool:
        """Whether they belong here at all."""
        return bool(self.homes or self.roles)


async def reader(site: Site, request: web.Request, here: Community) -> Reader:
    """Who asks for this page; somebody unknown where nothing says more, or what says it is forged or over."""
    passes = [_pass(site, request, here, READER, "reader"), _pass(site, request, here, READER, "entered")]
    passes += [_pass(site, request, here, DOOR, "door"), linked(site, request, here)]
    known = [ticket for ticket in passes if ticket is not None]
    came_in = {ticket.resident for ticket in known if ticket.kind in ("door", "entered")}
    desk = request.cookies.get(DESK, "")

    def read(tx: Tx) -> Reader:
        now = site.now()
        session = logins.session(tx, here.id, desk, now) if desk else None
        found = Reader(page=next((t.subject for t in known if t.kind == "board"), ""))
        for resident in [ticket.resident for ticket in known] + ([session.resident] if session else []):
            if resident and residents.exists(tx, here.id, resident):
                homes = tuple(h.path for h in residents.homes_of(tx, here.id, resident) if h.state == "confirmed")
                roles = residents.roles_of(tx, here.id, resident, now.date())
                found = replace(found, homes=homes, roles=roles)
                if resident in came_in or (session and resident == session.resident):
                    found = replace(found, resident=resident)
        return found

    found: Reader = await site.read(read)
    return found


async def holder(site: Site, request: web.Request, kind: str) -> tuple[Community, Pass]:
    """The pass in the path of a page for one reader (/f/TOKEN, /b/TOKEN): 403 forged or old, 404 another community's."""
    ticket, here = access.read(site.secret, request.match_info["token"], kind, site.now()), await site.community(request)
    if ticket is None or not ticket.subject.isdigit():
        raise web.HTTPForbidden
    if ticket.community != here.id:
        raise web.HTTPNotFound
    return here, ticket


def speaker(tx: Tx, here: Community, ticket: Pass) -> Speaker | None:
    """Whom the link was for; None where they agreed to nothing, or were forgotten."""
    found = contacts.speaker(tx, ticket.contact)
    agreed = found is not None and found.resident is not None and found.consent == "given"
    return found if found and found.resident and agreed and residents.exists(tx, here.id, found.resident) else None


def linked(site: Site, request: web.Request, here: Community) -> Pass | None:
    """The pass in the link they came with."""
    ticket = access.read(site.secret, request.query.get("k", ""), "board", site.now())
    return ticket if ticket is not None and ticket.community == here.id else None


def proved(site: Site, request: web.Request, here: Community) -> Pass | None:
    """Who proved at the door, on this very browser, where they live."""
    return _pass(site, request, here, DOOR, "door")


def remember(site: Site, answer: web.StreamResponse, cookie: str, ticket: Pass) -> None:
    """Let the browser say so again."""
    keep(site, answer, cookie, access.sign(site.secret, ticket), LASTS, strict=False)


def keep(site: Site, answer: web.StreamResponse, cookie: str, value: str, lasts: timedelta, *, strict: bool = True) -> None:
    """A cookie no script reads and no other site sends along."""
    secure = site.public_url.startswith("https:")
    age = int(lasts.total_seconds())
    answer.set_cookie(cookie, value, max_age=age, httponly=True, secure=secure, samesite="Strict" if strict else "Lax", path="/")


def onward(path: str) -> web.Response:
    """Go on there with a GET; cookies may be set on the way."""
    return web.Response(status=303, headers={"Location": path})


def visitor(site: Site, request: web.Request) -> str:
    """A keyed hash of where a request comes from; "" where that is a proxy of ours which does not say for whom it asks."""
    said = request.remote or ""
    if said and ip_address(said).is_loopback:
        said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        place = ip_address(said)
    except ValueError:
        return ""
    around = str(ip_network(f"{place}/64", strict=False)) if place.version == 6 else said
    return blake2b(around.encode(), key=site.secret.encode()[:64], digest_size=12).hexdigest()


def ticket(kind: str, here: Community, subject: str, who: tuple[str, str], until: datetime) -> Pass:
    """A pass to one of our pages for (contact, resident)."""
    return Pass(kind, here.id, subject, *who, until)


def prefix(request: web.Request) -> str:
    """/c/SLUG on the pages of a further community."""
    slug = request.match_info.get("slug", "")
    return f"/c/{slug}" if slug else ""


def addresses(request: web.Request) -> Callable[..., str]:
    """`url("/board", large=1)`: an address of ours that stays in this community, language and size."""

    def url(path: str, **change: str) -> str:
        kept = {name: request.query[name] for name in ("large", "lang") if name in request.query}
        query = {name: value for name, value in {**kept, **change}.items() if value}
        return prefix(request) + path + (f"?{urlencode(query)}" if query else "")

    return url


def language(request: web.Request) -> str:
    """The reader's language: chosen on the page, else their browser's."""
    return texts.language_of(request.query.get("lang", "") or request.headers.get("Accept-Language", ""))


def large(request: web.Request) -> bool:
    """大字版."""
    return request.query.get("large", "") not in ("", "0")


def _pass(site: Site, request: web.Request, here: Community, cookie: str, kind: str) -> Pass | None:
    found = access.read(site.secret, request.cookies.get(cookie, ""), kind, site.now())
    return found if found is not None and found.community == here.id else None
