"""A roll is read as people really keep it; all that is wrong with it is said at once, and nothing is guessed."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from community.roll_files import marked, read_roll, template
from community.rolls import COLUMNS, Fault, HomeRow, RollFile, Use
from dialogue.words import Refused
from texts import render

Cells = list[list[object]]
HEADER: list[object] = ["楼栋", "单元", "房号", "用途", "面积", "产权人", "人数", "联系电话"]


def _xlsx(**sheets: Cells) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    return _bytes(book)


def _bytes(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _read(*rows: list[object], header: list[object] | None = None) -> RollFile:
    return read_roll(_xlsx(名册=[header or HEADER, *rows]), "roll.xlsx")


def _codes(roll: RollFile) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.code) for fault in roll.faults]


def _page(data: bytes, title: str = "") -> Worksheet:
    book = load_workbook(io.BytesIO(data))
    page = book[title] if title else book.active
    assert isinstance(page, Worksheet)
    return page


def test_the_template_is_read_back_as_an_empty_roll() -> None:
    roll = read_roll(template(), "roll.xlsx")
    assert [u.meaning for u in roll.columns_understood] == list(COLUMNS)
    assert (roll.rows, roll.faults) == ((), ())


def test_a_whole_row() -> None:
    header: list[object] = list(COLUMNS)
    roll = _read(["幸福里", "3栋", 2, 502, "住宅", 89.5, "不动产登记簿", "张三；李四", "已售", "张三", 3, 13800138000], header=header)
    assert roll.faults == ()
    assert roll.rows == (
        HomeRow(
            "幸福里",
            "3号楼",
            "2单元",
            "502",
            Use.HOME,
            8950,
            "不动产登记簿",
            ("张三", "李四"),
            "已售",
            "张三",
            3,
            ("13800138000",),
            "名册",
            2,
        ),
    )
    assert roll.rows[0].path == "幸福里/3号楼/2单元/502"


@pytest.mark.parametrize(
    ("said", "centi"),
    [
        (89.5, 8950),
        ("89.5", 8950),
        ("89.5㎡", 8950),
        ("89.5 平", 8950),
        ("89.50平方米", 8950),
        ("８９．５", 8950),
        ("1,089.47 m²", 108947),
        (89, 8900),
        ("约", None),
        ("", None),
        (89.4700000001, 8947),
        (0.1 + 0.2, 30),
    ],
)
def test_an_area(said: object, centi: int | None) -> None:
    assert _read(["3", "1", "101", "", said, "", "", ""]).rows[0].area_centi == centi


@pytest.mark.parametrize(
    ("said", "owners"),
    [
        ("张三、李四", ("张三", "李四")),
        ("张三，李四", ("张三", "李四")),
        ("张三;李四", ("张三", "李四")),
        ("张三/李四", ("张三", "李四")),
        ("张三；李四；", ("张三", "李四")),
        ("张　三\n李 四", ("张三", "李四")),
        ("张三、张三", ("张三",)),
        ("黄石市（某某）公司", ("黄石市（某某）公司",)),
        ("John Smith", ("John Smith",)),
        ("陳 大文", ("陳大文",)),
        ("", ()),
    ],
)
def test_several_owners_in_one_cell(said: str, owners: tuple[str, ...]) -> None:
    assert _read(["3", "1", "101", "", "", said, "", ""]).rows[0].owners == owners


@pytest.mark.parametrize(
    ("said", "phones"),
    [
        ("13800138000/13900139000", ("13800138000", "13900139000")),
        ("13800138000 13900139000", ("13800138000", "13900139000")),
        ("138 0013 8000", ("13800138000",)),
        ("138-0013-8000", ("13800138000",)),
        (13800138000.0, ("13800138000",)),
        ("+86 13800138000", ("13800138000",)),
        ("0714-6221234", ("07146221234",)),
        ("6221234", ("6221234",)),
        ("", ()),
    ],
)
def test_telephones(said: object, phones: tuple[str, ...]) -> None:
    roll = _read(["3", "1", "101", "", "", "", "", said])
    assert roll.rows[0].phones == phones
    assert roll.faults == ()


@pytest.mark.parametrize("room", ["3-2-502", "３－２－５０２", "3号楼2单元502室", "三栋二单元502"])
def test_the_whole_address_in_one_cell(room: str) -> None:
    roll = _read([room, 89.5, "张三"], header=["房号", "建筑面积(㎡)", "业主姓名"])
    assert roll.faults == ()
    assert roll.rows[0].path == "3号楼/2单元/502"


def test_title_rows_a_merged_building_and_totals() -> None:
    book = Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    for row in (
        ["幸福里小区业主花名册"],
        ["制表：小王", None, "2026年11月"],
        ["楼栋", "房号", "面积"],
        ["3号楼", 101, 80],
        [None, 102, 81],
        [None, 103, 82],
    ):
        page.append(row)
    page.append([None, None, None])
    page.append(["合计", 3, 243])
    page.merge_cells("A1:C1")
    page.merge_cells("A4:A7")
    roll = read_roll(_bytes(book), "名册.xlsx")
    assert [(r.path, r.area_centi, r.row) for r in roll.rows] == [("3号楼/101", 8000, 4), ("3号楼/102", 8100, 5), ("3号楼/103", 8200, 6)]
    assert roll.faults == ()


def test_a_sheet_for_each_building_and_one_of_notes() -> None:
    rows: Cells = [["房号", "面积"], [101, 80]]
    roll = read_roll(_xlsx(**{"填表说明": [["请按实填写"]], "3号楼": rows, "4栋": rows}), "roll.xlsx")
    assert [(r.path, r.sheet) for r in roll.rows] == [("3号楼/101", "3号楼"), ("4号楼/101", "4栋")]
    assert roll.faults == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("between", [",", "\t", ";"])
def test_csv_from_anywhere(encoding: str, between: str) -> None:
    lines = [["楼栋", "单元", "房号", "面积", "产权人"], ["3号楼", "2", "502", "89.5㎡" if encoding != "gbk" else "89.5", "张三、李四"]]
    roll = read_roll("\r\n".join(between.join(f'"{cell}"' for cell in line) for line in lines).encode(encoding), "roll.csv")
    assert roll.faults == ()
    assert [(r.path, r.area_centi, r.owners) for r in roll.rows] == [("3号楼/2单元/502", 8950, ("张三", "李四"))]


def test_how_the_columns_were_understood_is_said() -> None:
    roll = _read(["3", "101", "89", "张三"], header=["幢号", "室 号", "建筑面积（平方米）", "*业主姓名"])
    assert [(u.column, u.header, u.meaning) for u in roll.columns_understood] == [
        ("A", "幢号", "楼栋"),
        ("B", "室 号", "房号"),
        ("C", "建筑面积（平方米）", "面积"),
        ("D", "*业主姓名", "产权人"),
    ]


def test_all_faults_at_once_each_in_its_cell() -> None:
    roll = _read(
        ["3", "1", "101", "住宅", "八十", "张三", "3", ""],
        ["3", "1", "102", "住宅", "-5", "张三", "3", ""],
        ["3", "1", "103", "飞机场", "80", "张三", "若干", "1380013"],
        ["", "1", "104", "住宅", "80", "张三", "3", ""],
        ["3", "1", "", "住宅", "80", "张三", "3", ""],
        ["3", "1", "105", "住宅", "80", "张三", "3", "13800138000"],
        ["3号楼", "一单元", "105室", "住宅", "80", "李四", "3", ""],
        ["3", "1", "4-1-106", "住宅", 0, "李四", "100", ""],
        ["3", "1", "后门左手", "住宅", "80", "李四", "", "张三13800138000"],
    )
    assert _codes(roll) == [
        (2, "E", "area_not_a_number"),
        (3, "E", "area_not_positive"),
        (4, "D", "unknown_use"),
        (4, "G", "people_not_a_number"),
        (4, "H", "bad_phone"),
        (5, "A", "missing_building"),
        (6, "C", "missing_room"),
        (7, "C", "duplicate_home"),
        (8, "C", "duplicate_home"),
        (9, "C", "building_differs"),
        (9, "E", "area_not_positive"),
        (9, "G", "people_not_a_number"),
        (10, "C", "bad_room"),
        (10, "H", "bad_phone"),
    ]
    assert not any(row.fine for row in roll.rows)
    assert [f.values for f in roll.faults if f.code == "duplicate_home"] == [
        {"home": "3号楼/1单元/105", "other_sheet": "名册", "other_row": 8},
        {"home": "3号楼/1单元/105", "other_sheet": "名册", "other_row": 7},
    ]


def test_good_rows_stay_good_beside_bad_ones() -> None:
    roll = _read(["3", "1", "101", "", "80", "", "", ""], ["3", "1", "102", "", "x", "", "", ""])
    assert [(r.room, r.fine) for r in roll.rows] == [("101", True), ("102", False)]


def test_the_same_home_on_two_sheets() -> None:
    rows: Cells = [["楼栋", "房号"], [3, 101]]
    roll = read_roll(_xlsx(甲=rows, 乙=rows), "roll.xlsx")
    assert [(f.sheet, f.code, f.values["other_sheet"]) for f in roll.faults] == [
        ("甲", "duplicate_home", "乙"),
        ("乙", "duplicate_home", "甲"),
    ]


def test_parking_and_shops_are_numbered_as_somebody_liked() -> None:
    roll = _read(
        ["", "", "B1-023", "车位", "12.5", "", "", ""],
        ["3", "", "3-1-5", "商铺", "30", "", "", ""],
        ["", "", "12", "商户", "30", "", "", ""],
    )
    assert [(r.path, r.use) for r in roll.rows] == [("B1-023", Use.PARKING), ("3号楼/3-1-5", Use.SHOP)]
    assert _codes(roll) == [(4, "A", "missing_building")]


def test_unknown_and_double_columns_with_the_nearest() -> None:
    roll = _read(["3", "101", "张三", "李四", "x", "5"], header=["楼栋", "房号", "产权人", "业主", "xyz", "产权人名字"])
    assert [(f.column, f.code, f.values) for f in roll.faults] == [
        ("D", "column_twice", {"meaning": "产权人", "first": "C"}),
        ("E", "unknown_column", {"nearest": ""}),
        ("F", "unknown_column", {"nearest": "产权人"}),
    ]
    assert roll.rows[0].owners == ("张三",)
    assert roll.rows[0].fine


def test_without_a_header_nothing_is_guessed() -> None:
    roll = read_roll(_xlsx(名册=[[3, 2, 502, "张三"]]), "roll.xlsx")
    assert [f.code for f in roll.faults] == ["no_header"]
    assert roll.rows == ()


@pytest.mark.parametrize(
    ("data", "filename", "key"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "roll.xls", "rolls.save_as_xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "roll.xlsx", "rolls.save_as_xlsx"),
        (b"anything", "roll.et", "rolls.save_as_xlsx"),
        (b"PK\x03\x04 torn", "roll.xlsx", "rolls.not_a_workbook"),
        (b"no workbook", "roll.xlsx", "rolls.not_a_workbook"),
        (b"\x00\x01\x02", "roll.csv", "rolls.not_a_workbook"),
        (b"\xff\xfe\xff\xff\xff", "roll.csv", "rolls.not_a_workbook"),
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes, filename: str, key: str) -> None:
    with pytest.raises(Refused) as refused:
        read_roll(data, filename)
    assert refused.value.key == key


def _remarks(roll: RollFile) -> list[tuple[Fault, str]]:
    return [(fault, render(fault.key, fault.says)) for fault in roll.faults]


def test_the_marked_workbook_is_the_same_with_red_cells_and_remarks() -> None:
    data = _xlsx(名册=[["楼栋", "房号", "面积", "备注"], [3, 101, "=40+40", "x"], [3, 102, "八十", None], [3, 103, "0", None]])
    roll = read_roll(data, "roll.xlsx")
    page = _page(marked(data, "roll.xlsx", _remarks(roll), "核对说明"), "名册")
    assert page["C2"].value == "=40+40"
    assert page["C3"].value == "八十"
    assert page["C3"].fill.start_color.rgb == "FFFF9999"
    assert page["C2"].fill.fill_type is None
    assert page["C3"].comment.text == "面积「八十」不是数字，例如 89.50。"
    assert [page[f"E{n}"].value for n in (1, 2, 3, 4)] == ["核对说明", None, "面积「八十」不是数字，例如 89.50。", "面积「0」要大于0。"]


def test_a_fault_in_a_merged_cell_marks_the_whole() -> None:
    book = Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    for row in (["楼栋", "房号", "面积"], [3, 101, "?"], [3, 102, None]):
        page.append(row)
    page.merge_cells("C2:C3")
    data = _bytes(book)
    roll = read_roll(data, "roll.xlsx")
    assert _codes(roll) == [(2, "C", "area_not_a_number"), (3, "C", "area_not_a_number")]
    page = _page(marked(data, "roll.xlsx", _remarks(roll), "核对说明"))
    assert page["C2"].comment.text.count("不是数字") == 2


def test_a_csv_comes_back_as_a_marked_workbook() -> None:
    data = "楼栋,房号,面积\n3,101,八十\n".encode("gbk")
    page = _page(marked(data, "roll.csv", _remarks(read_roll(data, "roll.csv")), "核对说明"))
    assert page["C2"].comment is not None
    assert page["D2"].value is not None


def test_every_fault_has_its_words_in_both_languages() -> None:
    source = "".join(Path("community", name).read_text("utf-8") for name in ("roll_cells.py", "roll_files.py"))
    for language in ("zh-CN", "en"):
        texts = tomllib.loads(Path("texts", language, "rolls.toml").read_text("utf-8"))
        codes = [key.removeprefix("fault_") for key in texts if key.startswith("fault_") and key != "fault_place"]
        assert all(f'"{code}"' in source for code in codes), language
    says = Fault("名册", 3, "C", "duplicate_home", "101", {"home": "3号楼/101", "other_sheet": "乙", "other_row": 4}).says
    assert render("rolls.fault_place", says) == "「名册」第3行C列"
    assert render("rolls.fault_duplicate_home", says) == "3号楼/101 重复了，另一处在「乙」第4行。"
