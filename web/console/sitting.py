"""Who sits at the desk: the session in their cookie, the offices they hold today, and the proof that a form is from our own page."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from community.staff import ROLES_FOR
from dialogue.words import Role
from storage import logins, residents
from storage.communities import Community
from storage.database import Tx
from storage.logins import Session
from web import readers
from web.pages import Site

Form = Mapping[str, str | FileField]


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody at the desk, as they are at this request."""

    here: Community
    session: Session
    name: str
    roles: tuple[Role, ...]
    token: str

    def holds(self, *names: str) -> bool:
        """True if any office with one of these names is held; admin may do all staff may."""
        return any(role.name in names or (role.name == "admin" and "staff" in names) for role in self.roles)

    def may(self, word: str) -> bool:
        """Whether that officers' word is theirs at all; where, is asked when it is said."""
        return word in ROLES_FOR and self.holds(*ROLES_FOR[word])

    def paths(self, *names: str) -> tuple[str, ...]:
        """The places for which they hold one of these offices."""
        return tuple(role.path for role in self.roles if role.name in names or (role.name == "admin" and "staff" in names))


async def officer(site: Site, request: web.Request) -> Officer | None:
    """Who sits there; None where nobody came in, or they hold no office any more."""
    here = await site.community(request)
    secret = request.cookies.get(readers.DESK, "")
    found: Officer | None = await site.read(_officer, here, secret, site) if secret else None
    return found


def _officer(tx: Tx, here: Community, secret: str, site: Site) -> Officer | None:
    session = logins.session(tx, here.id, secret, site.now())
    roles = residents.roles_of(tx, here.id, session.resident, site.now().date()) if session else ()
    if session is None or not roles:
        return None
    return Officer(here, session, residents.name_of(tx, here.id, session.resident), roles, token(site, secret))


async def required(site: Site, request: web.Request) -> Officer:
    """Who sits there, or the page that says how to come in."""
    found = await officer(site, request)
    if found is None:
        raise web.HTTPForbidden
    return found


async def filled(site: Site, request: web.Request) -> tuple[Officer, Form]:
    """Who sits there and what their form says; 403 where the form is not from our own page."""
    who = await required(site, request)
    form: Any = await request.post()
    if not hmac.compare_digest(str(form.get("csrf", "")).encode(), who.token.encode()):
        raise web.HTTPForbidden
    return who, form


def token(site: Site, secret: str) -> str:
    """What stands hidden in every form of one session and nobody else can know."""
    return blake2b(secret.encode(), key=site.secret.encode()[:64], digest_size=16, person=b"desk form").hexdigest()


def ours(request: web.Request) -> bool:
    """False where the browser says that another site sent this form."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
