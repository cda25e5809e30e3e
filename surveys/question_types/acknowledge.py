"""Something that must have been read: one button, 【知道了】."""

from __future__ import annotations

from datetime import datetime

from dialogue.choosing import same
from surveys.question_types.contract import Invalid
from surveys.questionnaires import Question

name = "acknowledge"
asked = True
offers = "one"

READ = "OK"  # what ODK stores
_YES = (
    "1",
    "知道了",
    "知道",
    "我知道了",
    "已阅读",
    "我已阅读",
    "看过了",
    "看完了",
    "明白",
    "明白了",
    "好",
    "好的",
    "确认",
    "ok",
    "yes",
    "i have read this",
)


def parse(question: Question, text: str, now: datetime, language: str) -> str | Invalid:
    """OK, for any word that says it was read."""
    return READ if any(same(text, word) for word in _YES) else Invalid("not_acknowledged")


def show(question: Question, value: str, language: str) -> str:
    return "✓" if value else ""


def prompt(question: Question) -> str:
    return "surveys.ask_acknowledge"
