"""Something to read; it stands before the next question and asks nothing."""

from __future__ import annotations

from datetime import datetime

from surveys.question_types.contract import Invalid
from surveys.questionnaires import Question

name = "note"
asked = False
offers = ""


def parse(question: Question, text: str, now: datetime, language: str) -> str | Invalid:
    return Invalid("does_not_apply")


def show(question: Question, value: str, language: str) -> str:
    return value


def prompt(question: Question) -> str:
    return "surveys.note"
