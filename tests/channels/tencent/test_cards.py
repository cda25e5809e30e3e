"""Words become cards where they fit, checked by the rules of our own WeCom; what does not fit is no card, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.tencent import cards
from channels.tencent.cards import AIBOT, APP, CardLimits, CardPhrases
from dialogue.rendered import Button, Rendered
from tests.fakes.qyapi import Refused
from tests.fakes.qyapi_cards import check

PHRASES = CardPhrases("请在这里选", "提交", "更多", "网页", "（也可以说：{words}）", "、")
PAGE = Button("在网页上填", url="https://mulin.example/f/abc")


def options(*labels: str) -> tuple[Button, ...]:
    return tuple(Button(label, f"vote 3 #{i}") for i, label in enumerate(labels, 1))


def asides(*labels: str) -> tuple[Button, ...]:
    return tuple(Button(label, f"aside {label}", aside=True) for label in labels)


def dealt(words: Rendered, limits: CardLimits = APP, **more: str) -> cards.Card | None:
    """The card, after WeCom has looked at it; no aibot card opens a page by a button."""
    card = cards.card(words, "m17-1795600000", limits, PHRASES, **more)
    if card:
        check(card)
    return card


ASK = Rendered("投票3号《加装扶手》\n周日20:00截止，之前都能改。", options("要装", "不用装"))


# --- which card ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("why", "words", "kind"),
    [
        ("few short options are buttons", ASK, "button_interaction"),
        ("seven options are a list to tick", replace(ASK, text="选一项", buttons=options(*"甲乙丙丁戊己庚")), "vote_interaction"),
        (
            "a long label is a list to tick",
            replace(ASK, text="选一项", buttons=options("一楼到三楼都要装", "先不装，等冬天过了再说吧")),
            "vote_interaction",
        ),
        ("several may be chosen", replace(ASK, text="最多选两项", most=2), "vote_interaction"),
        ("a menu is nothing but asides", Rendered("您好", asides("问卷", "投票")), "button_interaction"),
        ("a large menu", Rendered("您好", asides(*"一二三四五六七八九")), "vote_interaction"),
        ("words that lead to a page", Rendered("公示3号\n维修费用", (PAGE,)), "text_notice"),
        ("more than twenty options", replace(ASK, buttons=options(*(f"第{i}" for i in range(21)))), None),
        ("what is answered in one's own words", Rendered("几口人？", asides("上一题"), asks=True), None),
        ("words with nothing to tap", Rendered("好的"), None),
        ("words too long for a card", replace(ASK, text="楼道扶手" * 60), None),
        ("a payload too long for an option", replace(ASK, text="选", buttons=(Button("这个标签很长很长很长很", "x" * 129),)), None),
        ("two options that say the same", replace(ASK, buttons=(Button("甲", "same"), Button("乙", "same"))), None),
        ("more pages than a note leads to", Rendered("看看", (PAGE,) * 4), None),
    ],
)
def test_the_words_decide_which_card(why: str, words: Rendered, kind: str | None) -> None:
    card = dealt(words)
    assert (card["card_type"] if card else None) == kind, why


def test_a_tap_says_our_payload_and_the_card_bears_the_name_it_was_given() -> None:
    card = dealt(ASK)
    assert card and card["task_id"] == "m17-1795600000"
    assert [row["key"] for row in card["button_list"]] == ["vote 3 #1", "vote 3 #2"]
    assert cards.labels(card) == {"vote 3 #1": "要装", "vote 3 #2": "不用装"}


def test_the_words_stand_on_the_card_whole() -> None:
    card = dealt(ASK)
    assert card and card["main_title"] == {"title": "投票3号《加装扶手》"} and card["sub_title_text"] == "周日20:00截止，之前都能改。"


def test_a_long_first_line_is_parted_after_a_sentence_and_nothing_of_it_is_lost() -> None:
    text = "您好，我是幸福里社区睦邻助手（自动程序）。由幸福里社区居民委员会管理，电话0566-1234567。您同意吗？"
    card = dealt(replace(ASK, text=text))
    assert card and card["main_title"]["title"] + card["sub_title_text"] == text
    assert len(card["main_title"]["title"]) <= APP.title


def test_the_robot_has_room_for_less() -> None:
    words = replace(ASK, text="这一行有三十个字左右，程序里的应用放得下，机器人就放不下了" + "。")
    assert dealt(words) is not None
    robots = dealt(words, AIBOT)
    assert robots is None or len(robots["main_title"]["title"]) <= AIBOT.title


# --- asides and links ---------------------------------------------------------------------------------------------------


def test_asides_stand_beside_the_options_while_there_is_room() -> None:
    card = dealt(replace(ASK, buttons=(*ASK.buttons, *asides("上一题", "暂停"), PAGE)))
    assert card and [row["text"] for row in card["button_list"]] == ["要装", "不用装", "上一题", "暂停", "在网页上填"]
    assert card["button_list"][-1]["url"] == PAGE.url
    assert [row["style"] for row in card["button_list"]] == [1, 1, 2, 2, 2], "what answers the question stands out"


def test_asides_go_into_the_corner_when_there_is_no_room_and_the_rest_may_be_said() -> None:
    card = dealt(replace(ASK, buttons=(*options(*"甲乙丙丁戊"), *asides("上一题", "跳过", "暂停", "人工"), PAGE)))
    assert card and len(card["button_list"]) == 5
    assert [row["text"] for row in card["action_menu"]["action_list"]] == ["上一题", "跳过", "暂停"]
    assert card["sub_title_text"].endswith("（也可以说：人工）")
    assert card["horizontal_content_list"] == [{"keyname": "网页", "value": "在网页上填", "type": 1, "url": PAGE.url}]


def test_a_robots_button_opens_no_page() -> None:
    card = dealt(replace(ASK, buttons=(*ASK.buttons, PAGE)), AIBOT)
    assert card and all("url" not in row and "type" not in row for row in card["button_list"])
    assert card["horizontal_content_list"][0]["url"] == PAGE.url


def test_a_list_has_no_place_for_links_so_it_is_no_card() -> None:
    words = replace(ASK, text="选一项", buttons=(*options(*"甲乙丙丁戊己庚"), PAGE))
    assert dealt(words) is None
    assert dealt(words, above="……全文和链接都在上一条里") is not None


# --- lists to tick ------------------------------------------------------------------------------------------------------


def test_several_may_be_ticked_or_one() -> None:
    several = dealt(replace(ASK, text="最多选两项", most=2))
    one = dealt(replace(ASK, text="选一项", buttons=options(*"甲乙丙丁戊己庚")))
    assert several and (several["checkbox"]["mode"], several["checkbox"]["question_key"]) == (1, cards.MANY)
    assert one and (one["checkbox"]["mode"], one["checkbox"]["question_key"]) == (0, cards.ONE)


def test_long_labels_are_shortened_only_where_the_full_wording_can_be_read() -> None:
    long = "在一单元和二单元之间的空地上装两个电动车充电桩"
    words = Rendered("选一项", options(long, "不装"))
    assert dealt(words) is None, "nobody could read what they choose"
    card = dealt(words, above=f"1. {long}\n2. 不装")
    assert card is not None
    rows = card["checkbox"]["option_list"]
    assert rows[0]["text"].startswith("1. 在一单元") and rows[0]["text"].endswith("…") and len(rows[0]["text"]) <= APP.option
    assert rows[1]["text"] == "2. 不装"


def test_twenty_options_and_three_times_ten() -> None:
    card = dealt(Rendered("选一项", options(*(f"第{i}项" for i in range(20)))))
    assert card and len(card["checkbox"]["option_list"]) == 20
    questions = [Rendered(f"第{q}问", tuple(Button(f"第{i}项", f"answer {q} #{i}") for i in range(10))) for q in range(3)]
    three = cards.selectors("三个小问题", questions, "m1-1", APP, PHRASES)
    assert three is not None
    check(three)
    assert cards.labels(three)["answer 2 #9"] == "第9项"
    assert cards.selectors("四个", [*questions, questions[0]], "m1-1", APP, PHRASES) is None
    assert cards.selectors("十一项", [Rendered("问", options(*"甲乙丙丁戊己庚辛壬癸子"))], "m1-1", APP, PHRASES) is None


# --- notes --------------------------------------------------------------------------------------------------------------


def test_a_note_leads_to_up_to_three_pages_and_its_face_to_the_first() -> None:
    pages = tuple(Button(f"第{i}页", url=f"https://mulin.example/{i}") for i in range(3))
    card = dealt(Rendered("公示3号\n维修费用", pages))
    assert card and [row["url"] for row in card["jump_list"]] == [b.url for b in pages]
    assert card["card_action"] == {"type": 1, "url": pages[0].url}


def test_a_note_with_a_picture() -> None:
    card = dealt(Rendered("公示3号\n维修费用\n请看明细", (PAGE,)), image="https://wework.qpic.cn/x")
    assert card and card["card_type"] == "news_notice" and card["card_image"]["url"] == "https://wework.qpic.cn/x"
    assert [row["title"] for row in card["vertical_content_list"]] == ["维修费用", "请看明细"]


# --- whatever is said ---------------------------------------------------------------------------------------------------

labels = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=24)
buttons = st.lists(
    st.builds(Button, labels, st.text("abc #0123456789", min_size=1, max_size=140), aside=st.booleans())
    | st.builds(lambda label: Button(label, url="https://mulin.example/p"), labels),
    max_size=24,
)


@given(
    st.builds(Rendered, st.text(max_size=220), buttons.map(tuple), asks=st.booleans(), most=st.integers(1, 3)),
    st.sampled_from([APP, AIBOT]),
)
def test_whatever_is_said_a_card_is_one_wecom_takes_and_shows_every_word(words: Rendered, limits: CardLimits) -> None:
    card = cards.card(words, "m1-1", limits, PHRASES)
    if card is None:
        return
    try:
        check(card)
    except Refused as refused:
        raise AssertionError(f"{refused}: {card}") from None
    title = card["main_title"]
    shown = "".join([title["title"], title.get("desc", ""), card.get("sub_title_text", "")])
    said = "".join(words.text.split())
    assert said in "".join(shown.split()) or card["card_type"] == "news_notice"
    every = {b.payload for b in words.buttons if b.payload and not b.aside}
    assert every <= set(cards.labels(card)), "every option can be tapped"
    assert len(title["title"]) <= limits.title and len(title.get("desc", "")) <= limits.desc
