"""Workbooks as staff send them: right ones become questionnaires, wrong ones get all their faults at once, with their places."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import texts
from surveys.questionnaires import Questionnaire, from_json, to_json
from surveys.workbooks import LARGEST_OPEN, MOST_ROWS
from surveys.xlsform import read
from tests.surveys.workbooks import satisfaction, workbook

YN = [["list_name", "name", "label"], ["yn", "y", "是"], ["yn", "n", "否"]]
Q = ["integer", "age", "年龄"]


def faults(survey: list[list[Any]], choices: list[list[Any]] | None = None, **others: Any) -> list[tuple[str, int, str, str]]:
    found = read(workbook(survey, choices or (), **others), "x")
    assert isinstance(found, tuple), "no fault was found"
    for fault in found:
        for language in texts.LANGUAGES:  # every fault can be said
            assert texts.render(f"surveys.fault_{fault.code}", fault.values, language)
            place = {"sheet": fault.sheet, "row": fault.row, "column": fault.column}
            texts.render("surveys.fault_place", place, language)
    return [(f.sheet, f.row, f.column, f.code) for f in found]


TNL = ["type", "name", "label"]
BROKEN: list[tuple[str, list[list[Any]], list[list[Any]], list[tuple[str, int, str, str]]]] = [
    ("a type nobody knows", [TNL, ["intger", "a", "甲"]], [], [("survey", 2, "A", "type_unknown")]),
    ("a type of later parts", [TNL, Q, ["geopoint", "g", "在哪"], ["rank yn", "r", "排"]], YN,
     [("survey", 3, "A", "type_later"), ("survey", 4, "A", "type_later")]),
    ("a repeat", [TNL, ["begin_repeat", "r", "每人"], Q, ["end_repeat"]], [],
     [("survey", 2, "A", "type_later"), ("survey", 4, "A", "type_later")]),
    ("no type", [TNL, ["", "a", "甲"], Q], [], [("survey", 2, "A", "type_missing")]),
    ("no name", [TNL, ["text", "", "甲"], Q], [], [("survey", 2, "B", "name_missing")]),
    ("a name that cannot be one", [TNL, ["text", "1 a", "甲"], Q], [], [("survey", 2, "B", "name_bad")]),
    ("a name twice", [TNL, Q, Q], [], [("survey", 3, "B", "name_twice")]),
    ("no label", [TNL, ["text", "a", ""], Q], [], [("survey", 2, "C", "label_missing")]),
    ("a list that is not there", [TNL, ["select_one yes_no", "a", "甲"]], YN, [("survey", 2, "A", "list_missing")]),
    ("no list named", [TNL, ["select_one", "a", "甲"]], YN, [("survey", 2, "A", "list_not_named")]),
    ("or other", [TNL, ["select_one yn or_other", "a", "甲"]], YN, [("survey", 2, "A", "type_later")]),
    ("options without name, label, list", [TNL, ["select_one yn", "a", "甲"]],
     [*YN, ["yn", "", "丙"], ["yn", "d", ""], ["", "e", "戊"], ["yn", "f g", "己"]],
     [("choices", 4, "B", "choice_without_name"), ("choices", 5, "C", "choice_without_label"), ("choices", 6, "A", "choice_without_list"),
      ("choices", 7, "B", "choice_name_blank")]),
    ("an option twice", [TNL, ["select_one yn", "a", "甲"]], [*YN, ["yn", "y", "也是"]], [("choices", 4, "B", "choice_twice")]),
    ("a group left open", [TNL, ["begin_group", "g", "组"], Q], [], [("survey", 2, "A", "group_not_closed")]),
    ("a group never begun", [TNL, Q, ["end_group"]], [], [("survey", 3, "A", "end_unopened")]),
    ("a reference to nothing", [[*TNL, "relevant"], Q, ["text", "a", "您${agee}岁？", "${nobody} > 3"]], [],
     [("survey", 3, "C", "reference_unknown"), ("survey", 3, "D", "reference_unknown")]),
    ("a reference to two", [[*TNL, "relevant"], ["begin_group", "g", "组"], Q, ["end_group"], Q, ["text", "b", "乙", "${age} > 3"]], [],
     [("survey", 6, "D", "reference_twice")]),
    ("expressions that cannot be read", [[*TNL, "constraint"], [*Q, ". >"], ["text", "b", "乙", "regex(.)"], ["text", "c", "丙", "(. = 1"]],
     [],
     [("survey", 2, "D", "bad_expression"), ("survey", 3, "D", "wrong_arguments"), ("survey", 4, "D", "bad_expression")]),
    ("functions", [[*TNL, "constraint"], [*Q, "slected(., 'a')"], ["text", "b", "乙", "pulldata('a', 'b', 'c', .)"]], [],
     [("survey", 2, "D", "unknown_function"), ("survey", 3, "D", "function_later")]),
    ("Chinese signs", [[*TNL, "constraint"], [*Q, "．＞０ and （. < 120）"]], [], [("survey", 2, "D", "full_width")]),
    ("a path to nothing", [[*TNL, "constraint"], [*Q, ". > /data/nobody"]], [], [("survey", 2, "D", "path_unknown")]),
    ("a circle", [[*TNL, "calculation"], Q, ["calculate", "a", "", "${b} + 1"], ["calculate", "b", "", "${a} + 1"]], [],
     [("survey", 3, "D", "circle")]),
    ("a circle through relevance", [[*TNL, "relevant"], [*Q, "${b} = 'x'"], ["text", "b", "乙", "${age} > 3"]], [],
     [("survey", 2, "D", "circle")]),
    ("nothing to calculate", [[*TNL, "calculation"], Q, ["calculate", "a", "", ""]], [], [("survey", 3, "D", "calculation_missing")]),
    ("a calculation elsewhere", [[*TNL, "calculation"], [*Q, "1 + 1"]], [], [("survey", 2, "D", "calculation_elsewhere")]),
    ("a column misspelt", [[*TNL, "requird"], [*Q, "yes"]], [], [("survey", 1, "D", "column_unknown")]),
    ("a column twice", [[*TNL, "label"], [*Q, "又"]], [], [("survey", 1, "D", "column_twice")]),
    ("a column of later parts", [[*TNL, "default"], [*Q, "3"]], [], [("survey", 2, "D", "column_later")]),
    ("no type column", [["name", "label"], ["a", "甲"]], [], [("survey", 1, "", "column_missing")]),
    ("only notes", [TNL, ["note", "n", "您好"]], [], [("survey", 0, "", "no_questions")]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "survey", "choices", "expected"), BROKEN, ids=[row[0] for row in BROKEN])
def test_each_fault_with_its_place(
    why: str, survey: list[list[Any]], choices: list[list[Any]], expected: list[tuple[str, int, str, str]]
) -> None:
    assert faults(survey, choices) == expected


def test_all_faults_come_at_once() -> None:
    everything = [row for _, survey, _, _ in BROKEN for row in survey[1:] if len(row) == 3]
    assert len(faults([TNL, *everything], YN)) > 15


def test_nearest_words_are_offered() -> None:
    found = read(workbook([[*TNL, "relevant"], Q, ["select_oen yn", "b", "乙"], ["text", "c", "丙", "${agge} > 3"]], YN), "x")
    assert isinstance(found, tuple)
    assert [fault.values["nearest"] for fault in found] == ["select_one", "age"]


def test_sheets_and_settings() -> None:
    assert faults([], survay=[TNL, Q]) == [("", 0, "", "sheet_missing"), ("survay", 0, "", "sheet_unknown")]
    assert faults([], YN) == [("", 0, "", "sheet_missing")]
    assert faults([TNL, Q], entities=[["list_name"], ["x"]]) == [("entities", 0, "", "sheet_later")]
    assert faults([["type", "name", "label::中文 (zh)"], Q], settings=[["default_language"], ["中文"]]) == [
        ("settings", 2, "A", "language_unknown")
    ]


def test_the_demonstration_questionnaire_is_read_and_kept() -> None:
    found = read(satisfaction(), "x")
    assert isinstance(found, Questionnaire)
    assert (found.title, found.form_id, found.version) == ("小区居住满意度与需求", "satisfaction", "1")
    assert found.languages == ("中文 (zh)", "English (en)")
    assert [q.type for q in found.items if q.type not in ("start", "today")] == [
        "note", "acknowledge", "select_one", "text", "integer", "integer", "decimal", "date", "calculate", "select_multiple", "text",
        "note",
    ]  # fmt: skip
    old = found.find("old")
    assert old is not None
    assert old.path == "/data/home/old"
    assert old.relevant.split() == ["/data/home/people", ">", "1"]
    assert old.constraint_message.read("en") == "That is more than live in your home"
    assert from_json(to_json(found)) == found


def test_the_workbook_in_demo_is_this_one() -> None:
    kept = read((Path(__file__).parents[2] / "demo" / "满意度问卷.xlsx").read_bytes(), "x")
    assert kept == read(satisfaction(), "x")


def test_names_in_chinese_and_blank_rows_are_fine() -> None:
    found = read(workbook([[*TNL, "relevant"], [], ["integer", "年龄", "多大？"], [], ["text", "说", "说说", "${年龄} > 3"]]), "问卷")
    assert isinstance(found, Questionnaire)
    assert (found.title, found.form_id) == ("问卷", "问卷")
    assert [q.path for q in found.items] == ["/data/年龄", "/data/说"]


def test_what_only_pyxform_finds_is_said_in_its_words() -> None:
    assert faults([TNL, ["integer", "meta", "甲"]])[0][3] == "pyxform"


# --- any bytes at all ---------------------------------------------------------------------------------------------


def code_of(data: bytes) -> str:
    found = read(data, "x")
    assert isinstance(found, tuple), "a questionnaire?"
    return found[0].code


@given(st.binary(max_size=300))
def test_any_bytes_get_a_sentence(data: bytes) -> None:
    assert code_of(data) == "not_a_workbook"


def test_other_files_get_a_sentence() -> None:
    good = satisfaction()
    assert code_of(good[: len(good) // 2]) == "not_a_workbook"
    assert code_of(b"\xd0\xcf\x11\xe0" * 200) == "not_a_workbook"  # an old .xls
    assert code_of("type,name,label\n".encode("utf-16")) == "not_a_workbook"
    assert code_of(workbook([[]], [[]])) in ("sheet_missing", "column_missing")
    assert code_of(b"x" * (6 << 20)) == "too_large"


def test_a_zip_bomb_is_not_unpacked() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/workbook.xml", b"<a/>" + b" " * LARGEST_OPEN)
    assert len(packed.getvalue()) < 100_000
    assert code_of(packed.getvalue()) == "too_large"


def test_a_sheet_without_end_is_not_read_to_its_end() -> None:
    assert code_of(workbook([TNL, *(["text", f"q{n}", "问"] for n in range(MOST_ROWS + 5))])) == "too_many_rows"
