"""Questionnaires: drafts, what is asked now, what is closed; each frozen from its publication on."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, String, Table, Text, UniqueConstraint, bindparam, select, update

from community.staff import covers
from dialogue.words import ResidentId
from storage import due
from storage.database import Id, Instant, Tx, insert, metadata
from storage.polls import postings
from surveys.publications import (
    Publication,
    PublicationState,
    QuestionnaireClosed,
    QuestionnaireDrafted,
    QuestionnairePosted,
    QuestionnairePublished,
    ResultsPublished,
)
from surveys.questionnaires import Questionnaire, QuestionnaireId, from_json, to_json

questionnaires = Table(
    "questionnaires",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("form_id", String(200), nullable=False),
    Column("definition", Text, nullable=False),  # the community's own words; nobody's answers
    Column("area_id", String(32), nullable=True),  # None: not published yet
    Column("path", String(256), nullable=False, server_default=""),
    Column("state", String(10), nullable=False),
    Column("author_id", String(32), nullable=True),
    Column("drafted_at", Instant, nullable=False),
    Column("published_at", Instant, nullable=True),
    Column("closes_at", Instant, nullable=True),
    Column("closed_at", Instant, nullable=True),
    Column("results_at", Instant, nullable=True),
    ForeignKeyConstraint(["community_id", "area_id"], ["areas.community_id", "areas.id"]),
    UniqueConstraint("community_id", "number"),
    Index("ix_questionnaires_state", "community_id", "state"),
)

CLOSES = "survey_closes"  # the clock's word (handlers/staff/questionnaires.py)

_OF = select(questionnaires).where(questionnaires.c.community_id == bindparam("c"))
_BY_NUMBER = _OF.where(questionnaires.c.number == bindparam("n"))
_FOR_ANSWER = _BY_NUMBER.with_for_update(read=True)
_FOR_CHANGE = _BY_NUMBER.with_for_update()
_FOR_CLOSING = _OF.where(questionnaires.c.id == bindparam("i")).with_for_update()
_DRAFT = _OF.where(questionnaires.c.form_id == bindparam("f"), questionnaires.c.state == PublicationState.DRAFT.value)
_DRAFT_FOR_CHANGE = _DRAFT.order_by(questionnaires.c.number.desc()).limit(1).with_for_update()
_NEWEST = _OF.where(questionnaires.c.state.in_(bindparam("states", expanding=True)))
_NEWEST = _NEWEST.order_by(questionnaires.c.number.desc()).limit(bindparam("most"))
_ONE = update(questionnaires).where(questionnaires.c.community_id == bindparam("c"), questionnaires.c.id == bindparam("i"))


def by_number(tx: Tx, community: int, number: int) -> Publication | None:
    """问卷N号, to be read only."""
    return _found(tx.one(_BY_NUMBER, {"c": community, "n": number}))


def for_answer(tx: Tx, community: int, number: int) -> Publication | None:
    """问卷N号 for somebody who answers: it cannot close before their turn is over (FOR SHARE)."""
    return _found(tx.one(_FOR_ANSWER, {"c": community, "n": number}))


def for_change(tx: Tx, community: int, number: int) -> Publication | None:
    """问卷N号 for whoever publishes or ends it: every answer taken before is in, none comes after (FOR UPDATE)."""
    return _found(tx.one(_FOR_CHANGE, {"c": community, "n": number}))


def for_closing(tx: Tx, community: int, questionnaire: str) -> Publication | None:
    """The same by its id, for the clock."""
    return _found(tx.one(_FOR_CLOSING, {"c": community, "i": questionnaire}))


def draft_of(tx: Tx, community: int, form_id: str) -> Publication | None:
    """The draft that a corrected workbook with this form_id replaces, locked."""
    return _found(tx.one(_DRAFT_FOR_CHANGE, {"c": community, "f": form_id}))


def listed(tx: Tx, community: int, paths: tuple[str, ...] | None = None, *, most: int = 50) -> list[Publication]:
    """Questionnaires that were published, newest first; with `paths` those that are asked in any of these places."""
    states = [state.value for state in PublicationState if state is not PublicationState.DRAFT]
    found = _all(tx, community, states, most)
    return [p for p in found if paths is None or any(covers(p.path, path) for path in paths)]


def drafts(tx: Tx, community: int, most: int = 20) -> list[Publication]:
    """Those that wait to be published, newest first."""
    return _all(tx, community, [PublicationState.DRAFT.value], most)


def record_drafted(tx: Tx, community: int, event: QuestionnaireDrafted) -> None:
    """Keep a draft; one with that id gives way to its corrected form."""
    made = {
        "form_id": event.questionnaire.form_id[:200],
        "definition": to_json(event.questionnaire),
        "state": PublicationState.DRAFT.value,
        "author_id": event.author,
        "drafted_at": event.at,
    }
    new = insert(questionnaires).values(community_id=community, id=event.id, number=event.number, **made)
    tx.execute(new.on_conflict_do_update(index_elements=["community_id", "id"], set_=made))


def record_published(tx: Tx, community: int, event: QuestionnairePublished) -> None:
    """It is asked from now on; the clock comes for its end, if it has one."""
    change = _ONE.values(state=PublicationState.PUBLISHED.value, area_id=event.area, path=event.path)
    tx.execute(change.values(closes_at=event.closes_at, published_at=event.at), {"c": community, "i": event.id})
    if event.closes_at is not None:
        due.remind(tx, community, CLOSES, event.id, event.closes_at)


def record_closed(tx: Tx, community: int, event: QuestionnaireClosed) -> None:
    """It takes no more answers."""
    tx.execute(_ONE.values(state=PublicationState.CLOSED.value, closed_at=event.at), {"c": community, "i": event.id})
    due.forget(tx, CLOSES, event.id)


def record_results_published(tx: Tx, community: int, event: ResultsPublished) -> None:
    """What was answered, counted, may be read."""
    tx.execute(_ONE.values(state=PublicationState.RESULTS.value, results_at=event.at), {"c": community, "i": event.id})


def record_posted(tx: Tx, community: int, event: QuestionnairePosted) -> None:
    """Proof of posting."""
    row = {"id": event.id, "kind": "surveys", "subject_id": event.questionnaire, "what": event.what, "by_id": event.by, "at": event.at}
    tx.execute(insert(postings).values(community_id=community, **row))


def _all(tx: Tx, community: int, states: list[str], most: int) -> list[Publication]:
    return [_publication(row) for row in tx.all(_NEWEST, {"c": community, "states": states, "most": most})]


def _found(row: Any) -> Publication | None:
    return _publication(row) if row else None


def _publication(row: Any) -> Publication:
    return Publication(
        id=QuestionnaireId(row.id),
        number=row.number,
        questionnaire=_definition(row.definition, row.id),
        area=row.area_id or "",
        path=row.path,
        state=PublicationState(row.state),
        closes_at=row.closes_at,
        author=ResidentId(row.author_id) if row.author_id else None,
    )


@lru_cache(maxsize=64)
def _definition(kept: str, ident: str) -> Questionnaire:
    """A questionnaire is read anew in every turn and its expressions parsed once: it must be the same object each time."""
    return replace(from_json(kept), id=QuestionnaireId(ident))
