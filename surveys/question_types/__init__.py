"""The kinds of questions, one file each. A new kind: its file, one line here, `tests/surveys/cases/<name>.toml`."""

from __future__ import annotations

from collections.abc import Mapping

from surveys.question_types import acknowledge, date, decimal, integer, note, select_multiple, select_one, text
from surveys.question_types.contract import Invalid, QuestionType

ALL: tuple[QuestionType, ...] = (
    acknowledge,
    date,
    decimal,
    integer,
    note,
    select_multiple,
    select_one,
    text,
)

BY_NAME: Mapping[str, QuestionType] = {kind.name: kind for kind in ALL}

UNASKED = ("calculate", "end", "hidden", "start", "today")
"""Types whose value the form works out or we fill in."""

__all__ = ["ALL", "BY_NAME", "UNASKED", "Invalid", "QuestionType"]
