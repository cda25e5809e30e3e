"""A template's fields, filled from what would have been said in the chat; the platform refuses what a field may not hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.wechat.templates import Template, fill
from dialogue.words import Rendered
from tests.channels.wechat.conftest import words
from tests.fakes.weixin_templates import RULES

NOW = datetime(2026, 12, 20, 16, 30, tzinfo=UTC)  # in China it is the 21st already, half past midnight
SAID = "投票3号《3号楼加装电梯征求意见第二次公开征询》截止\n请在1月5日（周二）20:00前投票\n谢谢"

FIELDS = [
    ("thing1", SAID, "投票3号《3号楼加装电梯征求意见第二次…"),
    ("short_thing1", SAID, "详情请点开查看"),
    ("phrase2", SAID, "请您投票"),
    ("time3", SAID, "2027年1月5日 20:00"),
    ("time3", "没有日子", "2026年12月21日 00:30"),
    ("time3", "12月1日（周二）起公示", "2026年12月21日 00:30"),
    ("time3", "24月1日 25:61", "2026年12月21日 00:30"),
    ("date3", "12月1日（周二）开始", "2026年12月1日"),
    ("date3", "2月30日（周一）", "2026年12月21日"),
    ("character_string4", SAID, "3"),
    ("number5", "没有号", "1"),
    ("name6", SAID, "社区居委会"),
    ("thing1", "", "详情请点开查看"),
]


@pytest.mark.parametrize(("name", "said", "value"), FIELDS)
def test_what_stands_in_a_field(name: str, said: str, value: str) -> None:
    filled = fill(Template("T", ((name, ""),)), Rendered(said, brief="ballot"), words(""), NOW)
    assert filled == {name: {"value": value}}


def test_the_first_lines_go_one_into_each_field_and_a_constant_is_its_example() -> None:
    template = Template("T", (("thing1", ""), ("const2", "已办结"), ("thing3", ""), ("thing4", ""), ("thing5", "")))
    filled = fill(template, Rendered("一\n\n 二 \n三", brief="notice"), words(""), NOW)
    assert [part["value"] for part in filled.values()] == ["一", "已办结", "二", "三", "详情请点开查看"]


def test_a_template_we_have_nothing_for_says_which_fields() -> None:
    assert Template("T", (("thing1", ""), ("amount2", "5元"), ("const3", ""), ("const4", "好"))).unknown == ("amount2", "const3")


KNOWN = ("thing1", "thing2", "short_thing3", "phrase4", "time5", "date6", "character_string7", "number8", "name9")


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=200),
    st.sampled_from(["result", "progress", "notice", "ballot"]),
)
def test_whatever_is_said_the_platform_takes_it(said: str, brief: str) -> None:
    filled = fill(Template("T", tuple((name, "") for name in KNOWN)), Rendered(said, brief=brief), words(""), NOW)
    for name, part in filled.items():
        assert re.fullmatch(RULES[name.rstrip("0123456789")], part["value"]), (name, part)
