"""The public board: polls, questionnaires, 公示 and matters, for whoever they concern. Reads only; works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

from aiohttp import web

from community.notices import Notice, NoticeState, Openness
from storage import doors, matters, notices, objections, polls, questionnaires, responses
from storage.communities import Community
from storage.database import Tx
from surveys.polls import FEWEST, Poll, PollState
from surveys.publications import Publication, PublicationState
from surveys.results import Count, Submitted, count
from surveys.tally import OpenResult, PrivateResult
from web import readers
from web.pages import Handler, Site
from web.readers import Reader

LISTED = 40
ENTERED_LASTS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the board: what it is called, where it leads, how it stands (a text's key with its values)."""

    kind: str
    number: int
    title: str
    place: str
    state: str
    values: Mapping[str, Any]
    open: bool


def routes(site: Site) -> Sequence[tuple[str, str, Handler]]:
    """/board and a page for each thing on it."""
    one = "/{number:[0-9]{1,6}}"
    return [
        ("GET", "/board", partial(_list, site)),
        ("GET", f"/board/polls{one}", partial(_poll, site)),
        ("POST", f"/board/polls{one}", partial(_entered, site)),
        ("GET", f"/board/surveys{one}", partial(_survey, site)),
        ("GET", f"/board/notices{one}", partial(_notice, site)),
        ("GET", "/board/matters", partial(_raised, site)),
    ]


async def _list(site: Site, request: web.Request) -> web.StreamResponse:
    here, who = await _asked(site, request)
    items = await site.read(everything, here.id, who, site.now())
    return await _page(site, request, here, who, "board.html", items=items)


async def _poll(site: Site, request: web.Request) -> web.StreamResponse:
    here, who = await _asked(site, request)
    found: PrivateResult | None = await site.read(polls.result, here.id, _number(request), who.resident)
    if found is None:
        raise web.HTTPNotFound
    if not who.sees(found.poll.path, f"polls/{found.poll.number}"):
        return await _closed(site, request, here, who)
    named = found.named if isinstance(found, OpenResult) else ()
    link = None if named else readers.linked(site, request, here)
    enters = link is not None and isinstance(await site.read(polls.result, here.id, found.poll.number, link.resident), OpenResult)
    asked = await site.read(objections.asked, here.id, "polls", found.poll.id)
    state, values, _ = poll_state(found.poll, found.turnout, site.now())
    more = {"turnout": found.turnout, "named": named, "enters": enters, "state": state, "values": values, "asked": asked}
    return await _page(site, request, here, who, "board_poll.html", poll=found.poll, votes=shares(found.poll), **more)


async def _survey(site: Site, request: web.Request) -> web.StreamResponse:
    here, who = await _asked(site, request)
    found = await site.read(published, here.id, _number(request), readers.language(request))
    if found is None:
        raise web.HTTPNotFound
    publication, handed_in, counts = found
    if not who.sees(publication.path, f"surveys/{publication.number}"):
        return await _closed(site, request, here, who)
    state, values, _ = survey_state(publication, handed_in, site.now())
    more = {"counts": counts, "few": handed_in < FEWEST, "state": state, "values": values}
    return await _page(site, request, here, who, "board_survey.html", survey=publication, handed_in=handed_in, **more)


async def _notice(site: Site, request: web.Request) -> web.StreamResponse:
    here, who = await _asked(site, request)
    found: Notice | None = await site.read(notices.by_number, here.id, _number(request))
    if found is None or found.state is NoticeState.DRAFT:
        raise web.HTTPNotFound
    if not may_read(found, who):
        return await _closed(site, request, here, who)
    asked = await site.read(objections.asked, here.id, "notices", found.id)
    state, values, _ = notice_state(found)
    whole = found.state in UP or who.bound  # when the period is over names and figures leave the public page
    more = {"state": state, "values": values, "asked": asked, "whole": whole}
    return await _page(site, request, here, who, "board_notice.html", notice=found, **more)


async def _raised(site: Site, request: web.Request) -> web.StreamResponse:
    here, who = await _asked(site, request)
    found = await site.read(matters.public, here.id)
    rows = [(m, f"board.kind_{m.kind}", f"board.category_{m.category}", _matter(m)) for m in found]
    return await _page(site, request, here, who, "board_matters.html", rows=rows)


UP = (NoticeState.POSTED, NoticeState.OBJECTED)


# --- what is read -----------------------------------------------------------------------------------------------------


def everything(tx: Tx, community: int, who: Reader, now: datetime) -> dict[str, list[Item]]:
    """All that this reader may see, by kind, the newest first."""
    voted = [p for p in polls.listed(tx, community, most=LISTED) if who.sees(p.path, f"polls/{p.number}")]
    asked = [p for p in questionnaires.listed(tx, community, most=LISTED) if who.sees(p.path, f"surveys/{p.number}")]
    posted = [n for n in notices.listed(tx, community, most=LISTED) if n.state is not NoticeState.DRAFT and may_read(n, who)]
    told = matters.public(tx, community, most=LISTED)
    turnouts = {p.id: polls.result(tx, community, p.number) for p in voted if p.figures is None}
    return {
        "polls": [_item("polls", p, p.proposal.title, poll_state(p, _turnout(turnouts.get(p.id)), now)) for p in voted],
        "surveys": [_item("surveys", p, p.title, survey_state(p, responses.count(tx, community, p.id), now)) for p in asked],
        "notices": [_item("notices", n, n.text.title, notice_state(n)) for n in posted],
        "matters": [Item("matters", m.number, "", m.place, _matter(m), {}, False) for m in told],
    }


def published(tx: Tx, community: int, number: int, language: str) -> tuple[Publication, int, tuple[Count, ...]] | None:
    """A questionnaire, how many handed it in, and its counts once staff published them."""
    found = questionnaires.by_number(tx, community, number)
    if found is None or found.state is PublicationState.DRAFT:
        return None
    handed_in = responses.count(tx, community, found.id)
    if found.state is not PublicationState.RESULTS or handed_in < FEWEST:
        return found, handed_in, ()
    answers: list[Submitted] = []
    after = None
    while after != "":
        batch, after = responses.submitted(tx, community, found.id, after or "")
        answers += batch
    return found, handed_in, tuple(map(shown, count(found.questionnaire, answers, language)))


def shown(one: Count) -> Count:
    """A question that fewer than five answered says only how many: its figures would be about somebody."""
    return one if one.answered >= FEWEST else replace(one, options=(), figures=None)


def may_read(notice: Notice, who: Reader) -> bool:
    """公开 网上 for everybody; 本范围 for those it concerns, in a notice of the whole community everybody who belongs to it."""
    if notice.openness is Openness.WEB or who.page == f"notices/{notice.number}":
        return True
    return who.bound and who.sees(notice.path, f"notices/{notice.number}")


# --- how things stand -------------------------------------------------------------------------------------------------


State = tuple[str, Mapping[str, Any], bool]


def poll_state(poll: Poll, turnout: int, now: datetime) -> State:
    """A text's key, its values, and whether it is open: for the list and for its own page."""
    if poll.state is PollState.VOIDED:
        return "board.poll_voided", {"reason": poll.reason}, False
    people = poll.electorate.value == "people"
    if poll.figures is not None:
        return "board.poll_over", {"voted": poll.figures.voted, "entitled": poll.entitled, "people": people}, False
    if not poll.takes_votes(now):
        return "board.poll_counting", {}, False
    return "board.poll_open", {"voted": turnout, "entitled": poll.entitled, "people": people, "at": poll.closes_at}, True


def survey_state(publication: Publication, handed_in: int, now: datetime) -> State:
    """The same of a questionnaire."""
    if publication.takes_answers(now):
        key = "board.survey_open" if publication.closes_at else "board.survey_running"
        return key, {"count": handed_in, "at": publication.closes_at or now}, True
    key = "board.survey_results" if publication.state is PublicationState.RESULTS else "board.survey_over"
    return key, {"count": handed_in}, False


def notice_state(notice: Notice) -> State:
    """The same of a 公示: its period and how many objected."""
    told = {"on": notice.ends_on, "count": notice.objections, "provisional": notice.provisional}
    if notice.state in UP:
        return "board.notice_up", told, True
    return ("board.notice_withdrawn" if notice.state is NoticeState.WITHDRAWN else "board.notice_over"), told, False


def shares(poll: Poll) -> list[tuple[str, int, Fraction]]:
    """Each option's votes and its part of the entries that voted; nothing before the poll is counted, or where too few voted."""
    if poll.figures is None or poll.too_few:
        return []
    voted = poll.figures.voted or 1
    return [(c.text, poll.figures.votes[c.number], Fraction(poll.figures.votes[c.number], voted)) for c in poll.proposal.choices]


def _matter(matter: matters.Public) -> str:
    return f"board.verdict_{matter.verdict}" if matter.verdict else f"board.matter_{matter.state}"


def _item(kind: str, thing: Poll | Publication | Notice, title: str, state: State) -> Item:
    return Item(kind, thing.number, title, thing.path.replace("/", ""), *state)


def _turnout(result: PrivateResult | None) -> int:
    return result.turnout if result else 0


# --- pages ------------------------------------------------------------------------------------------------------------


async def _asked(site: Site, request: web.Request) -> tuple[Community, Reader]:
    here = await site.community(request)
    return here, await readers.reader(site, request, here)


async def _page(site: Site, request: web.Request, here: Community, who: Reader, template: str, **values: Any) -> web.StreamResponse:
    url = readers.addresses(request)
    status = values.pop("status", 200)
    common = {"url": url, "who": who, "large": readers.large(request), "at": request.path.removeprefix(readers.prefix(request))}
    page = site.page(request, template, here, status, **common, **values)
    link = readers.linked(site, request, here)
    if link is not None and link.resident and not who.resident:  # the next page knows them too
        readers.remember(site, page, readers.READER, replace(link, kind="reader", subject=""))
    return page


async def _entered(site: Site, request: web.Request) -> web.StreamResponse:
    """进入, once for each link: from now on this browser is who the link was for."""
    here, token = await site.community(request), request.query.get("k", "")
    link = readers.linked(site, request, here)
    if link is None or not link.resident or request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden
    if not await site.write(doors.spend, token, site.now()):
        raise web.HTTPGone
    answer = readers.onward(request.path)
    readers.remember(site, answer, readers.READER, replace(link, kind="entered", subject="", until=site.now() + ENTERED_LASTS))
    return answer


async def _closed(site: Site, request: web.Request, here: Community, who: Reader) -> web.StreamResponse:
    return await _page(site, request, here, who, "board_closed.html", status=403)


def _number(request: web.Request) -> int:
    return int(request.match_info["number"])
