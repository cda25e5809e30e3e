"""A code misread, mistyped or said wrongly is noticed; a right one is understood however it is given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.codes import check_digit, complete, parse, spoken, valid

BODIES = st.text("0123456789", min_size=7, max_size=7)
CODE = complete("1234567")


def test_damm_as_published() -> None:
    assert check_digit("572") == "4"  # the example of Damm's thesis


@given(BODIES, st.integers(0, 7), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(body: str, place: int, by: int) -> None:
    code = complete(body)
    wrong = code[:place] + str((int(code[place]) + by) % 10) + code[place + 1 :]
    assert valid(code)
    assert not valid(wrong)


@given(BODIES, st.integers(0, 6))
def test_two_neighbours_changed_round_are_always_noticed(body: str, place: int) -> None:
    code = complete(body)
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert valid(wrong) == (wrong == code)


@pytest.mark.parametrize(
    "said",
    [CODE, spoken(CODE), "1234-567" + CODE[-1], " １２３４　５６７" + CODE[-1], "一二三四 五六七" + CODE[-1], "幺二三四五六七" + CODE[-1]],
)
def test_a_code_is_read_however_it_is_given(said: str) -> None:
    assert parse(said) == CODE


@pytest.mark.parametrize(
    "said", ["", "1234567", CODE + "0", "1234 5670" if CODE[-1] != "0" else "1234 5671", "3号楼2单元502", "abcdefgh", "²²²²²²²²"]
)
def test_what_is_no_code(said: str) -> None:
    assert parse(said) is None


@given(BODIES)
def test_spoken_in_two_halves_and_back(body: str) -> None:
    code = complete(body)
    assert len(spoken(code)) == 9
    assert parse(spoken(code)) == code


@pytest.mark.parametrize("body", ["", "123456", "12345678", "12a4567", "１２３４５６７"])
def test_only_seven_digits_make_a_code(body: str) -> None:
    with pytest.raises(ValueError):
        complete(body)
