"""A questionnaire as it is asked: frozen once published; its words in every language of its workbook.

The words relevant, constraint, required, calculation and appearance are XLSForm's and mean what they mean there. Expressions are
XPath over the form's own instance (`/data/group/name`); "" means there is none. Nothing here is asked or counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NewType

import msgspec

QuestionnaireId = NewType("QuestionnaireId", str)

SHAPE = 1  # of the JSON below; a new shape keeps reading the old ones


@dataclass(frozen=True, slots=True)
class Words(Mapping[str, str]):
    """One text in the languages it was written in: `words["中文 (zh)"]`, or `words.read("zh-CN")` for the nearest one."""

    entries: tuple[tuple[str, str], ...] = ()

    def __getitem__(self, language: str) -> str:
        for name, text in self.entries:
            if name == language:
                return text
        raise KeyError(language)

    def __iter__(self) -> Iterator[str]:
        return iter(name for name, _ in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def read(self, language: str) -> str:
        """The text for a reader of `language`: that very one, else one of the same tongue (zh for zh-CN), else the first written."""
        texts = [(name, text) for name, text in self.entries if text]
        wanted = language.casefold()
        for same in (str.__eq__, _same_tongue):
            for name, text in texts:
                if same(language_code(name), wanted):
                    return text
        return texts[0][1] if texts else ""


def _same_tongue(one: str, other: str) -> bool:
    return one.partition("-")[0] == other.partition("-")[0]


def language_code(name: str) -> str:
    """The code of a language as workbooks name it: `中文 (zh)` is `zh`, `English (en-US)` is `en-us`, `en` is `en`."""
    _, _, code = name.rpartition("(")
    return code.rstrip(") ").strip().casefold()


def words(text: str, language: str = "default") -> Words:
    """A text in one language only."""
    return Words(((language, text),)) if text else Words()


NO_WORDS = Words()


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be chosen; `name` is what is stored and counted."""

    name: str
    label: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One row of the survey sheet that holds an answer or shows a note. `group` is the path of the group it stands in."""

    name: str
    type: str
    group: str = "/data"
    label: Words = NO_WORDS
    hint: Words = NO_WORDS
    required: str = ""
    required_message: Words = NO_WORDS
    relevant: str = ""
    constraint: str = ""
    constraint_message: Words = NO_WORDS
    calculation: str = ""
    choices: tuple[Option, ...] = ()
    appearance: str = ""

    @property
    def path(self) -> str:
        """Its place in the instance; answers are kept under it."""
        return f"{self.group}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Questions that belong together; where it is not relevant, nothing in it is."""

    path: str
    label: Words = NO_WORDS
    relevant: str = ""
    appearance: str = ""


@dataclass(frozen=True, kw_only=True)
class Questionnaire:
    """All that is asked, in order. `id` is filled in by whoever keeps it; `form_id` and `version` are the workbook's own.

    `xform` is the XForm made of the workbook, for tools that speak OpenRosa; "" for one that was written by hand.
    """

    id: QuestionnaireId = QuestionnaireId("")
    form_id: str
    version: str
    title: str
    items: tuple[Question, ...]
    groups: tuple[Group, ...] = ()
    default_language: str = "default"
    languages: tuple[str, ...] = ("default",)
    xform: str = ""

    @cached_property
    def by_path(self) -> Mapping[str, Question]:
        return {question.path: question for question in self.items}

    def find(self, name: str) -> Question | None:
        """The question with that path, or with that name if only one has it."""
        if question := self.by_path.get(name):
            return question
        named = [question for question in self.items if question.name == name]
        return named[0] if len(named) == 1 else None


class _Kept(msgspec.Struct, frozen=True):
    shape: int
    questionnaire: Questionnaire


def to_json(questionnaire: Questionnaire) -> str:
    """The questionnaire as text to be kept, with the version of its shape."""
    return msgspec.json.encode(_Kept(SHAPE, questionnaire)).decode()


def from_json(kept: str) -> Questionnaire:
    """The questionnaire that `to_json` kept. Raises msgspec.DecodeError for anything else."""
    read = msgspec.json.decode(kept, type=_Kept)
    if read.shape != SHAPE:
        raise msgspec.ValidationError(f"unknown shape {read.shape}")
    return read.questionnaire
