"""A cry for help is heard whatever else it could mean, and 火锅 is no fire."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import texts
from understanding import danger

DANGERS = danger.build({language: texts.table(language, "danger") for language in texts.LANGUAGES})
LINES = (Path(__file__).parent / "danger_sentences.txt").read_text("utf-8").splitlines()
TABLE = [tuple(line.split("\t")) for line in LINES if line and not line.startswith("#")]


@pytest.mark.parametrize(("key", "said"), TABLE, ids=[said for _, said in TABLE])
def test_what_a_message_tells(key: str, said: str) -> None:
    assert DANGERS.find(said) == key.strip("-")


def test_the_table_is_large_and_half_of_it_is_harmless() -> None:
    counted = Counter(key == "-" for key, _ in TABLE)
    assert counted[False] >= 75
    assert counted[True] >= 75
    assert len({said for _, said in TABLE}) == len(TABLE)
    assert {key for key, _ in TABLE} - {"-"} == set(texts.table("zh-CN", "danger")["_signs"])


ENGLISH = [
    ("fire", "there is a fire in the corridor"),
    ("gas", "I smell gas on the stairs"),
    ("ill", "my father is unconscious"),
    ("lost", "my grandmother is missing"),
    ("fall", "she fell down the stairs and cannot get up"),
    ("trapped", "we are stuck in the elevator"),
    ("self_harm", "I want to kill myself"),
    ("violence", "my husband is hitting me"),
    ("", "the fire extinguisher is out of date"),
    ("", "how do I pay the gas bill"),
    ("", "my parcel is missing"),
    ("", "I fell in love with this place"),
]


@pytest.mark.parametrize(("key", "said"), ENGLISH)
def test_english_is_heard_too(key: str, said: str) -> None:
    assert DANGERS.find(said) == key


@pytest.mark.parametrize("said", ["着火了" + "。啦啦啦" * 3000, "啦啦啦。" * 3000 + "着火了"])
def test_a_novel_tells_its_danger_at_either_end(said: str) -> None:
    assert DANGERS.find(said) == "fire"


@given(st.text(max_size=400))
def test_any_text_is_read_without_a_fault(said: str) -> None:
    assert DANGERS.find(said) in {"", *texts.table("zh-CN", "danger")["_signs"]}


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("key", list(texts.table("zh-CN", "danger")["_signs"]))
@pytest.mark.parametrize("phone", ["", "0566-1234567"])
def test_every_danger_has_its_words_and_says_it_is_a_program(language: str, key: str, phone: str) -> None:
    values = {"phone": phone, "office_hours": "周一至周五 08:30-17:30"}
    full = texts.render(f"danger.{key}", values, language)
    large = texts.render(f"danger.{key}", values, language, large=True)
    assert "程序" in full or "program" in full
    assert any(number in large for number in ("110", "119", "120", "12356"))
    assert (phone in full) == (phone in large) is True
