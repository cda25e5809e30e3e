"""Danger comes before any word, state or form: a message that tells of fire, gas, a fall … is known by its words, at once.

Many alarms too many are better than one too few, but 火锅 and 煤气费 are no danger. The words stand in texts/*/danger.toml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dialogue.numerals import narrow
from understanding import gates
from understanding.gates import Gated

_GAP = r"(?:[^。!?\n]{0,6}?)"
_LONG_GAP = _GAP.replace("6", "16")
_LONGEST = 2000  # signs read of one message; a novel tells its danger at the beginning or the end


@dataclass(frozen=True, slots=True)
class Dangers:
    """All dangers of all languages, in the order of asking. Build it once."""

    words: Gated
    keys: tuple[str, ...]  # of each pattern of `words`
    harmless: Mapping[str, re.Pattern[str]]  # what only looks like it: of one key, and of "all"

    def find(self, text: str) -> str:
        """The key of the danger a message tells of (fire, gas, fall, …), "" for none."""
        if len(text) > _LONGEST:
            text = f"{text[: _LONGEST // 2]}\n{text[-_LONGEST // 2 :]}"
        said = narrow(text).lower()
        cleaned: dict[str, str] = {}
        for place in self.words.candidates(said):
            pattern, key = self.words.patterns[place], self.keys[place]
            if pattern.search(said):
                if key not in cleaned:
                    cleaned[key] = self._without_harmless(said, key, cleaned)
                if pattern.search(cleaned[key]):
                    return key
        return ""

    def _without_harmless(self, said: str, key: str, cleaned: dict[str, str]) -> str:
        if "all" not in cleaned:
            cleaned["all"] = self.harmless["all"].sub("□", said)
        return self.harmless[key].sub("□", cleaned["all"]) if key in self.harmless else cleaned["all"]


def build(tables: Mapping[str, Mapping[str, Any]]) -> Dangers:
    """Make the words of danger ready. `tables`: language -> its danger.toml; the order of the first is the order of asking."""
    words = [(key, word) for key in next(iter(tables.values()))["_signs"] for word in _written_out(tables, "_signs", key)]
    harmless = {key: "|".join(_written_out(tables, "_harmless", key)) for t in tables.values() for key in t["_harmless"]}
    return Dangers(
        words=gates.build(word for _, word in words),
        keys=tuple(key for key, _ in words),
        harmless=MappingProxyType({key: re.compile(pattern) for key, pattern in harmless.items()}),
    )


def _written_out(tables: Mapping[str, Mapping[str, Any]], group: str, key: str) -> list[str]:
    """The patterns of one key in all languages, with their short forms (… …… <人> <娃>) written out."""
    return [
        word.replace("……", _LONG_GAP).replace("…", _GAP).replace("<人>", t["_who"]).replace("<娃>", t["_child"])
        for t in tables.values()
        for word in t[group].get(key, ())
    ]
