"""A ballot as a page: the options, what one chose before, one button. Opening it votes nothing; the vote is the chat's own."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from dialogue.words import Command, Speaker
from storage import ballots, polls, rolls
from storage.communities import Community
from storage.database import Tx
from surveys.ballots import Ballot, Voter
from surveys.polls import Poll, PollState
from web import readers
from web.access import Pass
from web.pages import Handler, Site


@dataclass(frozen=True, slots=True)
class Paper:
    """A ballot in somebody's hands: the poll, their places on its roll and what they chose last."""

    here: Community
    speaker: Speaker
    poll: Poll
    votes: int
    waiting: int
    own: Ballot | None
    conflict: bool


def routes(site: Site) -> Sequence[tuple[str, str, Handler]]:
    """/b/TOKEN."""

    async def shown(request: web.Request) -> web.StreamResponse:
        return _page(site, request, await _paper(site, request))

    async def cast(request: web.Request) -> web.StreamResponse:
        paper, form = await _paper(site, request), await request.post()
        chosen = [place for place in form.getall("choice", []) if isinstance(place, str) and place.isdecimal() and len(place) < 4]
        if not chosen:
            return _page(site, request, paper, nothing=True)
        said = " ".join(f"#{int(place)}" for place in chosen)
        contact, once = paper.speaker.contact, str(form.get("once", ""))[:40]
        vote = Command("vote", "polls", paper.poll.number, said)
        done = await site.run(contact, vote, once=f"{contact}:{once}:{said}", community=paper.here.id)
        words = [reply.text for reply in done.replies]
        return _page(site, request, await _paper(site, request), said=words, counted=done.handler == "polls" or not done.fresh)

    return [("GET", "/b/{token}", shown), ("POST", "/b/{token}", cast)]


async def _paper(site: Site, request: web.Request) -> Paper:
    here, ticket = await readers.holder(site, request, "ballot")
    found: Paper | None = await site.read(_stands, here, ticket, site.now())
    if found is None:
        raise web.HTTPForbidden
    return found


def _stands(tx: Tx, here: Community, ticket: Pass, now: datetime) -> Paper | None:
    """None: whoever the link was for agreed to nothing, or was forgotten; or there is no such poll."""
    speaker = readers.speaker(tx, here, ticket)
    if speaker is None or speaker.resident is None:
        return None
    poll = polls.by_number(tx, here.id, int(ticket.subject))
    if poll is None or poll.state is PollState.DRAFT:
        return None
    places = tuple(rolls.entries_of(tx, here.id, poll, speaker.resident))
    before = tuple(ballots.of_entries(tx, here.id, poll, [place.entry for place in places]))
    voter = Voter(speaker.resident, places, before)
    own = voter.own()
    conflict = own is not None and bool(voter.against(own.choices))
    return Paper(here, speaker, poll, len(places), sum(not place.confirmed for place in places), own, conflict)


def _page(site: Site, request: web.Request, paper: Paper, **more: Any) -> web.StreamResponse:
    poll, own = paper.poll, paper.own
    chosen = [choice.text for choice in poll.proposal.choices if own and choice.number in own.choices]
    over = not poll.takes_votes(site.now())
    values = {"said": [], "nothing": False, "counted": False, "once": secrets.token_urlsafe(12), **more}
    values |= {"paper": paper, "poll": poll, "chosen": chosen, "picked": own.choices if own else ()}
    values |= {"over": over, "open": paper.votes > 0 and not over, "url": readers.addresses(request)}
    size = paper.speaker.large or readers.large(request)
    answer = site.page(request, "ballot.html", paper.here, large=size, speaks=paper.speaker.language, **values)
    answer.headers["Cache-Control"] = "no-store"
    return answer
