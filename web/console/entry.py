"""Coming in: by the link 登录 gives (one button, for previews open links too), or by six digits on a computer's screen."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import segno
from aiohttp import web

import texts
from community.logins import CODE_LASTS, DIGITS, SESSION_LASTS, Waiting
from dialogue.words import Command
from storage import doors, logins, residents
from storage.communities import Community
from storage.database import Tx
from storage.logins import Session
from web import access, oauth, readers
from web.access import Pass
from web.console import desk, sitting
from web.pages import Handler, Site

WAITS = "mulin_wait"  # the cookie of a computer that shows its digits
DEVICES = (("Windows", "windows"), ("Android", "phone"), ("iPhone", "phone"), ("Mac OS", "mac"), ("Linux", "linux"))


def routes(site: Site) -> Sequence[tuple[str, str, Handler]]:
    """/console and /console/enter/TOKEN."""

    async def front(request: web.Request) -> web.StreamResponse:
        who = await sitting.officer(site, request)
        if who is None and (asks := oauth.asks(site, request)):
            raise web.HTTPFound(asks)
        return await desk.home(site, request, who) if who else await _digits(site, request)

    async def offered(request: web.Request) -> web.StreamResponse:
        here, ticket = await _ticket(site, request)
        known: bool = await site.read(logins.agreed, here.id, ticket.resident)
        return show(site, request, here, "console_enter.html", agreed=known)

    async def entered(request: web.Request) -> web.StreamResponse:
        here, ticket = await _ticket(site, request)
        if not sitting.ours(request):
            raise web.HTTPForbidden
        if not await site.write(doors.spend, request.match_info["token"], site.now()):
            raise web.HTTPGone
        return await _opened(site, request, here, ticket.resident)

    async def left(request: web.Request) -> web.StreamResponse:
        who, _ = await sitting.filled(site, request)
        await site.write(logins.end_session, who.here.id, request.cookies[readers.DESK], site.now())
        answer = readers.onward(readers.prefix(request) + "/board")
        answer.del_cookie(readers.DESK, path="/")
        return answer

    enter = "/console/enter/{token}"
    return [("GET", "/console", front), ("GET", enter, offered), ("POST", enter, entered), ("POST", "/console/leave", left)]


async def _ticket(site: Site, request: web.Request) -> tuple[Community, Pass]:
    """The pass of a one-time link: 403 forged or for another community, 410 too old, used, or its officer is one no more."""
    here = await site.community(request)
    token = request.match_info["token"]
    ticket = access.read(site.secret, token, "login", site.now())
    if ticket is None:
        raise web.HTTPGone if access.genuine(site.secret, token, "login") else web.HTTPForbidden
    if ticket.community != here.id:
        raise web.HTTPForbidden
    if not await site.read(_may_enter, here.id, ticket, request.match_info["token"], site):
        raise web.HTTPGone
    return here, ticket


def _may_enter(tx: Tx, community: int, ticket: Pass, token: str, site: Site) -> bool:
    held = residents.exists(tx, community, ticket.resident) and residents.roles_of(tx, community, ticket.resident, site.now().date())
    return bool(held) and not doors.is_spent(tx, token)


async def _opened(site: Site, request: web.Request, here: Community, resident: str) -> web.StreamResponse:
    """A session begins; who has not agreed yet to what is kept agrees by the button they pressed, below which it stood."""
    secret = secrets.token_urlsafe(32)
    how = {"device": _device(request), "language": readers.language(request), "now": site.now()}
    session: Session = await site.write(logins.open_session, here.id, secret, resident, **how)
    await site.run(session.contact, Command("consent"))
    answer = readers.onward(readers.prefix(request) + "/console")
    readers.keep(site, answer, readers.DESK, secret, SESSION_LASTS)
    return answer


# --- on a computer ----------------------------------------------------------------------------------------------------


async def _digits(site: Site, request: web.Request) -> web.StreamResponse:
    """Six digits until they are confirmed, refused or too old; the page looks again by itself every few seconds."""
    here = await site.community(request)
    secret = request.cookies.get(WAITS, "")
    found: Waiting | None = await site.read(logins.waiting_there, here.id, secret, site.now()) if secret else None
    if found is not None and found.confirmed_by is not None:
        taken: Waiting | None = await site.write(logins.take_in, here.id, secret, site.now())
        if taken is not None and taken.confirmed_by is not None:
            answer = await _opened(site, request, here, taken.confirmed_by)
            answer.del_cookie(WAITS, path="/")
            return answer
        found = None
    if found is not None and found.refused and "again" not in request.query:
        return show(site, request, here, "console_digits.html", status=403, refused=True, code="", qr="")
    if found is None or found.refused:
        secret, found = await _fresh(site, request, here)
    said = texts.render("console.say_digits", {"code": found.code}, readers.language(request))
    page = show(site, request, here, "console_digits.html", refused=False, code=found.code, qr=segno.make(said).svg_data_uri())
    readers.keep(site, page, WAITS, secret, CODE_LASTS)
    return page


async def _fresh(site: Site, request: web.Request, here: Community) -> tuple[str, Waiting]:
    """Digits nobody else shows just now; 429 where too many wait behind one address."""
    visitor = readers.visitor(site, request)
    for _ in range(3):
        secret, code = secrets.token_urlsafe(24), f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        new: Waiting | None = await site.write(_wait, here.id, (secret, code, _device(request)), visitor, site)
        if new is not None:
            return secret, new
    raise web.HTTPTooManyRequests


def _wait(tx: Tx, community: int, made: tuple[str, str, str], visitor: str, site: Site) -> Waiting | None:
    secret, code, device = made
    new = Waiting(logins.browser(tx, secret), code, device)
    return new if logins.wait(tx, community, new, visitor, site.now()) else None


def _device(request: web.Request) -> str:
    said = request.headers.get("User-Agent", "")
    return next((name for sign, name in DEVICES if sign in said), "other")


def show(site: Site, request: web.Request, here: Community, template: str, status: int = 200, **values: Any) -> web.Response:
    """A page of the desk; kept by no browser."""
    answer = site.page(request, template, here, status, url=readers.addresses(request), large=readers.large(request), **values)
    answer.headers["Cache-Control"] = "no-store"
    return answer
