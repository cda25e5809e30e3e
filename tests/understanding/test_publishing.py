"""Before a text is published: identity and card numbers stop it, telephones, rooms, illness and 低保 ask, everyday figures do neither."""

from __future__ import annotations

import pytest

from understanding.publishing import personal

OURS = ("0566-2234567",)
CASES = [
    ("张三 34010219900101123X 补助500元", ["identity"]),  # a name that ends in a numeral hides nothing
    ("李四，身份证340102 19900101 1234", ["identity"]),
    ("工资卡号6222021234567890123", ["card"]),
    ("有意见请找王女士13812345678", ["phone"]),
    ("有意见请打0566-2234567", []),  # the notice's own telephone
    ("有意见请打0566-8234567", ["phone"]),
    ("3号楼2单元502张某申请低保", ["room", "hardship"]),
    ("患者、残疾人各1名", ["health", "health"]),
    ("共花费1200.50元，2026年11月24日至12月9日", []),
    ("订单号202611240001，3号楼楼道粉刷", []),
    ("皖R·12345车位", ["plate"]),
]


@pytest.mark.parametrize(("text", "kinds"), CASES)
def test_what_is_found(text: str, kinds: list[str]) -> None:
    assert [one.kind for one in personal(text, OURS)] == kinds


def test_what_stops_and_what_asks() -> None:
    found = personal("34010219900101123X，卡号6222021234567890123，13812345678，低保")
    assert [(one.kind, one.stops) for one in found] == [("identity", True), ("card", True), ("phone", False), ("hardship", False)]


def test_asking_about_it_does_not_show_it() -> None:
    (found,) = personal("王女士13812345678")
    assert found.shown == "138****5678"


def test_the_same_is_told_once() -> None:
    assert len(personal("13812345678，再说一遍13812345678")) == 1
