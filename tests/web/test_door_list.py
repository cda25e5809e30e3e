"""上门名单 at the desk: the homes nothing reached, for the 楼栋长 and the staff of that place, without a name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from community.dispatches import DispatchId, DispatchOrdered
from dialogue.words import Purpose, ResidentId, Role, Say, ToAudience
from storage import dispatches, door_list, outbox, residents
from storage.database import Tx
from tests.crowd import line
from tests.house import Hall
from tests.web.serving import opened, seen, served
from tests.web.test_console import enter

HOMES = 24
D = "d1"


def order(tx: Tx, hall: Hall, purpose: Purpose = Purpose.NEWS) -> None:
    """发送1号 to 3号楼: 张阿姨 and 王女士 were told, 陈先生 only by a knock, 李叔 is gone, 老李 has not written yet."""
    say = Say("dispatches.news", {"text": "周三停水"}, to=ToAudience("a3"), purpose=purpose)
    dispatches.record_ordered(tx, 1, DispatchOrdered(DispatchId(D), 1, say, "a3", 5, ResidentId("c-5"), hall.now))
    states = {"c-0": ("sent", ""), "c-1": ("by_door", "window"), "c-2": ("gone", "blocked"), "c-3": ("held", "window"), "c-4": ("sent", "")}
    for contact, (state, reason) in states.items():
        row = {"to": contact, "resident_id": contact, "purpose": purpose.value, "state": state, "reason": reason}
        line(tx, "通知", hall.now, dispatch_id=D, lane=outbox.BULK, **row)


def listed(tx: Tx, hall: Hall, path: str = "幸福里/3号楼") -> list[tuple[str, str, int]]:
    return [(k.home.removeprefix("幸福里/3号楼/"), k.why, k.people) for k in door_list.listed(tx, 1, path, hall.now) if k.why != "nobody"]


async def test_who_is_on_the_list_and_from_when(database_url: str) -> None:
    hall = await Hall.open(database_url)
    await hall.known()
    await hall.database.transaction(order, hall)
    at_once = [("1单元/201", "gone", 1), ("2单元/502", "by_door", 1)]
    assert await hall.database.read(listed, hall) == at_once
    nobody = [k for k in await hall.database.read(door_list.listed, 1, "", hall.now) if k.why == "nobody"]
    assert len(nobody) == HOMES - 4, "four homes have somebody who can be reached"
    hall.now += timedelta(hours=48)
    assert await hall.database.read(listed, hall) == [("1单元/101", "held", 1), *at_once]
    assert await hall.database.read(listed, hall, "幸福里/4号楼") == []
    hall.now += timedelta(days=28)
    assert await hall.database.read(listed, hall) == []
    await hall.close()


@pytest.mark.parametrize(("purpose", "there"), [(Purpose.LEGAL, True), (Purpose.RESULT, True), (Purpose.REMINDER, False)])
async def test_nobody_is_sent_to_a_door_with_a_reminder(database_url: str, purpose: Purpose, there: bool) -> None:
    hall = await Hall.open(database_url)
    await hall.known()
    await hall.database.transaction(order, hall, purpose)
    assert bool(await hall.database.read(door_list.listed, 1, "", hall.now)) is there
    await hall.close()


async def test_whom_the_group_told_is_not_knocked_up(database_url: str) -> None:
    hall = await Hall.open(database_url)
    await hall.known()
    await hall.with_group()

    def told(tx: Tx, became: str) -> None:
        line(tx, "通知", hall.now, group_id="g1", purpose="news", state=became)
        tx.execute(outbox.outbox.update().where(outbox.outbox.c.contact_id == "c-3").values(reason="group"))

    await hall.database.transaction(order, hall)
    await hall.database.transaction(told, "refused")
    hall.now += timedelta(hours=49)
    assert ("1单元/101", "held", 1) in await hall.database.read(listed, hall), "the post never came"
    hall.now -= timedelta(hours=49)
    await hall.database.transaction(told, "sent")
    hall.now += timedelta(hours=49)
    assert ("1单元/101", "held", 1) not in await hall.database.read(listed, hall)
    await hall.close()


async def test_the_page_shows_rooms_to_the_buildings_leader_and_names_to_nobody(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await hall.database.transaction(order, hall)
        assert "上门名单" in seen(await enter(hall, client, "老李"))
        page = seen((await opened(client, "/console/lists/doorlist"))[1])
        assert "幸福里3号楼" in page and "2单元502" in page and "上门告知（1人" in page and "发送1号" in page and "周三停水" in page
        assert "家里没有人收得到" in page
        assert not any(name in page for name in ("陈先生", "李叔", "张阿姨", "138"))


async def test_the_leader_of_another_building_sees_none_of_it_and_the_grid_officer_not_the_page(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await hall.database.transaction(order, hall)
        role = Role("leader", "a3-1", "幸福里/3号楼/1单元")
        await hall.database.transaction(lambda tx: residents.record_role(tx, 1, "r-x", "c-4", role, hall.now.date()))
        await enter(hall, client, "王女士")
        page = seen((await opened(client, "/console/lists/doorlist"))[1])
        assert "1单元201" in page and "2单元" not in page
        await client.post("/console/leave")
        await enter(hall, client, "小赵")
        assert (await opened(client, "/console/lists/doorlist"))[0] == 403


async def test_the_staff_see_which_officer_an_alarm_did_not_reach_and_not_what_it_says(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        row = {"to": "c-6", "resident_id": "c-6", "purpose": "emergency", "state": "held", "reason": "window"}
        await hall.database.transaction(lambda tx: line(tx, "家里着火了", hall.now, **row))
        await enter(hall, client, "小王")
        page = seen((await opened(client, "/console/lists/unread"))[1])
        assert "小赵" in page and "请打电话" in page and "着火" not in page
        await client.post("/console/leave")
        await enter(hall, client, "老李")
        assert (await opened(client, "/console/lists/unread"))[0] == 403
