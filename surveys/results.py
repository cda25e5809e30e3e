"""What was answered, counted: per question over all submitted responses, exactly; and the answers as rows for a table.

Open answers are only counted here. Nothing says who answered; whoever publishes leaves out what is too few (contract of part 5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from statistics import median

import msgspec

from surveys.question_types import BY_NAME
from surveys.questionnaires import Question, Questionnaire
from surveys.responses import ResponseId

Cell = str | int | Decimal | datetime
"""What a table holds: numbers stay numbers, everything else is text that no spreadsheet takes for a formula."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """One response as it was handed in: the values by path."""

    response: ResponseId
    completed_at: datetime
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OptionCount:
    """How many chose one option."""

    name: str
    label: str
    count: int
    share: Fraction  # of those who answered this question


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a question for numbers: the least, the middle, the greatest and the mean, exactly."""

    least: Fraction
    median: Fraction
    most: Fraction
    mean: Fraction


@dataclass(frozen=True, slots=True)
class Count:
    """One question: how many answered it, `of` all who handed in; its options or figures where it has them."""

    path: str
    label: str
    type: str
    answered: int
    of: int
    options: tuple[OptionCount, ...] = ()
    figures: Figures | None = None


def count(questionnaire: Questionnaire, responses: Sequence[Submitted], language: str) -> tuple[Count, ...]:
    """Every question that is asked, in order."""
    asked = [q for q in questionnaire.items if q.type in BY_NAME and BY_NAME[q.type].asked]
    return tuple(_count(question, [r.answers.get(question.path, "") for r in responses], language) for question in asked)


def _count(question: Question, values: Sequence[str], language: str) -> Count:
    given = [value for value in values if value]
    options: tuple[OptionCount, ...] = ()
    if question.choices:
        chosen = Counter(name for value in given for name in value.split())
        options = tuple(
            OptionCount(o.name, o.label.read(language) or o.name, chosen[o.name], Fraction(chosen[o.name], len(given) or 1))
            for o in question.choices
        )
    numbers = [Fraction(value) for value in given] if question.type in ("integer", "decimal") else []
    figures = Figures(min(numbers), median(numbers), max(numbers), sum(numbers) / Fraction(len(numbers))) if numbers else None
    return Count(question.path, question.label.read(language), question.type, len(given), len(values), options, figures)


def rows(questionnaire: Questionnaire, responses: Iterable[Submitted], language: str) -> list[list[Cell]]:
    """A table, its header first: one row for each response, one column for each value the form holds."""
    kept = [q for q in questionnaire.items if q.type != "note"]
    table: list[list[Cell]] = [["response", "completed_at", *(escape_cell(q.label.read(language) or q.name) for q in kept)]]
    for response in responses:
        cells = [_cell(q, response.answers.get(q.path, ""), language) for q in kept]
        table.append([response.response, response.completed_at, *cells])
    return table


def _cell(question: Question, value: str, language: str) -> Cell:
    if value and question.type == "integer":
        return int(value)
    if value and question.type == "decimal":
        return Decimal(value)
    shown = BY_NAME[question.type].show(question, value, language) if value and question.type in BY_NAME else value
    return escape_cell(shown)


def escape_cell(text: str) -> str:
    """Text as a spreadsheet may open it: what begins like a formula gets an apostrophe in front, so that it stays text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def to_json(counts: Sequence[Count]) -> str:
    """The counts for other programs; fractions as `"2/3"`."""
    return msgspec.json.encode(counts, enc_hook=str).decode()
