"""Filling in a questionnaire: the one engine behind the chat and behind the pages.

An `Interview` is a response being filled in. Each function takes it with its questionnaire and the moment (aware UTC), and gives
a `Moved`: the interview afterwards, what is to be shown now, what happened, and what was wrong. Whoever goes back or changes an
earlier answer loses nothing: answers that no longer apply stay in the interview, and count again when they apply again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dialogue.words import NOTHING, Event
from surveys.question_types import BY_NAME, Invalid
from surveys.questionnaires import Question, Questionnaire
from surveys.responses import (
    AnswerGiven,
    Interview,
    InterviewKept,
    ResponseBegun,
    ResponseCompleted,
    ResponseId,
    ResponsePaused,
    ResponseResumed,
    ResponseState,
    ResponseWithdrawn,
    from_json,
    to_json,
)
from surveys.showing import Asked, Choice, Completed, Line, Paused, Result, Review, Withdrawn, asked, local_time, look, reckon
from surveys.xform import Instance

__all__ = [
    "Asked", "Choice", "Completed", "Interview", "Line", "Moved", "Paused", "Result", "Review", "Withdrawn", "answer", "asked",
    "back", "begin", "choose", "edit", "from_json", "look", "pause", "reckon", "reopen", "resume", "skip", "submit", "submit_page", "tick",
    "to_json", "withdraw",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moved:
    """The interview after a step: what to show now, what happened, and what was wrong, by the path of its question ("": by none)."""

    interview: Interview
    result: Result
    events: tuple[Event, ...] = ()
    faults: Mapping[str, Invalid] = field(default_factory=lambda: NOTHING)


# --- what a resident can do ---------------------------------------------------------------------------------------


def begin(questionnaire: Questionnaire, response: ResponseId, language: str, zone: str, now: datetime) -> Moved:
    """Begin to answer: the first question. `zone` is the community's, `language` the resident's."""
    fresh = Interview(
        response=response, questionnaire=questionnaire.id, version=questionnaire.version, language=language, zone=zone, begun_at=now
    )
    begun = ResponseBegun(response, questionnaire.id, questionnaire.version, now)
    return _go_on(questionnaire, fresh, now, (begun,))


def answer(questionnaire: Questionnaire, interview: Interview, name: str, text: str, now: datetime) -> Moved:
    """Answer a question (by its name or path) in one's own words. What is no answer is a fault, and the question stays."""
    question = _open(questionnaire, interview, name, now)
    if isinstance(question, Moved):
        return question
    value = BY_NAME[question.type].parse(question, text, local_time(interview, now), interview.language)
    return _take(questionnaire, interview, question, value, now)


def choose(questionnaire: Questionnaire, interview: Interview, name: str, chosen: Sequence[str], now: datetime) -> Moved:
    """Answer a question by the names of its options, as a button or a page gives them; none at all takes the answer back."""
    question = _open(questionnaire, interview, name, now)
    if isinstance(question, Moved):
        return question
    return _take(questionnaire, interview, question, _options(question, chosen), now)


def tick(questionnaire: Questionnaire, interview: Interview, name: str, choice: str, now: datetime) -> Moved:
    """Tap one of several options: on, and off again. Nothing is answered before `choose`; the ticks survive a pause."""
    question = _open(questionnaire, interview, name, now)
    if isinstance(question, Moved):
        return question
    if choice not in {option.name for option in question.choices}:
        return _fault(questionnaire, interview, question.path, Invalid("no_such_option", {"said": "", "of": len(question.choices)}), now)
    here = interview.current == question.path
    before = interview.ticked if here and interview.ticked is not None else tuple(interview.answers.get(question.path, "").split())
    after = tuple(o.name for o in question.choices if (o.name in before) != (o.name == choice))
    return _kept(questionnaire, replace(interview, current=question.path, ticked=after, tries=0), now)


def skip(questionnaire: Questionnaire, interview: Interview, name: str, now: datetime) -> Moved:
    """Go on without an answer, where none is required. An answer given before stays."""
    question = _open(questionnaire, interview, name, now)
    if isinstance(question, Moved):
        return question
    instance = reckon(questionnaire, interview, now)
    if instance.required(question.path) and not interview.answers.get(question.path):
        return _fault(questionnaire, interview, question.path, _required(question, instance, interview), now)
    return _go_on(questionnaire, _pass(interview, question.path), now)


def back(questionnaire: Questionnaire, interview: Interview, now: datetime) -> Moved:
    """To the question before this one; its answer is still there."""
    if fault := _closed(questionnaire, interview, now):
        return fault
    paths = [question.path for question in asked(questionnaire, reckon(questionnaire, interview, now))]
    place = paths.index(interview.current) if interview.current in paths else len(paths)
    if place == 0:
        return _fault(questionnaire, interview, "", Invalid("first_question"), now)
    return _kept(questionnaire, replace(interview, current=paths[place - 1], ticked=None, tries=0), now)


def edit(questionnaire: Questionnaire, interview: Interview, number: int, now: datetime) -> Moved:
    """To the `number`-th question of those that apply; after its answer it goes on where it stopped."""
    if fault := _closed(questionnaire, interview, now):
        return fault
    questions = asked(questionnaire, reckon(questionnaire, interview, now))
    if not 1 <= number <= len(questions):
        return _fault(questionnaire, interview, "", Invalid("no_such_question", {"number": number, "of": len(questions)}), now)
    return _kept(questionnaire, replace(interview, current=questions[number - 1].path, ticked=None, tries=0), now)


def pause(questionnaire: Questionnaire, interview: Interview, now: datetime) -> Moved:
    """Put it aside; it can be taken up any time, anywhere."""
    if fault := _closed(questionnaire, interview, now):
        return fault
    paths = [question.path for question in asked(questionnaire, reckon(questionnaire, interview, now))]
    result = Paused(sum(path in interview.passed for path in paths), len(paths))
    if interview.state is ResponseState.PAUSED:
        return Moved(interview, result)
    paused = replace(interview, state=ResponseState.PAUSED)
    return Moved(paused, result, (ResponsePaused(interview.response), InterviewKept(interview.response, paused)))


def resume(questionnaire: Questionnaire, interview: Interview, now: datetime) -> Moved:
    """Take it up where it stopped."""
    if interview.state is not ResponseState.PAUSED:
        return Moved(interview, look(questionnaire, interview, now))
    return _kept(questionnaire, replace(interview, tries=0), now)


def withdraw(questionnaire: Questionnaire, interview: Interview, now: datetime) -> Moved:
    """Take the whole response back, also after it was handed in."""
    if interview.state is ResponseState.WITHDRAWN:
        return Moved(interview, Withdrawn())
    taken_back = replace(interview, state=ResponseState.WITHDRAWN)
    return _kept(questionnaire, taken_back, now, (ResponseWithdrawn(interview.response),))


def submit(questionnaire: Questionnaire, interview: Interview, now: datetime) -> Moved:
    """Hand it in. What is missing, or no longer fits an answer changed later, is asked first."""
    if fault := _closed(questionnaire, interview, now):
        return fault
    instance = reckon(questionnaire, interview, now)
    for question in asked(questionnaire, instance):
        value = instance.value(question.path)
        wrong = _objection(question, value, instance, interview)
        if wrong or question.path not in interview.passed:
            there = replace(interview, current=question.path, ticked=None, tries=0)
            return _kept(questionnaire, there, now, faults={question.path: wrong} if wrong else {})
    done = replace(interview, state=ResponseState.COMPLETED, current="", ticked=None)
    return _kept(questionnaire, done, now, (ResponseCompleted(interview.response, dict(instance.values()), now),))


def reopen(questionnaire: Questionnaire, interview: Interview, now: datetime) -> Moved:
    """Change what was handed in: it is read back again. Until it is handed in anew, what was handed in before counts."""
    if interview.state is not ResponseState.COMPLETED:
        return Moved(interview, look(questionnaire, interview, now))
    again = replace(interview, state=ResponseState.BEGUN)
    return _kept(questionnaire, again, now, (ResponseResumed(interview.response),))


def submit_page(questionnaire: Questionnaire, interview: Interview, page: Mapping[str, str | Sequence[str]], now: datetime) -> Moved:
    """Answer what one page of the form sent: name or path -> text, or names of options. Same checks as in the chat; a blank takes
    an answer back. What is right is kept even where something else on the page is wrong."""
    if fault := _closed(questionnaire, interview, now):
        return fault
    events: list[Event] = []
    faults: dict[str, Invalid] = {}
    sent = {question.path: raw for name, raw in page.items() if (question := questionnaire.find(name))}
    for question in (q for q in questionnaire.items if q.path in sent and q.type in BY_NAME):
        raw = sent[question.path]
        raw = raw.strip() if isinstance(raw, str) else raw
        if BY_NAME[question.type].offers or not raw:
            moved = choose(questionnaire, interview, question.path, raw.split() if isinstance(raw, str) else raw, now)
        else:
            moved = answer(questionnaire, interview, question.path, raw if isinstance(raw, str) else " ".join(raw), now)
        interview = moved.interview
        faults |= moved.faults
        events += [event for event in moved.events if not isinstance(event, InterviewKept)]
    if faults:
        interview = replace(interview, current=next(iter(faults)))
    return _kept(questionnaire, interview, now, tuple(events), faults)


# --- how it moves -------------------------------------------------------------------------------------------------


def _options(question: Question, chosen: Sequence[str]) -> str | Invalid:
    """The value that options chosen by name make."""
    if question.type == "acknowledge":
        return "OK" if chosen else ""
    names = [option.name for option in question.choices if option.name in chosen]
    if len(names) != len(set(chosen)):
        return Invalid("no_such_option", {"said": "", "of": len(question.choices)})
    if BY_NAME[question.type].offers == "one" and len(names) > 1:
        return Invalid("only_one")
    return " ".join(names)


def _required(question: Question, instance: Instance, interview: Interview) -> Invalid:
    return Invalid("required", {"message": instance.text(question.required_message, interview.language)})


def _objection(question: Question, value: str, instance: Instance, interview: Interview) -> Invalid | None:
    """Why this value cannot stand, by the questionnaire's own conditions."""
    if not value:
        return _required(question, instance, interview) if instance.required(question.path) else None
    if instance.violated(question.path, value):
        return Invalid("constraint", {"message": instance.text(question.constraint_message, interview.language)})
    return None


def _take(questionnaire: Questionnaire, interview: Interview, question: Question, value: str | Invalid, now: datetime) -> Moved:
    """Keep an answer if it can stand, and go on; else say why not."""
    wrong = value if isinstance(value, Invalid) else _objection(question, value, reckon(questionnaire, interview, now), interview)
    if wrong or isinstance(value, Invalid):
        return _fault(questionnaire, interview, question.path, wrong or Invalid("empty"), now)
    answers = {**interview.answers, question.path: value}
    if not value:
        answers.pop(question.path)
    given = AnswerGiven(interview.response, question.path, value)
    return _go_on(questionnaire, _pass(replace(interview, answers=answers), question.path), now, (given,))


def _pass(interview: Interview, path: str) -> Interview:
    """That question is through. Ticks belong to the current one and go with it."""
    passed = interview.passed if path in interview.passed else (*interview.passed, path)
    if path != interview.current:
        return replace(interview, passed=passed)
    return replace(interview, passed=passed, ticked=None, tries=0)


def _go_on(questionnaire: Questionnaire, interview: Interview, now: datetime, events: tuple[Event, ...] = ()) -> Moved:
    """To the first question that applies and is not through yet; when there is none, to the reading back."""
    questions = asked(questionnaire, reckon(questionnaire, interview, now))
    current = next((question.path for question in questions if question.path not in interview.passed), "")
    if current != interview.current:
        interview = replace(interview, current=current, ticked=None, tries=0)
    return _kept(questionnaire, interview, now, events)


def _closed(questionnaire: Questionnaire, interview: Interview, now: datetime) -> Moved | None:
    """Nothing can be changed any more once it is handed in or taken back."""
    if interview.state in (ResponseState.COMPLETED, ResponseState.WITHDRAWN):
        return Moved(interview, look(questionnaire, interview, now), faults={"": Invalid(f"already_{interview.state}")})
    return None


def _open(questionnaire: Questionnaire, interview: Interview, name: str, now: datetime) -> Question | Moved:
    """The question of that name or path, if it is one and applies."""
    if closed := _closed(questionnaire, interview, now):
        return closed
    question = questionnaire.find(name)
    if question is None or question not in asked(questionnaire, reckon(questionnaire, interview, now)):
        return _fault(questionnaire, interview, "", Invalid("does_not_apply"), now)
    return question


def _fault(questionnaire: Questionnaire, interview: Interview, path: str, wrong: Invalid, now: datetime) -> Moved:
    tries = interview.tries + 1 if path and path == interview.current else interview.tries
    return _kept(questionnaire, replace(interview, tries=tries), now, faults={path: wrong})


def _kept(
    questionnaire: Questionnaire,
    interview: Interview,
    now: datetime,
    events: tuple[Event, ...] = (),
    faults: Mapping[str, Invalid] = NOTHING,
) -> Moved:
    """What a step ends with. Whoever does anything with a paused response has taken it up again."""
    if interview.state is ResponseState.PAUSED:
        interview = replace(interview, state=ResponseState.BEGUN)
        events = (ResponseResumed(interview.response), *events)
    return Moved(interview, look(questionnaire, interview, now), (*events, InterviewKept(interview.response, interview)), faults)
