"""One questionnaire, every door: what a resident answers is kept byte for byte the same, wherever she answers it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.cli import surveys
from storage import keys, responses
from storage.database import Tx
from tests import on_aibot, on_kf, on_telegram, on_wechat, on_wecom
from tests.fakes.openws import FakeOpenWs
from tests.fakes.qyapi import FakeQyapi
from tests.fakes.telegram import FakeTelegram
from tests.fakes.weixin import FakeWeixin
from tests.house import Hall

WORKBOOK = Path(__file__).parent.parent / "demo" / "满意度问卷.xlsx"
WHERE = {"area": "幸福里/3号楼", "closes": "", "community": ""}
SAID = ("问卷 1", "好", "满意", "３口人", "上一题", "三", "没有", "89.5", "跳过", "1、3", "请把路灯修一修 🙂", "提交")

Says = Callable[[str], Awaitable[str]]
Door = Callable[[str], AbstractAsyncContextManager[tuple[Any, Says]]]


@asynccontextmanager
async def hall(database_url: str) -> AsyncIterator[tuple[Any, Says]]:
    """The bare house, with a channel that only knows buttons."""
    house = await Hall.open(database_url)
    await house.known(large=False)

    async def says(text: str) -> str:
        await house.says("王女士", text)
        return "\n".join(heard.text for heard in house.hears("王女士"))

    yield house, says
    await house.close()


def town(module: Any, platform: Callable[[], Any]) -> Door:
    """The whole programme with that one door, and a platform of our own behind it."""

    @asynccontextmanager
    async def opened(database_url: str) -> AsyncIterator[tuple[Any, Says]]:
        fake = platform()
        await fake.start()
        town = await module.Town.open(database_url, fake)
        try:
            wang = await town.settles_in("王女士", "resident", "2单元/301", "owner")
            yield town.programme, lambda text: town.says(wang, text)
        finally:
            await town.close()
            await fake.stop()

    return opened


DOORS: dict[str, Door] = {
    "hall": hall,
    "telegram": town(on_telegram, FakeTelegram),
    "wechat": town(on_wechat, FakeWeixin),
    "wechat_kf": town(on_kf, FakeQyapi),
    "wecom": town(on_wecom, FakeQyapi),
    "wecom_aibot": town(on_aibot, FakeOpenWs),
}


KEPT = (
    '{"/data/start":"-","/data/today":"2026-11-23","/data/read":"OK","/data/overall":"good","/data/home/people":"3",'
    '"/data/home/old":"0","/data/home/area":"89.5","/data/young":"3","/data/wishes":"lift parking","/data/idea":"请把路灯修一修 🙂"}'
)


def kept(tx: Tx) -> list[str]:
    """The answers as they stand in the database, unsealed; only the second at which somebody began is each one's own."""
    stored = [keys.read(tx, row.answers) for row in tx.all(select(responses.responses.c.answers))]
    return [re.sub(r'(?<="/data/start":")[^"]+', "-", answers) for answers in stored]


@pytest.mark.parametrize("door", DOORS)
async def test_the_same_words_at_every_door_are_kept_alike(door: str, database_url: str) -> None:
    async with DOORS[door](database_url) as (house, says):
        assert await surveys.publish(house.database, house.config, WORKBOOK, WHERE) == 0
        heard = [await says(text) for text in SAID]
        assert "谢谢" in heard[-1], heard
        assert await house.database.read(kept) == [KEPT]
