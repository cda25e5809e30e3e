"""What a typed message means: a word of the contract's table, or something the resident wants to say.

A word is a command only when it is the whole message (吧 呀 ！ 。 allowed), or is followed by a space, colon or line break and
what the table shows, or at once by a number. Everything else is None: it is talk, and is sorted, never refused. The words and
what each takes stand in texts/*/words.toml; `build` makes them ready once, for all languages together, since people mix them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from dialogue import arguments
from dialogue.arguments import KINDS, Fits, Guards, Unclear
from dialogue.numerals import narrow
from dialogue.words import Command

_END = re.compile(r"[\s吧呀!。.~]*\Z")
_ASKED_END = re.compile(r"[\s吧呀啊呢!。.~?]*\Z")
_MENTION = re.compile(r"\s*(?:@\S+\s+)?#?\s*")
_QUOTES = {"【": "】", "「": "」", "『": "』", "“": "”", '"': '"', "《": "》"}
_SLASH = re.compile(r"/([a-z_]+)(?:@(\w+))?(?=\s|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the table, in every language: how it is said, and what it takes."""

    name: str
    takes: str
    where: str
    slash: tuple[str, ...]
    slash_with: tuple[str, ...]
    needs_kind: bool
    asked: bool
    fits: Fits


@dataclass(frozen=True, slots=True)
class _Spoken:
    """One way to say a word."""

    said: str
    word: Word
    kind: str = ""
    rest: str = ""
    reply: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """The whole table, ready for use. Build it once."""

    by_name: Mapping[str, Word]
    by_sign: Mapping[str, tuple[_Spoken, ...]] = field(repr=False)  # first sign -> longest first
    by_slash: Mapping[str, Word] = field(repr=False)
    by_slash_with: Mapping[str, Word] = field(repr=False)

    def in_group(self, word: str) -> bool:
        """True if that word is carried out, or at least answered, where neighbours hear it."""
        return word in self.by_name and self.by_name[word].where in ("group", "both")


def parse(text: str, words: Words, *, in_group: bool = False, reply: bool = False, bot: str = "") -> Command | Unclear | None:
    """The command a resident or officer said, or None where they simply talk.

    In a group a leading @name and # are cut off first (# in private too). `reply` also lets words count that mean something only
    as a reply (我也是, +1). With `bot`, a slash word that names another bot is nobody's: None.
    """
    said = narrow(text)
    lead = _MENTION.match(said) if in_group else None
    start = lead.end() if lead else len(said) - len(said.lstrip(" \t\r\n\v\f#"))
    said = said[start:].rstrip()
    if len(said) > 2 and _QUOTES.get(said[0]) == said[-1]:
        said, start = said[1:-1], start + 1  # 【菜单】 as it stands in our own sentences
    typed = text[start : start + len(said)]
    if said.startswith("/"):
        return _slash(said, typed, words, in_group, bot)
    return _spoken(said, typed, words, reply) if said else None


def from_payload(payload: str) -> Command:
    """The command a button carries: `word [kind] [number] [rest]`. Six digits and more are a code, not a number."""
    word, *parts = payload.split(" ")
    kind = parts.pop(0) if parts and parts[0] in KINDS else ""
    count = int(parts.pop(0)) if parts and re.fullmatch(r"[1-9][0-9]{0,4}|0", parts[0]) else None
    return Command(word, kind, count, " ".join(parts))


def _spoken(said: str, typed: str, words: Words, reply: bool) -> Command | Unclear | None:
    for way in words.by_sign.get(said[0].lower(), ()):
        size = len(way.said)
        if (way.reply and not reply) or said[:size].lower() != way.said:
            continue
        after = said[size:]
        if way.said[-1].isascii() and after[:1].isascii() and after[:1].isalpha():
            continue  # vote, but not voted
        found = _whole(way, after) or (None if way.reply else way.word.fits(after, typed[size:]))
        if isinstance(found, Command) and way.kind and not found.kind:
            found = Command(found.word, way.kind, found.number, found.rest)
        if found:
            return found
    return None


def _whole(way: _Spoken, after: str) -> Command | None:
    if way.word.needs_kind or not (_ASKED_END if way.word.asked else _END).match(after):
        return None
    return Command(way.word.name, way.kind, rest=way.rest)


def _slash(said: str, typed: str, words: Words, in_group: bool, bot: str) -> Command | Unclear | None:
    """/vote@mulin_bot 3 2: whoever types a slash means a command, so what does not fit is kept as its words."""
    found = _SLASH.match(said)
    if not found or (bot and found[2] and found[2].lower() != bot.lower()):
        return None
    name, after, typed = found[1].lower(), said[found.end() :], typed[found.end() :]
    word = (words.by_slash_with.get(name) if after.strip() else None) or words.by_slash.get(name)
    if word is None:
        return None if in_group else Unclear("unknown")
    if not after.strip():
        return Command(word.name)
    return word.fits(after, typed) or Command(word.name, rest=typed.strip())


def build(tables: Mapping[str, Mapping[str, Any]]) -> Words:
    """Make the words of all languages ready. `tables`: language -> its words.toml; the first holds the grammar."""
    grammar = next(iter(tables.values()))
    found = arguments.guards([t["_guards"] for t in tables.values()])
    nouns = {noun: kind for t in tables.values() for kind, said in t["_kinds"].items() for noun in map(_key, said)}
    by_name: dict[str, Word] = {}
    ways: list[_Spoken] = []
    for name, entry in grammar.items():
        if name.startswith("_"):
            continue
        entries = [t[name] for t in tables.values() if name in t]
        word = by_name[name] = _word(name, entry, _kinds(entries, nouns), found)
        ways += _ways(word, entry, entries)
    by_sign: dict[str, list[_Spoken]] = {}
    for way in sorted(ways, key=lambda w: -len(w.said)):
        by_sign.setdefault(way.said[0], []).append(way)
    return Words(
        MappingProxyType(by_name),
        MappingProxyType({sign: tuple(group) for sign, group in by_sign.items()}),
        MappingProxyType({s: w for w in by_name.values() for s in w.slash}),
        MappingProxyType({s: w for w in by_name.values() for s in w.slash_with}),
    )


def _key(said: str) -> str:
    return narrow(said).lower()


def _kinds(entries: Sequence[Mapping[str, Any]], nouns: Mapping[str, str]) -> dict[str, str]:
    """Noun as said -> kind, for one word: from the common nouns, or its own."""
    own = [e["kinds"] for e in entries if isinstance(e.get("kinds"), Mapping)]
    if own:
        return {noun: kind for kinds in own for kind, said in kinds.items() for noun in map(_key, said)}
    allowed = [kind for e in entries for kind in e.get("kinds", ())]
    return {noun: kind for noun, kind in nouns.items() if kind in allowed}


def _word(name: str, entry: Mapping[str, Any], kinds: Mapping[str, str], guards: Guards) -> Word:
    takes = entry["takes"]
    numbered = arguments.numbered(name, "number_text" if takes == "noun" else takes, kinds, guards, entry.get("unit", ""))
    shapes: dict[str, Fits] = {
        "none": arguments.nothing,
        "number": numbered,
        "number_text": numbered,
        "choices": numbered,
        "rate": numbered,
        "text": arguments.text(name, guards),
        "free": arguments.free(name, guards),
        "code": arguments.code(name),
        "address": arguments.address(name, guards),
        "area": arguments.area(name, guards, text=False),
        "area_text": arguments.area(name, guards, text=True),
        "noun": arguments.noun(name, kinds, numbered),
    }
    needs_kind = bool(entry.get("needs_kind", False))
    fits = _only_with_kind(shapes[takes]) if needs_kind else shapes[takes]
    slash, slash_with = tuple(entry["slash"]), tuple(entry.get("slash_with", ()))
    return Word(name, takes, entry.get("where", "private"), slash, slash_with, needs_kind, bool(entry.get("asked", False)), fits)


def _only_with_kind(fits: Fits) -> Fits:
    def strict(after: str, typed: str) -> Command | Unclear | None:
        found = fits(after, typed)
        return found if isinstance(found, Command) and found.kind else None

    return strict


def _ways(word: Word, entry: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> list[_Spoken]:
    kind_of, rest_of = entry.get("kind_of", {}), entry.get("rest_of", {})
    said = [_Spoken(_key(s), word, kind_of.get(s, ""), rest_of.get(s, "")) for e in entries for s in e["say"]]
    return said + [_Spoken(_key(s), word, reply=True) for e in entries for s in e.get("reply", ())]
