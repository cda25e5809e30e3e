"""The sheets of a file people send, as text: xlsx or csv in any of the usual encodings; bytes in, bytes out, no file is opened."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from dialogue.words import Refused

_EMPTY_ROWS_END = 200  # a sheet formatted to its very bottom has a million empty rows


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet as text: its rows from the first one on; `merged` are the cells that repeat another one's value."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    merged: frozenset[tuple[int, int]] = frozenset()


def is_zip(data: bytes) -> bool:
    """Whether it is a workbook of the new kind; what else we read is csv."""
    return data[:4] == b"PK\x03\x04"


def read_sheets(data: bytes, filename: str) -> list[Sheet]:
    """All sheets of a file; a csv is one without a title. Refused rolls.save_as_xlsx (.xls, .et), rolls.not_a_workbook."""
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" or filename.lower().endswith((".xls", ".et")):
        raise Refused("rolls.save_as_xlsx")
    if is_zip(data):
        return [_sheet(sheet) for sheet in load(data, values=True).worksheets]
    if filename.lower().endswith(".xlsx") or b"\0" in data:
        raise Refused("rolls.not_a_workbook")
    return [_csv(data)]


def load(data: bytes, *, values: bool) -> Workbook:
    """The workbook itself, with the results of its formulas (`values`) or with the formulas. Refused rolls.not_a_workbook."""
    try:
        return load_workbook(io.BytesIO(data), data_only=values)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, SyntaxError) as broken:
        raise Refused("rolls.not_a_workbook") from broken


def _sheet(page: Worksheet) -> Sheet:
    """A sheet's cells as text, merged ones repeated."""
    grid = [[_text(value) for value in row] for row in _filled(page)]
    merged = set()
    for area in page.merged_cells.ranges:
        value = _text(page.cell(area.min_row, area.min_col).value)
        for r in range(area.min_row, min(area.max_row, len(grid)) + 1):
            for c in range(area.min_col, min(area.max_col, len(grid[r - 1])) + 1):
                grid[r - 1][c - 1] = value
                if (r, c) != (area.min_row, area.min_col):
                    merged.add((r, c))
    return Sheet(page.title, tuple(map(tuple, grid)), frozenset(merged))


def _filled(page: Worksheet) -> Iterator[tuple[object, ...]]:
    empty = 0
    for row in page.iter_rows(values_only=True):
        empty = 0 if any(value is not None for value in row) else empty + 1
        if empty > _EMPTY_ROWS_END:
            return
        yield row


def _text(value: object) -> str:
    """A cell as it is read on the screen: 502.0 is 502, a date is year-month-day."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        return f"{value.year}-{value.month}-{value.day}"
    return str(value)


def _csv(data: bytes) -> Sheet:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as broken:
            raise Refused("rolls.not_a_workbook") from broken
    start = text[:2000]
    between = max(",\t;", key=start.count)
    try:
        return Sheet("", tuple(tuple(row) for row in csv.reader(io.StringIO(text), delimiter=between)))
    except csv.Error as broken:
        raise Refused("rolls.not_a_workbook") from broken


def as_book(sheet: Sheet) -> Workbook:
    """A csv as a workbook, so that it can be marked like one."""
    book = Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    for row in sheet.rows:
        page.append(row)
    return book


def save(book: Workbook) -> bytes:
    """The bytes to hand out."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
