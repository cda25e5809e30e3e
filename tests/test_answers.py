"""An answer as the body of the platform's own request: once, whatever the platform asks again, and never lost when it hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.answers import LEASE, Answers
from bot.intake import Intake
from bot.speaking import Voice
from bot.turn import House
from channels.contract import Rate, Rates, Taken
from dialogue.words import Inbound, Kind
from storage import outbox
from storage.shared import InMemory
from tests.cast import GROUP
from tests.house import Hall


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    """幸福里 in a channel that waits for answers; everybody is known."""
    house = await Hall.open(database_url)
    await house.known(large=False)
    house.channel.can = replace(house.channel.can, passive_reply=True)
    house.house = House(Voice(house.config, {"test": house.channel.can}), house.house.words)
    yield house
    await house.close()


def intake(hall: Hall) -> Intake:
    answers = Answers(hall.database, InMemory(), hall.house.voice, lambda: None)
    return Intake(hall.database, hall.house, {"test": hall.channel}, lambda: None, now=lambda: hall.now, answers=answers)


async def asks(door: Intake, number: str, text: str = "菜单") -> Taken:
    return await door.take(Inbound(channel="test", external_id=number, address="老李", text=text), b"")


def words(taken: Taken) -> list[str]:
    return [answer.words.text.splitlines()[0] for answer in taken.answers]


async def states(hall: Hall) -> list[str]:
    return [row.state for row in await hall.database.read(lambda tx: tx.all(select(outbox.outbox.c.state).order_by(outbox.outbox.c.id)))]


async def test_what_went_out_with_the_request_is_not_said_again(hall: Hall) -> None:
    taken = await asks(intake(hall), "1")
    assert len(taken.answers) == 1
    await taken.given([taken.answers[0].row])
    hall.now += timedelta(minutes=1)
    await hall.send()
    assert hall.hears("老李") == []
    assert await states(hall) == ["sent"]


async def test_a_retry_gets_the_same_answer_and_nothing_happens_twice(hall: Hall) -> None:
    door = intake(hall)
    first = await asks(door, "1", "诉求 楼道灯不亮")
    await first.given([answer.row for answer in first.answers])
    before = await states(hall)
    again = await asks(door, "1", "诉求 楼道灯不亮")
    assert again.duplicate
    assert words(again) == words(first)
    assert await states(hall) == before


async def test_overlapping_retries_get_one_answer_between_them(hall: Hall) -> None:
    door = intake(hall)
    taken = await asyncio.gather(*(asks(door, "1") for _ in range(3)))
    assert [words(one) for one in taken] == [words(taken[0])] * 3
    for one in taken:
        await one.given([answer.row for answer in one.answers])
    hall.now += timedelta(minutes=1)
    await hall.send()
    assert hall.hears("老李") == []


async def test_who_hung_up_hears_it_by_a_message_of_its_own_once(hall: Hall) -> None:
    await asks(intake(hall), "1")
    await hall.send()
    assert hall.hears("老李") == []  # it is still lent to the request
    hall.now += LEASE + timedelta(seconds=1)
    await hall.send()
    assert len(hall.hears("老李")) == 1
    late = await asks(intake(hall), "1")
    assert late.duplicate
    assert late.answers == ()  # it was said meanwhile


async def test_what_the_request_had_no_room_for_leaves_at_once(hall: Hall) -> None:
    taken = await asks(intake(hall), "1")
    await taken.given([])
    await hall.send()
    assert len(hall.hears("老李")) == 1


async def test_a_process_that_died_before_it_lent_anything_leaves_the_answer_to_the_outbox(hall: Hall) -> None:
    door = intake(hall)
    door.answers = None
    await asks(door, "1")
    await hall.send()
    assert hall.hears("老李") == []  # the request may still be waiting for it
    hall.now += timedelta(seconds=7)
    await hall.send()
    assert len(hall.hears("老李")) == 1


async def test_above_our_limit_the_answer_waits_its_turn(hall: Hall) -> None:
    hall.channel.rates = Rates(person=(Rate(1, 60),))
    door = intake(hall)
    assert len((await asks(door, "1")).answers) == 1
    assert (await asks(door, "2")).answers == ()
    assert await states(hall) == ["sending", "queued"]


async def test_what_a_neighbour_is_told_is_no_answer_to_the_request(hall: Hall) -> None:
    said = await asks(intake(hall), "1", "诉求 楼道灯不亮")
    told: list[Any] = await hall.database.read(lambda tx: tx.all(select(outbox.outbox.c.id, outbox.outbox.c.answers)))
    others = [row.id for row in told if row.answers is None]
    assert others  # the grid worker's
    assert not {answer.row for answer in said.answers} & set(others)


async def test_what_is_answered_in_private_to_a_tap_in_the_group_is_not_the_body_of_the_groups_request(hall: Hall) -> None:
    await hall.with_group()
    tap = Inbound(channel="test", external_id="1", address="老李", chat=GROUP, kind=Kind.CHOICE, choice="vote 99")
    taken = await intake(hall).take(tap, b"")
    assert taken.answers == () and taken.alert == "收到"
    await hall.send()
    assert len(hall.hears("老李")) == 1, "it need not wait for a request either"
    asked = Inbound(channel="test", external_id="2", address="老李", chat=GROUP, text="菜单")
    assert len((await intake(hall).take(asked, b"")).answers) == 1
