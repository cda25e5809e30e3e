"""Words as Telegram takes them: nothing lost, nothing too long, buttons where a thumb finds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.telegram.render import MAX_CAPTION, render, rows, split, units
from dialogue.words import Button, Rendered

anything = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("。\n 😀字"), max_size=300)


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(anything)
def test_units_are_what_telegram_counts(text: str) -> None:
    assert units(text) == _utf16(text)


@given(anything, st.integers(2, 60))
def test_splitting_loses_nothing_and_no_part_is_too_long_or_blank(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(_utf16(p) <= limit and p.strip() for p in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    if not any(c.isspace() for c in text):
        assert "".join(parts) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("第一段。\n\n第二段。", ["第一段。\n\n", "第二段。"]),
        ("一二三。四五六七", ["一二三。", "四五六七"]),
        ("一二三四五六七八九", ["一二三四五六七", "八九"]),
        ("一。二三四五六七八", ["一。二三四五六", "七八"]),  # a sentence's end too early to stop there
        ("ABC\nDEFGH", ["ABC\n", "DEFGH"]),
        ("😀😀😀😀", ["😀😀😀", "😀"]),
    ],
)
def test_it_is_cut_where_one_would_pause(text: str, parts: list[str]) -> None:
    assert split(text, 7) == parts


def test_ten_thousand_characters_go_in_parts_with_the_buttons_under_the_last() -> None:
    calls = render("42", Rendered("长" * 10_000, buttons=(Button("好", "ok"),), reply_to="7"))
    assert [units(c.params["text"]) for c in calls] == [4096, 4096, 1808]
    assert ["reply_markup" in c.params for c in calls] == [False, False, True]
    assert ["reply_parameters" in c.params for c in calls] == [True, False, False]


def test_markup_in_what_people_write_stays_as_they_wrote_it() -> None:
    (call,) = render("42", Rendered("<b>{{ x }}</b> *_`[&]"))
    assert call.params["text"] == "<b>{{ x }}</b> *_`[&]"
    assert "parse_mode" not in call.params
    assert call.params["link_preview_options"] == {"is_disabled": True}


def test_a_group_with_a_topic_a_silent_notice() -> None:
    (call,) = render("-100123/45", Rendered("公示", quiet=True))
    assert (call.params["chat_id"], call.params["message_thread_id"], call.params["disable_notification"]) == (-100123, 45, True)


@pytest.mark.parametrize("address", ["", "张姐", "12/x", "1.5"])
def test_an_address_that_is_none_of_ours(address: str) -> None:
    with pytest.raises(ValueError):
        render(address, Rendered("x"))


def test_a_picture_carries_short_words_and_precedes_long_ones() -> None:
    short = render("42", Rendered("字" * MAX_CAPTION, picture="d1", buttons=(Button("好", "ok"),)))
    long = render("42", Rendered("字" * (MAX_CAPTION + 1), picture="d1", buttons=(Button("好", "ok"),)))
    assert [(c.method, "reply_markup" in c.params) for c in short] == [("sendPhoto", True)]
    assert [(c.method, "reply_markup" in c.params) for c in long] == [("sendPhoto", False), ("sendMessage", True)]


def test_in_a_group_an_open_question_opens_the_reply_box() -> None:
    (in_group,) = render("-4001", Rendered("哪栋楼？", asks=True))
    (in_private,) = render("42", Rendered("哪栋楼？", asks=True))
    assert in_group.params["reply_markup"] == {"force_reply": True, "selective": True}
    assert "reply_markup" not in in_private.params


def _layout(*labels: str, large: bool = False) -> list[list[str]]:
    buttons = tuple(Button(text.removeprefix("~"), "p", aside=text.startswith("~")) for text in labels)
    return [[b.text for b in row] for row in rows(buttons, large=large)]


@pytest.mark.parametrize(
    ("labels", "layout"),
    [
        (["1", "2", "3", "4", "5"], [["1", "2", "3", "4", "5"]]),
        (["同意", "反对", "弃权"], [["同意", "反对", "弃权"]]),
        (["公共区域", "户内维修"], [["公共区域", "户内维修"]]),
        (["先看看，不登记", "我同意"], [["先看看，不登记", "我同意"]]),
        (["我希望把自行车棚放在东门旁边", "西门"], [["我希望把自行车棚放在东门旁边"], ["西门"]]),
        (["同意", "反对", "~改", "~人工"], [["同意", "反对"], ["改", "人工"]]),
    ],
)
def test_short_labels_stand_side_by_side(labels: list[str], layout: list[list[str]]) -> None:
    assert _layout(*labels) == layout


def test_in_large_type_each_button_has_its_own_row() -> None:
    assert _layout("同意", "反对", large=True) == [["同意"], ["反对"]]


def test_an_option_telegram_would_refuse_is_offered_by_number() -> None:
    """64 bytes is all a button may carry; one choice must not be missing because its name is long."""
    words = Rendered("选哪个？", buttons=(Button("甲", "answer q 1"), Button("乙", "答" * 22), Button("人工", "human", aside=True)))
    (call,) = render("42", words)
    assert call.params["text"] == "选哪个？\n1. 甲\n2. 乙"
    assert call.params["reply_markup"] == {"inline_keyboard": [[{"text": "人工", "callback_data": "human"}]]}


def test_a_hundred_and_one_options_are_numbered_too() -> None:
    (call,) = render("42", Rendered("选哪个？", buttons=tuple(Button(f"{i}室", f"h {i}") for i in range(101))))
    assert call.params["text"].endswith("101. 100室")
    assert "reply_markup" not in call.params


def test_a_link_telegram_would_refuse_stands_in_the_text() -> None:
    """A button to a host without a dot costs the whole message (rubenlagus/TelegramBots#302)."""
    words = Rendered("请打开", buttons=(Button("问卷", url="http://localhost:8080/f/x"), Button("官网", url="https://a.example/f/x")))
    (call,) = render("42", words)
    assert call.params["text"] == "请打开\n问卷: http://localhost:8080/f/x"
    assert call.params["reply_markup"]["inline_keyboard"] == [[{"text": "官网", "url": "https://a.example/f/x"}]]


def test_blank_words_make_no_call() -> None:
    assert render("42", Rendered(" \n ")) == []
