"""What there is, as tables: each list of the desk, for the places of whoever looks. A cell is words of somebody, or a text's key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import texts
from community.notices import Notice, Objection
from community.questions import Question
from community.staff import covers, may
from storage import (
    areas,
    contacts,
    dispatches,
    held,
    inbox,
    journal,
    matters,
    notices,
    objections,
    polls,
    questionnaires,
    residents,
    responses,
    rolls,
)
from storage.database import Tx
from surveys.polls import Poll
from web.board import notice_state, poll_state, survey_state
from web.console import door_list, unread, ways
from web.console.rows import Cell, Row
from web.console.sitting import Officer


@dataclass(frozen=True, slots=True)
class Table:
    """A list of the desk: who may see it, its columns' keys, its rows."""

    roles: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Callable[[Tx, Officer, datetime], list[Row]]


def plain(words: object) -> Cell:
    return Cell(words=str(words))


def at(moment: datetime) -> Cell:
    return Cell("board.at", {"at": moment})


def place(path: str) -> Cell:
    return plain(path.replace("/", ""))


def acts(who: Officer, *said: str) -> tuple[tuple[str, str], ...]:
    """Buttons that say these, as far as they may."""
    words = ((word.partition(" ")[0], word) for word in said)
    return tuple((f"console.act_{word}", payload) for word, payload in words if who.may(word))


def _near(who: Officer, path: str, *roles: str) -> bool:
    return any(covers(mine, path) or covers(path, mine) for mine in who.paths(*roles))


def _polls(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    found = []
    for poll in polls.listed(tx, who.here.id):
        if _near(who, poll.path, "leader", "grid", "staff"):
            state, values, is_open = poll_state(poll, rolls.turnout(tx, who.here.id, poll.id), now)
            said = [f"remind polls {poll.number}"] if is_open else []
            cells = (plain(poll.number), plain(poll.proposal.title), place(poll.path), Cell(state, values))
            found.append(Row(cells, acts(who, *said, f"share polls {poll.number}")))
    return found


def _surveys(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    found = []
    for draft in questionnaires.drafts(tx, who.here.id):
        cells = (plain(draft.number), plain(draft.title), Cell(), Cell("console.draft"))
        found.append(Row(cells, acts(who, f"publish {draft.number}")))
    for one in questionnaires.listed(tx, who.here.id):
        if _near(who, one.path, "leader", "staff"):
            state, values, is_open = survey_state(one, responses.count(tx, who.here.id, one.id), now)
            said = f"survey_end {one.number}" if is_open else f"survey_results {one.number}"
            cells = (plain(one.number), plain(one.title), place(one.path), Cell(state, values))
            found.append(Row(cells, acts(who, said, f"share surveys {one.number}")))
    return found


def _notices(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    found = []
    for notice in notices.listed(tx, who.here.id):
        if _near(who, notice.path, "leader", "staff"):
            state, values, _ = notice_state(notice)
            cells = (plain(notice.number), plain(notice.text.title), place(notice.path), Cell(state, values))
            found.append(Row(cells, acts(who, f"share notices {notice.number}")))
    return found


def _path(tx: Tx, who: Officer, one: Objection | Question) -> str:
    """The place of what is objected to or asked about."""
    kind = one.against if isinstance(one, Objection) else one.about
    read: Callable[[Tx, int, int], Notice | Poll | None] = notices.by_number if kind == "notices" else polls.by_number
    about = read(tx, who.here.id, one.subject_number)
    assert about is not None
    return about.path


def _objections(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    found = []
    for one in objections.unanswered(tx, who.here.id):
        if not may(who.roles, "answer_objection", _path(tx, who, one)):
            continue
        about = Cell("board.named", {"kind": one.against, "number": one.subject_number, "title": ""})
        cells = (plain(one.number), about, plain(one.text), at(one.at))
        found.append(Row(cells, acts(who, f"answer_objection objections {one.number}")))
    return found


def _questions(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    found = []
    for one in objections.unanswered_questions(tx, who.here.id):
        if may(who.roles, "answer_question", _path(tx, who, one)):
            about = Cell("board.named", {"kind": one.about, "number": one.subject_number, "title": ""})
            cells = (plain(one.number), about, plain(one.text), at(one.at))
            found.append(Row(cells, acts(who, f"answer_question {one.number}")))
    return found


def _matters(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    found = []
    for one in matters.open_for(tx, who.here.id, who.roles):
        kind = (Cell(f"board.kind_{one.kind}"), Cell(f"board.category_{one.category}"))
        stands = (place(one.path), Cell(f"board.matter_{one.state}"), at(one.raised_at))
        said = (f"accept {one.number}", f"reply {one.number}", f"done {one.number}")
        found.append(Row((plain(one.number), *kind, plain(one.text), *stands), acts(who, *said)))
    return found


def _claims(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    found = []
    for one in residents.waiting_claims(tx, who.here.id):
        if any(covers(path, one.path) for path in who.paths("leader", "grid", "staff")):
            cells = (plain(one.number), plain(one.name), place(one.path), Cell(f"roles.{one.as_}"), at(one.made_at))
            found.append(Row(cells, acts(who, f"confirm {one.number}", f"refuse {one.number}")))
    return found


def _dispatches(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    found = []
    for one in dispatches.latest(tx, who.here.id):
        path = areas.by_id(tx, who.here.id, one.area).path
        if any(covers(mine, path) for mine in who.paths("staff")):
            rows = held.progress(tx, who.here.id, one)
            told = {way: rows.get(way, 0) for way in ("group", "held", "by_door", "owner")} | {"people": one.people}
            told |= {"sent": sum(rows.get(way, 0) for way in ("sent", "delivered", "brief"))}
            told["waiting"] = rows.get("queued", 0) + rows.get("paused", 0)
            goes = {"paused": ["resumesend", "stopsend"], "ordered": ["pausesend", "stopsend"], "sending": ["pausesend", "stopsend"]}
            state = (Cell(f"console.dispatch_{one.state}"), Cell("console.progress", told), at(one.ordered_at))
            said = [f"{word} {one.number}" for word in goes.get(one.state, ["approvesend"] if one.state == "asked" else [])]
            found.append(Row((plain(one.number), place(path), *state), acts(who, *said)))
    return found


def _failed(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    """Where each failed, never what it said."""
    there = [(one, contacts.speaker(tx, one.contact)) for one in inbox.failures(tx)]
    mine = [one for one, speaker in there if speaker is not None and speaker.community == who.here.id]
    return [Row((plain(one.seq), plain(one.reason), at(one.at))) for one in mine]


def _journal(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    found, phrases = [], texts.table(texts.DEFAULT, "console")
    for line in journal.latest(tx, who.here.id):
        name = residents.name_of(tx, who.here.id, line.who) if line.who else ""
        did = f"did_{line.what}"
        kind, _, number = line.subject.rpartition(" ")
        about = {"kind": kind or ("" if number.isdigit() else number), "number": number if number.isdigit() else ""}
        said = Cell(f"console.{did}" if did in phrases else "console.did_other")
        found.append(Row((at(line.at), plain(name), said, Cell("console.subject", about))))
    return found


_ABOUT = ("board.number", "console.title_column", "board.where", "board.status")
TABLES: Mapping[str, Table] = {
    "polls": Table(("leader", "grid", "staff"), _ABOUT, _polls),
    "surveys": Table(("leader", "staff"), _ABOUT, _surveys),
    "notices": Table(("leader", "staff"), _ABOUT, _notices),
    "objections": Table(("staff",), ("board.number", "console.about", "console.words", "board.since"), _objections),
    "questions": Table(("staff",), ("board.number", "console.about", "console.words", "board.since"), _questions),
    "matters": Table(
        ("grid", "staff"),
        ("board.number", "board.kind", "board.category", "console.words", "board.where", "board.status", "board.since"),
        _matters,
    ),
    "claims": Table(("leader", "grid", "staff"), ("board.number", "console.name", "board.home", "console.as", "board.since"), _claims),
    "dispatches": Table(("staff",), ("board.number", "board.where", "board.status", "console.how_far", "board.since"), _dispatches),
    "doorlist": Table(door_list.ROLES, door_list.COLUMNS, door_list.rows),
    "unread": Table(("staff",), unread.COLUMNS, unread.rows),
    "ways": Table(("leader", "staff"), ways.COLUMNS, ways.rows),
    "failed": Table(("admin",), ("board.number", "board.reason", "board.since"), _failed),
    "journal": Table(("staff",), ("board.since", "console.name", "console.did", "console.about"), _journal),
}
