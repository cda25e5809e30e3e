"""An officer's word as a form: its fields come from what the word takes (texts/*/words.toml), what is sent is the word as said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import handlers
import texts
from dialogue.grammar import Words
from dialogue.words import Command
from web.console.sitting import Form, Officer

SHAPES: Mapping[str, tuple[str, ...]] = {  # what a word takes -> the fields of its form, in order
    "none": (),
    "number": ("kind", "number"),
    "number_text": ("kind", "number", "text"),
    "choices": ("kind", "number", "text"),
    "rate": ("kind", "number", "text"),
    "text": ("text",),
    "free": ("text",),
    "code": ("line",),
    "address": ("line",),
    "area": ("area",),
    "area_text": ("area", "text"),
    "noun": ("kind", "number", "text"),
}
FILES = ("publish",)  # words that take a file along


@dataclass(frozen=True, slots=True)
class Act:
    """One officers' word: what it is called, the fields of its form, the kinds it may speak of."""

    word: str
    label: str
    fields: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...] = ()  # (kind, as it is said)
    hint: str = ""


def acts(who: Officer, words: Words, language: str) -> list[Act]:
    """The words that are theirs and that a conversation answers; those of a group are said in the group."""
    return [act for word in words.by_name if (act := act_of(word, who, words, language)) is not None]


def act_of(word: str, who: Officer, words: Words, language: str) -> Act | None:
    """One of them; None when there is no such word, or it is not theirs."""
    known = words.by_name.get(word)
    if known is None or known.where == "group" or not who.may(word) or handlers.by_word(word) is None:
        return None
    table, base = texts.table(language, "words"), texts.table(texts.DEFAULT, "words")
    kinds = tuple((kind, _said(table, base, word, kind)) for kind in base[word].get("kinds", ()))
    fields = tuple(f for f in SHAPES[known.takes] if f != "kind" or len(kinds) > 1)
    hint = f"console.hint_{word}"
    there = f"hint_{word}" in texts.table(texts.DEFAULT, "console")
    label = " ".join([table[word]["say"][0], *(kinds[0][1:] if known.needs_kind else ())])
    return Act(word, label, (*fields, *(("file",) if word in FILES else ())), kinds, hint if there else "")


def command(act: Act, form: Form) -> Command:
    """What the form says, as if it had been typed."""
    said = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
    kind = said.get("kind", "")
    kind = kind if kind in [k for k, _ in act.kinds] else act.kinds[0][0] if len(act.kinds) == 1 else ""
    number = said.get("number", "")
    rest = " ".join(part for part in (said.get("area", ""), said.get("line", ""), said.get("text", "")) if part)
    return Command(act.word, kind, int(number) if re.fullmatch(r"[0-9]{1,6}", number) else None, rest)


def _said(table: Mapping[str, Any], base: Mapping[str, Any], word: str, kind: str) -> str:
    """A kind as people say it: the word's own nouns, or the common ones."""
    own = table.get(word, {}).get("kinds", base[word]["kinds"])
    said = own[kind] if isinstance(own, Mapping) else table["_kinds"][kind]
    return str(said[0])
