"""The sorter proposes sensibly on ordinary messages, and always says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import texts
from understanding import sorting

RULES = sorting.build({language: texts.table(language, "sorting") for language in texts.LANGUAGES})
NAMES = texts.table("zh-CN", "sorting")
LINES = (Path(__file__).parent / "sorted_sentences.txt").read_text("utf-8").splitlines()
TABLE = [tuple(line.split("\t")) for line in LINES if line and not line.startswith("#")]


@pytest.mark.parametrize(("kind", "category", "said"), TABLE, ids=[said for _, _, said in TABLE])
def test_what_a_message_is_about(kind: str, category: str, said: str) -> None:
    found = RULES.sort(said)
    assert NAMES[found.kind] == kind
    assert category in ("*", found.category)
    assert found.kind_top3[0] == found.kind
    assert found.category_top2[0] == found.category


def test_the_table_is_large() -> None:
    assert len(TABLE) >= 60
    assert {kind for kind, _, _ in TABLE} == {"微心愿", "金点子", "诉求", "咨询", "闲聊"}


@pytest.mark.parametrize(
    ("said", "urgency"),
    [
        ("楼道有煤气味", "critical"),
        ("有人困在电梯里", "critical"),
        ("请问煤气味这么大找谁", "critical"),
        ("水管爆了，漏到楼下了", "urgent"),
        ("停电了，赶紧来看看", "urgent"),
        ("楼道的灯坏了", "normal"),
        ("居住证怎么办理", "normal"),
        ("建议设个图书角，不急", "low"),
        ("你好", "low"),
    ],
)
def test_how_urgent_it_is(said: str, urgency: str) -> None:
    assert RULES.sort(said).urgency == urgency


@pytest.mark.parametrize(
    ("said", "whose"),
    [
        ("门口马路的红绿灯坏了，归市政管吗，反映多次", "public"),
        ("楼上太吵，扰民", "shared"),
        ("小区车棚没有充电的地方，反映过了", "shared"),
        ("我家马桶堵了，能派人修一下吗", "private"),
        ("想要一个轮椅", "private"),
        ("几点来水", "none"),
        ("早上好", "none"),
    ],
)
def test_whose_affair_it_is(said: str, whose: str) -> None:
    assert RULES.sort(said).three_way == whose


def test_the_reasons_are_words_of_the_message() -> None:
    found = RULES.sort("樓道的燈壞了三天了，一直沒人修")
    assert found.kind == "request"
    assert {"楼道", "坏了"} <= set(found.why)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("the elevator is broken again", "request"),
        ("where can I park?", "question"),
        ("hello", "chat"),
        ("I suggest a book corner", "idea"),
    ],
)
def test_english_is_sorted_too(said: str, kind: str) -> None:
    assert RULES.sort(said).kind == kind


def test_a_proposal_is_told_in_the_contract_s_words() -> None:
    assert sorting.spoken(RULES.sort("楼道的灯坏了"), NAMES) == {
        "kind": "诉求",
        "kind_top3": ["诉求", "咨询", "微心愿"],
        "category": "生产生活",
        "category_top2": ["生产生活", "其他"],
        "urgency": "一般",
        "three_way": "小事",
        "why": ["楼道", "灯", "坏了"],
    }


@given(st.text(max_size=200))
def test_any_text_is_sorted_without_a_fault(said: str) -> None:
    found = RULES.sort(said)
    assert len(set(found.kind_top3)) == 3
    assert len(set(found.category_top2)) == 2
    assert {found.kind, found.category, found.urgency, found.three_way} <= set(NAMES)
