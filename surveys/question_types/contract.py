"""What every kind of question offers, and the words in which an answer may be refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from dialogue.words import NOTHING
from surveys.questionnaires import Question


@dataclass(frozen=True, slots=True)
class Invalid:
    """What was said is no answer; `surveys.invalid_<code>` tells the resident what would be one."""

    code: str
    values: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


class QuestionType(Protocol):
    """A module of this folder. A value is the text an XForm stores: an option's name, `3`, `89.5`, `2026-11-29`."""

    __name__: str
    name: str  # as XLSForm calls it
    asked: bool  # False: it is worked out or only shown
    offers: str  # "one" or "several" of the question's options are tapped, "" for an answer in one's own words

    def parse(self, question: Question, text: str, now: datetime, language: str) -> str | Invalid:
        """What a reply means. `now` in the community's own zone."""

    def show(self, question: Question, value: str, language: str) -> str:
        """A stored value as its author would say it."""

    def prompt(self, question: Question) -> str:
        """Key of the text that asks it."""
