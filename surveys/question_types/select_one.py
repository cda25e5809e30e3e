"""One option of several."""

from __future__ import annotations

from datetime import datetime

from surveys.choosing import Labels, choose
from surveys.question_types.contract import Invalid
from surveys.questionnaires import Question

name = "select_one"
asked = True
offers = "one"


def labels(question: Question, language: str) -> Labels:
    """The texts of each option, the reader's own language first."""
    return [(o.label.read(language) or o.name, *o.label.values()) for o in question.choices]


def parse(question: Question, text: str, now: datetime, language: str) -> str | Invalid:
    """The name of the option that is meant."""
    place = choose(labels(question, language), text)
    return question.choices[place].name if isinstance(place, int) else place


def show(question: Question, value: str, language: str) -> str:
    """The option's own text."""
    return next((o.label.read(language) or o.name for o in question.choices if o.name == value), value)


def prompt(question: Question) -> str:
    return "surveys.ask_select_one"
