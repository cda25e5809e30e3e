"""A number that may have a fraction: 89.5, 八十九点五, 89.5平."""

from __future__ import annotations

from datetime import datetime

from surveys.figures import read_amount, written
from surveys.question_types.contract import Invalid
from surveys.questionnaires import Question

name = "decimal"
asked = True
offers = ""


def parse(question: Question, text: str, now: datetime, language: str) -> str | Invalid:
    """The number that was said, exactly."""
    amount = read_amount(text)
    return amount if isinstance(amount, Invalid) else written(amount)


def show(question: Question, value: str, language: str) -> str:
    return value


def prompt(question: Question) -> str:
    return "surveys.ask_decimal"
