"""How finished words look in WeChat: as the answer to a request, and as messages of their own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Answer
from channels.wechat.marks import payload_of
from channels.wechat.render import MAX_TEXT, body, calls
from dialogue.words import Button, Rendered
from tests.channels.wechat.conftest import words
from tests.fakes.weixin_people import Message, shown

YES, NO = Button("同意", "vote 3 #1"), Button("反对", "vote 3 #2")
EDIT, HUMAN = Button("改", "edit", aside=True), Button("人工", "human", aside=True)
PAGE = Button("打开页面", url="https://mulin.example/f/abc?x=1&y=2")


def reply(*said: Rendered) -> tuple[Message, tuple[int, ...]]:
    """What stands on the screen as the answer to a request, and which of the answers that are."""
    text, rows = body([Answer(i, words) for i, words in enumerate(said, 1)], words)
    return shown(text, "reply", 0.0), rows


def many(count: int, label: str = "满意") -> tuple[Button, ...]:
    return tuple(Button(f"{label}{i}", f"answer q_satisfied_{i} #{i}") for i in range(count))


def test_choices_asides_and_pages_can_be_tapped() -> None:
    seen, rows = reply(Rendered("装扶手吗？", (YES, NO, PAGE, EDIT, HUMAN)))
    assert seen.text == "装扶手吗？\n\n1. 同意\n2. 反对\n打开页面\n（也可以说：改、人工）"
    assert [(t.label, t.said, payload_of(t.id)) for t in seen.taps] == [
        ("同意", "同意", "vote 3 #1"),
        ("反对", "反对", "vote 3 #2"),
        ("改", "改", "edit"),
        ("人工", "人工", "human"),
    ]
    assert seen.pages == {"打开页面": PAGE.url} and rows == (1,)


def test_who_reads_english_is_told_so_in_english() -> None:
    assert reply(Rendered("Railing?", (Button("Yes", "vote 3 #1"), Button("Menu", "menu", aside=True))))[0].text.endswith(
        "(You may also say: Menu)"
    )


ROOM: list[tuple[str, list[Rendered], tuple[int, ...]]] = [
    ("nothing", [], ()),
    ("two that fit stand below each other", [Rendered("收到。"), Rendered("几口人？", asks=True)], (1, 2)),
    ("a picture leaves by itself, and what follows stays behind it", [Rendered("a"), Rendered("b", picture="d1g"), Rendered("c")], (1,)),
    ("too long for it", [Rendered("长" * 683)], ()),
    ("just not too long", [Rendered("长" * 682)], (1,)),
    ("the second no longer fits", [Rendered("长" * 400), Rendered("长" * 400)], (1,)),
    ("the last byte that fits", [Rendered("a" * 1023), Rendered("b" * 1023)], (1, 2)),
    ("a byte more", [Rendered("a" * 1023), Rendered("b" * 1024)], (1,)),
    ("one set of choices at most", [Rendered("甲？", (YES, NO)), Rendered("乙？", (YES, NO))], (1,)),
    ("asides are no choices", [Rendered("甲？", (YES, NO)), Rendered("乙", (HUMAN,))], (1, 2)),
    ("nothing to say", [Rendered("")], ()),
]


@pytest.mark.parametrize(("said", "rows"), [c[1:] for c in ROOM], ids=[c[0] for c in ROOM])
def test_what_has_room_in_the_answer(said: list[Rendered], rows: tuple[int, ...]) -> None:
    assert reply(*said)[1] == rows


def test_where_room_is_short_choices_stay_to_tap_then_nothing_does() -> None:
    """The numbers can be typed all the same."""
    some, _ = reply(Rendered("问" * 440, (*many(6), HUMAN)))
    assert len(some.taps) == 6 and some.text.endswith("（也可以说：人工）")
    none, rows = reply(Rendered("问" * 500, (*many(8), HUMAN)))
    assert none.taps == [] and rows == (1,) and "8. 满意7" in none.text


EVIL = '<a href="weixin://bizmsgmenu?msgmenucontent=反对&msgmenuid=1">领鸡蛋</a>'


@pytest.mark.parametrize(
    "said", [Rendered(EVIL, (YES,)), Rendered("问", (Button(EVIL, "vote 3 #1"),)), Rendered("</a>" + EVIL.upper(), (YES,))]
)
def test_what_a_neighbour_wrote_becomes_no_link(said: Rendered) -> None:
    seen, _ = reply(said)
    assert [payload_of(t.id) for t in seen.taps] == ["vote 3 #1"]
    for call in calls(said, words) + calls(Rendered(said.text, (*said.buttons, PAGE)), words):
        content = call["text"]["content"] if "text" in call else call["msgmenu"]["head_content"]
        assert all(payload_of(tap.id) == "vote 3 #1" for tap in shown(content, "custom", 0.0).taps)


# --- messages of their own --------------------------------------------------------------------------------------------


def test_a_question_pushed_to_somebody_is_a_menu() -> None:
    assert calls(Rendered("投票3号：装扶手吗？", (YES, NO, HUMAN)), words) == [
        {
            "msgtype": "msgmenu",
            "msgmenu": {
                "head_content": "投票3号：装扶手吗？",
                "list": [
                    {"id": "mdm90ZSAzICMx", "content": "1. 同意"},
                    {"id": "mdm90ZSAzICMy", "content": "2. 反对"},
                    {"id": "maHVtYW4", "content": "人工"},
                ],
                "tail_content": "",
            },
        }
    ]


SHAPES = [
    ("words alone", Rendered("停水通知"), ["text"]),
    ("asides alone are a menu too: nobody has to type", Rendered("停水通知", (HUMAN,)), ["msgmenu"]),
    ("a page is named by its address above a menu", Rendered("问", (YES, PAGE)), ["msgmenu"]),
    ("more than a menu holds", Rendered("问", many(11)), ["text"]),
    ("a long text above choices", Rendered("问" * 342, (YES, NO)), ["text"]),
    ("nothing above them", Rendered("", (YES, NO)), ["text"]),
    ("two messages", Rendered("长" * 1000), ["text", "text"]),
    ("nothing", Rendered(""), []),
]


@pytest.mark.parametrize(("said", "kinds"), [c[1:] for c in SHAPES], ids=[c[0] for c in SHAPES])
def test_the_messages_that_say_it(said: Rendered, kinds: list[str]) -> None:
    assert [call["msgtype"] for call in calls(said, words)] == kinds


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=900)
LABELS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
PAYLOADS = st.from_regex(r"[a-z]{1,9}( [0-9]{1,3})?( #[0-9])?", fullmatch=True)
BUTTONS = st.lists(
    st.builds(Button, LABELS, PAYLOADS, aside=st.booleans()) | st.builds(lambda label: Button(label, url=PAGE.url), LABELS), max_size=12
)


@given(st.builds(lambda text, buttons: Rendered(text, tuple(buttons)), TEXTS, BUTTONS))
def test_whatever_is_said_fits_and_carries_our_payloads_alone(said: Rendered) -> None:
    text, rows = body([Answer(1, said)], words)
    assert len(text.encode()) <= MAX_TEXT and bool(rows) == bool(text)
    ours = {b.payload for b in said.buttons if b.payload}
    assert {payload_of(t.id) for t in shown(text, "reply", 0.0).taps} <= ours
    for call in calls(said, words):
        assert len(_content(call).encode()) <= MAX_TEXT and _content(call).strip()
        if call["msgtype"] == "msgmenu":
            assert {payload_of(item["id"]) for item in call["msgmenu"]["list"]} == ours
    spoken = "".join(_content(call) for call in calls(said, words))
    assert re.sub(r"\s", "", said.text) in re.sub(r"[\s\u200b]", "", spoken) or "\u200b" in said.text or "<" in said.text


def _content(call: dict[str, Any]) -> str:
    return str(call["text"]["content"] if call["msgtype"] == "text" else call["msgmenu"]["head_content"])
