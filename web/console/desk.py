"""The bare desk: the officers' words as forms, what there is as tables. Each act is the chat's own and stands in the journal."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from community import media as rules
from dialogue import grammar
from dialogue.words import Attachment, Command, Kind, Refused
from storage import areas, media, residents
from storage.database import Tx
from web import readers
from web.console import fields, sitting
from web.console.fields import Act
from web.console.sitting import Form, Officer
from web.console.tables import TABLES
from web.pages import Handler, Site


def routes(site: Site) -> Sequence[tuple[str, str, Handler]]:
    """A form for each word, a page for each list, and what answers them."""
    act = "/console/do/{word:[a-z_]+}"
    return [
        ("GET", act, partial(_asked, site)),
        ("POST", act, partial(_done, site)),
        ("POST", "/console/press", partial(_pressed, site)),
        ("POST", "/console/say", partial(_said, site)),
        ("GET", "/console/lists/{name:[a-z]+}", partial(_listed, site)),
    ]


async def home(site: Site, request: web.Request, who: Officer) -> web.StreamResponse:
    """Everything they may do and see."""
    lists = [(name, f"console.list_{name}") for name, table in TABLES.items() if who.holds(*table.roles)]
    return _page(site, request, who, "console.html", lists=lists, acts=fields.acts(who, site.words, readers.language(request)))


async def _asked(site: Site, request: web.Request) -> web.StreamResponse:
    who = await sitting.required(site, request)
    act = _act(site, request, who)
    places = await site.read(_places, who)
    return _page(site, request, who, "console_act.html", act=act, places=places, given=request.query)


async def _done(site: Site, request: web.Request) -> web.StreamResponse:
    who, form = await sitting.filled(site, request)
    act = _act(site, request, who)
    return await _carried_out(site, request, who, fields.command(act, form), form)


async def _pressed(site: Site, request: web.Request) -> web.StreamResponse:
    who, form = await sitting.filled(site, request)
    payload = str(form.get("payload", ""))[:200]
    if not payload:
        raise web.HTTPNotFound
    return await _carried_out(site, request, who, grammar.from_payload(payload), form)


async def _said(site: Site, request: web.Request) -> web.StreamResponse:
    who, form = await sitting.filled(site, request)
    return await _carried_out(site, request, who, str(form.get("text", "")), form)


async def _listed(site: Site, request: web.Request) -> web.StreamResponse:
    who = await sitting.required(site, request)
    name = request.match_info["name"]
    table = TABLES.get(name)
    if table is None:
        raise web.HTTPNotFound
    if not who.holds(*table.roles):
        raise web.HTTPForbidden
    rows = await site.read(table.rows, who, site.now())
    return _page(site, request, who, "console_list.html", title=f"console.list_{name}", columns=table.columns, rows=rows)


def _act(site: Site, request: web.Request, who: Officer) -> Act:
    word = request.match_info["word"]
    act = fields.act_of(word, who, site.words, readers.language(request))
    if act is not None:
        return act
    raise web.HTTPForbidden if word in site.words.by_name else web.HTTPNotFound


async def _carried_out(site: Site, request: web.Request, who: Officer, what: Command | str, form: Form) -> web.StreamResponse:
    """Do it in the desk's own chat and show what it answers, with its buttons."""
    sent = form.get("file")
    try:
        files = [await _kept(site, who, sent)] if isinstance(sent, FileField) and sent.filename else []
    except Refused as refusal:
        return _page(site, request, who, "console_reply.html", said=[(refusal.key, refusal.values)], replies=[], asks=True)
    if what == "" and not files:
        return readers.onward(readers.prefix(request) + "/console")
    once = f"{who.session.contact}:{str(form.get('once', ''))[:40]}"
    reply = await site.run(who.session.contact, what, once=once, attachments=files, keeps=True)
    said: list[tuple[str, dict[str, Any]]] = [] if reply.fresh else [("console.done_before", {})]
    asks = any(words.asks or words.buttons for words in reply.replies)
    return _page(site, request, who, "console_reply.html", said=said, replies=reply.replies, asks=asks)


async def _kept(site: Site, who: Officer, sent: FileField) -> Attachment:
    """A file as the chat would have taken it: known by its content, without where a photo was taken."""
    taken = rules.accept(sent.file.read())
    digest = await site.write(_keep, who, taken, site)
    kind = Kind.PHOTO if taken.type.startswith("image/") else Kind.FILE
    return Attachment(kind, digest=digest, name=sent.filename[:80], type=taken.type, size=len(taken.data))


def _keep(tx: Tx, who: Officer, taken: rules.Accepted, site: Site) -> str:
    person = residents.person_of(tx, who.here.id, who.session.resident)
    return media.record_media(tx, who.here.id, person, taken.type, taken.data, site.now())


def _places(tx: Tx, who: Officer) -> list[tuple[str, str]]:
    """The places they may speak of: (what is sent, what is read)."""
    mine = [role.path for role in who.roles]
    there = [area for area in areas.all_areas(tx, who.here.id) if any(not top or (area.path + "/").startswith(top + "/") for top in mine)]
    return [(area.path or area.id, area.path.replace("/", "") or area.name) for area in there]


def _page(site: Site, request: web.Request, who: Officer, template: str, **values: Any) -> web.Response:
    common: dict[str, Any] = {"url": readers.addresses(request), "large": readers.large(request), "who": who, "csrf": who.token}
    answer = site.page(request, template, who.here, **common, once=lambda: secrets.token_urlsafe(9), **values)
    answer.headers["Cache-Control"] = "no-store"
    return answer
