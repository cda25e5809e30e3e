"""Responses: what each resident answered to each questionnaire, sealed with their own key; begun in any chat, finished on any page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Column, ForeignKeyConstraint, Index, String, Table, and_, bindparam, delete, exists, func, or_, select, update

from storage import keys
from storage.areas import home_person
from storage.database import Id, Instant, Personal, Tx, insert, metadata
from storage.questionnaires import questionnaires
from storage.residents import claims, residents
from surveys.publications import PublicationState
from surveys.responses import (
    AnswerGiven,
    Interview,
    InterviewKept,
    ResponseBegun,
    ResponseCompleted,
    ResponseId,
    ResponsePaused,
    ResponseResumed,
    ResponsesEntered,
    ResponseState,
    ResponseWithdrawn,
    from_json,
    to_json,
)
from surveys.results import Submitted

responses = Table(
    "responses",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("questionnaire_id", String(64), nullable=False),
    Column("resident_id", String(32), nullable=False),
    Column("state", String(10), nullable=False),
    Column("interview", Personal, nullable=True),
    Column("answers", Personal, nullable=True),  # as they were handed in last; they count until others are
    Column("begun_at", Instant, nullable=False),
    Column("completed_at", Instant, nullable=True),
    Column("origin", String(8), nullable=False, server_default="self"),  # self | jielong: of the last the resident is the home itself
    ForeignKeyConstraint(["community_id", "questionnaire_id"], ["questionnaires.community_id", "questionnaires.id"]),
    Index("ix_responses_resident", "community_id", "resident_id"),
    Index("ix_responses_questionnaire", "community_id", "questionnaire_id", "resident_id"),
)

ENTERED = "jielong"
_UNFINISHED = (ResponseState.BEGUN.value, ResponseState.PAUSED.value)
_MINE = select(responses).where(
    responses.c.community_id == bindparam("c"), responses.c.questionnaire_id == bindparam("q"), responses.c.resident_id == bindparam("r")
)
# One row of the resident, not the response: before the first answer there is no response to lock.
_QUEUE = select(residents.c.id).where(residents.c.community_id == bindparam("c"), residents.c.id == bindparam("r")).with_for_update()
_ASKED = (questionnaires.c.community_id == responses.c.community_id) & (questionnaires.c.id == responses.c.questionnaire_id)
_OPEN = (
    select(questionnaires.c.number)
    .join_from(responses, questionnaires, _ASKED)
    .where(responses.c.community_id == bindparam("c"), responses.c.resident_id == bindparam("r"))
    .where(responses.c.state.in_(_UNFINISHED), questionnaires.c.state == PublicationState.PUBLISHED.value)
    .order_by(responses.c.begun_at.desc(), questionnaires.c.number.desc())
)
_STATES = select(responses.c.questionnaire_id, responses.c.state).where(
    responses.c.community_id == bindparam("c"), responses.c.resident_id == bindparam("r")
)
_own = responses.alias("own")
_BY_ITSELF = exists().where(  # a home whose 接龙 was entered: has anybody of it answered?
    claims.c.community_id == responses.c.community_id,
    claims.c.household_id == responses.c.resident_id,
    claims.c.state == "confirmed",
    _own.c.community_id == responses.c.community_id,
    _own.c.questionnaire_id == responses.c.questionnaire_id,
    _own.c.resident_id == claims.c.resident_id,
    _own.c.answers.is_not(None),
)
_COUNTED = and_(responses.c.answers.is_not(None), or_(responses.c.origin != ENTERED, ~_BY_ITSELF))
_COUNT = select(func.count()).where(responses.c.community_id == bindparam("c"), responses.c.questionnaire_id == bindparam("q"), _COUNTED)
_BATCH = (
    select(responses.c.id, responses.c.answers, responses.c.completed_at)
    .where(responses.c.community_id == bindparam("c"), responses.c.questionnaire_id == bindparam("q"), _COUNTED)
    .where(responses.c.id > bindparam("after"))
    .order_by(responses.c.id)
    .limit(bindparam("most"))
)
_ONE = update(responses).where(responses.c.community_id == bindparam("c"), responses.c.id == bindparam("i"))
_PERSON = (
    select(residents.c.person)
    .join_from(responses, residents, (residents.c.community_id == responses.c.community_id) & (residents.c.id == responses.c.resident_id))
    .where(responses.c.community_id == bindparam("c"), responses.c.id == bindparam("i"))
)
_answers = msgspec.json.Decoder(dict[str, str])


def mine(tx: Tx, community: int, questionnaire: str, resident: str) -> Interview | None:
    """What somebody answered so far, to be read only; None: nothing yet, or forgotten."""
    return _interview(tx, tx.one(_MINE, {"c": community, "q": questionnaire, "r": resident}))


def for_answer(tx: Tx, community: int, questionnaire: str, resident: str) -> Interview | None:
    """The same for their next answer: their other chats and pages wait until this turn is over."""
    tx.one(_QUEUE, {"c": community, "r": resident})
    return mine(tx, community, questionnaire, resident)


def unfinished(tx: Tx, community: int, resident: str) -> list[int]:
    """The numbers of the questionnaires somebody began and can still finish, the last begun first."""
    return [row.number for row in tx.all(_OPEN, {"c": community, "r": resident})]


def states_of(tx: Tx, community: int, resident: str) -> dict[str, ResponseState]:
    """Questionnaire -> how far this resident came with it."""
    return {row.questionnaire_id: ResponseState(row.state) for row in tx.all(_STATES, {"c": community, "r": resident})}


def count(tx: Tx, community: int, questionnaire: str) -> int:
    """How many handed in their answers."""
    return int(tx.scalar(_COUNT, {"c": community, "q": questionnaire}))


def submitted(tx: Tx, community: int, questionnaire: str, after: str = "", most: int = 200) -> tuple[list[Submitted], str]:
    """One batch of what was handed in, and where the next begins ("": that was all). Who answered is not in it."""
    rows = tx.all(_BATCH, {"c": community, "q": questionnaire, "after": after, "most": most})
    opened = ((row, keys.unseal(tx, row.answers)) for row in rows)
    found = [Submitted(ResponseId(row.id), row.completed_at, _answers.decode(data)) for row, data in opened if data is not None]
    return found, rows[-1].id if len(rows) == most else ""


def record_begun(tx: Tx, community: int, event: ResponseBegun) -> None:
    """Somebody begins to answer; what they took back before, or had forgotten, makes room."""
    one = (responses.c.questionnaire_id == event.questionnaire, responses.c.resident_id == event.resident)
    tx.execute(delete(responses).where(responses.c.community_id == community, *one))
    row = {"community_id": community, "id": event.response, "questionnaire_id": event.questionnaire, "resident_id": event.resident}
    tx.execute(insert(responses).values(**row, state=ResponseState.BEGUN.value, begun_at=event.begun_at))


def record_in_interview(tx: Tx, community: int, event: AnswerGiven | ResponsePaused | ResponseResumed) -> None:
    """Stands in the interview, which is kept after every step."""


def record_kept(tx: Tx, community: int, event: InterviewKept) -> None:
    """Where any chat or page goes on. Of what was taken back nothing stays."""
    interview = event.interview
    if interview.state is ResponseState.WITHDRAWN:
        interview = replace(interview, answers={}, passed=(), current="", ticked=None)
    sealed = keys.seal(tx, _person(tx, community, event.response), to_json(interview))
    tx.execute(_ONE.values(state=interview.state.value, interview=sealed), {"c": community, "i": event.response})


def record_completed(tx: Tx, community: int, event: ResponseCompleted) -> None:
    """Handed in: from now on these answers count."""
    sealed = keys.seal(tx, _person(tx, community, event.response), msgspec.json.encode(event.answers))
    tx.execute(_ONE.values(answers=sealed, completed_at=event.completed_at), {"c": community, "i": event.response})


def record_entered(tx: Tx, community: int, event: ResponsesEntered) -> None:
    """Keep what homes wrote in a 接龙, under each home's own key; what was so entered before is replaced."""
    homes = sorted(event.answers)
    before = (responses.c.questionnaire_id == event.questionnaire, responses.c.origin == ENTERED, responses.c.resident_id.in_(homes))
    tx.execute(delete(responses).where(responses.c.community_id == community, *before))
    for place, home in enumerate(homes):
        sealed = keys.seal(tx, home_person(community, home), msgspec.json.encode({event.path: event.answers[home]}))
        row = {"id": f"{event.id}-{place}", "questionnaire_id": event.questionnaire, "resident_id": home, "origin": ENTERED}
        times = {"begun_at": event.at, "completed_at": event.at}
        tx.execute(insert(responses).values(community_id=community, **row, **times, state=ResponseState.COMPLETED.value, answers=sealed))


def entered(tx: Tx, community: int, questionnaire: str, path: str, homes: Collection[str]) -> dict[str, str]:
    """What was entered for these homes from a 接龙: home -> the option's name, as the answer to the question at `path`."""
    query = select(responses).where(responses.c.community_id == community, responses.c.questionnaire_id == questionnaire)
    rows = tx.all(query.where(responses.c.origin == ENTERED, responses.c.resident_id.in_(sorted(homes))))
    opened = ((row.resident_id, keys.unseal(tx, row.answers)) for row in rows)
    return {home: str(_answers.decode(data).get(path, "")) for home, data in opened if data is not None}


def by_themselves(tx: Tx, community: int, questionnaire: str, homes: Collection[str]) -> frozenset[str]:
    """Of these homes those of which somebody handed in answers of their own."""
    theirs = (claims.c.community_id == responses.c.community_id) & (claims.c.resident_id == responses.c.resident_id)
    query = (
        select(claims.c.household_id)
        .join_from(claims, responses, theirs)
        .where(claims.c.community_id == community, claims.c.state == "confirmed", claims.c.household_id.in_(sorted(homes)))
        .where(responses.c.questionnaire_id == questionnaire, responses.c.answers.is_not(None))
    )
    return frozenset(row.household_id for row in tx.all(query))


def record_withdrawn(tx: Tx, community: int, event: ResponseWithdrawn) -> None:
    """Nothing of it counts any more."""
    tx.execute(_ONE.values(answers=None, completed_at=None), {"c": community, "i": event.response})


def make_room(tx: Tx, community: int, resident: str, into: str) -> None:
    """Two residents turn out to be one: what both answered counts once, as `into` answered it."""
    theirs = select(responses.c.questionnaire_id).where(responses.c.community_id == community, responses.c.resident_id == into)
    double = (responses.c.resident_id == resident, responses.c.questionnaire_id.in_(theirs))
    tx.execute(delete(responses).where(responses.c.community_id == community, *double))


def _person(tx: Tx, community: int, response: str) -> str:
    person: str = tx.scalar(_PERSON, {"c": community, "i": response})
    return person


def _interview(tx: Tx, row: Any) -> Interview | None:
    kept = keys.unseal(tx, row.interview) if row else None
    return from_json(kept.decode()) if kept else None
