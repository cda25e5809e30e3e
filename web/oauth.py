"""Known without typing: in WeChat or WeCom the platform says who has the page open, and they come back to it as themselves.

The platform's code works once and for minutes; a page that is loaded again with a spent code simply asks as any other browser does.
A snapshot account (快照页, somebody who only looks through WeChat's preview) is nobody: it may read and may not vote.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta

from aiohttp import web

from community.unions import ContactRecognised
from dialogue.words import Inbound
from storage import contacts, residents, unions
from storage.communities import Community
from storage.database import Tx
from web import access, readers
from web.access import Pass
from web.pages import Handler, Identity, Site

ASKED, TRIED = "mulin_oauth", "mulin_oauth_tried"  # cookies: what we asked the platform; that it could not say, so that we ask no more
LASTS = timedelta(minutes=10)
LOGIN_LASTS = timedelta(minutes=5)
BROWSERS = (("wxwork", "wecom"), ("micromessenger", "wechat"))  # WeCom's names itself with both


def routes(site: Site) -> Sequence[tuple[str, str, Handler]]:
    """/oauth/NAME?to=/g/CODE leaves for the platform, /oauth/NAME/back returns from it."""

    async def left(request: web.Request) -> web.StreamResponse:
        name, to = request.match_info["name"], request.query.get("to", "")
        if name not in site.identities or not _ours(request, to):
            raise web.HTTPNotFound
        here = await site.community(request)
        nonce = secrets.token_hex(16)
        back = f"{site.public_url.rstrip('/')}{readers.prefix(request)}/oauth/{name}/back"
        answer = _away(site.identities[name].ask(back, nonce))
        asked = Pass("oauth", here.id, f"{nonce} {to}", "", "", site.now() + LASTS)
        readers.keep(site, answer, ASKED, access.sign(site.secret, asked), LASTS, strict=False)
        return answer

    async def back(request: web.Request) -> web.StreamResponse:
        here = await site.community(request)
        name = request.match_info["name"]
        asked = access.read(site.secret, request.cookies.get(ASKED, ""), "oauth", site.now())
        if name not in site.identities or asked is None or asked.community != here.id:
            raise web.HTTPGone
        nonce, _, to = asked.subject.partition(" ")
        if not hmac.compare_digest(nonce.encode(), request.query.get("state", "").encode()):
            raise web.HTTPForbidden
        found = await site.identities[name].identify(request.query.get("code", ""))
        answer = await _returned(site, request, here, found, to)
        answer.del_cookie(ASKED, path="/")
        return answer

    return [("GET", "/oauth/{name:[a-z_]{1,16}}", left), ("GET", "/oauth/{name:[a-z_]{1,16}}/back", back)]


def asks(site: Site, request: web.Request) -> str:
    """The address that asks the platform whose browser has this page open; "" outside its browsers, or where it could not say."""
    browser = request.headers.get("User-Agent", "").lower()
    name = next((name for sign, name in BROWSERS if sign in browser and name in site.identities), "")
    if not name or request.cookies.get(TRIED):
        return ""
    return f"{readers.prefix(request)}/oauth/{name}?to={request.path}"


async def _returned(site: Site, request: web.Request, here: Community, found: Identity | None, to: str) -> web.StreamResponse:
    """Back where they came from, as themselves."""
    if found is None or found.snapshot:
        answer = readers.onward(to)
        readers.keep(site, answer, TRIED, "snapshot" if found else "unknown", LASTS, strict=False)
        return answer
    known: Pass = await site.write(_met, here, found, site)
    if to.startswith(readers.prefix(request) + "/console"):
        if not await site.read(_holds_office, here, known.resident, site):
            answer = readers.onward(to)
            readers.keep(site, answer, TRIED, "no_office", LASTS, strict=False)
            return answer
        login = Pass("login", here.id, "", known.contact, known.resident, site.now() + LOGIN_LASTS)
        return readers.onward(access.address("", readers.prefix(request), "login", access.sign(site.secret, login)))
    answer = readers.onward(to)
    readers.remember(site, answer, readers.DOOR, known)
    return answer


def _met(tx: Tx, here: Community, found: Identity, site: Site) -> Pass:
    """Their chat on that platform, known or new: what they answer on the page goes on there. A new one is never written to before
    they follow or write themselves; where the platform says that it is somebody we know, it is theirs."""
    now = site.now()
    number = secrets.token_hex(10)
    new = Inbound(channel=found.channel, external_id=number, address=found.address, union=found.union, id=number, at=now)
    speaker = contacts.meet(tx, new, here.id).speaker
    if not speaker.consent:
        contacts.settle(tx, speaker.contact, consent="asked", gone_at=now)
        if found.union and (twin := unions.joinable(tx, speaker.contact, found.union)):
            theirs = ContactRecognised(speaker.contact, speaker.person, twin.contact, twin.resident, now)
            unions.record_recognised(tx, twin.community, theirs)
            speaker = contacts.lock(tx, speaker.contact).speaker
    resident = speaker.resident if speaker.resident and residents.exists(tx, here.id, speaker.resident) else ""
    return Pass("door", here.id, "", speaker.contact, resident, now + readers.LASTS)


def _holds_office(tx: Tx, here: Community, resident: str, site: Site) -> bool:
    return bool(resident and residents.roles_of(tx, here.id, resident, site.now().date()))


def _ours(request: web.Request, to: str) -> bool:
    """Only a page of this community that wants to know who reads it; nobody is sent anywhere else."""
    prefix = readers.prefix(request)
    return bool(re.fullmatch(re.escape(prefix) + r"/(console|g/[A-Za-z0-9_-]{1,32})", to))


def _away(address: str) -> web.Response:
    return web.Response(status=302, headers={"Location": address, "Cache-Control": "no-store"})


def snapshot(request: web.Request) -> bool:
    """Whether this browser is WeChat's preview, whose account is nobody's."""
    return request.cookies.get(TRIED) == "snapshot"
