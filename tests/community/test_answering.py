"""What is asked of the community itself is known at once; what is asked of somebody else is not taken for it."""

from __future__ import annotations

import pytest

from community.answering import of_us

OURS = {
    "phone": [
        "电话多少",
        "你们电话多少？",
        "社区电话",
        "社区的电话号码是多少啊",
        "请问居委会联系电话是多少",
        "怎么联系你们",
        "phone number?",
    ],
    "hours": ["几点上班", "你们几点下班呀", "社区周六几点开门", "上班时间", "办公时间是几点", "周末上班吗", "明天有人吗", "office hours"],
    "address": ["地址在哪", "你们地址", "社区在哪里", "居委会怎么走？", "服务中心在什么地方", "地址是什么", "your address"],
}
OTHERS = [
    "物业电话多少",
    "网格员几点上班",
    "派出所在哪",
    "电话坏了",
    "快递地址写错了",
    "在哪",
    "医院地址",
    "几点停水",
    "社区的井盖在哪丢的",
    "打电话没人接",
]


@pytest.mark.parametrize(("asked", "said"), [(asked, said) for asked, all_ in OURS.items() for said in all_])
def test_asked_of_us(asked: str, said: str) -> None:
    assert of_us(said) == asked


@pytest.mark.parametrize("said", OTHERS)
def test_asked_of_others(said: str) -> None:
    assert of_us(said) == ""
