"""An order to send reaches everybody once: after a power cut, with two spreaders racing, and nobody who said no."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot import speaking, spread
from community.dispatches import DispatchId, DispatchOrdered, DispatchPaused, DispatchResumed, DispatchState, DispatchStopped
from dialogue.words import Purpose, ResidentId, Say, ToAudience
from storage import contacts, dispatches, outbox
from storage.database import Database, Tx
from tests.crowd import crowd
from tests.house import ZONE, Hall

WANG = ResidentId("小王")
NEWS = Say("dispatches.news", {"text": "周三停水"}, to=ToAudience("a3"), purpose=Purpose.NEWS)


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    """The house, with nobody in it yet."""
    house = await Hall.open(database_url)
    yield house
    await house.close()


async def ordered(hall: Hall, many: int, **chat: Any) -> None:
    """So many residents of 3号楼, and an order to tell them something."""

    def begin(tx: Tx) -> None:
        crowd(tx, many, hall.now, **chat)
        dispatches.record_ordered(tx, 1, DispatchOrdered(DispatchId("d1"), 1, NEWS, "a3", many, WANG, hall.now))

    await hall.database.transaction(begin)


async def batch(hall: Hall, database: Database | None = None) -> int | None:
    return await (database or hall.database).transaction(spread.batch, hall.voice, hall.now)


async def to_the_end(hall: Hall, database: Database) -> int:
    """Spread until nothing is left to be taken; how many batches that were."""
    batches = 0
    while await batch(hall, database) is not None:
        batches += 1
    return batches


async def rows(hall: Hall) -> list[Any]:
    return list(await hall.database.read(lambda tx: tx.all(select(outbox.outbox).order_by(outbox.outbox.c.id))))


async def state(hall: Hall) -> DispatchState:
    return await hall.database.read(lambda tx: dispatches.state_of(tx, 1, "d1"))


class PowerCut(Exception):
    """The machine goes off in the middle of a batch."""


async def test_a_power_cut_after_three_hundred_goes_on_to_exactly_a_thousand(hall: Hall, database_url: str) -> None:
    await ordered(hall, 1000)
    for _ in range(300 // spread.BATCH):
        assert await batch(hall) == spread.BATCH

    def cut(tx: Tx) -> None:
        spread.batch(tx, hall.voice, hall.now)
        raise PowerCut

    with pytest.raises(PowerCut):
        await hall.database.transaction(cut)
    assert len(await rows(hall)) == 300
    fresh = Database(database_url, hall.config.server.secret_key)
    try:
        assert await to_the_end(hall, fresh) == 700 // spread.BATCH
    finally:
        await fresh.close()
    told = await rows(hall)
    assert len(told) == len({row.contact_id for row in told}) == 1000
    assert {row.state for row in told} == {"queued"}
    assert await state(hall) is DispatchState.DONE
    assert await batch(hall) is None


async def test_two_spreaders_racing_reach_everybody_once(hall: Hall, database_url: str) -> None:
    await ordered(hall, 1000)
    other = Database(database_url, hall.config.server.secret_key)
    try:
        await asyncio.gather(*(to_the_end(hall, database) for database in (hall.database, other)))
        await to_the_end(hall, hall.database)
    finally:
        await other.close()
    told = await rows(hall)
    assert len(told) == len({row.contact_id for row in told}) == 1000
    assert await state(hall) is DispatchState.DONE


async def test_a_stop_is_seen_at_the_next_batch(hall: Hall) -> None:
    await ordered(hall, 250)
    await batch(hall)
    await hall.database.transaction(dispatches.record_stopped, 1, DispatchStopped(DispatchId("d1"), WANG, hall.now))
    assert await batch(hall) is None
    assert Counter(row.state for row in await rows(hall)) == {"stopped": spread.BATCH}


async def test_after_a_pause_it_goes_on_exactly_where_it_stood(hall: Hall) -> None:
    await ordered(hall, 250)
    await batch(hall)
    await hall.database.transaction(dispatches.record_paused, 1, DispatchPaused(DispatchId("d1"), WANG, hall.now))
    assert await batch(hall) is None
    assert Counter(row.state for row in await rows(hall)) == {"paused": spread.BATCH}
    await hall.database.transaction(dispatches.record_resumed, 1, DispatchResumed(DispatchId("d1"), WANG, hall.now))
    assert await to_the_end(hall, hall.database) == 250 // spread.BATCH - 1
    assert Counter(row.state for row in await rows(hall)) == {"queued": 250}
    assert len({row.contact_id for row in await rows(hall)}) == 250


async def test_at_night_it_waits_for_the_morning(hall: Hall) -> None:
    hall.now = datetime(2026, 11, 23, 21, 30, tzinfo=ZONE)
    await ordered(hall, 3)
    await batch(hall)
    assert {row.not_before for row in await rows(hall)} == {datetime(2026, 11, 24, 8, 0, tzinfo=ZONE)}


@pytest.mark.parametrize(
    ("chat", "reason"),
    [({"subscribed": False}, "unsubscribed"), ({"consent": "withdrawn"}, "no_consent"), ({"consent": "browsing"}, "no_consent")],
)
async def test_who_said_no_is_written_down_as_refused_and_never_sent(hall: Hall, chat: dict[str, Any], reason: str) -> None:
    await ordered(hall, 2, **chat)
    await batch(hall)
    assert [(row.state, row.reason) for row in await rows(hall)] == [("refused", reason)] * 2
    await hall.send()
    assert hall.channel.count == 0


async def test_two_chats_of_one_person_are_one_message_where_they_wrote_last(hall: Hall) -> None:
    await ordered(hall, 2)

    def second_chat(tx: Tx) -> None:
        contacts.settle(tx, "cr00001", resident_id="r00000", last_at=hall.now.replace(hour=11))

    await hall.database.transaction(second_chat)
    await batch(hall)
    assert [row.contact_id for row in await rows(hall)] == ["cr00001"]


async def test_who_blocked_us_has_no_row(hall: Hall) -> None:
    await ordered(hall, 2)
    await hall.database.transaction(lambda tx: contacts.settle(tx, "cr00001", gone_at=hall.now))
    await batch(hall)
    assert [row.contact_id for row in await rows(hall)] == ["cr00000"]


async def test_one_reader_whose_words_fail_stops_nobody_else(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    await ordered(hall, 3)

    def push(tx: Tx, scene: Any, reader: Any, line: Say) -> bool:
        if reader.contact == "cr00001":
            raise KeyError("no such text")
        return speaking.push(tx, scene, reader, line)

    monkeypatch.setattr("bot.spread.push", push)
    assert await batch(hall) == 3
    assert [row.contact_id for row in await rows(hall)] == ["cr00000", "cr00002"]
    assert await state(hall) is DispatchState.DONE
