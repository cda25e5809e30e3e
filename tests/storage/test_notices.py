"""公示 as they are kept: neighbours who object at the same instant are all counted, also while it ends; what may be forgotten is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import turn
from community.notices import Notice, NoticeState
from dialogue.words import Inbound
from storage import contacts, due, keys, notices, objections, outbox
from storage.database import Tx
from tests.crowd import crowd
from tests.house import Hall

TYPED = "发布公示 楼道维修公示\n换了六盏灯。\n范围 3号楼\n期限 7天"


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    """The house with everybody at home, and 公示1号 up in 3号楼."""
    house = await Hall.open(database_url)
    await house.known(large=False)
    await house.with_group()
    await house.says("小王", TYPED)
    await house.taps("小王", "发布")
    yield house
    await house.close()


async def notice(hall: Hall) -> Notice:
    found = await hall.database.read(notices.by_number, 1, 1)
    assert found is not None
    return found


async def object_(hall: Hall, who: str) -> None:
    """Through the bare turn: only the database's locks stand between two neighbours."""
    said = Inbound(channel="test", external_id=who, address=f"{who}@test", text=f"异议 公示1 {who}不同意", id=f"o{who}", at=hall.now)
    await hall.database.transaction(turn.take, hall.house, said)


async def test_neighbours_who_object_at_the_same_instant_are_all_counted(hall: Hall) -> None:
    crowd_ = await hall.database.transaction(crowd, 12, hall.now)
    await asyncio.gather(*(object_(hall, who) for who in crowd_))
    against = await hall.database.read(objections.of_subject, 1, "notices", (await notice(hall)).id)
    assert sorted(o.number for o in against) == list(range(1, 13))
    assert ((await notice(hall)).objections, (await notice(hall)).state) == (12, NoticeState.OBJECTED)


async def test_objections_that_meet_its_end_are_counted_or_refused(hall: Hall) -> None:
    crowd_ = await hall.database.transaction(crowd, 12, hall.now)
    hall.now = (await notice(hall)).ends_at - timedelta(seconds=1)
    said = [object_(hall, who) for who in crowd_]
    hall.clock.now = lambda: hall.now + timedelta(seconds=1)
    await asyncio.gather(*said[:6], hall.clock.catch_up(), *said[6:])
    ended = await notice(hall)
    against = await hall.database.read(objections.of_subject, 1, "notices", ended.id)
    assert ended.state is NoticeState.ENDED
    assert ended.objections == len(against)
    posted = select(outbox.outbox).where(outbox.outbox.c.group_id == "g1").order_by(outbox.outbox.c.id.desc())

    def words(tx: Tx) -> str:
        data = keys.unseal_for(tx, tx.all(posted)[0].words)
        return (data or b"").decode()

    said_at_the_end = await hall.database.read(words)
    assert (f"收到异议{len(against)}条" if against else "没有收到异议") in said_at_the_end


async def test_its_end_comes_by_the_clock_once(hall: Hall) -> None:
    up = await notice(hall)
    row = await hall.database.read(lambda tx: tx.one(select(due.due).where(due.due.c.name == notices.ENDS)))
    assert row is not None and (row.subject, row.at) == (up.id, up.ends_at)
    await hall.moves_to(up.ends_at)
    assert (await notice(hall)).state is NoticeState.ENDED
    assert await hall.clock.catch_up() == 0


async def test_a_forgotten_author_takes_the_question_along_and_leaves_the_objection_to_the_law(hall: Hall) -> None:
    await hall.says("王女士", "提问 公示1 谁装的？")
    await hall.says("小王", "答复 异议")
    await hall.taps("小王", "答复提问1号")
    await hall.says("小王", "物业装的。")
    await hall.says("王女士", "异议 公示1 我家门口没换")
    up = await notice(hall)
    (asked,) = await hall.database.read(objections.asked, 1, "notices", up.id)
    assert (asked.question, asked.answers) == ("谁装的？", ("物业装的。",))

    def forget(tx: Tx) -> None:
        who = contacts.find(tx, "test", "王女士")
        assert who is not None
        keys.destroy(tx, contacts.lock(tx, who).speaker.person)

    await hall.database.transaction(forget)
    assert await hall.database.read(objections.asked, 1, "notices", up.id) == []
    (kept,) = await hall.database.read(objections.of_subject, 1, "notices", up.id)
    assert kept.text == "我家门口没换"


async def test_a_preview_that_lay_until_tomorrow_is_reckoned_from_tomorrow(hall: Hall) -> None:
    await hall.says("小王", TYPED.replace("维修", "清洗"))
    hall.now += timedelta(days=2)
    await hall.taps("小王", "发布")
    second = await hall.database.read(notices.by_number, 1, 2)
    assert second is not None
    assert second.ends_on == (await notice(hall)).ends_on + timedelta(days=2)


async def test_two_officers_get_two_numbers(hall: Hall) -> None:
    await hall.says("小王", TYPED.replace("维修", "清洗"))
    await hall.taps("小王", "发布")
    listed = await hall.database.read(notices.listed, 1)
    assert [one.number for one in listed] == [2, 1]
    assert await hall.database.read(notices.public, 1) == [], "below the community nothing is on the web unless staff say so"
    assert replace(listed[0], number=1).path == listed[1].path
