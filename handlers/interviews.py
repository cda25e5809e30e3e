"""Answer a questionnaire, in any chat or on its page: one engine, one response a resident, taken up wherever it stopped.

The response is the resident's and stands in `storage/responses.py`; a chat only remembers which question it showed last, so that
a bare answer belongs to that one also when another chat or the page has gone on meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from dialogue.words import NOTHING, Command, Event, Inbound, Kind, Option, Refused, Say, Step
from handlers import questionnaire_faces as faces
from handlers import standing
from storage import communities, questionnaires, residents, responses
from storage.database import Tx
from surveys import asking, interviews
from surveys.interviews import Interview, Moved
from surveys.publications import Publication, PublicationState
from surveys.question_types import BY_NAME
from surveys.questionnaires import Questionnaire
from surveys.responses import InterviewKept, ResponseBegun, ResponseId, ResponseState

words = {
    "survey": "open",
    "answer": "answer",
    "back": "move",
    "edit": "move",
    "skip": "move",
    "pause": "move",
    "quit": "move",
    "page_answer": "page",
}
open_to = "given"
PAGE = "page"  # only a page of ours brings `page_answer`


@dataclass(frozen=True, slots=True)
class State:
    """The questionnaire open in this chat, and the path of the question shown here last ("" while the answers were read back)."""

    number: int
    shown: str = ""
    version: int = 1


class PageAnswer(msgspec.Struct, frozen=True):
    """What a page of the form sent: begin | answer | skip | submit | reopen, for which question, with what."""

    act: str
    question: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """The questionnaire that is spoken of and what this resident answered so far; else all that concern them."""

    zone: str
    publication: Publication | None = None
    interview: Interview | None = None
    listed: tuple[Publication, ...] = ()
    states: Mapping[str, ResponseState] = field(default_factory=lambda: NOTHING)
    unfinished: tuple[int, ...] = ()
    homes: tuple[str, ...] = ()
    here: str | None = None  # in a group: the place it belongs to


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    community, who = inbound.community, inbound.who
    assert who.resident is not None
    if _act(inbound) == "page" and inbound.channel != PAGE:
        raise Refused("questionnaires.none_open")
    homes = tuple(home.path for home in residents.homes_of(tx, community, who.resident))
    zone = communities.community(tx, community).settings.timezone
    known = Situation(zone, homes=homes, here=standing.here(tx, inbound))
    number, unfinished = _number(state, inbound), list[int]()
    if number is None and _act(inbound) != "open":
        unfinished = responses.unfinished(tx, community, who.resident)
        number = unfinished[0] if len(unfinished) == 1 or (unfinished and _act(inbound) == "move") else None
    publication = questionnaires.for_answer(tx, community, number) if number is not None else None
    if publication is None or publication.state is PublicationState.DRAFT:
        listed = tuple(questionnaires.listed(tx, community))
        states = responses.states_of(tx, community, who.resident)
        return replace(known, listed=listed, states=states, unfinished=tuple(unfinished))
    interview = responses.for_answer(tx, community, publication.id, who.resident)
    if interview is not None:
        interview = replace(interview, language=who.language)
    return replace(known, publication=publication, interview=interview)


def step(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    publication, number = situation.publication, _number(state, inbound)
    if publication is None:
        if number is not None:
            raise Refused("questionnaires.unknown", (faces.LIST,), number=number)
        aloud = inbound.kind is not Kind.CHOICE and _act(inbound) == "open"  # in a group, too, it may be asked what there is
        return _several(situation, inbound) if aloud else faces.private(_several(situation, inbound), inbound)
    if not faces.concerns(publication, situation.homes, situation.here, inbound):
        claim = () if situation.homes else (faces.CLAIM,)
        raise Refused("questionnaires.not_for_you", claim, number=publication.number, place=publication.place)
    if not inbound.private and inbound.kind is not Kind.CHOICE:
        return Step(None, says=(faces.aloud(publication, inbound),))
    if _act(inbound) == "page":
        return _page(situation, publication, inbound)
    if not publication.takes_answers(inbound.now):
        return faces.private(Step(None, says=faces.over(publication, situation.interview, inbound)), inbound)
    turned = _turn(situation, publication, state, inbound)
    says = faces.with_page(publication, turned.says)
    kept = State(publication.number, turned.state.current) if isinstance(turned.state, Interview) else None
    return faces.private(Step(kept, _owned(turned.events, inbound), says), inbound)


# --- one turn of the chat ---------------------------------------------------------------------------------------------


def _turn(situation: Situation, publication: Publication, state: State | None, inbound: Inbound) -> Step:
    asked, interview = publication.questionnaire, situation.interview
    token = str(publication.number)
    if interview is None or (interview.state is ResponseState.WITHDRAWN and _act(inbound) == "open"):
        return asking.opening(asked, _begin(situation, publication, inbound), token, inbound.now)
    reopens = inbound.command is not None and inbound.command.word == "answer" and inbound.command.rest == "reopen"
    if interview.state is ResponseState.COMPLETED and not reopens:
        return Step(None, says=faces.mine(publication, interview, inbound))
    if reopens:
        moved = interviews.reopen(asked, interview, inbound.now)
        return _before(moved, asking.step(asked, moved.interview, Command("resume"), inbound.now, token))
    if inbound.command is None:
        return _free(asked, interview, state, inbound)
    if _act(inbound) == "open":
        return asking.step(asked, interview, Command("resume"), inbound.now, token)
    here = _here_in(asked, interview, state, inbound.command)
    turned = asking.step(asked, here, inbound.command, inbound.now, token)
    return replace(turned, says=(*_changed(asked, interview, state, turned), *turned.says))


def _free(asked: Questionnaire, interview: Interview, state: State | None, inbound: Inbound) -> Step:
    """Words of their own: an answer to the question this chat showed last, wherever the page or another chat has got to."""
    token = str(state.number) if state else ""
    shown = state.shown if state else interview.current
    if inbound.kind is not Kind.TEXT:
        again = asking.step(asked, interview, Command("resume"), inbound.now, token)
        return replace(again, says=(Say("questionnaires.words_only"), *again.says))
    if shown != interview.current and not shown:
        return asking.step(asked, interview, Command("resume"), inbound.now, token)
    here = _at(interview, shown)
    turned = asking.step(asked, here, inbound.text, inbound.now, token)
    return replace(turned, says=(*_changed(asked, interview, state, turned), *turned.says))


def _here_in(asked: Questionnaire, interview: Interview, state: State | None, command: Command) -> Interview:
    """The interview as the one who moves sees it: at the question shown in this chat, or under whose button they pressed 上一题."""
    parts = command.rest.split()
    if command.word == "answer" and len(parts) == 2 and parts[1] == "back" and parts[0].isdigit() and 0 < int(parts[0]) <= len(asked.items):
        return _at(interview, asked.items[int(parts[0]) - 1].path)
    if command.word in ("back", "skip") and state:
        return _at(interview, state.shown)
    return interview


def _at(interview: Interview, path: str) -> Interview:
    return interview if interview.current == path else replace(interview, current=path, ticked=None, tries=0)


def _changed(asked: Questionnaire, before: Interview, state: State | None, turned: Step) -> tuple[Say, ...]:
    """An answer given before was replaced by a button or words under its old question: said, so that nobody does it unawares."""
    if not isinstance(turned.state, Interview) or state is None:
        return ()
    for path, value in turned.state.answers.items():
        old = before.answers.get(path)
        if old is not None and old != value and path != before.current:
            question = asked.by_path[path]
            shown = BY_NAME[question.type].show(question, value, before.language)
            return (Say("questionnaires.changed", {"label": question.label.read(before.language), "answer": shown}),)
    return ()


# --- one page of the form ---------------------------------------------------------------------------------------------


def _page(situation: Situation, publication: Publication, inbound: Inbound) -> Step:
    """The same engine; what was wrong is said, what comes next the page reads for itself."""
    assert inbound.command is not None
    if not publication.takes_answers(inbound.now):
        raise Refused("questionnaires.over", number=publication.number, title=publication.title)
    sent = msgspec.json.decode(inbound.command.rest, type=PageAnswer)
    interview, events = situation.interview, tuple[Event, ...]()
    if interview is None or interview.state is ResponseState.WITHDRAWN:
        begun = _begin(situation, publication, inbound)
        interview, events = begun.interview, begun.events
    moved = _moved(publication.questionnaire, interview, sent, inbound)
    tries = moved.interview.tries
    says = tuple(Say(f"surveys.invalid_{wrong.code}", {**wrong.values, "tries": tries}) for wrong in moved.faults.values())
    both = (*(e for e in events if not isinstance(e, InterviewKept)), *moved.events) if moved.events else events
    return Step(None, _owned(both, inbound), says)


def _moved(asked: Questionnaire, interview: Interview, sent: PageAnswer, inbound: Inbound) -> Moved:
    now = inbound.now
    match sent.act:
        case "answer":
            question = asked.find(sent.question)
            several = question is not None and bool(BY_NAME[question.type].offers or question.type == "acknowledge")
            value = sent.values if several else " ".join(sent.values)
            return interviews.submit_page(asked, interview, {sent.question: value}, now)
        case "skip":
            return interviews.skip(asked, interview, sent.question, now)
        case "submit":
            return interviews.submit(asked, interview, now)
        case "reopen":
            return interviews.reopen(asked, interview, now)
    return interviews.resume(asked, interview, now)


# --- small readings ---------------------------------------------------------------------------------------------------


def _begin(situation: Situation, publication: Publication, inbound: Inbound) -> Moved:
    response = ResponseId(f"{inbound.id}-0")
    return interviews.begin(publication.questionnaire, response, inbound.who.language, situation.zone, inbound.now)


def _before(moved: Moved, shown: Step) -> Step:
    return replace(shown, events=(*moved.events, *shown.events))


def _owned(events: tuple[Event, ...], inbound: Inbound) -> tuple[Event, ...]:
    """The engine does not know who answers; the response is theirs."""
    assert inbound.who.resident is not None
    resident = inbound.who.resident
    return tuple(replace(e, resident=resident) if isinstance(e, ResponseBegun) else e for e in events)


def _several(situation: Situation, inbound: Inbound) -> Step:
    """问卷 without a number, or 继续 where nothing or several things wait."""
    if _act(inbound) == "open":
        return Step(None, says=(faces.listed(situation.listed, situation.states, situation.homes, situation.here, inbound),))
    waiting = [p for number in situation.unfinished for p in situation.listed if p.number == number]
    if waiting:
        return Step(None, says=(Say("questionnaires.which", options=tuple(faces.named(p) for p in waiting)),))
    if _act(inbound) == "resume":
        return Step(None, says=(Say("menu.nothing_rests", options=(Option("menu", key="menu.button"),)),))
    return Step(None, says=(Say("questionnaires.none_open", options=(faces.LIST,)),))


def _number(state: State | None, inbound: Inbound) -> int | None:
    """Which questionnaire is spoken of: the one named, else the one open in this chat."""
    if inbound.command and inbound.command.word in ("survey", "answer", "page_answer"):
        return inbound.command.number
    return state.number if state else None


def _act(inbound: Inbound) -> str:
    if inbound.command is None:
        return ""
    return "resume" if inbound.command.word == "resume" else words[inbound.command.word]
