"""Options without buttons: what a reader sees who can only type."""

from __future__ import annotations

import pytest

from channels.numbered import Phrases, language, numbered
from dialogue.words import Button, Rendered

PHRASES = Phrases("（也可以说：{words}）", "、", "{label}：{url}")
YES, NO = Button("同意", "vote 3 1"), Button("反对", "vote 3 2")
EDIT, HUMAN = Button("改", "edit", aside=True), Button("人工", "human", aside=True)
PAGE = Button("打开页面", url="https://m.example/f/1")

CASES = [
    ("words alone", (), "装扶手吗？"),
    ("two choices", (YES, NO), "装扶手吗？\n\n1. 同意\n2. 反对"),
    ("asides are never counted", (YES, EDIT, NO, HUMAN), "装扶手吗？\n\n1. 同意\n2. 反对\n（也可以说：改、人工）"),
    ("a page", (PAGE,), "装扶手吗？\n\n打开页面：https://m.example/f/1"),
    ("rooms are figures already", (Button("101", "iam 1"), Button("102", "iam 2")), "装扶手吗？\n\n101、102"),
    ("all of it", (YES, PAGE, HUMAN), "装扶手吗？\n\n1. 同意\n打开页面：https://m.example/f/1\n（也可以说：人工）"),
]


@pytest.mark.parametrize(("buttons", "shown"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_a_reader_without_buttons_sees(buttons: tuple[Button, ...], shown: str) -> None:
    assert numbered(Rendered("装扶手吗？", buttons), PHRASES) == shown


def test_choices_and_asides_can_be_something_to_tap() -> None:
    shown = numbered(Rendered("", (YES, HUMAN, PAGE)), PHRASES, link=lambda b: f"<{b.payload}|{b.text}>")
    assert shown == "1. <vote 3 1|同意>\n打开页面：https://m.example/f/1\n（也可以说：<human|人工>）"


def test_a_choice_that_looks_like_a_placeholder_stays_what_it_is() -> None:
    assert numbered(Rendered("问", (Button("{url}", url="https://a.example/{label}"),)), PHRASES) == "问\n\n{url}：https://a.example/{label}"


@pytest.mark.parametrize(("text", "tag"), [("您好", ""), ("Hello", "en"), ("OK 好", ""), ("", "en")])
def test_the_words_tell_their_language(text: str, tag: str) -> None:
    assert language(Rendered(text)) == tag
