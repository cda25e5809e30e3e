"""The words of every language, made ready once: people mix languages, so all of them are understood together."""

from __future__ import annotations

from functools import cache

import texts
from dialogue import grammar


@cache
def words() -> grammar.Words:
    """What texts/*/words.toml say, as the parser wants it."""
    return grammar.build({language: texts.table(language, "words") for language in texts.LANGUAGES})
