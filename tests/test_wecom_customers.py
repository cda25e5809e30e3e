"""A building whose group is a 客户群: the house prepares, its owner taps, the group hears of it; and `mulin wecom` about such groups."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import select

from bot.cli import customers as cli
from channels.wecom.owners import Owners
from dialogue.words import Refused
from pictures import codes
from storage import doors, outbox
from storage.database import Tx
from tests import servers
from tests.fakes.qyapi import FakeQyapi
from tests.fakes.qyapi_customers import Customers, Group
from tests.fakes.qyapi_messages import Member
from tests.house import MONDAY
from tests.on_wecom import Town
from tests.town import PATIENCE

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of this November, local time."""
    return datetime(2026, 11, day, hour, minute, tzinfo=MONDAY.tzinfo)


@pytest.fixture
async def fake() -> AsyncIterator[FakeQyapi]:
    qyapi = FakeQyapi()
    await qyapi.start()
    yield qyapi
    await qyapi.stop()


@dataclass
class Scene:
    """3号楼: 老李 is its 楼栋长 and began the group; 小王 is the community's."""

    town: Town
    customers: Customers
    li: Member
    wang: Member
    group: Group

    async def passes(self, time: timedelta) -> None:
        """Time goes by; every minute of it somebody looks what owners did."""
        then = self.town.now + time
        while self.town.now < then:
            await self.town.moves_to(min(then, self.town.now + 10 * MINUTE))
            await self.owners.look(self.town.programme.intake.take)

    @property
    def owners(self) -> Owners:
        assert self.town.door.customers
        return self.town.door.customers.owners

    async def command(self, name: str, *words: object) -> int:
        """`mulin wecom …`"""
        made: int = await getattr(cli, name)(self.town.programme.database, self.town.programme.config, "", *words)
        return made


@pytest.fixture
async def scene(database_url: str, fake: FakeQyapi) -> AsyncIterator[Scene]:
    town = await Town.open(database_url, fake)
    customers = Customers(town.messages, town.app)
    fake.mount(customers)
    li = await town.settles_in("老李", "leader", "幸福里/3号楼")
    wang = await town.settles_in("小王", "staff")
    group = customers.group("3号楼邻居群", li, "张阿姨", "陈先生")
    yield Scene(town, customers, li, wang, group)
    await town.close()


async def test_a_poll_waits_for_the_owner_of_the_group(scene: Scene) -> None:
    """The leader sees 等待群主发送, taps, the group hears of it; the result of the same day joins the next post."""
    town, li, group = scene.town, scene.li, scene.group
    assert await scene.command("bind", group.id, "3号楼") == 0
    await town.says(li, "发起投票 楼道要不要加装扶手\n要装\n不用装\n截止 周二10:00\n公开 实名")
    assert "1个群" in li.seen[-1].text or "1个群" in li.seen[-2].text
    await town.taps(li, "发布")
    await town.moves_to(MINUTE)
    assert group.seen == [], "nothing is sent without a hand"
    assert sum("“3号楼邻居群”有消息等您发送" in shown.text for shown in li.seen) == 1
    assert "1个群等待群主发送" in await town.says(li, "进度 发送1")

    await town.moves_to(on(23, 12))
    scene.customers.taps(li)
    await scene.passes(HOUR)
    assert len(group.seen) == 1 and "投票1号" in group.seen[0] and re.search(r"去投票：http://\S+/g/", group.seen[0])
    assert "等待群主发送" not in await town.says(li, "进度 发送1")

    await town.moves_to(on(24, 10, 1))
    assert scene.customers.before(li) == [], "the group had its message of the day"
    await town.says(scene.wang, "通知 3号楼 明天上午停水，请提前接水")
    await town.taps(scene.wang, "发送")
    await town.moves_to(on(24, 12, 30))
    together = scene.customers.before(li)
    assert len(together) == 1 and "投票1号" in together[0] and "停水" in together[0]
    assert sum("有消息等您发送" in shown.text for shown in li.seen) == 2, "asked once for each day"
    scene.customers.taps(li)
    await scene.passes(HOUR)
    assert len(group.seen) == 2 and "不算正式决定" in group.seen[1] and "停水" in group.seen[1]
    assert "1个群等待群主发送" not in await town.says(scene.wang, "进度 发送2")
    assert scene.town.fake.refused == []


async def test_an_owner_who_forgets_for_a_week(scene: Scene) -> None:
    """Reminded once after a day; then the post is taken back, and the officers see that it was not sent."""
    town, li, group = scene.town, scene.li, scene.group
    assert await scene.command("bind", group.id, "3号楼") == 0
    await town.says(scene.wang, "通知 3号楼 明天上午停水，请提前接水")
    await town.taps(scene.wang, "发送")
    await town.moves_to(MINUTE)
    assert "有消息等您发送" in await town.hears(li)
    await town.moves_to(on(24, 11))
    await scene.owners.look(town.programme.intake.take)
    assert "还等您发送" in await town.hears(li)
    await town.moves_to(on(30, 12))
    await scene.owners.look(town.programme.intake.take)
    assert await town.hears(li) == "" and scene.customers.before(li) == [] and group.seen == []
    assert await town.programme.database.read(states) == [("refused", "群主七天没有点发送，已经撤下")]


async def test_words_that_were_wrong_are_taken_back_from_the_owner(scene: Scene) -> None:
    """停止发送 while they lie there: what waited beside them is laid before the owner anew, by itself."""
    town, li, group = scene.town, scene.li, scene.group
    assert await scene.command("bind", group.id, "3号楼") == 0
    for words in ("明天上午停水", "说错了的话"):
        await town.says(scene.wang, f"通知 3号楼 {words}")
        await town.taps(scene.wang, "发送")
        await town.moves_to(MINUTE)
    assert ["说错了" in text and "停水" in text for text in scene.customers.before(li)] == [True]
    assert "已停止" in await town.says(scene.wang, "停止发送 2")
    await scene.owners.look(town.programme.intake.take)
    await town.moves_to(HOUR)
    assert ["说错了" in text for text in scene.customers.before(li)] == [False]
    scene.customers.taps(li)
    assert len(group.seen) == 1 and "停水" in group.seen[0]
    await scene.passes(HOUR)
    assert sorted(await town.programme.database.read(states)) == [("sent", ""), ("stopped", "stopped")]


async def test_a_dissolved_group_is_posted_to_no_more(scene: Scene) -> None:
    town, group = scene.town, scene.group
    assert await scene.command("bind", group.id, "3号楼") == 0
    group.dismissed = True
    assert (await scene.customers.happens(group, "dismiss")).status == 200
    async with asyncio.timeout(PATIENCE):
        while await town.programme.database.read(doors.group_at, "wecom", f"customers:{group.id}"):
            await asyncio.sleep(0.002)
    shown = await town.says(scene.wang, "通知 3号楼 明天上午停水，请提前接水")
    assert "群1个" not in shown


def states(tx: Tx) -> list[tuple[str, str]]:
    """What became of the posts in groups."""
    rows = outbox.outbox.c
    return [(row.state, row.reason) for row in tx.all(select(rows.state, rows.reason).where(rows.group_id.is_not(None)))]


# --- the command line ---------------------------------------------------------------------------------------------------


async def test_groups_are_listed_with_the_place_their_name_names(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.customers.group("跳舞群", scene.wang)
    assert await scene.command("groups") == 0
    shown = capsys.readouterr().out
    assert f"{scene.group.id}  3号楼邻居群  群主 LaoLi  3人" in shown
    assert f"像是幸福里/3号楼。对的话：mulin wecom bind {scene.group.id} 幸福里/3号楼" in shown
    assert "跳舞群  群主 XiaoWang  1人" in shown and "还没绑定" in shown
    assert await scene.command("bind", scene.group.id, "3号楼") == 0
    assert await scene.command("groups") == 0
    assert "已绑定：幸福里/3号楼" in capsys.readouterr().out


async def test_what_cannot_be_bound_is_said_in_one_sentence(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    assert await scene.command("bind", "wrNothing", "3号楼") == 1
    assert "没有“wrNothing”这个客户群" in capsys.readouterr().err
    with pytest.raises(Refused, match="no_area"):
        await scene.command("bind", scene.group.id, "9号楼")
    scene.customers.allowed = False
    with pytest.raises(Refused, match="customers_refused"):
        await scene.command("groups")


async def test_neighbours_join_by_a_qr_that_stays_the_same(scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await scene.command("joinqr", cli.Order("3号楼")) == 1
    assert "还没有绑定客户群" in capsys.readouterr().err
    assert await scene.command("bind", scene.group.id, "3号楼") == 0
    capsys.readouterr()
    async with a_picture() as base:
        scene.customers.pictures = base
        assert await scene.command("joinqr", cli.Order("3号楼", tmp_path / "lift.pdf")) == 0
        first = capsys.readouterr().out
        assert first.startswith(base) and (tmp_path / "lift.pdf").read_bytes().startswith(b"%PDF")
        assert await scene.command("joinqr", cli.Order("幸福里/3号楼")) == 0
        assert capsys.readouterr().out == first
    way = next(iter(scene.customers.ways.values()))
    assert (way["room_base_name"], way["auto_create_room"], way["chat_id_list"]) == ("3号楼邻居群", 1, [scene.group.id])
    assert way["state"], "who came by it is known to have come to this building"
    scene.customers.ways.clear()  # somebody deleted it in the back office
    assert await scene.command("joinqr", cli.Order("3号楼")) == 0
    with pytest.raises(Refused, match="no_picture"):
        await scene.command("joinqr", cli.Order("3号楼", tmp_path / "lift.pdf"))


@asynccontextmanager
async def a_picture() -> AsyncIterator[str]:
    """Where Tencent keeps its pictures."""

    async def picture(request: web.Request) -> web.Response:
        return web.Response(body=codes.png("https://work.weixin.qq.com/gm/x"), content_type="image/png")

    app = web.Application()
    app.router.add_get("/{name}", picture)
    runner, port = web.AppRunner(app), servers.free_port()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
