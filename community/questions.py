"""提问: somebody asks about a 公示 or a poll; an officer answers, and the answer stands under it for everybody it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dialogue.words import Event, Refused, ResidentId


@dataclass(frozen=True, slots=True)
class Question:
    """提问N号 about a notice or a poll (`about`: notices | polls, `subject` its id). `public`: the words as neighbours may read them."""

    id: str
    number: int
    about: str
    subject: str
    subject_number: int
    resident: ResidentId
    text: str
    public: str
    at: datetime
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionAsked(Event):
    """Somebody asks; officers are told."""

    question: Question


@dataclass(frozen=True, slots=True)
class QuestionAnswered(Event):
    """An officer answered: from now on question and answer stand under what was asked about."""

    id: str
    by: ResidentId
    text: str
    at: datetime


def answer(question: Question, by: ResidentId, text: str, at: datetime) -> QuestionAnswered:
    """Answer it; a later answer stands beside the first. Refused notices.answer_empty."""
    if not text.strip():
        raise Refused("notices.answer_empty", number=question.number)
    return QuestionAnswered(question.id, by, text.strip(), at)
