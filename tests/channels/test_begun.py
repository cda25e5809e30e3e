"""A message that broke off goes on where it stopped; another with the same words does not."""

from __future__ import annotations

import pytest

from channels.begun import REMEMBERED, Begun
from dialogue.words import Rendered

LONG, OTHER = Rendered("停水通知，很长"), Rendered("停水通知，很长，还有一条")


@pytest.mark.parametrize(
    ("key", "words", "sent"),
    [
        ("m1-1", LONG, 2),
        ("m9-1", LONG, 0),  # the same words posted anew
        ("m1-1", OTHER, 0),  # more posts leave with it by now
    ],
)
def test_only_the_same_message_in_the_same_words_goes_on(key: str, words: Rendered, sent: int) -> None:
    begun = Begun()
    begun.note("m1-1", LONG, 2)
    assert begun.take(key, words) == sent


def test_once_taken_it_begins_anew() -> None:
    begun = Begun()
    begun.note("m1-1", LONG, 2)
    assert [begun.take("m1-1", LONG) for _ in range(2)] == [2, 0]


def test_without_a_name_nothing_is_kept() -> None:
    begun = Begun()
    begun.note("", LONG, 2)
    assert begun.take("", LONG) == 0


def test_what_broke_off_long_ago_is_forgotten_first() -> None:
    begun = Begun()
    for n in range(REMEMBERED + 1):
        begun.note(f"m{n}-1", LONG, 1)
    assert [begun.take(f"m{n}-1", LONG) for n in (0, 1, REMEMBERED)] == [0, 1, 1]
