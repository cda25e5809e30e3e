"""Which of the things staff published answers a question: by the words they share, or none. Nothing is ever made up."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dialogue.numerals import narrow

_ASKING = frozenset(
    "的了吗呢吧啊呀么 什怎几点时候哪里请问在是有 没能不可以会要去来到 我你您他她它们这那个 和跟与就都还也谁多少何样 为给把被让对上下里外"
)


def best(question: str, published: Sequence[tuple[str, str]]) -> int | None:
    """The place of the (title, body) that most likely answers; at least half of what is asked about must stand in it."""
    pairs, single = _about(question)
    ranked = [(_score(title, body, pairs, single), -place) for place, (title, body) in enumerate(published)]
    score, place = max(ranked, default=(0, 0))
    return -place if score else None


def _about(question: str) -> tuple[set[str], set[str]]:
    """What is asked about: its pairs of neighbouring signs; its single signs where no pair is left."""
    said = narrow(question).lower()
    signs = [sign if sign.isalnum() and sign not in _ASKING else " " for sign in said]
    pairs = {a + b for a, b in pairwise(signs) if " " not in (a, b)}
    return pairs, {sign for sign in signs if sign != " "} if not pairs else set()


def _score(title: str, body: str, pairs: set[str], single: set[str]) -> int:
    head, text = narrow(title).lower(), narrow(body).lower()
    if single:
        return int(all(sign in head for sign in single))
    there = [pair for pair in pairs if pair in head or pair in text]
    return sum(2 if pair in head else 1 for pair in there) if len(there) * 2 >= len(pairs) > 0 else 0
