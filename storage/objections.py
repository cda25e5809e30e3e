"""What residents object to and ask about, and what officers answered. The law keeps objections; questions may be forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint, bindparam, select, update

from community.notices import Objection, ObjectionAnswered, ObjectionId, ObjectionRaised, ObjectionState
from community.questions import Question, QuestionAnswered, QuestionAsked
from dialogue.words import ResidentId
from storage import keys, notices, polls, residents
from storage.database import Id, Instant, Personal, Tx, insert, metadata

objections = Table(
    "objections",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("about", String(8), nullable=False),  # notices | polls
    Column("subject_id", String(64), nullable=False),
    Column("resident_id", String(32), nullable=False),
    Column("household_id", String(32), nullable=False),
    Column("text", Personal, nullable=False),
    Column("state", String(10), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("community_id", "number"),
    Index("ix_objections_subject", "community_id", "about", "subject_id"),
)

questions = Table(
    "questions",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("about", String(8), nullable=False),
    Column("subject_id", String(64), nullable=False),
    Column("resident_id", String(32), nullable=False),
    Column("text", Personal, nullable=False),
    Column("public", Personal, nullable=False),  # the same with whatever finds a person covered
    Column("at", Instant, nullable=False),
    UniqueConstraint("community_id", "number"),
    Index("ix_questions_subject", "community_id", "about", "subject_id"),
)

answers = Table(
    "answers",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(64), primary_key=True),  # of the objection or the question
    Column("place", Integer, primary_key=True),
    Column("by_id", String(32), nullable=False),
    Column("text", Personal, nullable=False),
    Column("at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answers, as it stands under a notice or a poll for everybody it concerns."""

    number: int
    question: str
    answers: tuple[str, ...]


_OBJECTION = select(objections).where(objections.c.community_id == bindparam("c"))
_BY_NUMBER = _OBJECTION.where(objections.c.number == bindparam("n")).with_for_update()
_SUBJECT = (objections.c.about == bindparam("about"), objections.c.subject_id == bindparam("s"))
_OF_SUBJECT = _OBJECTION.where(*_SUBJECT).order_by(objections.c.number)
_QUESTION = select(questions).where(questions.c.community_id == bindparam("c"))
_ANSWERS = select(answers).where(answers.c.community_id == bindparam("c"), answers.c.id == bindparam("i")).order_by(answers.c.place)


def by_number(tx: Tx, community: int, number: int) -> Objection | None:
    """异议N号, locked."""
    row = tx.one(_BY_NUMBER, {"c": community, "n": number})
    return _objection(tx, row) if row else None


def of_subject(tx: Tx, community: int, about: str, subject: str) -> list[Objection]:
    """All against one notice or poll, the first one first."""
    return [_objection(tx, row) for row in tx.all(_OF_SUBJECT, {"c": community, "about": about, "s": subject})]


def unanswered(tx: Tx, community: int) -> list[Objection]:
    """Those that still wait for a word, the oldest first: for the desk."""
    waiting = _OBJECTION.where(objections.c.state == ObjectionState.RECEIVED.value).order_by(objections.c.number)
    return [_objection(tx, row) for row in tx.all(waiting, {"c": community})]


def question_by_number(tx: Tx, community: int, number: int) -> Question | None:
    """提问N号, locked."""
    row = tx.one(_QUESTION.where(questions.c.number == number).with_for_update(), {"c": community})
    return _question(tx, row) if row else None


def unanswered_questions(tx: Tx, community: int) -> list[Question]:
    """Those that still wait for a word, the oldest first: for the desk."""
    told = select(answers.c.id).where(answers.c.community_id == bindparam("c"))
    waiting = _QUESTION.where(questions.c.id.not_in(told)).order_by(questions.c.number)
    return [_question(tx, row) for row in tx.all(waiting, {"c": community})]


def asked(tx: Tx, community: int, about: str, subject: str) -> list[Asked]:
    """What was asked about a notice or a poll and answered; what its author had forgotten stands there no more."""
    mine = _QUESTION.where(questions.c.about == about, questions.c.subject_id == subject).order_by(questions.c.number)
    found = [Asked(row.number, keys.read(tx, row.public), _answers(tx, community, row.id)) for row in tx.all(mine, {"c": community})]
    return [one for one in found if one.question and one.answers]


def record_raised(tx: Tx, community: int, event: ObjectionRaised) -> None:
    """Keep it under the key the law keeps; the notice counts it."""
    person = residents.person_of(tx, community, event.resident)
    row = {"id": event.id, "number": event.number, "about": event.against, "subject_id": event.subject, "resident_id": event.resident}
    sealed = keys.seal(tx, person, event.text, keys.KEEP)
    state = {"household_id": event.household, "text": sealed, "state": ObjectionState.RECEIVED.value, "at": event.at}
    tx.execute(insert(objections).values(community_id=community, **row, **state))
    if event.against == "notices":
        notices.record_objected(tx, community, event)


def record_answered(tx: Tx, community: int, event: ObjectionAnswered) -> None:
    """A later answer stands beside the first. It is about its author: sealed with the same key as their words."""
    resident = tx.scalar(select(objections.c.resident_id).where(objections.c.community_id == community, objections.c.id == event.id))
    sealed = keys.seal(tx, residents.person_of(tx, community, resident), event.text, keys.KEEP)
    _answer(tx, community, event, sealed)
    mine = update(objections).where(objections.c.community_id == community, objections.c.id == event.id)
    tx.execute(mine.values(state=ObjectionState.ANSWERED.value))


def record_asked(tx: Tx, community: int, event: QuestionAsked) -> None:
    """Keep a question, as typed and as neighbours may read it."""
    asked_ = event.question
    person = residents.person_of(tx, community, asked_.resident)
    row = {"id": asked_.id, "number": asked_.number, "about": asked_.about, "subject_id": asked_.subject, "resident_id": asked_.resident}
    words = {"text": keys.seal(tx, person, asked_.text), "public": keys.seal(tx, person, asked_.public)}
    tx.execute(insert(questions).values(community_id=community, **row, **words, at=asked_.at))


def record_question_answered(tx: Tx, community: int, event: QuestionAnswered) -> None:
    """From now on both stand under what was asked about."""
    _answer(tx, community, event, keys.seal(tx, f"community:{community}", event.text))


def _answer(tx: Tx, community: int, event: ObjectionAnswered | QuestionAnswered, sealed: bytes) -> None:
    place = len(tx.all(_ANSWERS, {"c": community, "i": event.id}))
    tx.execute(insert(answers).values(community_id=community, id=event.id, place=place, by_id=event.by, text=sealed, at=event.at))


def _answers(tx: Tx, community: int, subject: str) -> tuple[str, ...]:
    rows: Sequence[Any] = tx.all(_ANSWERS, {"c": community, "i": subject})
    return tuple(said for row in rows if (said := keys.read(tx, row.text)))


def _number_of(tx: Tx, community: int, about: str, subject: str) -> int:
    table = notices.notices if about == "notices" else polls.polls
    return int(tx.scalar(select(table.c.number).where(table.c.community_id == community, table.c.id == subject)))


def _objection(tx: Tx, row: Any) -> Objection:
    return Objection(
        id=ObjectionId(row.id),
        number=row.number,
        against=row.about,
        subject=row.subject_id,
        subject_number=_number_of(tx, row.community_id, row.about, row.subject_id),
        resident=ResidentId(row.resident_id),
        household=row.household_id,
        text=keys.read(tx, row.text),
        state=ObjectionState(row.state),
        at=row.at,
        answer="\n".join(_answers(tx, row.community_id, row.id)),
    )


def _question(tx: Tx, row: Any) -> Question:
    return Question(
        id=row.id,
        number=row.number,
        about=row.about,
        subject=row.subject_id,
        subject_number=_number_of(tx, row.community_id, row.about, row.subject_id),
        resident=ResidentId(row.resident_id),
        text=keys.read(tx, row.text),
        public=keys.read(tx, row.public),
        at=row.at,
        answers=_answers(tx, row.community_id, row.id),
    )
