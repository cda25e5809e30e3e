"""People write numbers as they like; nothing else may be taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.numerals import digits, fold, narrow, number
from dialogue.traditional import SIMPLIFIED, TRADITIONAL

NUMBERS = """
1 1|１ 1|① 1|⑫ 12|一 1|壹 1|两 2|兩 2|十 10|十二 12|二十 20|廿三 23|卅 30|九十九 99|一百一 110|一百零一 101|一百一十 110|一百十五 115
三百五 350|三百五十 350|三百零五 305|三百〇五 305|两千五 2500|两千零三 2003|一千零一十 1010|一万二 12000|一万零二 10002|十万 100000
二十一万三千 213000|三亿五千万 350000000|一百三十五万 1350000|3万 30000|3万5 35000|壹佰贰拾 120|二〇二六 2026|一三八 138|007 7|０ 0|零 0
"""
NOT_NUMBERS = ["", " ", "百", "十百", "五三十", "五百三千", "三万五万", "1个", "第一", "一下", "点", "3.5", "-3", "1,000", "一 二"]
NOT_NUMBERS += ["九" * 400, "9" * 400]


@pytest.mark.parametrize("case", NUMBERS.replace("\n", "|").strip("|").split("|"))
def test_a_number_is_read(case: str) -> None:
    said, meant = case.split()
    assert number(said) == int(meant)


@pytest.mark.parametrize("said", NOT_NUMBERS)
def test_anything_else_is_no_number(said: str) -> None:
    assert number(said) is None


def _spoken(value: int) -> str:
    """The ordinary way to say a number below 100,000,000, written apart from the product's reading of it."""
    names = "零一二三四五六七八九"
    if value < 10:
        return names[value]
    for unit, sign in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if value >= unit:
            rest = value % unit
            gap = "零" if rest and rest < unit // 10 else ""
            return _spoken(value // unit) + sign + gap + (_spoken(rest) if rest else "")
    raise AssertionError(value)


@given(st.integers(0, 99_999_999))
def test_every_number_survives_being_said(value: int) -> None:
    assert number(_spoken(value)) == value
    assert number(str(value)) == value


@given(st.text(max_size=60))
def test_any_text_is_read_without_a_fault_and_in_its_place(text: str) -> None:
    assert len(narrow(text)) == len(text)
    assert fold(fold(text)) == fold(text)
    number(text)
    digits(text)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        (" 投票３ ２ ", "投票3 2"),
        ("異議", "异议"),
        ("發起投票", "发起投票"),
        ("諮詢", "咨询"),
        ("我的資料", "我的资料"),
        ("\ufeff撤回同意\u200b", "撤回同意"),
        ("ＡＢｃ", "ABc"),
        ("　菜單　", "菜单"),
    ],
)
def test_width_and_script_make_no_difference(typed: str, folded: str) -> None:
    assert fold(typed) == folded


def test_every_traditional_character_has_its_simplified_one() -> None:
    assert len(TRADITIONAL) == len(SIMPLIFIED) == len(set(TRADITIONAL))
    assert fold(TRADITIONAL) == SIMPLIFIED
    assert not set(TRADITIONAL) & set(SIMPLIFIED), "a character may not be folded twice"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1234 5678", "12345678"),
        ("1234-5678", "12345678"),
        ("一二三四 五六七八", "12345678"),
        ("幺三八零零", "13800"),
        ("十二", ""),
        ("12个", ""),
        ("", ""),
    ],
)
def test_a_code_may_be_spoken_digit_by_digit(said: str, meant: str) -> None:
    assert digits(said) == meant
