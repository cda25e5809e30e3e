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
    """The day that was said, as 2026-11-29."""
    day = read_day(text, now.date())
    return day if isinstance(day, Invalid) else day.isoformat()


def show(question: Question, value: str, language: str) -> str:
    return value


def prompt(question: Question) -> str:
    return "surveys.ask_date"
