"""What happens to a response: all answers of one respondent to one version of a questionnaire.

States, as the contract names them: begun 已开始, paused 暂停, completed 已完成, withdrawn 已撤回. Every step of an interview also keeps
the interview itself (`InterviewKept`), so that whoever began in a chat can go on in another chat or on a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from dialogue.words import Event
from surveys.questionnaires import QuestionnaireId

SHAPE = 1  # of an interview's JSON; a new shape keeps reading the old ones

ResponseId = NewType("ResponseId", str)


class ResponseState(StrEnum):
    """How far a response has come."""

    BEGUN = "begun"
    PAUSED = "paused"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """A response being filled in. `answers` are kept by path as an XForm stores them, also those that do not apply now.

    `current` is the path of the question being asked, "" while the answers are read back before they are handed in. `passed`
    are the questions answered or skipped so far, in the order it happened. `ticked` are the options tapped so far where several
    may be chosen (None: none yet), `tries` how often in a row the current question was answered with something that is no answer.
    """

    response: ResponseId
    questionnaire: QuestionnaireId
    version: str  # of the questionnaire
    language: str
    begun_at: datetime
    zone: str = "Asia/Shanghai"  # today and now are the community's
    state: ResponseState = ResponseState.BEGUN
    answers: Mapping[str, str] = field(default_factory=dict)
    current: str = ""
    passed: tuple[str, ...] = ()
    ticked: tuple[str, ...] | None = None
    tries: int = 0
    shape: int = SHAPE


def to_json(interview: Interview) -> str:
    """The interview as text to be kept."""
    return msgspec.json.encode(interview).decode()


def from_json(kept: str) -> Interview:
    """The interview that `to_json` kept. Raises msgspec.DecodeError for anything else."""
    return msgspec.json.decode(kept, type=Interview)


@dataclass(frozen=True, slots=True)
class ResponseBegun(Event):
    """Somebody began to answer. `version` is the questionnaire's own, which this response keeps; `resident` is filled in by
    whoever knows who answers."""

    response: ResponseId
    questionnaire: QuestionnaireId
    version: str
    begun_at: datetime
    resident: str = ""


@dataclass(frozen=True, slots=True)
class AnswerGiven(Event):
    """One question was answered, or answered anew. `path` is its place in the form, `value` what an XForm stores; "" takes it back."""

    response: ResponseId
    path: str
    value: str


@dataclass(frozen=True, slots=True)
class ResponsePaused(Event):
    """Put aside by its author; nothing is lost."""

    response: ResponseId


@dataclass(frozen=True, slots=True)
class ResponseResumed(Event):
    """Taken up again."""

    response: ResponseId


@dataclass(frozen=True, slots=True)
class ResponseCompleted(Event):
    """Handed in. `answers` are the submitted values by path: what applies and is not blank, calculated ones included."""

    response: ResponseId
    answers: Mapping[str, str]
    completed_at: datetime


@dataclass(frozen=True, slots=True)
class ResponsesEntered(Event):
    """An officer entered what homes had written in a 接龙: home -> the option's name, for the one choice question at `path`.

    It counts while nobody of the home handed in answers of their own; what was so entered before is replaced.
    """

    id: str
    questionnaire: QuestionnaireId
    path: str
    answers: Mapping[str, str]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ResponseWithdrawn(Event):
    """Taken back by its author: it no longer counts."""

    response: ResponseId


@dataclass(frozen=True, slots=True)
class InterviewKept(Event):
    """The interview as it stands now; the last one is where any chat or page goes on."""

    response: ResponseId
    interview: Interview
