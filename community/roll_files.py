"""Rolls as people keep them: xlsx with title rows, merged cells and a sheet per building, or csv from anywhere; bytes in, bytes out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from openpyxl import Workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from community.areas import Level, building_name, is_name_of
from community.roll_cells import Reading, read_row
from community.roll_sheets import Sheet, as_book, is_zip, load, read_sheets, save
from community.rolls import COLUMNS, Fault, HomeRow, RollFile, Understood
from dialogue.numerals import fold

_HEADINGS: Mapping[str, str] = {name: name for name in COLUMNS} | {
    heading: name
    for name, headings in {
        "小区": "小区名称 项目 项目名称",
        "楼栋": "楼号 栋号 栋 幢 幢号 楼幢 楼座 楼 座号 楼栋号 楼宇 号楼 区域",
        "单元": "单元号 单元门",
        "房号": "室号 室 房间号 房屋号 房间 房屋 门牌号 门牌 户号 房屋地址 地址 住址 房屋坐落 坐落 铺号 店铺号 店铺 车位号",
        "用途": "房屋用途 规划用途 房屋类型 类型 房屋性质 性质",
        "面积": "建筑面积 产权面积 房屋面积 房屋建筑面积 登记面积",
        "面积来源": "来源",
        "产权人": "业主 业主姓名 业主名称 房主 所有权人 权利人 产权人姓名 姓名 户名",
        "产权状态": "状态 销售状态 交付状态",
        "户主": "户主姓名",
        "人数": "人口 人口数 家庭人数 家庭人口 居住人数 常住人口",
        "联系电话": "电话 手机 手机号 手机号码 联系方式 电话号码 业主电话",
    }.items()
    for heading in headings.split()
}
_IGNORED = frozenset(("序号", "编号", "备注", "楼层", "层", "层数", "所在层"))
_TOTALS = ("合计", "总计", "小计", "填表", "制表", "备注", "说明", "注:")
_HEADER_WITHIN = 20
_RED = PatternFill("solid", start_color="FFFF9999", end_color="FFFF9999")


@dataclass(frozen=True, slots=True)
class _Header:
    """Where a sheet's header stands and which of its columns (from 0) is which of ours."""

    row: int
    columns: Mapping[str, int]


def template() -> bytes:
    """An empty roll to fill in; house numbers and telephones are text, so that Excel makes no dates of them."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append(COLUMNS)
    sheet.freeze_panes = "A2"
    for column, name in enumerate(COLUMNS, 1):
        sheet.cell(1, column).font = Font(bold=True)
        dimension = sheet.column_dimensions[get_column_letter(column)]
        dimension.width = 18 if name in ("产权人", "联系电话") else 11
        if name not in ("面积", "人数"):
            dimension.number_format = "@"
    return save(book)


def read_roll(data: bytes, filename: str) -> RollFile:
    """Every home a file lists and all its faults at once. Refused rolls.save_as_xlsx (.xls, .et), rolls.not_a_workbook."""
    rows: list[HomeRow] = []
    faults: list[Fault] = []
    understood: list[Understood] = []
    for sheet in read_sheets(data, filename):
        header = _header(sheet)
        if header is None:
            continue
        understood += [
            Understood(sheet.title, _letter(column), sheet.rows[header.row][column].strip(), name)
            for name, column in header.columns.items()
        ]
        faults += _heading_faults(sheet, header)
        for reading in _readings(sheet, header):
            row = read_row(reading, _building_of(sheet, header))
            rows += [row] if row else []
            faults += reading.faults
    if not understood:
        faults.append(Fault("", 0, "", "no_header"))
    rows, twice = _duplicates(rows, {u.sheet: u.column for u in understood if u.meaning == "房号"})
    order = {sheet: n for n, sheet in enumerate(dict.fromkeys(u.sheet for u in understood))}
    faults = sorted(faults + twice, key=lambda fault: (order.get(fault.sheet, 0), fault.row))
    return RollFile(tuple(rows), tuple(faults), tuple(understood))


def marked(data: bytes, filename: str, remarks: Sequence[tuple[Fault, str]], heading: str) -> bytes:
    """The same workbook with every faulty cell red, what is wrong in its comment and again in a last column under `heading`.

    `remarks` are the faults with their words for the reader; a csv comes back as xlsx. Refused as in read_roll.
    """
    sheets = {sheet.title: sheet for sheet in read_sheets(data, filename)}
    book = load(data, values=False) if is_zip(data) else as_book(*sheets.values())
    beside: dict[tuple[str, int], list[str]] = {}
    for fault, words in remarks:
        if fault.sheet in sheets and fault.row:
            beside.setdefault((fault.sheet, fault.row), []).append(words)
            if fault.column:
                _mark(_worksheet(book, fault.sheet), fault, words)
    for sheet in sheets.values():
        header = _header(sheet)
        said = {row: words for (title, row), words in beside.items() if title == sheet.title}
        if header is None or not said:
            continue
        last = max(len(row) for row in sheet.rows) + 1
        page = _worksheet(book, sheet.title)
        page.cell(header.row + 1, last, heading).font = Font(bold=True)
        for row, words_ in said.items():
            if row != header.row + 1:
                page.cell(row, last, "\n".join(words_)).fill = _RED
    return save(book)


# --- from text to homes ------------------------------------------------------------------------------------------


def _heading(text: str) -> str:
    """A heading without its unit, its stars and its spaces."""
    return re.sub(r"\(.*?\)|[\s*:/.]+|(?:平方米|m2)$", "", fold(text))


def _header(sheet: Sheet) -> _Header | None:
    """The row that names the most columns of ours, the last such row; None where no row names the room and something else."""
    best: _Header | None = None
    for n, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
        columns: dict[str, int] = {}
        for column, text in enumerate(row):
            name = _HEADINGS.get(_heading(text))
            if name and (n + 1, column + 1) not in sheet.merged:
                columns.setdefault(name, column)
        if "房号" in columns and len(columns) > 1 and (best is None or len(columns) >= len(best.columns)):
            best = _Header(n, columns)
    return best


def _heading_faults(sheet: Sheet, header: _Header) -> list[Fault]:
    """Columns that mean nothing to us, with the nearest that would, and those that come twice."""
    faults = []
    for column, text in enumerate(sheet.rows[header.row]):
        heading = _heading(text)
        if not heading or heading in _IGNORED or column in header.columns.values():
            continue
        name = _HEADINGS.get(heading)
        if name:
            code, values = "column_twice", {"meaning": name, "first": _letter(header.columns[name])}
        else:
            near = get_close_matches(heading, _HEADINGS, n=1, cutoff=0.5)
            code, values = "unknown_column", {"nearest": _HEADINGS[near[0]] if near else ""}
        faults.append(Fault(sheet.title, header.row + 1, _letter(column), code, text.strip(), values))
    return faults


def _readings(sheet: Sheet, header: _Header) -> Iterator[Reading]:
    """The rows below the header that say something of their own."""
    letters = {name: _letter(column) for name, column in header.columns.items()}
    for n, row in enumerate(sheet.rows[header.row + 1 :], header.row + 2):
        own = [text.strip() for c, text in enumerate(row, 1) if text.strip() and (n, c) not in sheet.merged]
        if own and not fold(own[0]).startswith(_TOTALS):
            cells = {name: row[column] if column < len(row) else "" for name, column in header.columns.items()}
            yield Reading(sheet.title, n, cells, letters)


def _building_of(sheet: Sheet, header: _Header) -> str:
    """A sheet per building: its title is the building where no column is."""
    return building_name(sheet.title) if "楼栋" not in header.columns and is_name_of(Level.BUILDING, sheet.title) else ""


def _duplicates(rows: list[HomeRow], columns: Mapping[str, str]) -> tuple[list[HomeRow], list[Fault]]:
    """A home that is listed twice: nobody knows which line is right, so each is marked and points to the other."""
    seen: dict[str, list[HomeRow]] = {}
    for row in rows:
        seen.setdefault(row.path, []).append(row)
    faults = []
    for path, same in seen.items():
        for row in same if len(same) > 1 else ():
            other = same[1] if row is same[0] else same[0]
            values: dict[str, str | int] = {"home": path, "other_sheet": other.sheet, "other_row": other.row}
            faults.append(Fault(row.sheet, row.row, columns.get(row.sheet, ""), "duplicate_home", row.room, values))
    return [replace(row, fine=False) if len(seen[row.path]) > 1 else row for row in rows], faults


def _letter(column: int) -> str:
    return str(get_column_letter(column + 1))


# --- back to a workbook ------------------------------------------------------------------------------------------


def _mark(page: Worksheet, fault: Fault, words: str) -> None:
    cell = page[f"{fault.column}{fault.row}"]
    if isinstance(cell, MergedCell):
        area = next(area for area in page.merged_cells.ranges if cell.coordinate in area)
        cell = page.cell(area.min_row, area.min_col)
    cell.fill = _RED
    before = f"{cell.comment.text}\n" if cell.comment else ""
    cell.comment = Comment(before + words, "")


def _worksheet(book: Workbook, title: str) -> Worksheet:
    page = book[title] if title else book.active
    assert isinstance(page, Worksheet)
    return page
