"""A questionnaire that is asked: how it goes, its end by hand or by the clock, its results, its text for groups we are not in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from community.staff import covers, may
from dialogue.words import Inbound, Link, Option, Purpose, Refused, Say, Step, ToGroups, ToResident, ToRole
from handlers import questionnaire_faces as faces
from storage import questionnaires, responses, rolls
from storage.database import Tx
from storage.rolls import Post
from surveys import publications
from surveys.publications import Publication, PublicationState, QuestionnairePosted

words = {
    "survey_end": "end",
    "survey_results": "results",
    "share surveys": "share",
    "shared surveys": "posted",
    questionnaires.CLOSES: "clock",
}
open_to = "given"
State = None


@dataclass(frozen=True, slots=True)
class Situation:
    """The questionnaire, held against answers; how many handed in theirs; the groups that are told."""

    publication: Publication | None = None
    answered: int = 0
    posts: tuple[Post, ...] = ()


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    community, command = inbound.community, inbound.command
    assert command is not None
    if command.word == questionnaires.CLOSES:
        publication = questionnaires.for_closing(tx, community, command.rest)
    else:
        publication = questionnaires.for_change(tx, community, command.number) if command.number is not None else None
    if publication is None:
        return Situation()
    answered = responses.count(tx, community, publication.id)
    return Situation(publication, answered, tuple(rolls.posts(tx, community, publication.path)))


def step(situation: Situation, state: None, inbound: Inbound) -> Step:
    publication, command = situation.publication, inbound.command
    assert command is not None
    act = words.get(f"{command.word} {command.kind}") or words[command.word]
    if act == "clock":
        return _clock(situation, inbound)
    if publication is None or publication.state is PublicationState.DRAFT:
        raise Refused("questionnaires.unknown", (faces.LIST,), number=command.number or 0)
    _allowed(publication, inbound, act)
    if act == "share":
        return faces.private(_share(situation, publication, inbound), inbound)
    if act == "posted":
        return faces.private(_posted(publication, inbound), inbound)
    return _end(situation, publication, inbound) if act == "end" else _results(situation, publication, inbound)


def going(publication: Publication, answered: int) -> Say:
    """发布问卷 N once it is published: how it goes, and what can be done next."""
    told = {**faces.face(publication), "answered": answered, "state": publication.state.value}
    end = Option(f"survey_end {publication.number}", key="questionnaires.button_end")
    options = {
        PublicationState.PUBLISHED: (share_button(publication), end),
        PublicationState.CLOSED: (_results_button(publication),),
        PublicationState.RESULTS: (faces.board(publication), share_button(publication)),
    }
    return Say("questionnaires.running", told, options.get(publication.state, ()))


def _end(situation: Situation, publication: Publication, inbound: Inbound) -> Step:
    assert inbound.command is not None
    if not inbound.command.rest:
        sure = Option(f"survey_end {publication.number} yes", key="questionnaires.button_end_now")
        told = {"number": publication.number, "title": publication.title, "answered": situation.answered}
        return Step(None, says=(Say("questionnaires.sure_to_end", told, (sure,)),))
    closed = publications.close(publication, inbound.now)
    return Step(None, (closed,), (_counted(situation, publication), *_thanks(situation, publication)))


def _clock(situation: Situation, inbound: Inbound) -> Step:
    """Its time has come: every answer taken before is in, none comes after."""
    publication = situation.publication
    if publication is None or publication.state is not PublicationState.PUBLISHED:
        return Step(None)
    closed = publications.close(publication, inbound.now)
    to = ToResident(publication.author) if publication.author else ToRole("staff", publication.area)
    duty = replace(_counted(situation, publication), to=to, purpose=Purpose.DUTY)
    return Step(None, (closed,), (duty, *_thanks(situation, publication)))


def _counted(situation: Situation, publication: Publication) -> Say:
    told = {"number": publication.number, "title": publication.title, "answered": situation.answered}
    return Say("questionnaires.closed", told, (_results_button(publication),))


def _thanks(situation: Situation, publication: Publication) -> tuple[Say, ...]:
    told = {"number": publication.number, "title": publication.title, "answered": situation.answered}
    once = f"survey-over-{publication.number}"
    return tuple(Say("questionnaires.thanks", told, to=ToGroups(p.area), purpose=Purpose.RESULT, once=once) for p in situation.posts)


def _results(situation: Situation, publication: Publication, inbound: Inbound) -> Step:
    published = publications.publish_results(publication, inbound.now)
    out = replace(publication, state=PublicationState.RESULTS)
    told = {"number": publication.number, "title": publication.title, "answered": situation.answered}
    link = (faces.board(out),)
    mine = Say("questionnaires.results_published", told, (*link, share_button(out)))
    once = f"survey-results-{publication.number}"
    posts = (Say("questionnaires.results_post", told, link, ToGroups(p.area), Purpose.RESULT, once=once) for p in situation.posts)
    return Step(None, (published,), (mine, *posts))


def _share(situation: Situation, publication: Publication, inbound: Inbound) -> Step:
    """The text to put into an ordinary WeChat group by hand; whoever did so presses 已转发."""
    told = {
        **faces.face(publication),
        "what": _what(publication, inbound),
        "answered": situation.answered,
        "link": (link := Link("door", f"surveys/{publication.number}")),
    }
    done = Option(f"shared surveys {publication.number}", key="questionnaires.button_shared")
    return Step(None, says=(Say("questionnaires.share", told, (done,), picture=link),))


def _posted(publication: Publication, inbound: Inbound) -> Step:
    assert inbound.who.resident is not None
    posted = QuestionnairePosted(f"{inbound.id}-0", publication.id, _what(publication, inbound), inbound.who.resident, inbound.now)
    return Step(None, (posted,), (Say("questionnaires.posted", {"number": publication.number, "at": inbound.now}),))


# --- small readings -----------------------------------------------------------------------------------------------------


def _allowed(publication: Publication, inbound: Inbound, act: str) -> None:
    """Staff of the place; passing on is for everybody who leads there."""
    roles = inbound.who.roles
    if act in ("share", "posted"):
        if any(may((r,), "share", r.path) and (covers(publication.path, r.path) or covers(r.path, publication.path)) for r in roles):
            return
    elif may(roles, "publish", publication.path):
        return
    raise Refused("menu.not_yours", roles=("staff",))


def _what(publication: Publication, inbound: Inbound) -> str:
    if publication.takes_answers(inbound.now):
        return "open"
    return "results" if publication.state is PublicationState.RESULTS else "over"


def share_button(publication: Publication) -> Option:
    """转发: its text for an ordinary WeChat group."""
    return Option(f"share surveys {publication.number}", key="questionnaires.button_share", aside=True)


def _results_button(publication: Publication) -> Option:
    return Option(f"survey_results {publication.number}", key="questionnaires.button_results")
