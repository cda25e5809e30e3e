"""What was answered, counted by hand and by us."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from surveys.questionnaires import Questionnaire
from surveys.responses import ResponseId
from surveys.results import Figures, Submitted, count, escape_cell, rows, to_json
from surveys.xlsform import read
from tests.surveys.workbooks import satisfaction

AT = datetime(2026, 11, 21, 2, tzinfo=UTC)
FOUR = [
    {"/data/overall": "good", "/data/home/people": "3", "/data/home/area": "89.5", "/data/wishes": "lift parking"},
    {"/data/overall": "bad", "/data/why": "=1+1", "/data/home/people": "2", "/data/home/area": "60.25", "/data/wishes": "lift"},
    {"/data/overall": "good", "/data/home/people": "4", "/data/wishes": "nothing"},
    {"/data/overall": "very_good", "/data/home/people": "2", "/data/wishes": "lift meals"},
]


def form() -> Questionnaire:
    found = read(satisfaction(), "x")
    assert isinstance(found, Questionnaire)
    return found


def submitted() -> list[Submitted]:
    return [Submitted(ResponseId(f"r{n}"), AT, answers) for n, answers in enumerate(FOUR)]


def test_counts_by_question() -> None:
    counted = {c.path: c for c in count(form(), submitted(), "zh-CN")}
    overall = counted["/data/overall"]
    assert (overall.answered, overall.of) == (4, 4)
    assert [(o.label, o.count, o.share) for o in overall.options] == [
        ("很满意", 1, Fraction(1, 4)),
        ("满意", 2, Fraction(1, 2)),
        ("一般", 0, Fraction(0)),
        ("不满意", 1, Fraction(1, 4)),
        ("很不满意", 0, Fraction(0)),
    ]
    assert [o.count for o in counted["/data/wishes"].options] == [3, 0, 1, 1, 0, 1]
    assert counted["/data/home/people"].figures == Figures(Fraction(2), Fraction(5, 2), Fraction(4), Fraction(11, 4))
    assert counted["/data/home/area"].figures == Figures(Fraction("60.25"), Fraction("74.875"), Fraction("89.5"), Fraction("74.875"))
    why = counted["/data/why"]
    assert (why.answered, why.of, why.options, why.figures) == (1, 4, (), None)


def test_nobody_answered() -> None:
    counted = count(form(), [], "zh-CN")
    assert all(c.answered == c.of == 0 and c.figures is None for c in counted)


def test_rows_for_a_table() -> None:
    table = rows(form(), submitted(), "zh-CN")
    assert table[0][:2] == ["response", "completed_at"]
    column = table[0].index("家里常住几口人？")
    assert [row[column] for row in table[1:]] == [3, 2, 4, 2]
    assert [row[table[0].index("您家房子大约多少平方米？")] for row in table[1:]] == [Decimal("89.5"), Decimal("60.25"), "", ""]
    assert [row[table[0].index("您家现在最需要什么？")] for row in table[1:]] == [
        "加装电梯、停车位",
        "加装电梯",
        "没有",
        "加装电梯、老人吃饭和送餐",
    ]
    assert table[2][table[0].index("是哪里让您不满意？")] == "'=1+1"
    assert len({len(row) for row in table}) == 1


@given(st.text(max_size=20))
def test_no_text_becomes_a_formula(text: str) -> None:
    escaped = escape_cell(text)
    assert escaped[:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert escaped.removeprefix("'") in (text, text.removeprefix("'"))


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1"])
def test_a_spreadsheet_reads_it_as_text(text: str) -> None:
    book = Workbook()
    book.active.append([escape_cell(text)])
    written = BytesIO()
    book.save(written)
    assert load_workbook(BytesIO(written.getvalue())).active["A1"].data_type == "s"


def test_json_keeps_fractions_exact() -> None:
    read_back = json.loads(to_json(count(form(), submitted(), "zh-CN")))
    people = next(c for c in read_back if c["path"] == "/data/home/people")
    assert people["figures"] == {"least": "2", "median": "5/2", "most": "4", "mean": "11/4"}
