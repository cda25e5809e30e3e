"""The outbox: each row is taken by one worker, in order for its reader; a claim that ended says nothing any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from community.dispatches import Dispatch, DispatchId, DispatchState
from dialogue.words import Purpose, Say
from storage import communities, held, outbox
from storage.database import Database, Tx
from storage.outbox import BULK, REPLIES, Delivery
from tests.crowd import crowd, line, texts
from tests.house import MONDAY

LEASE = timedelta(seconds=60)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with one community."""
    kept = Database(database_url, "test " * 8)
    await kept.transaction(communities.add, "幸福里社区", slug="xfl")
    yield kept
    await kept.close()


async def claim(database: Database, now: datetime = MONDAY, most: int = 10, lane: int = BULK) -> list[Delivery]:
    return await database.transaction(outbox.claim, now, ("test",), most, LEASE, lane)


async def say(database: Database, text: str, **row: Any) -> None:
    await database.transaction(line, text, MONDAY, **row)


async def states(database: Database) -> list[tuple[str, int]]:
    query = select(outbox.outbox.c.state, outbox.outbox.c.tries).order_by(outbox.outbox.c.id)
    return [(row.state, row.tries) for row in await database.read(lambda tx: tx.all(query))]


async def test_six_workers_take_no_row_twice(database: Database, database_url: str) -> None:
    def fill(tx: Tx) -> None:
        for who in crowd(tx, 200, MONDAY):
            line(tx, who, MONDAY, to=f"c{who}")

    await database.transaction(fill)
    workers = [Database(database_url, "test " * 8) for _ in range(6)]

    async def work(worker: Database) -> list[str]:
        taken: list[str] = []
        while rows := await claim(worker, most=7):
            taken += texts(rows)
        return taken

    try:
        found = await asyncio.gather(*(work(worker) for worker in workers))
        found.append(await work(database))  # what another had locked at that instant
    finally:
        for worker in workers:
            await worker.close()
    taken = [text for one in found for text in one]
    assert len(taken) == len(set(taken)) == 200


async def test_replies_go_before_bulk(database: Database) -> None:
    await say(database, "通知", to="c1", lane=BULK)
    await say(database, "回答", to="c2")
    assert texts(await claim(database, most=1)) == ["回答"]
    assert texts(await claim(database, lane=REPLIES)) == []
    assert texts(await claim(database)) == ["通知"]


async def test_one_readers_messages_are_sent_one_after_the_other(database: Database) -> None:
    for text in ("一", "二", "三"):
        await say(database, text, to="c1")
    await say(database, "别人的", to="c2")
    first = await claim(database)
    assert texts(first) == ["一", "别人的"]
    assert await claim(database) == [], "the second may not overtake the first"
    await database.transaction(_sent, first[0])
    assert texts(await claim(database)) == ["二"]


async def test_workers_at_the_same_instant_do_not_overtake_each_other(database: Database) -> None:
    for text in ("一", "二", "三", "四"):
        await say(database, text, group_id="g1")
    taken = await asyncio.gather(*(claim(database, most=1) for _ in range(6)))
    assert sorted(texts([row for rows in taken for row in rows])) == ["一"]


async def test_what_waits_for_a_later_moment_holds_up_nothing(database: Database) -> None:
    await say(database, "明早", to="c1", not_before=MONDAY + timedelta(hours=9))
    await say(database, "现在", to="c1")
    assert texts(await claim(database)) == ["现在"]
    assert texts(await claim(database, MONDAY + timedelta(hours=9))) == ["明早"]


async def test_a_dead_workers_claim_returns_when_its_lease_ends(database: Database) -> None:
    await say(database, "一", to="c1")
    (dead,) = await claim(database)
    assert await claim(database, MONDAY + LEASE) == []
    (again,) = await claim(database, MONDAY + LEASE + timedelta(seconds=1))
    assert (again.id, again.tries) == (dead.id, 2)


async def test_a_claim_that_ended_changes_nothing_any_more(database: Database) -> None:
    """The worker was slow, another has it: neither its yes nor its failure may touch the row."""
    await say(database, "一", to="c1")
    (slow,) = await claim(database)
    (quick,) = await claim(database, MONDAY + LEASE + timedelta(seconds=1))
    assert slow.claimed_until is not None and quick.claimed_until is not None
    assert not await database.transaction(outbox.finish, slow.id, slow.claimed_until, "refused")
    assert not await database.transaction(outbox.later, slow.id, slow.claimed_until, MONDAY)
    await database.transaction(_sent, quick)
    assert not await database.transaction(outbox.later, slow.id, slow.claimed_until, MONDAY)
    assert await states(database) == [("sent", 2)]


async def test_put_off_without_having_been_tried_does_not_count(database: Database) -> None:
    await say(database, "一", to="c1")
    (row,) = await claim(database)
    assert row.claimed_until is not None
    assert await database.transaction(outbox.later, row.id, row.claimed_until, MONDAY, counts=False)
    assert await states(database) == [("queued", 0)]
    (row,) = await claim(database)
    assert row.claimed_until is not None
    assert await database.transaction(outbox.later, row.id, row.claimed_until, MONDAY)
    assert await states(database) == [("queued", 1)]


async def test_the_same_thing_said_once_is_one_row(database: Database) -> None:
    for _ in range(2):
        await say(database, "结果", to="c1", once="over-3:c1")
    assert len(await states(database)) == 1


async def test_stopping_an_order_leaves_what_is_on_its_way_and_what_is_not_its_own(database: Database) -> None:
    for number in range(3):
        await say(database, "通知", to=f"c{number}", lane=BULK, dispatch_id="d1")
    await say(database, "别的", to="c9", lane=BULK, dispatch_id="d2")
    await claim(database, most=1)
    assert await database.transaction(outbox.stop, 1, "d1") == 2
    assert [state for state, _ in await states(database)] == ["sending", "stopped", "stopped", "queued"]
    order = Dispatch(DispatchId("d1"), 1, Say("dispatches.news", purpose=Purpose.NEWS), "", 3, DispatchState.STOPPED, None, MONDAY)
    assert await database.read(held.progress, 1, order) == {"sending": 1, "stopped": 2, "owner": 0}
    assert await database.read(outbox.waiting_of, 1) == {"d1": 1, "d2": 1}


def _sent(tx: Tx, row: Delivery) -> None:
    assert row.claimed_until is not None
    assert outbox.finish(tx, row.id, row.claimed_until, "sent", at=MONDAY, platform="7")
