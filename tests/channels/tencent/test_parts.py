"""Long words in parts: nothing is lost, no character is torn, and each part is as long as Tencent takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.tencent.parts import cut, split


@given(st.text(st.sampled_from("树a🌳。 \n"), max_size=300), st.integers(4, 60))
def test_every_part_fits_and_nothing_is_lost(text: str, most: int) -> None:
    parts = split(text, most)
    assert all(len(part.encode()) <= most for part in parts)
    assert "".join(parts).replace("\n", "").replace(" ", "") == text.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("好", 3, ["好"]),
        ("好好", 3, ["好", "好"]),
        ("第一段\n\n第二段。第三段", 30, ["第一段\n\n", "第二段。第三段"]),
        ("第一段\n\n第二段", 18, ["第一段\n\n", "第二段"]),
        ("一。二三四五六", 12, ["一。", "二三四五", "六"]),
        ("一。二三四五六七八", 21, ["一。二三四五六", "七八"]),
        ("", 10, []),
        (" \n", 10, []),
    ],
)
def test_where_words_are_cut(text: str, most: int, parts: list[str]) -> None:
    assert split(text, most) == parts


@pytest.mark.parametrize(
    ("text", "most", "left"), [("楼道的灯", 12, "楼道的灯"), ("楼道的灯坏", 12, "楼道的…"), ("楼 道的灯", 9, "楼…"), ("🌳🌳", 7, "🌳…")]
)
def test_a_label_that_is_too_long(text: str, most: int, left: str) -> None:
    assert cut(text, most) == left
