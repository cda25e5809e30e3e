"""As many options as apply: tapped one after the other, or said in one go (`1 3`)."""

from __future__ import annotations

from datetime import datetime

from surveys.choosing import several_of
from surveys.question_types.contract import Invalid
from surveys.questionnaires import Question

name = "select_multiple"
asked = True
offers = "several"


def parse(question: Question, text: str, now: datetime, language: str) -> str | Invalid:
    """The names of the options that are meant, in the order of the question, blanks between."""
    return several_of(question, text, language)


def show(question: Question, value: str, language: str) -> str:
    """The options' texts, one after the other."""
    chosen = value.split()
    return "、".join(o.label.read(language) or o.name for o in question.choices if o.name in chosen)


def prompt(question: Question) -> str:
    return "surveys.ask_select_multiple"
