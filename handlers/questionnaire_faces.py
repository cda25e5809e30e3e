"""How a questionnaire looks: in a list, as its post, when it is over; what one answered oneself; the buttons that go with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from community.staff import covers, who_can
from dialogue.words import Inbound, Kind, Link, Option, Say, Step, ToContact
from surveys import asking, interviews
from surveys.interviews import Interview, Review
from surveys.publications import Publication, PublicationState
from surveys.responses import ResponseState

LIST = Option("survey", key="questionnaires.button_list", aside=True)
CLAIM = Option("iam", key="menu.word_iam")
LISTED = 8


def face(publication: Publication) -> dict[str, Any]:
    """What every text that shows a questionnaire says of it."""
    return {
        "number": publication.number,
        "title": publication.title,
        "questions": publication.questions,
        "place": publication.place,
        "closes_at": publication.closes_at,
    }


def go(publication: Publication) -> Option:
    """去填写: in a group, too, it begins in private."""
    return Option(f"survey {publication.number}", key="questionnaires.button_go")


def named(publication: Publication) -> Option:
    """A questionnaire by its number and title, in a list."""
    told = {"number": publication.number, "title": publication.title}
    return Option(f"survey {publication.number}", key="questionnaires.button_named", values=told)


def board(publication: Publication) -> Option:
    """Its results, once they are published."""
    return Option(key="questionnaires.button_board", aside=True, link=Link("board", f"surveys/{publication.number}"))


def on_page(publication: Publication) -> Option:
    """The same questionnaire as pages, where it stands now."""
    return Option(key="questionnaires.button_page", aside=True, link=Link("form", str(publication.number)))


def with_page(publication: Publication, says: Iterable[Say]) -> tuple[Say, ...]:
    """Every question may be answered on the page instead."""
    aside = on_page(publication)
    asked = ("surveys.ask_", "surveys.review")
    return tuple(replace(say, options=(*say.options, aside)) if say.key.startswith(asked) else say for say in says)


def private(step: Step, inbound: Inbound) -> Step:
    """What concerns one resident is never said into a group."""
    if inbound.private:
        return step
    to = ToContact(inbound.who.contact)
    return replace(step, says=tuple(replace(say, to=to) for say in step.says))


def aloud(publication: Publication, inbound: Inbound) -> Say:
    """The questionnaire in a group."""
    if not publication.takes_answers(inbound.now):
        return Say("questionnaires.ended", _ended(publication), _results(publication))
    return Say("questionnaires.post", face(publication), (go(publication),))


def over(publication: Publication, interview: Interview | None, inbound: Inbound) -> tuple[Say, ...]:
    """It takes no more answers: what became of one's own, and where the results are."""
    begun = interview is not None and interview.state in (ResponseState.BEGUN, ResponseState.PAUSED)
    says = (Say("questionnaires.ended", {**_ended(publication), "unfinished": begun}, _results(publication)),)
    if interview is None or interview.state is not ResponseState.COMPLETED:
        return says
    return (*says, Say("questionnaires.mine", _own(publication, interview, inbound, still_open=False)))


def mine(publication: Publication, interview: Interview, inbound: Inbound) -> tuple[Say, ...]:
    """What I answered; it can be changed until the end."""
    again = Option(f"answer {publication.number} reopen", key="questionnaires.button_again")
    return (Say("questionnaires.mine", _own(publication, interview, inbound, still_open=True), (again,)),)


def listed(
    there: Iterable[Publication], states: Mapping[str, ResponseState], homes: tuple[str, ...], here: str | None, inbound: Inbound
) -> Say:
    """问卷: those that ask me now, with how far I came, and the last ones with results."""
    mine_ = [p for p in there if concerns(p, homes, here, inbound)]
    running = [p for p in mine_ if p.takes_answers(inbound.now)][:LISTED]
    results = [p for p in mine_ if p.state is PublicationState.RESULTS][:3]
    if not running and not results:
        return Say("questionnaires.none", {"home": bool(homes) or not inbound.private})
    told = [{**face(p), "state": states[p.id].value if p.id in states and inbound.private else ""} for p in running]
    ended = [{"number": p.number, "title": p.title} for p in results]
    return Say("questionnaires.list", {"open": told, "results": ended}, tuple(named(p) for p in (*running, *results)))


def concerns(publication: Publication, homes: tuple[str, ...], here: str | None, inbound: Inbound) -> bool:
    """A building's questionnaire is for its people and officers; that of the whole community for everybody."""
    if not inbound.private and inbound.kind is not Kind.CHOICE:  # what is said aloud depends on the group, not on who asks
        return here is not None and covers(publication.path, here)
    offices = (*who_can("share"), "grid", "admin")
    officer = any(role.name in offices and covers(role.path, publication.path) for role in inbound.who.roles)
    return not publication.path or officer or any(covers(publication.path, home) for home in homes)


def _own(publication: Publication, interview: Interview, inbound: Inbound, *, still_open: bool) -> dict[str, Any]:
    read_back = interviews.look(publication.questionnaire, replace(interview, state=ResponseState.BEGUN, current=""), inbound.now)
    lines = asking.lines(read_back) if isinstance(read_back, Review) else ()
    own = {"number": publication.number, "title": publication.title, "lines": lines}
    return {**own, "open": still_open, "closes_at": publication.closes_at}


def _ended(publication: Publication) -> dict[str, Any]:
    results = publication.state is PublicationState.RESULTS
    return {"number": publication.number, "title": publication.title, "results": results, "unfinished": False}


def _results(publication: Publication) -> tuple[Option, ...]:
    return (board(publication),) if publication.state is PublicationState.RESULTS else ()
