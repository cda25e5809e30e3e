"""A whole number, in figures or in words."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from surveys.figures import none, read_amount, written
from surveys.question_types.contract import Invalid
from surveys.questionnaires import Question

name = "integer"
asked = True
offers = ""


def parse(question: Question, text: str, now: datetime, language: str) -> str | Invalid:
    """The number that was said: 三百五, 两个, 3个人, 12岁."""
    amount = Decimal(0) if none(text) else read_amount(text)
    if isinstance(amount, Invalid):
        return amount
    return written(amount) if amount == int(amount) else Invalid("not_whole", {"said": written(amount)})


def show(question: Question, value: str, language: str) -> str:
    return value


def prompt(question: Question) -> str:
    return "surveys.ask_integer"
