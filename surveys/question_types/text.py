"""An answer in one's own words; kept as it was written."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from surveys.question_types.contract import Invalid
from surveys.questionnaires import Question

name = "text"
asked = True
offers = ""

LONGEST = 2000


def parse(question: Question, text: str, now: datetime, language: str) -> str | Invalid:
    """The words themselves, without blanks around them and signs that no file can hold."""
    said = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Cn")).strip()
    if not said:
        return Invalid("empty")
    return said if len(said) <= LONGEST else Invalid("too_long", {"most": LONGEST, "length": len(said)})


def show(question: Question, value: str, language: str) -> str:
    return value


def prompt(question: Question) -> str:
    return "surveys.ask_text"
