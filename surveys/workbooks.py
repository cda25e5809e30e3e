"""A workbook of bytes as sheets of cells, with limits; any bytes at all give either sheets or one `Fault`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from dialogue.words import NOTHING

LARGEST = 5 << 20  # bytes as sent
LARGEST_OPEN = 30 << 20  # bytes unpacked
MOST_ROWS = 3000
MOST_COLUMNS = 200
MOST_SHEETS = 30


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a workbook to be put right: where, and what; `surveys.fault_<code>` says it. Row 0, column "": the whole sheet."""

    sheet: str
    row: int
    column: str
    code: str
    values: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not blank, as texts by the place of their column (from 0)."""

    number: int
    cells: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: the texts of its first row, and the rows below."""

    name: str
    header: Mapping[int, str]
    rows: tuple[Row, ...]


def letter(place: int) -> str:
    """The letter Excel shows over a column."""
    return str(get_column_letter(place + 1))


def sheets_of(workbook: bytes) -> tuple[Sheet, ...] | Fault:
    """All sheets of an .xlsx file."""
    if len(workbook) > LARGEST:
        return Fault("", 0, "", "too_large", {"most": LARGEST >> 20})
    try:
        with ZipFile(BytesIO(workbook)) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST_OPEN:
                return Fault("", 0, "", "too_large", {"most": LARGEST >> 20})
        book = load_workbook(BytesIO(workbook), read_only=True, data_only=True)
        return _sheets(book.worksheets)
    except (BadZipFile, Exception):  # noqa: BLE001 - openpyxl meets broken files with every kind of exception
        return Fault("", 0, "", "not_a_workbook")


def _sheets(worksheets: Iterable[Any]) -> tuple[Sheet, ...] | Fault:
    found = []
    for worksheet in list(worksheets)[:MOST_SHEETS]:
        worksheet.reset_dimensions()  # a file may lie about its size
        lines: list[Row] = []
        for number, values in enumerate(worksheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), 1):
            if number > MOST_ROWS:
                return Fault(worksheet.title, number, "", "too_many_rows", {"most": MOST_ROWS})
            cells = {place: text for place, value in enumerate(values) if (text := as_written(value))}
            if cells or number == 1:
                lines.append(Row(number, cells))
        header = lines[0].cells if lines else {}
        found.append(Sheet(worksheet.title, header, tuple(lines[1:])))
    return tuple(found)


def as_written(value: object) -> str:
    """A cell as its author reads it: 3 for 3.0, a date as 2026-11-29, no blanks around it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("\xa0", " ").strip()
