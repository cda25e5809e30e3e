"""`mulin survey` and `mulin results`: check a workbook, ask it in an area, hand out what was counted. No names in it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from openpyxl import Workbook

import texts
from bot import speaking
from bot.channels import abilities
from bot.cli.console import chosen, complain, language, say
from bot.command import new_id
from bot.config import Config
from bot.speaking import Voice
from community.areas import Ambiguous, resolve
from community.times import parse_closing
from dialogue.words import Inbound, Kind, Refused
from handlers.staff.questionnaires import announced
from storage import areas, communities, journal, polls, questionnaires, record, responses, rolls
from storage.communities import Community
from storage.database import Database, Tx
from surveys import publications, results, tally, xlsform
from surveys.publications import Publication, PublicationState, QuestionnaireDrafted
from surveys.questionnaires import Questionnaire, QuestionnaireId
from surveys.results import Cell, Submitted
from surveys.workbooks import Fault


def check(file: Path) -> int:
    """Every fault of a workbook with its sheet, row and column."""
    found = _read(file)
    if isinstance(found, tuple):
        return _complain(found)
    say("questionnaires.cli_good", title=found.title, questions=publications.questions(found))
    return 0


async def publish(database: Database, config: Config, file: Path, where: Mapping[str, str]) -> int:
    """Ask a questionnaire in an area; prints its number. `where`: area, closes ("" for no end), community."""
    found = _read(file)
    if isinstance(found, tuple):
        return _complain(found)
    number = await database.transaction(_published, Voice(config, abilities(config, database)), found, where, datetime.now(UTC))
    print(number)
    return 0


async def hand_out(database: Database, community: str, what: tuple[str, int], out: Mapping[str, str]) -> int:
    """What was counted of a poll or a questionnaire, in each of the formats asked for: format -> file."""
    kind, number = what
    here = await database.read(chosen, community)
    if not any(out.values()):
        raise Refused("questionnaires.cli_no_file")
    table, told = await (_survey(database, here, number) if kind == "survey" else _poll(database, here, number))
    for form, file in out.items():
        if file:
            _write(Path(file), _written(form, table, told, ZoneInfo(here.settings.timezone)))
    return 0


# --- asking -----------------------------------------------------------------------------------------------------------


def _published(tx: Tx, voice: Voice, found: Questionnaire, where: Mapping[str, str], now: datetime) -> int:
    here = chosen(tx, where["community"])
    area = resolve(where["area"], areas.places(tx, here.id), None)
    if area is None or isinstance(area, Ambiguous):
        raise Refused("questionnaires.cli_no_area", area=where["area"])
    closes_at = parse_closing(where["closes"], now, ZoneInfo(here.settings.timezone)) if where["closes"] else None
    if where["closes"] and closes_at is None:
        raise Refused("questionnaires.too_late")
    number = new_id(now)
    before = questionnaires.draft_of(tx, here.id, found.form_id)
    ident = before.id if before else QuestionnaireId(f"{number}-0")
    spoken = before.number if before else communities.next_number(tx, here.id, "surveys")
    draft = Publication(ident, spoken, found, "", "", PublicationState.DRAFT)
    record.record(tx, here.id, QuestionnaireDrafted(ident, spoken, found, None, now))
    record.record(tx, here.id, publications.publish(draft, area.id, area.path, closes_at, now))
    journal.record_journal(tx, here.id, None, "survey_go", f"surveys {spoken}", now)
    asked = replace(draft, state=PublicationState.PUBLISHED, area=area.id, path=area.path, closes_at=closes_at)
    order = Inbound(channel="command", external_id=number, address="", kind=Kind.OTHER, id=number, at=now, community=here.id)
    for line in announced(asked, tuple(rolls.posts(tx, here.id, area.path))):
        speaking.say(tx, voice, order, line)
    return spoken


def _read(file: Path) -> Questionnaire | tuple[Fault, ...]:
    return xlsform.read(file.read_bytes(), file.stem)


def _complain(faults: Sequence[Fault]) -> int:
    """One line each, on standard error."""
    for fault in faults:
        place = texts.render("surveys.fault_place", {"sheet": fault.sheet, "row": fault.row, "column": fault.column}, language())
        words = texts.render(f"surveys.fault_{fault.code}", fault.values, language())
        complain("questionnaires.cli_fault", place=place, words=words)
    return 1


# --- results ----------------------------------------------------------------------------------------------------------


async def _survey(database: Database, here: Community, number: int) -> tuple[list[list[Cell]], dict[str, Any]]:
    """Opened batch by batch on a reading connection, so that nobody waits meanwhile."""
    publication = await database.read(questionnaires.by_number, here.id, number)
    if publication is None or publication.state is PublicationState.DRAFT:
        raise Refused("questionnaires.unknown", number=number)
    answers: list[Submitted] = []
    after, more = "", True
    while more:
        batch, after = await database.read(responses.submitted, here.id, publication.id, after)
        answers += batch
        more = bool(after)
    counts = results.count(publication.questionnaire, answers, language())
    told = {"number": number, "title": publication.title, "state": publication.state.value, "responses": len(answers), "questions": counts}
    return results.rows(publication.questionnaire, answers, language()), told


async def _poll(database: Database, here: Community, number: int) -> tuple[list[list[Cell]], dict[str, Any]]:
    result = await database.read(polls.result, here.id, number)
    if result is None:
        raise Refused("polls.unknown", number=number)
    rows = tally.rows(result)
    poll = result.poll
    told = {"number": number, "title": poll.proposal.title, "state": poll.state.value, "turnout": result.turnout, "rows": rows}
    header: list[list[Cell]] = [["kind", "number", "text", "votes"]]
    return header + [[row.kind, row.number, results.escape_cell(row.text), row.votes] for row in rows], told


def _write(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def _written(form: str, table: Sequence[Sequence[Cell]], told: Mapping[str, Any], zone: ZoneInfo) -> bytes:
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(told, enc_hook=str), indent=2) + b"\n"
    plain = [[_local(cell, zone) for cell in row] for row in table]
    if form == "csv":
        written = StringIO()
        csv.writer(written, lineterminator="\r\n").writerows(plain)
        return written.getvalue().encode("utf-8-sig")  # so that a spreadsheet reads the Chinese
    return _workbook(plain)


def _local(cell: Cell, zone: ZoneInfo) -> Cell:
    """A moment as the community's clock shows it; a spreadsheet knows no zones."""
    return cell.astimezone(zone).replace(tzinfo=None, microsecond=0) if isinstance(cell, datetime) else cell


def _workbook(table: Sequence[Sequence[Cell]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("results")
    for row in table:
        sheet.append(list(row))
    written = BytesIO()
    book.save(written)
    return written.getvalue()
