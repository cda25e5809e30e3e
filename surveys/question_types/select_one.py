"""One option of several."""

from __future__ import annotations

from datetime import datetime

from surveys.choosing import one_of
from surveys.question_types.contract import Invalid
from surveys.questionnaires import Question

name = "select_one"
asked = True
offers = "one"


def parse(question: Question, text: str, now: datetime, language: str) -> str | Invalid:
    """The name of the option that is meant."""
    return one_of(question, text, language)


def show(question: Question, value: str, language: str) -> str:
    """The option's own text."""
    return next((o.label.read(language) or o.name for o in question.choices if o.name == value), value)


def prompt(question: Question) -> str:
    return "surveys.ask_select_one"
