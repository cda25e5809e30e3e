"""The door that may lie in any group, /g/CODE: what is asked, then who you are, then on to the ballot, the form or the notice.

One link for everybody. Nothing is kept before 同意, no home's data is ever shown, and whether room or digits were wrong is not told.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from aiohttp import web

from community import codes
from community.claims import As, name_said
from community.invites import Tried
from dialogue.numerals import digits
from dialogue.words import Command, Inbound
from handlers.doors import Proof
from storage import contacts, doors, notices, polls, questionnaires, residents, tries
from storage.communities import Community
from storage.database import Tx
from surveys.polls import PollState
from surveys.publications import PublicationState
from web import access, oauth, readers
from web.access import Pass
from web.board import State, notice_state, poll_state, survey_state
from web.pages import Handler, Site

CHANNEL = "door"
AGREED_LASTS = timedelta(hours=1)
PASS_LASTS = timedelta(days=30)
LONGEST = 200  # signs of a field
LONGEST_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Thing:
    """What lies behind the door: a poll, a questionnaire or a notice, as everybody may see it who has the link."""

    here: Community
    kind: str
    number: int
    title: str
    words: str
    path: str
    state: State

    @property
    def open(self) -> bool:
        """Whether one can still take part."""
        return self.state[2]


def routes(site: Site) -> Sequence[tuple[str, str, Handler]]:
    """/g/CODE: one page, whose form says how far one is."""

    async def shown(request: web.Request) -> web.StreamResponse:
        thing = await _thing(site, request)
        known = await _known(site, request, thing.here)
        if known is None and readers.proved(site, request, thing.here) is None and (asks := oauth.asks(site, request)):
            raise web.HTTPFound(asks)
        return _page(site, request, thing, "door.html", known=known is not None, said=[])

    async def sent(request: web.Request) -> web.StreamResponse:
        thing = await _thing(site, request)
        form = {name: value.strip()[:LONGEST] for name, value in (await request.post()).items() if isinstance(value, str)}
        act = form.get("act", "")
        known = await _known(site, request, thing.here)
        if act == "forget":
            answer = readers.onward(request.path)
            answer.del_cookie(readers.DOOR, path="/")
            return answer
        if oauth.snapshot(request):
            return _page(site, request, thing, "door.html", known=False, said=[])
        if act == "prove":
            return await _prove(site, request, thing, form)
        if act == "agree":
            return _page(site, request, thing, "door_who.html", agreed=_agreed(site, thing.here), said=[], form={}, **AS)
        if act == "object" and known is not None and thing.kind == "notices":
            words = str((await request.post()).get("words", "")).strip()[:LONGEST_WORDS]
            said, once = Command("object", "notices", thing.number, words), f"{known.contact}:{form.get('once', '')}"
            done = await site.run(known.contact, said, once=once, typed=words)
            told = [done.alarm] * bool(done.alarm) + [reply.text for reply in done.replies]
            return _page(site, request, thing, "door.html", known=True, said=told)
        if known is not None and thing.open:
            raise web.HTTPSeeOther(_onward(site, request, thing, known))
        return _page(site, request, thing, "door_consent.html")

    return [("GET", "/g/{code:[A-Za-z0-9_-]{1,32}}", shown), ("POST", "/g/{code:[A-Za-z0-9_-]{1,32}}", sent)]


AS: Mapping[str, Any] = {"everything_one_is": [(a.value, f"roles.{a.value}") for a in As]}


# --- what is asked ----------------------------------------------------------------------------------------------------


async def _thing(site: Site, request: web.Request) -> Thing:
    here = await site.community(request)
    found: Thing | None = await site.read(_behind, here, request.match_info["code"], site.now())
    if found is None:
        raise web.HTTPNotFound
    return found


def _behind(tx: Tx, here: Community, code: str, now: datetime) -> Thing | None:
    """What the code stands for; None when it is nobody's, or another community's."""
    link = doors.link(tx, code)
    if link is None or link[0] != here.id or not link[2].isdigit():
        return None
    kind, number = link[1], int(link[2])
    if kind == "polls" and (poll := polls.by_number(tx, here.id, number)) and poll.state is not PollState.DRAFT:
        told = polls.result(tx, here.id, number)
        words = poll.proposal.explanation
        return Thing(here, kind, number, poll.proposal.title, words, poll.path, poll_state(poll, told.turnout if told else 0, now))
    if kind == "surveys" and (asked := questionnaires.by_number(tx, here.id, number)) and asked.state is not PublicationState.DRAFT:
        return Thing(here, kind, number, asked.title, "", asked.path, survey_state(asked, 0, now))
    if kind == "notices" and (notice := notices.by_number(tx, here.id, number)):
        state = notice_state(notice)
        return Thing(here, kind, number, notice.text.title, notice.text.body if state[2] else "", notice.path, state)
    return None


# --- who they are -----------------------------------------------------------------------------------------------------


async def _prove(site: Site, request: web.Request, thing: Thing, form: Mapping[str, str]) -> web.StreamResponse:
    """Room and digits, or a home's code: right, and they go on; wrong, and nothing is told but that it did not fit."""
    here = thing.here
    if access.read(site.secret, form.get("agreed", ""), "agreed", site.now()) is None:
        return _page(site, request, thing, "door_consent.html", again=True)
    said = _said(form, thing.path)
    if said is None:
        return _who(site, request, thing, form, "door.incomplete")
    who = readers.visitor(site, request)
    if who and await site.write(tries.spent, f"visitor:{who}", site.now()):
        return _who(site, request, thing, form, "door.rests", status=429)
    met = await site.write(_meet, here, _language(form), readers.proved(site, request, here), site.now())
    await site.run(met, Command("consent"))
    done = await site.run(met, said, keeps=True)
    if done.replies and done.replies[-1].asks and isinstance(said, Command) and said.word == "join":
        done = await site.run(met, form.get("name", ""), keeps=True)  # an owner's code asks for the name on the roll
    known: Pass | None = await site.read(_lives, here, met, site.now())
    if known is None:
        if who and done.handler != "refused":
            await site.write(tries.record_tried, here.id, Tried(f"visitor:{who}", site.now()))
        again = _who(site, request, thing, form, *(reply.text for reply in done.replies), plain=True)
        readers.remember(site, again, readers.DOOR, Pass("door", here.id, "", met, "", site.now() + AGREED_LASTS))
        return again
    answer = readers.onward(_onward(site, request, thing, known) if thing.open else request.path)
    readers.remember(site, answer, readers.DOOR, known)
    return answer


def _said(form: Mapping[str, str], around: str) -> Command | None:
    """The command their form comes to; None while something is missing."""
    as_, name = form.get("as", ""), form.get("name", "")
    if as_ not in list(As) or (as_ == As.OWNER and not name_said(name)):
        return None
    if form.get("code"):
        return Command("join", rest=f"{form['code']} {as_}") if codes.parse(form["code"]) else None
    if not form.get("room") or len(digits(form.get("tail", ""))) != 4:
        return None
    proof = Proof(form["room"], form["tail"], as_, name, around)
    return Command("door_phone", rest=msgspec.json.encode(proof).decode())


def _meet(tx: Tx, here: Community, language: str, known: Pass | None, now: datetime) -> str:
    """The contact of this browser: the one it has, or a new one, which agrees first. Nothing is ever pushed to it."""
    if known is not None and contacts.speaker(tx, known.contact) is not None:
        return known.contact
    address = secrets.token_urlsafe(24)
    number = secrets.token_hex(10)
    new = Inbound(channel=CHANNEL, external_id=number, address=address, id=number, at=now, language=language)
    contact = contacts.meet(tx, new, here.id).speaker.contact
    contacts.settle(tx, contact, consent="asked", gone_at=now)
    return contact


async def _known(site: Site, request: web.Request, here: Community) -> Pass | None:
    """Who proved on this browser before, if they still belong somewhere."""
    ticket = readers.proved(site, request, here)
    found: Pass | None = await site.read(_lives, here, ticket.contact, site.now()) if ticket else None
    return found


def _lives(tx: Tx, here: Community, contact: str, now: datetime) -> Pass | None:
    """What a browser may keep once its contact belongs to a home, confirmed or waiting for it."""
    speaker = contacts.speaker(tx, contact)
    if speaker is None or speaker.resident is None or not residents.exists(tx, here.id, speaker.resident):
        return None
    if not residents.homes_of(tx, here.id, speaker.resident):
        return None
    return Pass("door", here.id, "", contact, speaker.resident, now + readers.LASTS)


def _agreed(site: Site, here: Community) -> str:
    return access.sign(site.secret, Pass("agreed", here.id, "", "", "", site.now() + AGREED_LASTS))


# --- pages ------------------------------------------------------------------------------------------------------------


def _onward(site: Site, request: web.Request, thing: Thing, known: Pass) -> str:
    """Where they go on: their ballot, their form; to a notice they object right here."""
    if thing.kind == "notices":
        return request.path
    kind = "ballot" if thing.kind == "polls" else "form"
    ticket = Pass(kind, thing.here.id, str(thing.number), known.contact, known.resident, site.now() + PASS_LASTS)
    return access.address("", readers.prefix(request), kind, access.sign(site.secret, ticket))


def _who(
    site: Site, request: web.Request, thing: Thing, form: Mapping[str, str], *said: str, plain: bool = False, status: int = 200
) -> web.StreamResponse:
    """The same form again, with what is wrong, and with what they typed but the digits."""
    kept = {name: form.get(name, "") for name in ("as", "name", "room")}
    values = {"agreed": _agreed(site, thing.here), "said": said, "plain": plain, "form": kept, **AS}
    return _page(site, request, thing, "door_who.html", status=status, **values)


def _page(site: Site, request: web.Request, thing: Thing, template: str, **values: Any) -> web.StreamResponse:
    common = {"url": readers.addresses(request), "large": readers.large(request), "thing": thing, "plain": False, "again": False}
    common["snapshot"] = oauth.snapshot(request)
    common["once"] = secrets.token_urlsafe(12)
    status = values.pop("status", 200)
    answer = site.page(request, template, thing.here, status, **{**common, **values})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _language(form: Mapping[str, str]) -> str:
    return "en" if form.get("lang") == "en" else "zh-CN"
