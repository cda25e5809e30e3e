"""5 is 很满意, on paper and by word; a poor mark alone asks first whether it is solved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.matters import Solved
from community.ratings import SaidRating, parse_rating

Y, P, N = Solved.YES, Solved.PARTLY, Solved.NO


@pytest.mark.parametrize(
    ("said", "solved", "score", "text"),
    [
        ("", None, None, ""),
        ("5", Y, 5, ""),
        ("５分", Y, 5, ""),
        ("⑤", Y, 5, ""),
        ("五星 谢谢师傅", Y, 5, "谢谢师傅"),
        ("4", Y, 4, ""),
        ("3", None, 3, ""),
        ("1", None, 1, ""),
        ("很满意", Y, 5, ""),
        ("满意，就是慢了点", Y, 4, "就是慢了点"),
        ("基本满意", None, 3, ""),
        ("不满意", None, 2, ""),
        ("很不满意！没人来", None, 1, "没人来"),
        ("没解决", N, None, ""),
        ("沒解決 1", N, 1, ""),
        ("没解决 还是不亮", N, None, "还是不亮"),
        ("解决了 2 态度不好", Y, 2, "态度不好"),
        ("部分 3", P, 3, ""),
        ("3 部分解决", P, 3, ""),
        ("解决了", Y, None, ""),
        ("谢谢", None, None, "谢谢"),
        ("5号楼的灯还不亮", None, None, "5号楼的灯还不亮"),
        ("一般般", None, None, "一般般"),
        ("一直没人来", None, None, "一直没人来"),
        ("6", None, None, "6"),
        ("15", None, None, "15"),
    ],
)
def test_a_rating(said: str, solved: Solved | None, score: int | None, text: str) -> None:
    assert parse_rating(said) == SaidRating(solved, score, text)


@given(st.text(max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    said = parse_rating(text)
    assert said.score in (None, 1, 2, 3, 4, 5)
    assert text.strip().endswith(said.text)
