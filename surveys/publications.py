"""A questionnaire as a community asks it: its number, where, until when, and how far it has come. Once published it never changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dialogue.words import Event, Refused, ResidentId
from surveys.question_types import BY_NAME
from surveys.questionnaires import Question, Questionnaire, QuestionnaireId


class PublicationState(StrEnum):
    """draft 草稿 → published 已发布 → closed 已截止 → results published 已公布结果."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"
    RESULTS = "results"


@dataclass(frozen=True, slots=True)
class Publication:
    """问卷N号. `area` and `path` are where it is asked (a draft's: the whole community), `closes_at` None: until somebody ends it."""

    id: QuestionnaireId
    number: int
    questionnaire: Questionnaire
    area: str
    path: str
    state: PublicationState
    closes_at: datetime | None = None
    author: ResidentId | None = None  # None: published from the machine

    @property
    def title(self) -> str:
        return self.questionnaire.title

    @property
    def place(self) -> str:
        """幸福里3号楼; "" is the whole community."""
        return self.path.replace("/", "")

    @property
    def questions(self) -> int:
        """How many questions it can ask at most."""
        return questions(self.questionnaire)

    def takes_answers(self, now: datetime) -> bool:
        """Whether an answer given now is in time."""
        return self.state is PublicationState.PUBLISHED and (self.closes_at is None or now < self.closes_at)


@dataclass(frozen=True, slots=True)
class QuestionnaireDrafted(Event):
    """A workbook was read without faults; a corrected one with the same form_id takes its draft's place."""

    id: QuestionnaireId
    number: int
    questionnaire: Questionnaire
    author: ResidentId | None
    at: datetime


@dataclass(frozen=True, slots=True)
class QuestionnairePublished(Event):
    """It is asked from now on, in that place and below it."""

    id: QuestionnaireId
    area: str
    path: str
    closes_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class QuestionnaireClosed(Event):
    """It takes no more answers."""

    id: QuestionnaireId
    at: datetime


@dataclass(frozen=True, slots=True)
class ResultsPublished(Event):
    """Everybody in its place may read what was answered, counted."""

    id: QuestionnaireId
    at: datetime


@dataclass(frozen=True, slots=True)
class QuestionnairePosted(Event):
    """Its text was put by hand into a group we are not in: proof of posting. `what`: open | result."""

    id: str
    questionnaire: QuestionnaireId
    what: str
    by: ResidentId
    at: datetime


def publish(draft: Publication, area: str, path: str, closes_at: datetime | None, now: datetime) -> QuestionnairePublished:
    """Open a draft. Refused: it is no draft any more, or its end has passed meanwhile."""
    if draft.state is not PublicationState.DRAFT:
        raise Refused("questionnaires.not_a_draft", number=draft.number, title=draft.title)
    if closes_at is not None and closes_at <= now:
        raise Refused("questionnaires.too_late")
    return QuestionnairePublished(draft.id, area, path, closes_at, now)


def close(publication: Publication, now: datetime) -> QuestionnaireClosed:
    """End it. Refused: it is not open."""
    if publication.state is not PublicationState.PUBLISHED:
        raise Refused("questionnaires.not_open", number=publication.number, title=publication.title)
    return QuestionnaireClosed(publication.id, now)


def publish_results(publication: Publication, now: datetime) -> ResultsPublished:
    """Let everybody read what was answered. Refused: it is still open, or was never asked."""
    if publication.state is not PublicationState.CLOSED:
        key = "questionnaires.results_out" if publication.state is PublicationState.RESULTS else "questionnaires.results_early"
        raise Refused(key, number=publication.number, title=publication.title)
    return ResultsPublished(publication.id, now)


def one_choice(questionnaire: Questionnaire) -> Question | None:
    """The one question of a questionnaire that a 接龙 can answer: its only choice, of one option, where nothing else must be answered."""
    asked = [question for question in questionnaire.items if question.type in BY_NAME and BY_NAME[question.type].asked]
    choices = [question for question in asked if question.type == "select_one"]
    others = [question for question in asked if question not in choices]
    alone = len(choices) == 1 and not choices[0].relevant and not any(q.required or q.choices for q in others)
    return choices[0] if alone else None


def questions(questionnaire: Questionnaire) -> int:
    """How many questions it can ask at most."""
    return sum(1 for question in questionnaire.items if question.type in BY_NAME and BY_NAME[question.type].asked)
