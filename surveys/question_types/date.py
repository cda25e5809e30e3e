"""A day."""

from __future__ import annotations

import datetime

from surveys.days import read_day
from surveys.question_types.contract import Invalid
from surveys.questionnaires import Question

name = "date"
asked = True
offers = ""


def parse(question: Question, text: str, now: datetime.datetime, language: str) -> str | Invalid:
    """The day that was said, as 2026-11-29; where roughly is enough, the first one of a year or month."""
    day = read_day(text, now.date(), rough=_roughly(question))
    return day if isinstance(day, Invalid) else day.isoformat()


def _roughly(question: Question) -> bool:
    """Whether the form takes less than a day: XLSForm's appearance, or its hint says so."""
    hints = [hint for _, hint in question.hint.entries]
    return "year" in question.appearance or any(word in hint.lower() for hint in hints for word in ("大概", "大约", "rough"))


def show(question: Question, value: str, language: str) -> str:
    return value


def prompt(question: Question) -> str:
    return "surveys.ask_date"
