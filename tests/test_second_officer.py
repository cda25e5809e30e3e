"""A 通知 to very many leaves only once a second officer agrees."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from dialogue.words import Role
from storage import communities, contacts, residents
from storage.database import Tx
from tests.house import Hall


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    """The house where four people are many."""
    house = await Hall.open(database_url)
    await house.known(large=False)
    await house.with_group()
    await house.database.transaction(_few)
    yield house
    await house.close()


def _few(tx: Tx) -> None:
    communities.change(tx, 1, replace(communities.community(tx, 1).settings, second_officer_above=4))


async def second(hall: Hall) -> None:
    """李叔 becomes staff too."""

    def begin(tx: Tx) -> None:
        who = contacts.find(tx, "test", "李叔")
        assert who is not None
        resident = contacts.lock(tx, who).speaker.resident
        assert resident is not None
        residents.record_role(tx, 1, "r-second", resident, Role("staff", "community", ""), hall.now.date())

    await hall.database.transaction(begin)


async def sends(hall: Hall, place: str = "3号楼") -> None:
    await hall.says("小王", f"通知 {place} 明天停水")
    await hall.taps("小王", "发送")


def told(hall: Hall, name: str) -> list[str]:
    return [message.text.split("\n")[0] for message in hall.hears(name)]


async def test_it_waits_for_the_second_and_then_leaves_to_people_and_groups(hall: Hall) -> None:
    await second(hall)
    await sends(hall)
    await hall.moves_to(hall.now)
    assert told(hall, "小王")[-1].startswith("发送1号要发给5人，超过4人")
    assert told(hall, "王女士") == [] and told(hall, "3号楼群") == []
    await hall.says("小王", "进度 发送1")
    assert "等另一位工作人员同意" in told(hall, "小王")[-1]
    assert any("请您复核" in text for text in told(hall, "李叔"))
    await hall.taps("李叔", "同意发送")
    await hall.moves_to(hall.now)
    assert told(hall, "王女士") == ["【通知】明天停水"] == told(hall, "3号楼群")
    assert "另一位工作人员同意了" in told(hall, "小王")[-1]
    await hall.taps("李叔", "同意发送")
    assert "收不回来" in told(hall, "李叔")[-1]


async def test_nobody_is_their_own_second(hall: Hall) -> None:
    await second(hall)
    await sends(hall)
    hall.channel.ear("小王").heard.append(hall.channel.ear("李叔").heard[-1])  # the button, passed on
    await hall.taps("小王", "同意发送")
    assert "您自己要发的" in told(hall, "小王")[-1]
    await hall.moves_to(hall.now)
    assert told(hall, "王女士") == []


async def test_a_no_ends_it(hall: Hall) -> None:
    await second(hall)
    await sends(hall)
    await hall.taps("李叔", "不同意")
    await hall.moves_to(hall.now)
    assert "停了它" in told(hall, "小王")[-1]
    assert told(hall, "王女士") == [] and told(hall, "3号楼群") == []


async def test_where_there_is_no_second_it_says_whom_to_ask(hall: Hall) -> None:
    await sends(hall)
    assert "请管理员再请一位" in told(hall, "小王")[-1]
    await second(hall)
    await hall.taps("小王", "发送")
    assert told(hall, "小王")[-1].startswith("发送1号"), "no number was spent on what was refused"


async def test_few_need_no_second(hall: Hall) -> None:
    await sends(hall, "幸福里3号楼2单元")
    await hall.moves_to(hall.now)
    assert told(hall, "王女士") == ["【通知】明天停水"]
