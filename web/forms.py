"""A questionnaire as pages, one question each: goes on where the chat stopped, and the chat where the page stopped. No script needed.

Showing a page changes nothing: what comes next is worked out from what is kept, and `?q=3` only looks at the third question.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from dialogue.words import Command, Speaker
from handlers.interviews import PageAnswer
from storage import communities, questionnaires, responses
from storage.communities import Community
from storage.database import Tx
from surveys import asking, interviews
from surveys.interviews import Asked, Completed, Interview, Review
from surveys.publications import Publication, PublicationState
from surveys.questionnaires import Questionnaire
from surveys.responses import ResponseId, ResponseState
from web import readers
from web.access import Pass
from web.pages import Handler, Site

LONGEST = 20_000  # characters of one form
ACTS = ("answer", "skip", "submit", "reopen")


@dataclass(frozen=True, slots=True)
class Place:
    """Where this resident stands with this questionnaire; who only looks has an interview that nobody keeps."""

    here: Community
    speaker: Speaker
    publication: Publication
    interview: Interview

    @property
    def asked(self) -> Questionnaire:
        return self.publication.questionnaire


@dataclass(frozen=True, slots=True)
class Fault:
    """What was wrong with what was sent, beside its field, with the words that were sent."""

    said: str
    question: str = ""
    values: tuple[str, ...] = ()


def routes(site: Site) -> Sequence[tuple[str, str, Handler]]:
    """/f/TOKEN."""

    async def shown(request: web.Request) -> web.Response:
        return _page(site, request, await _place(site, request))

    async def sent(request: web.Request) -> web.StreamResponse:
        place, form = await _place(site, request), await request.post()
        answer, once = _answer(form), str(form.get("once", ""))
        command = Command("page_answer", "", place.publication.number, msgspec.json.encode(answer).decode())
        contact = place.speaker.contact
        typed = " ".join(answer.values) if answer.act == "answer" else ""
        done = await site.run(contact, command, once=f"{contact}:{once}" if once else "", typed=typed, community=place.here.id)
        said = "\n".join(words.text for words in done.replies)
        if done.handler != "interviews" and done.fresh:
            return _sorry(site, request, place, said)
        after = await _place(site, request)
        if said:
            return _page(site, request, after, Fault(said, answer.question, answer.values), alarm=done.alarm)
        if done.alarm:
            return _page(site, request, after, alarm=done.alarm)
        raise web.HTTPSeeOther(request.path)

    return [("GET", "/f/{token}", shown), ("POST", "/f/{token}", sent)]


def _answer(form: Any) -> PageAnswer:
    """What the form says, within reason."""
    act, values = str(form.get("act", "")), tuple(str(value).replace("\r\n", "\n") for value in form.getall("value", []))
    if act not in ACTS or sum(map(len, values)) > LONGEST:
        raise web.HTTPBadRequest
    return PageAnswer(act, str(form.get("question", ""))[:500], values)


# --- where they stand -------------------------------------------------------------------------------------------------


async def _place(site: Site, request: web.Request) -> Place:
    here, ticket = await readers.holder(site, request, "form")
    found: Place | None = await site.read(_stands, here, ticket, site.now())
    if found is None:
        raise web.HTTPForbidden
    return found


def _stands(tx: Tx, here: Community, ticket: Pass, now: datetime) -> Place | None:
    """None: whoever the link was for agreed to nothing, or was forgotten; or there is no such questionnaire."""
    speaker = readers.speaker(tx, here, ticket)
    if speaker is None or speaker.resident is None:
        return None
    publication = questionnaires.by_number(tx, here.id, int(ticket.subject))
    if publication is None or publication.state is PublicationState.DRAFT:
        return None
    kept = responses.mine(tx, here.id, publication.id, speaker.resident)
    zone = communities.community(tx, here.id).settings.timezone
    if kept is None or kept.state is ResponseState.WITHDRAWN:
        kept = interviews.begin(publication.questionnaire, ResponseId(""), speaker.language, zone, now).interview
    return Place(here, speaker, publication, replace(kept, language=speaker.language))


# --- pages ------------------------------------------------------------------------------------------------------------


def _page(site: Site, request: web.Request, place: Place, fault: Fault | None = None, alarm: str = "") -> web.Response:
    now, publication = site.now(), place.publication
    if not publication.takes_answers(now):
        return _over(site, request, place)
    interview = _looked_at(place, request, fault, now)
    result = interviews.look(place.asked, interview, now)
    common = {"fault": fault, "alarm": alarm, "once": secrets.token_urlsafe(12)}
    if isinstance(result, Asked):
        typed = fault.values if fault and fault.question == result.question.path else None
        kind = result.question.type
        more = {"asked": result, "kind": kind, "typed": typed, "back": result.number - 1, "given": " ".join(typed or ()) or result.value}
        return _show(site, request, place, "form_question.html", **common, **more)
    if isinstance(result, Review):
        return _show(site, request, place, "form_review.html", **common, lines=asking.lines(result), notes=result.notes)
    return _show(site, request, place, "form_done.html", **common, lines=_handed_in(place, now), open=isinstance(result, Completed))


def _looked_at(place: Place, request: web.Request, fault: Fault | None, now: datetime) -> Interview:
    """The interview at the question they look at: the one they got wrong, the one they went back to, else where it stands."""
    if place.interview.state not in (ResponseState.BEGUN, ResponseState.PAUSED):
        return place.interview
    if fault and fault.question:
        return replace(place.interview, current=fault.question, ticked=None)
    wanted = request.query.get("q", "") if request.method == "GET" else ""
    if not wanted.isdigit() or len(wanted) > 4:
        return place.interview
    return interviews.edit(place.asked, place.interview, int(wanted), now).interview


def _handed_in(place: Place, now: datetime) -> Sequence[object]:
    read_back = interviews.look(place.asked, replace(place.interview, state=ResponseState.BEGUN, current=""), now)
    return asking.lines(read_back) if isinstance(read_back, Review) else ()


def _over(site: Site, request: web.Request, place: Place) -> web.Response:
    publication = place.publication
    handed_in = place.interview.state is ResponseState.COMPLETED
    lines = _handed_in(place, site.now()) if handed_in else ()
    results = publication.state is PublicationState.RESULTS
    unfinished = bool(place.interview.response) and not handed_in
    return _show(site, request, place, "form_over.html", lines=lines, results=results, unfinished=unfinished)


def _sorry(site: Site, request: web.Request, place: Place, said: str) -> web.Response:
    """It was refused: why, in one sentence."""
    return _show(site, request, place, "form_refused.html", said=said)


def _show(site: Site, request: web.Request, place: Place, template: str, **values: Any) -> web.Response:
    who, publication = place.speaker, place.publication
    told = {"number": publication.number, "title": publication.title, "closes_at": publication.closes_at}
    slug = request.match_info.get("slug", "")
    prefix = f"/c/{slug}" if slug else ""
    answer = site.page(
        request, template, place.here, large=who.large, speaks=who.language, path=request.path, prefix=prefix, told=told, **values
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
