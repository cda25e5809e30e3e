"""What an interview shows where it stands: a question, the reading back, or that it is over. For chat and page alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from surveys.question_types import BY_NAME
from surveys.questionnaires import Question, Questionnaire
from surveys.responses import Interview, ResponseState
from surveys.xform import Instance, form_of
from surveys.xpath import Moment


@dataclass(frozen=True, slots=True)
class Choice:
    """An option as this resident sees it."""

    name: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question is to be shown: the `number`-th `of` those that apply now; `notes` come before it, `value` is its answer so far."""

    question: Question
    number: int
    of: int
    label: str
    hint: str
    notes: tuple[str, ...]
    choices: tuple[Choice, ...]
    value: str
    required: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One question with its answer, as they are read back. `answer` is "" where it was skipped."""

    question: Question
    number: int
    label: str
    answer: str
    value: str


@dataclass(frozen=True, slots=True)
class Review:
    """All questions are through: what was answered is read back before it is handed in."""

    lines: tuple[Line, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paused:
    """Put aside: `done` `of` the questions that apply."""

    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Completed:
    """Handed in."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Taken back."""


Result = Asked | Review | Paused | Completed | Withdrawn


def local_time(interview: Interview, now: datetime) -> datetime:
    """An instant as the community's clocks show it."""
    return now.astimezone(ZoneInfo(interview.zone))


def reckon(questionnaire: Questionnaire, interview: Interview, now: datetime) -> Instance:
    """What the answers so far make of the form."""

    def label(path: str, choice: str) -> str:
        question = questionnaire.by_path.get(path)
        return BY_NAME[question.type].show(question, choice, interview.language) if question and question.type in BY_NAME else choice

    local = local_time(interview, now)
    begun = local_time(interview, interview.begun_at)
    own = {
        "start": begun.isoformat(timespec="milliseconds"),
        "today": begun.date().isoformat(),
        "end": local.isoformat(timespec="milliseconds"),
    }
    filled = {question.path: own[question.type] for question in questionnaire.items if question.type in own}
    return form_of(questionnaire).reckon({**interview.answers, **filled}, Moment(local, label))


def asked(questionnaire: Questionnaire, instance: Instance) -> list[Question]:
    """The questions that apply and are asked, in order."""
    return [q for q in questionnaire.items if q.type in BY_NAME and BY_NAME[q.type].asked and instance.relevant(q.path)]


def look(questionnaire: Questionnaire, interview: Interview, now: datetime) -> Result:
    """What is to be shown where the interview stands; changes nothing."""
    if interview.state is ResponseState.COMPLETED:
        return Completed()
    if interview.state is ResponseState.WITHDRAWN:
        return Withdrawn()
    instance = reckon(questionnaire, interview, now)
    questions = asked(questionnaire, instance)
    paths = [question.path for question in questions]
    number = paths.index(interview.current) + 1 if interview.current in paths else len(questions) + 1
    if number > len(questions):
        return _review(questionnaire, interview, questions, instance)
    return _asked(questionnaire, interview, questions, number, instance)


def _asked(questionnaire: Questionnaire, interview: Interview, questions: Sequence[Question], number: int, instance: Instance) -> Asked:
    question, language = questions[number - 1], interview.language
    value = interview.answers.get(question.path, "")
    chosen = value.split() if interview.ticked is None else interview.ticked
    return Asked(
        question=question,
        number=number,
        of=len(questions),
        label=instance.text(question.label, language),
        hint=instance.text(question.hint, language),
        notes=_notes(questionnaire, questions[number - 2] if number > 1 else None, question, instance, language),
        choices=tuple(Choice(o.name, instance.text(o.label, language) or o.name, o.name in chosen) for o in question.choices),
        value=value,
        required=instance.required(question.path),
    )


def _review(questionnaire: Questionnaire, interview: Interview, questions: Sequence[Question], instance: Instance) -> Review:
    lines = []
    for number, question in enumerate(questions, 1):
        value = instance.value(question.path)
        shown = BY_NAME[question.type].show(question, value, interview.language) if value else ""
        lines.append(Line(question, number, instance.text(question.label, interview.language), shown, value))
    return Review(tuple(lines), _notes(questionnaire, questions[-1] if questions else None, None, instance, interview.language))


def _notes(
    questionnaire: Questionnaire, after: Question | None, before: Question | None, instance: Instance, language: str
) -> tuple[str, ...]:
    """The notes that apply between two questions."""
    items = questionnaire.items
    first = items.index(after) + 1 if after else 0
    last = items.index(before) if before else len(items)
    notes = [q for q in items[first:last] if q.type == "note" and instance.relevant(q.path)]
    return tuple(text for note in notes if (text := instance.text(note.label, language)))
