"""转发 fits into an ordinary WeChat group: at most 150 signs, the link, and a picture that opens the same page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from pictures import codes
from tests.house import Hall, Heard

LONG = "关于本小区东侧空地与自行车棚夜间照明改造以及充电桩选址事宜征求全体住户意见的说明暨方案选择第二次补充"
OPTIONS = [f"把{gate}旁边的空地划出来建新的自行车棚并且装灯" for gate in "东西南北"]


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    house = await Hall.open(database_url)
    await house.known(large=False)
    yield house
    await house.close()


def fits(heard: Heard) -> str:
    """What is to be put into the group by hand, without its link."""
    link = re.search(r"http\S+/g/\S+", heard.text)
    assert link
    assert heard.picture == codes.png(link[0])
    text = heard.text.replace(link[0], "").strip()
    assert len(text) <= 150, (len(text), text)
    assert heard.buttons[0].text == "已转发"
    return text


async def test_a_poll_while_open_and_its_result(hall: Hall) -> None:
    await hall.says("老李", f"发起投票 {LONG}\n" + "\n".join(OPTIONS))
    await hall.taps("老李", "发布")
    await hall.says("老李", "转发 投票1")
    assert "点开就能投" in fits(hall.hears("老李")[-1])
    await hall.says("老李", "接龙\n" + "\n".join(f"{n}. 3-{n % 2 + 1}-{n // 2 + 1}01 {n % 4 + 1}" for n in range(12)))
    await hall.taps("老李", "录入12户")
    await hall.moves_to(hall.now + timedelta(days=8))
    await hall.says("老李", "转发 投票1")
    assert "投了12户" in fits(hall.hears("老李")[-1])


async def test_a_questionnaire_and_its_results(hall: Hall) -> None:
    await hall.workbook("小王", "车棚.xlsx")
    await hall.says("小王", "发布问卷 1 3号楼")
    for word in ("发布", None, "现在截止", "公布结果"):
        if word == "现在截止":
            await hall.says("小王", "发布问卷 1")
            await hall.taps("小王", "现在截止")
            await hall.taps("小王", "确定截止")
        elif word:
            await hall.taps("小王", word)
        await hall.says("小王", "转发 问卷1")
        assert "车棚建在哪个门" in fits(hall.hears("小王")[-1])


async def test_a_notice(hall: Hall) -> None:
    await hall.says("小王", f"发布公示 {LONG}\n正文在这里。\n类别 居务\n落款 幸福里社区居委会\n电话 0566-1234567")
    await hall.taps("小王", "发布")
    await hall.says("小王", "转发 公示1")
    assert "公示到" in fits(hall.hears("小王")[-1])
    await hall.taps("小王", "已转发")
    assert "转发" in hall.hears("小王")[-1].text


def test_the_picture_is_large_enough_and_always_the_same() -> None:
    picture = codes.png("http://127.0.0.1:8080/c/xingfuli/g/abcdefghijkl")
    width = int.from_bytes(picture[16:20], "big")
    assert picture.startswith(b"\x89PNG")
    assert 300 <= width <= 450
    assert picture == codes.png("http://127.0.0.1:8080/c/xingfuli/g/abcdefghijkl")
