"""What the six steps of the hall have in common, whichever door they are taken through."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp

from tests.house import MONDAY

WORKBOOK = Path(__file__).parent.parent / "demo" / "满意度问卷.xlsx"
A_MOMENT = timedelta(minutes=1)


def on(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """A moment of this winter, local time."""
    return datetime(2026, month, day, hour, minute, tzinfo=MONDAY.tzinfo)


def ordered(said: str) -> str:
    """The number of what was ordered."""
    found = re.search(r"发送(\d+)号", said)
    assert found, said
    return found[1]


async def finish_on_the_page(url: str, answers: Mapping[str, str]) -> None:
    """The rest of a questionnaire at /f/TOKEN, as a browser without scripts does it."""
    async with aiohttp.ClientSession() as http:
        html = await (await http.get(url)).text()
        while "您看一遍" not in html and 'value="submit"' not in html:
            question = _hidden(html, "question")
            value = answers[question.rpartition("/")[2]]
            form = {"once": _hidden(html, "once"), "question": question, "act": "answer" if value else "skip", "value": value}
            html = await (await http.post(url, data=form)).text()
        html = await (await http.post(url, data={"once": _hidden(html, "once"), "act": "submit"})).text()
    assert "谢谢" in html


def _hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, html
    return unescape(found[1])


async def news_go_out_and_can_be_stopped(town: Any, cast: Any) -> None:
    """6: first how many it reaches, then it goes out with its progress; what waits for the morning can still be stopped."""
    shown = await town.says(cast.staff, "通知 3号楼 明天上午停水，请提前接水")
    assert "群1个" in shown and "上门告知" in shown
    for who in (cast.zhang, cast.shu):
        await town.hears(who)
    number = ordered(await town.taps(cast.staff, "发送"))
    await town.moves_to(A_MOMENT)
    assert "停水" in await town.hears(cast.group)
    assert "停水" in await town.hears(cast.zhang) and "停水" in await town.hears(cast.shu)
    assert "发完了" in await town.says(cast.staff, f"进度 发送{number}")

    await town.moves_to(on(16, 22, month=12))
    await town.says(cast.staff, "通知 3号楼 说错了的话")
    number = ordered(await town.taps(cast.staff, "发送"))
    await town.moves_to(A_MOMENT)
    assert await town.hears(cast.zhang) == "", "at night nobody is woken"
    await town.says(cast.staff, f"停止发送 {number}")
    await town.moves_to(on(17, 8, 1, month=12))
    for chat in (cast.zhang, cast.shu, cast.group):
        assert "说错了" not in await town.hears(chat), "what was stopped wakes nobody the next morning"
