"""Words as the 智能机器人 says them: cards where something is tapped, else markdown in which nothing a neighbour wrote is markup."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import texts
from channels.tencent.parts import harmless
from channels.wecom_aibot.render import MAX_CONTENT, Style, marked, render, tapped, together, welcome
from dialogue.rendered import Button, Rendered
from tests.fakes import openws_rules as rules

STYLE = Style.of(texts.table("zh-CN", "wecom_aibot"))
PLAIN = Rendered("三号楼明天停水。")
ASKED = Rendered("要不要加装扶手？", (Button("要装", "vote 1 1"), Button("不用装", "vote 1 2"), Button("人工", "human", aside=True)))
LONG = Rendered("说明" * 200, ASKED.buttons)
LINKED = Rendered("新公示", (Button("看公示", url="https://x/g/a_b_c"),))


def test_few_options_are_a_card_the_platform_takes() -> None:
    (message,) = render(ASKED, "m1-1", STYLE)
    shown = rules.card(message, set())
    assert rules.words_of(shown) == "要不要加装扶手？" and list(rules.taps_of(shown)) == ["要装", "不用装", "人工"]


def test_words_too_long_for_a_card_are_numbered_and_nothing_is_lost() -> None:
    (message,) = render(LONG, "m1-1", STYLE)
    assert message["markdown"]["content"] == "说明" * 200 + "\n\n1. 要装\n2. 不用装\n（也可以说：人工）"


def test_where_cards_are_not_shown_there_is_none() -> None:
    assert render(ASKED, "m1-1", STYLE, cards=False)[0]["msgtype"] == "markdown"
    assert render(LINKED, "m1-1", STYLE, cards=False)[0]["markdown"]["content"] == "新公示\n\n[看公示](https://x/g/a_b_c)"


def test_words_with_a_page_are_a_card_that_leads_there() -> None:
    (message,) = render(LINKED, "m1-1", STYLE)
    assert rules.taps_of(rules.card(message, set())) == {"看公示": ("link", "https://x/g/a_b_c")}


@given(st.text(alphabet="说明\n🌳 a", min_size=1, max_size=200).map(lambda text: text * 150))
def test_no_part_is_longer_than_the_platform_takes_and_together_they_are_the_words(text: str) -> None:
    parts = [m["markdown"]["content"] for m in render(Rendered(text), "t", STYLE)]
    assert all(len(part.encode()) <= MAX_CONTENT for part in parts)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    "wrote",
    ["# 通知", "> 引用", "- 一", "1. 一", "[领红包](http://bad)", "<@all> 起来", "<think>x</think>", "**急**", "```\nx", "|a|", "---"],
)
def test_what_a_neighbour_wrote_stands_there_as_they_wrote_it(wrote: str) -> None:
    content = marked(Rendered(f"张三说：\n{wrote}"), STYLE)
    assert content.replace("\u200b", "").replace("'", "`") == f"张三说：\n{wrote}"
    assert not re.search(r"(?m)^\s*(#|>|-\s|\d+\.\s|\||---)|\]\(|<[@a-z/]|\*\*|`", content)


def test_ordinary_words_are_not_touched() -> None:
    words = "3-1-201 报修：水压 0.2，价格 1.5元；看 https://x/f/abc_def?x=1"
    assert harmless(words) == words


def test_a_response_holds_words_and_the_last_ones_card() -> None:
    message, count = together([PLAIN, LONG, ASKED], ["a", "b", "c"], "s1", STYLE)
    assert (message["msgtype"], count) == ("stream_with_template_card", 3)
    assert message["stream"]["content"].startswith("三号楼明天停水。\n\n说明") and message["stream"]["finish"]
    assert rules.words_of(rules.card(message, set())) == "要不要加装扶手？"


def test_what_finds_no_room_is_not_counted() -> None:
    assert together([PLAIN, Rendered("长" * 7000)], ["a", "b"], "s1", STYLE)[1] == 1
    assert together([Rendered("长" * 7000)], ["a"], "s1", STYLE) == ({}, 0)


def test_a_greeting_is_a_card_or_a_short_text() -> None:
    asked, plain, long = welcome(ASKED, "t", STYLE), welcome(PLAIN, "t", STYLE), welcome(Rendered("长" * 700), "t", STYLE)
    assert asked and asked["msgtype"] == "template_card"
    assert plain == {"msgtype": "text", "text": {"content": "三号楼明天停水。"}}
    assert long is None


@pytest.mark.parametrize("said", ["已选：要装", "已选：" + "很长的选项" * 30])
def test_a_tapped_card_says_so_within_what_a_screen_shows(said: str) -> None:
    card = tapped("m5-1", said, "https://x/")
    shown = rules.words_of(rules.card({"template_card": card}, set(), update="m5-1"))
    assert shown.startswith("已选：") and "⋯" not in shown
