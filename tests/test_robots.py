"""Groups that have a robot: bound by the configuration, told of polls with a link, and left when the configuration no longer names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import robots
from bot.config import Config, make
from bot.posting import as_links
from channels.tencent.parts import JOINER
from channels.wecom_robot import Robots, Settings
from dialogue.words import Link, Option
from storage import doors
from storage.database import Tx
from tests.fakes.wecom_robot import FakeRobots
from tests.house import Hall

BUILDING = "幸福里/3号楼"


def bound(tx: Tx) -> dict[str, str]:
    return {group.address: group.area for group in doors.groups_on(tx, "wecom_robot")}


async def test_the_configuration_binds_and_leaves(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    hall = await Hall.open(database_url)
    try:
        await hall.database.transaction(robots.bind, [BUILDING, "", "幸福里/99号楼"], hall.now)
        first = await hall.database.read(bound)
        assert first == {"幸福里>3号楼": "a3", "": "community"}
        assert "幸福里/99号楼" in capsys.readouterr().out
        ids = {g.id for g in await hall.database.read(doors.groups_on, "wecom_robot")}
        await hall.database.transaction(robots.bind, [BUILDING, ""], hall.now)
        assert {g.id for g in await hall.database.read(doors.groups_on, "wecom_robot")} == ids  # a second start changes nothing
        await hall.database.transaction(robots.bind, [""], hall.now)
        assert await hall.database.read(bound) == {"": "community"}
        await hall.database.transaction(robots.bind, [BUILDING], hall.now)
        assert await hall.database.read(bound) == {"幸福里>3号楼": "a3"}
        assert await hall.database.read(robots.unplaced, [BUILDING, "", "幸福里/99号楼"]) == ["幸福里/99号楼"]
    finally:
        await hall.close()


def test_switched_off_no_place_has_a_robot() -> None:
    def config(enabled: bool) -> Config:
        return make({"channels": {"wecom_robot": {"enabled": enabled, "keys": {BUILDING: "k"}}}}, Path(), {})

    assert robots.paths(config(True)) == (BUILDING,)
    assert robots.paths(config(False)) == ()


async def test_a_poll_stands_in_the_group_with_its_link(database_url: str) -> None:
    hall, fake = await Hall.open(database_url), FakeRobots()
    await fake.start()
    fake.add("k3")
    channel = Robots(Settings({BUILDING: "k3"}, fake.base))
    hall.voice.can["wecom_robot"] = channel.can  # type: ignore[index]
    hall.deliver.channels["wecom_robot"] = channel  # type: ignore[index]
    try:
        await hall.known()
        await hall.database.transaction(robots.bind, [BUILDING], hall.now)
        await hall.says("老李", "发起投票 自行车棚建在哪里\n东门\n西门\n截止 周日20:00")
        await hall.taps("老李", "发布")
        (post,) = fake.groups["k3"]
        content = post["markdown"]["content"].replace(JOINER, "")
        assert content.startswith("【投票1号·征求意见】自行车棚建在哪里")
        assert "1. 东门\n2. 西门" in content
        assert content.rpartition("[去投票](")[2].startswith("http") and "/g/" in content
    finally:
        await channel.stop()
        await fake.stop()
        await hall.close()


def test_in_a_group_that_is_not_heard_only_ways_to_a_page_are_left() -> None:
    board = Link("board", "polls/3")
    options = (
        Option("vote 3", key="polls.button_vote"),
        Option("vote 3", key="polls.button_again"),
        Option("vote 3 2", key="polls.choice"),
        Option("notices 3", key="notices.button_read"),
        Option("object notices 3", key="notices.button_object"),
        Option(key="polls.button_board", link=board),
        Option("menu", key="menu.button"),
    )
    found = as_links(options)
    assert [(o.key, o.link) for o in found] == [
        ("polls.button_vote", Link("door", "polls/3")),
        ("notices.button_read", Link("door", "notices/3")),
        ("polls.button_board", board),
    ]
