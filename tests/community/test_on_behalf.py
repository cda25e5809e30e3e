"""代录 as it is typed, and which published thing answers a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.answering import best
from community.areas import HomeAddress
from community.on_behalf import OnBehalf, parse_on_behalf

HOME = HomeAddress("3", "2", "502")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("3号楼2单元502 来电 楼道灯坏了", OnBehalf(HOME, "phone", "楼道灯坏了")),
        ("3-2-502 走访：老人想装扶手", OnBehalf(HOME, "visit", "老人想装扶手")),
        ("来访 说井盖响", OnBehalf(None, "counter", "说井盖响")),
        ("１２３４５ 路灯不亮", OnBehalf(None, "hotline", "路灯不亮")),
        ("群里\n有人说水压低", OnBehalf(None, "group", "有人说水压低")),
        ("楼道灯坏了", OnBehalf(None, "", "楼道灯坏了")),
        ("来电显示坏了", OnBehalf(None, "", "来电显示坏了")),  # no origin: part of the words
        ("3号楼2单元502", OnBehalf(HOME, "", "")),
        ("", OnBehalf(None, "", "")),
    ],
)
def test_what_was_written_down(said: str, found: OnBehalf) -> None:
    assert parse_on_behalf(said) == found


PUBLISHED = (
    ("停水通知", "11月24日9点到17点，3号楼因换水管停水。"),
    ("物业费收支公示", "上半年收物业费42万元，支出38万元。"),
    ("车棚改造方案", "在东门建车棚，可停60辆电动车，配充电口。"),
)


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("停水停到什么时候", 0),
        ("物业费收了多少", 1),
        ("电动车在哪里充电", 2),
        ("居住证怎么办", None),
        ("你好", None),
        ("", None),
        ("？？？", None),
    ],
)
def test_what_answers_a_question(question: str, place: int | None) -> None:
    assert best(question, PUBLISHED) == place


@given(st.text(max_size=40))
def test_no_question_breaks_it(question: str) -> None:
    assert best(question, PUBLISHED) in (None, 0, 1, 2)
    assert best(question, ()) is None
