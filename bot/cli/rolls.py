"""The household roll at the command line: an empty workbook, a list read with all its faults, homes built without a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import texts
from bot.cli.console import chosen, complain, language, say
from community import roll_files, rolls
from community.rolls import Difference, Fault, HomeRow, RollFile
from storage import imports
from storage.database import Database, Tx

SHOWN = 40  # changes printed in full


@dataclass(frozen=True, slots=True)
class Order:
    """What `mulin roll import` was told: only look (`dry_run`), where the marked workbook goes, whether good rows are taken."""

    file: Path
    dry_run: bool = False
    marked: Path | None = None
    accept_good: bool = False


def template(path: Path) -> int:
    """Write the empty workbook; an existing file stays as it is."""
    if path.exists():
        return complain("imports.exists", path=str(path))
    path.write_bytes(roll_files.template())
    say("imports.template", path=str(path))
    return 0


async def import_(database: Database, name: str, order: Order) -> int:
    """Say how the columns were read, every fault, and what would change; then take the list in, or say why not."""
    here = await database.read(chosen, name)
    if not order.file.is_file():
        return complain("imports.no_file", path=str(order.file))
    data = order.file.read_bytes()
    roll = placed(rolls_of(data, order.file.name), await database.read(imports.only_estate, here.id))
    for column in roll.columns_understood:
        say("imports.column", sheet=column.sheet, column=column.column, header=column.header, meaning=column.meaning)
    said = [(fault, words(fault)) for fault in roll.faults]
    for _, line in said:
        print(line)
    if order.marked and said:
        order.marked.write_bytes(roll_files.marked(data, order.file.name, said, texts.render("rolls.remark_heading", {}, language())))
        say("imports.marked", path=str(order.marked))
    there = {row.path: row for row in await database.read(imports.known, here.id)}
    after = [rolls.settled(there.get(row.path), row) for row in roll.rows]
    found = rolls.difference(there.values(), after)
    _show(found)
    if roll.faults and not order.accept_good:
        return complain("imports.faults_left", faults=len(roll.faults))
    if not (found.added or found.changed):
        say("imports.nothing_new")
        return 0
    if order.dry_run:
        say("imports.only_looked")
        return 0
    count = await take_in(database, here.id, roll.rows)
    say("imports.taken", homes=count, unclear=sum(not row.fine for row in after), left=len(roll.rows) - count)
    return 0


async def build(database: Database, name: str, area: str, size: tuple[int, int, int]) -> int:
    """Homes without owners and floor areas: `size` is units, floors, homes per floor. Homes that are there stay as they are."""
    here = await database.read(chosen, name)
    path = area.strip("/")
    there = {row.path for row in await database.read(imports.known, here.id)}
    made = [row for row in rolls.build(path, *size) if row.path not in there]
    say("imports.built", homes=await take_in(database, here.id, made), path=path)
    return 0


async def take_in(database: Database, community: int, rows: Sequence[HomeRow]) -> int:
    """Keep these homes, batch by batch. How many."""
    taken = 0
    for begin in range(0, len(rows), imports.BATCH):
        taken += await database.transaction(_batch, community, rows[begin : begin + imports.BATCH])
    return taken


def rolls_of(data: bytes, filename: str) -> RollFile:
    """The list in a file's bytes; Refused when it is no workbook."""
    return roll_files.read_roll(data, filename)


def placed(roll: RollFile, estate: str) -> RollFile:
    """Rows that name no 小区 belong to the only one there is."""
    return replace(roll, rows=tuple(row if row.estate else replace(row, estate=estate) for row in roll.rows))


def words(fault: Fault) -> str:
    """「3号楼」第7行D列：面积「八十九」不是数字。"""
    place = texts.render("rolls.fault_place", fault.says, language())
    return texts.render("imports.fault", {"place": place, "words": texts.render(fault.key, fault.says, language())}, language())


def _batch(tx: Tx, community: int, rows: Sequence[HomeRow]) -> int:
    return imports.record_batch(tx, community, rows)


def _show(found: Difference) -> None:
    """The difference first. What would be gone stays: people may live there."""
    say("imports.difference", added=len(found.added), changed=len({c.path for c in found.changed}), gone=len(found.gone))
    for change in found.changed[:SHOWN]:
        old, new = (_plain(change.field, value) for value in (change.old, change.new))
        say("imports.changed", path=change.path, field=change.field, old=old, new=new)
    for row in found.gone[:SHOWN]:
        say("imports.gone", path=row.path)


def _plain(field: str, value: object) -> str:
    if value is None or value in ((), ""):
        return "-"
    if field == "area_centi" and isinstance(value, int):
        return texts.m2(value)
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
