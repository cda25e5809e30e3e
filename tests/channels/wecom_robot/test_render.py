"""A post as a group robot puts it up: short ones as a card, others as words with their links, all within the platform's lengths."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.wecom_robot.render import MAX_MARKDOWN, MAX_TEXT, render
from dialogue.words import Button, Rendered

GO = Button("去投票", url="https://mulin.example/g/abc")
ALL = ("@所有人", "@all")
PNG = b"\x89PNG" + b"p" * 96


def test_a_short_post_is_a_card_whose_tap_opens_the_page() -> None:
    words = Rendered("【公示3号】楼道灯怎么修\n12月5日前提意见", (GO, Button("看一看", url="https://mulin.example/g/x")))
    assert render(words) == [
        {
            "msgtype": "template_card",
            "template_card": {
                "card_type": "text_notice",
                "main_title": {"title": "【公示3号】楼道灯怎么修"},
                "sub_title_text": "12月5日前提意见",
                "jump_list": [
                    {"type": 1, "title": "去投票", "url": "https://mulin.example/g/abc"},
                    {"type": 1, "title": "看一看", "url": "https://mulin.example/g/x"},
                ],
                "card_action": {"type": 1, "url": "https://mulin.example/g/abc"},
            },
        }
    ]


@pytest.mark.parametrize(
    ("text", "buttons", "kind"),
    [
        ("停水通知", (), "text"),
        ("停水通知", (Button("去投票", "vote 3"),), "text"),  # what would be tapped here reaches nobody
        ("停水通知", (GO,), "template_card"),
        ("题" * 26, (GO,), "template_card"),
        ("题" * 27, (GO,), "markdown"),
        ("题\n" + "字" * 112, (GO,), "template_card"),
        ("题\n" + "字" * 113, (GO,), "markdown"),
        ("题", (GO,) * 4, "markdown"),
        ("题", (Button("一" * 14, url="https://mulin.example"),), "markdown"),
        ("字" * 682, (), "text"),
        ("字" * 683, (), "markdown"),
        ("@所有人 停水通知", (GO,), "text"),
        ("【通知】@所有人 今晚停水", (GO,), "text"),
        ("停水通知 @所有人", (GO,), "template_card"),
        ("【公示3号】楼道灯\n有居民问：“@所有人 谁交钱？”", (GO,), "template_card"),
        ("【公示3号】楼道灯\n@所有人 谁交钱？", (GO,), "template_card"),  # a line of a neighbour's words
        ("【公示3号\n】@所有人", (GO,), "template_card"),
    ],
)
def test_what_a_post_becomes(text: str, buttons: tuple[Button, ...], kind: str) -> None:
    assert [call["msgtype"] for call in render(Rendered(text, buttons), None, ALL)] == [kind]


def test_links_stand_below_the_words() -> None:
    (call,) = render(Rendered("题" * 27, (GO, GO)))
    assert call["markdown"]["content"].endswith("题\n\n[去投票](https://mulin.example/g/abc)\n[去投票](https://mulin.example/g/abc)")


def test_who_writes_to_everybody_calls_everybody_once() -> None:
    calls = render(Rendered("@所有人 今晚停水\n" + "字" * 900, (GO,)), None, ALL)
    assert [call["msgtype"] for call in calls] == ["text", "text"]
    assert calls[0]["text"]["mentioned_list"] == ["@all"] and "mentioned_list" not in calls[1]["text"]
    assert calls[-1]["text"]["content"].endswith("去投票 https://mulin.example/g/abc")


def test_no_words_become_a_mark() -> None:
    """A neighbour's words within an official post: no heading, no quotation, no link of theirs, no call for everybody, no colours."""
    theirs = '# 紧急\n  > 引\n[点我](https://evil.example) <@all> <font color="warning">红</font> **粗** `码` 1 > 2 ]](\n' + "字" * 200
    (call,) = render(Rendered(theirs, (Button("[看](x)", url="https://mulin.example"),)))
    said = call["markdown"]["content"]
    for mark in ("\n#", "](https://evil", "<@", "<font", "</font", "**", "`", "](x"):
        assert mark not in said, mark
    assert not said.startswith("#") and "1 > 2" in said
    assert said.endswith("](https://mulin.example)")
    assert said.replace("\u200b", "").startswith("# 紧急\n  > 引\n[点我](https://evil.example) <@all>")


def test_a_picture_goes_first() -> None:
    image, text = render(Rendered("结果", picture="digest"), PNG)
    assert image == {"msgtype": "image", "image": {"base64": base64.b64encode(PNG).decode(), "md5": hashlib.md5(PNG).hexdigest()}}
    assert text["msgtype"] == "text"
    assert len(render(Rendered("", picture="digest"), PNG)) == 1


@pytest.mark.parametrize("picture", [b"GIF89a", b"", b"\x89PNG" + b"p" * 2 * 1024 * 1024])
def test_a_picture_the_platform_refuses_is_left_out(picture: bytes) -> None:
    assert [call["msgtype"] for call in render(Rendered("结果", picture="digest"), picture)] == ["text"]


def test_nothing_to_say() -> None:
    assert render(Rendered(" \n", (Button("x", "y"),))) == []


@given(st.text(st.sampled_from("字a🌳。\n #<*](`"), max_size=4000), st.lists(st.just(GO), max_size=5))
def test_every_message_is_as_long_as_the_platform_takes(text: str, links: list[Button]) -> None:
    calls = render(Rendered(text * 3, tuple(links)), None, ALL)
    for call in calls:
        content = call.get("text", call.get("markdown", {})).get("content", "x")
        assert 0 < len(content.encode()) <= (MAX_TEXT if call["msgtype"] == "text" else MAX_MARKDOWN)
    said = "".join(str(call) for call in calls)
    assert said.count(GO.url) >= len(links)
