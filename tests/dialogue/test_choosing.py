"""What an answer chooses from the question shown last. Each row: the options, what somebody typed, what it means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.choosing import AskWhich, Choice, Chosen, NotAChoice, Several, choose, same

VOTE = ("同意", "不同意", "弃权")
SHED = ("A地（东门）", "B地（西门）", "弃权")
LETTERS = ("A. 每周一次", "B. 每月一次", "C. 不需要")
ACTS = ("跳绳", "太极", "合唱", "书法和国画")
COUNTS = ("3个", "2个", "1个")
HOUSES = ("1号楼", "2号楼", "3号楼")
SWAPPED = ("2号楼", "1号楼")
GRADES = ("很满意", "满意", "基本满意", "不满意", "很不满意")
MONEY = ("10元", "20元", "30元")
SCALE = ("1", "2", "3", "4", "5")
DAYS = ("三天", "五天", "七天")
MARKED = ("1. 同意", "2. 不同意")
FAIR = ("一般", "好", "差")
OTHER = NotAChoice("other")
COURTESY = NotAChoice("courtesy")
OUTSIDE = NotAChoice("out_of_range")

TABLE: list[tuple[tuple[str, ...], str, Choice]] = [
    # by number, in every way it is written or said
    (VOTE, "1", Chosen(0)),
    (VOTE, "１", Chosen(0)),
    (VOTE, "①", Chosen(0)),
    (VOTE, "一", Chosen(0)),
    (VOTE, "第一个", Chosen(0)),
    (VOTE, "选1", Chosen(0)),
    (VOTE, "选一", Chosen(0)),
    (VOTE, "选第一个", Chosen(0)),
    (VOTE, "我选1", Chosen(0)),
    (VOTE, "我选第二个", Chosen(1)),
    (VOTE, "第二个吧", Chosen(1)),
    (VOTE, "第二項", Chosen(1)),
    (VOTE, "2。", Chosen(1)),
    (VOTE, " 2 ", Chosen(1)),
    (VOTE, "2️⃣", Chosen(1)),
    (VOTE, "2号", Chosen(1)),
    (VOTE, "3！", Chosen(2)),
    (VOTE, "三", Chosen(2)),
    (VOTE, "选 3", Chosen(2)),
    (VOTE, "回复2", Chosen(1)),
    (VOTE, "我投2", Chosen(1)),
    (VOTE, "\ufeff2", Chosen(1)),
    # by its own whole words
    (VOTE, "同意", Chosen(0)),
    (VOTE, "不同意", Chosen(1)),
    (VOTE, "同意吧", Chosen(0)),
    (VOTE, "我同意", Chosen(0)),
    (VOTE, "我不同意！", Chosen(1)),
    (VOTE, "棄權", Chosen(2)),
    (VOTE, "选弃权", Chosen(2)),
    (VOTE, "弃 权", Chosen(2)),
    (SHED, "B地(西门)", Chosen(1)),
    (GRADES, "满意", Chosen(1)),
    (GRADES, "不满意", Chosen(3)),
    (GRADES, "很不满意", Chosen(4)),
    (GRADES, "非常满意", OTHER),
    (MARKED, "同意", Chosen(0)),
    (MARKED, "不同意", Chosen(1)),
    (MARKED, "2", Chosen(1)),
    (MARKED, "1. 同意", Chosen(0)),
    (FAIR, "一般", Chosen(0)),
    (FAIR, "一", Chosen(0)),
    (FAIR, "2", Chosen(1)),
    (FAIR, "好", Chosen(1)),
    # whole words only
    (VOTE, "不太同意", OTHER),
    (VOTE, "同意楼上说的", OTHER),
    (VOTE, "我同意不了", OTHER),
    (VOTE, "同", OTHER),
    (VOTE, "为什么不同意", OTHER),
    (VOTE, "大家都同意吗", OTHER),
    (SHED, "东门", OTHER),
    (SHED, "A地那边太吵", OTHER),
    (VOTE, "一下", OTHER),
    (VOTE, "一直没修", OTHER),
    (VOTE, "1号楼的灯坏了", OTHER),
    (VOTE, "2单元漏水", OTHER),
    (VOTE, "第一次用，不会", OTHER),
    (VOTE, "", OTHER),
    (VOTE, "？", OTHER),
    (VOTE, "改", OTHER),
    (VOTE, "选哪个好呢", OTHER),
    # letters, only where the options are lettered
    (LETTERS, "A", Chosen(0)),
    (LETTERS, "b", Chosen(1)),
    (LETTERS, "Ｃ", Chosen(2)),
    (LETTERS, "选B", Chosen(1)),
    (LETTERS, "每月一次", Chosen(1)),
    (LETTERS, "2", Chosen(1)),
    (LETTERS, "D", OUTSIDE),
    (VOTE, "A", OTHER),
    (SHED, "A", Chosen(0)),  # 弃权 stands behind the lettered ones
    (SHED, "b", Chosen(1)),
    (SHED, "C", OUTSIDE),
    (("A座", "C座"), "A", OTHER),
    (("WiFi", "电视"), "w", OTHER),
    # beyond the list
    (VOTE, "4", OUTSIDE),
    (VOTE, "0", OUTSIDE),
    (VOTE, "第四个", OUTSIDE),
    (VOTE, "选9", OUTSIDE),
    (VOTE, "12", OUTSIDE),
    (VOTE, "13800138000", OUTSIDE),
    # options that are numbers themselves
    (COUNTS, "1", AskWhich((0, 2))),
    (COUNTS, "3", AskWhich((0, 2))),
    (COUNTS, "2", Chosen(1)),  # both readings agree
    (COUNTS, "选1", AskWhich((0, 2))),
    (COUNTS, "第一个", Chosen(0)),
    (COUNTS, "1个", Chosen(2)),
    (COUNTS, "一个", OTHER),
    (COUNTS, "4", OUTSIDE),
    (HOUSES, "1", Chosen(0)),
    (HOUSES, "3号楼", Chosen(2)),
    (SWAPPED, "1", AskWhich((0, 1))),
    (SWAPPED, "1号楼", Chosen(1)),
    (SWAPPED, "第二个", Chosen(1)),
    (MONEY, "1", AskWhich((0,))),
    (MONEY, "20", AskWhich((1,))),
    (MONEY, "20元", Chosen(1)),
    (SCALE, "5", Chosen(4)),
    (SCALE, "五", Chosen(4)),
    (SCALE, "6", OUTSIDE),
    (("5", "4", "3", "2", "1"), "5", AskWhich((0, 4))),
    (("5", "4", "3", "2", "1"), "3", Chosen(2)),
    (("10", "20"), "20", Chosen(1)),
    (DAYS, "3", AskWhich((0, 2))),
    (DAYS, "三天", Chosen(0)),
    # courtesy is never a vote
    (VOTE, "👍", COURTESY),
    (VOTE, "👍🏻", COURTESY),
    (VOTE, "好的", COURTESY),
    (VOTE, "好的！", COURTESY),
    (VOTE, "收到", COURTESY),
    (VOTE, "OK", COURTESY),
    (VOTE, "嗯嗯", COURTESY),
    (VOTE, "谢谢", COURTESY),
    (VOTE, "知道了。", COURTESY),
    (("好的", "不好"), "好的", COURTESY),
    (FAIR, "好的", COURTESY),
    # several
    (ACTS, "1、4", Several((0, 3))),
    (ACTS, "选1、4", Several((0, 3))),
    (ACTS, "1 4", Several((0, 3))),
    (ACTS, "4，1", Several((3, 0))),
    (ACTS, "1和3", Several((0, 2))),
    (ACTS, "跳绳、太极", Several((0, 1))),
    (ACTS, "太极和合唱", Several((1, 2))),
    (ACTS, "书法和国画", Chosen(3)),
    (ACTS, "第一个和第三个", Several((0, 2))),
    (ACTS, "1 1", Chosen(0)),
    (ACTS, "1、9", OUTSIDE),
    (ACTS, "跳绳和跑步", OTHER),
    (COUNTS, "1、2", AskWhich((0, 2))),
]


@pytest.mark.parametrize(("labels", "said", "meant"), TABLE, ids=[f"{i}-{said!r}" for i, (_, said, _) in enumerate(TABLE)])
def test_what_an_answer_chooses(labels: tuple[str, ...], said: str, meant: Choice) -> None:
    assert choose(said, labels) == meant


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6), st.text(max_size=300))
def test_any_text_is_read_without_a_fault_and_within_the_list(labels: list[str], said: str) -> None:
    found = choose(said, labels)
    if isinstance(found, Chosen):
        assert 0 <= found.index < len(labels)
    if isinstance(found, Several | AskWhich):
        assert all(0 <= i < len(labels) for i in found.indices)


def test_nothing_is_chosen_from_nothing() -> None:
    assert choose("1", []) == OUTSIDE
    assert choose("同意", []) == OTHER


@pytest.mark.parametrize(
    ("one", "other", "meant"), [("人工", "人工！", True), ("改", " 改 ", True), ("改", "改投", False), ("", "", False)]
)
def test_an_aside_counts_by_its_own_words(one: str, other: str, meant: bool) -> None:
    assert same(one, other) is meant


def test_a_long_message_costs_little() -> None:
    assert choose("一、" * 5000, VOTE) == OTHER
