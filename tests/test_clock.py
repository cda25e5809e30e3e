"""The time comes in like a message: once, after a day off too; what fails comes again and holds up nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import clock, spread
from bot.clock import AGAIN, Clock
from dialogue.words import Inbound, Kind, Purpose, Say, Step, ToGroups
from handlers.staff import running_notices, running_polls
from storage import due, notices, outbox, polls
from storage.database import Database, Tx
from tests.house import Hall


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    """The house with its group."""
    house = await Hall.open(database_url)
    await house.known(large=False)
    await house.with_group()
    yield house
    await house.close()


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[Inbound]:
    """What the clock brought, in its order; a subject that begins with 坏 fails."""
    brought: list[Inbound] = []

    def load(tx: Tx, state: None, inbound: Inbound) -> None:
        due.remind(tx, 1, "half_done", "half_done", inbound.now)  # must not stay when the rest fails
        assert inbound.command is not None
        if inbound.command.rest.startswith("坏"):
            raise KeyError(inbound.command.rest)
        due.forget(tx, "half_done", "half_done")
        brought.append(inbound)

    def step(situation: None, state: None, inbound: Inbound) -> Step:
        told = {"number": 1, "title": "楼道", "objections": 0, "unanswered": 0}
        return Step(None, says=(Say("notices.ended", told, to=ToGroups("a3"), purpose=Purpose.NEWS),))

    for module in (running_notices, running_polls):
        monkeypatch.setattr(module, "load", load)
        monkeypatch.setattr(module, "step", step)
    return brought


async def remind(hall: Hall, subject: str, after: timedelta, name: str = notices.ENDS) -> None:
    await hall.database.transaction(due.remind, 1, name, subject, hall.now + after)


async def left(hall: Hall) -> list[tuple[str, str]]:
    rows = await hall.database.read(lambda tx: tx.all(select(due.due).order_by(due.due.c.at, due.due.c.id)))
    return [(row.name, row.subject) for row in rows]


async def test_what_is_taken_is_gone(hall: Hall) -> None:
    await remind(hall, "一次", timedelta(0))
    taken = [await hall.database.transaction(due.take, hall.now) for _ in range(2)]
    assert [thing and thing.subject for thing in taken] == ["一次", None]


async def test_after_a_day_off_everything_happens_once_in_its_order(hall: Hall, happened: list[Inbound]) -> None:
    await remind(hall, "晚", timedelta(hours=5))
    await remind(hall, "早", timedelta(hours=1), polls.CLOSES)
    await remind(hall, "后天", timedelta(days=2))
    hall.now += timedelta(days=1)
    assert await hall.clock.catch_up() == 2
    assert await hall.clock.catch_up() == 0
    assert [(i.command.word, i.command.rest) for i in happened if i.command] == [(polls.CLOSES, "早"), (notices.ENDS, "晚")]
    assert {(i.kind, i.now, i.community) for i in happened} == {(Kind.TIMEOUT, hall.now, 1)}
    assert await left(hall) == [(notices.ENDS, "后天")]


async def test_what_fails_is_put_back_whole_and_the_others_go_on(hall: Hall, happened: list[Inbound]) -> None:
    await remind(hall, "坏", timedelta(0))
    await remind(hall, "好", timedelta(seconds=1))
    hall.now += timedelta(minutes=1)
    await hall.clock.catch_up()
    assert [i.command.rest for i in happened if i.command] == ["好"]
    assert await left(hall) == [(notices.ENDS, "坏")], "and nothing of what it had begun"
    hall.now += AGAIN - timedelta(seconds=1)
    assert await hall.clock.catch_up() == 0
    hall.now += timedelta(seconds=1)
    assert await hall.clock.catch_up() == 1, "tried again, and put back again"
    assert await left(hall) == [(notices.ENDS, "坏")]


async def test_several_clocks_let_each_thing_happen_once(hall: Hall, happened: list[Inbound], database_url: str) -> None:
    for number in range(30):
        await remind(hall, f"n{number:02}", timedelta(0))
    others = [Database(database_url, hall.config.server.secret_key) for _ in range(2)]
    clocks = [hall.clock, *(Clock(database, hall.house, lambda: None) for database in others)]
    for one in clocks:
        one.now = lambda: hall.now
    try:
        await asyncio.gather(*(one.catch_up() for one in clocks))
        await hall.clock.catch_up()  # what another held at that instant
    finally:
        for database in others:
            await database.close()
    posted = await hall.database.read(lambda tx: tx.all(select(outbox.outbox.c.id)))
    assert len(posted) == 30
    assert await left(hall) == []


async def test_said_again_it_moves(hall: Hall, happened: list[Inbound]) -> None:
    await remind(hall, "n1", timedelta(hours=1))
    await remind(hall, "n1", timedelta(hours=3))
    hall.now += timedelta(hours=2)
    assert await hall.clock.catch_up() == 0
    hall.now += timedelta(hours=1)
    assert await hall.clock.catch_up() == 1


async def test_what_need_not_happen_any_more_does_not(hall: Hall, happened: list[Inbound]) -> None:
    await remind(hall, "n1", timedelta(0))
    await hall.database.transaction(due.forget, notices.ENDS, "n1")
    assert await hall.clock.catch_up() == 0


async def test_the_clock_outlives_what_fails_in_it(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order that cannot be spread must not stop the closings of tomorrow."""
    looks: list[int] = []

    def breaks(*_: Any) -> None:
        looks.append(1)
        if len(looks) > 2:
            hall.clock.stop()
        raise KeyError("broken")

    monkeypatch.setattr(spread, "batch", breaks)
    monkeypatch.setattr(clock, "TICK", 0.001)
    await asyncio.wait_for(hall.clock.run(), 60)
    assert len(looks) == 3
