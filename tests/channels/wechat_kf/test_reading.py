"""What residents say in 客服 reaches the house: once, in order, whatever pages, tokens, cursors and processes do meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from channels.contract import SendError, Taken
from dialogue.words import Inbound, Kind
from tests.channels.wechat_kf.conftest import Opened, World

CURSOR = "cursor:wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"


async def test_a_call_says_only_that_there_is_something_and_it_is_fetched(world: World, opened: Opened) -> None:
    await opened()
    zhang = world.kf.resident("张阿姨", union="o-zhang")
    assert (await zhang.says("楼道灯不亮")).status == 200
    (heard,) = await world.house.hears(1)
    assert (heard.text, heard.address, heard.kind, heard.chat) == ("楼道灯不亮", zhang.address, Kind.TEXT, "")
    assert (heard.union, heard.name) == ("o-zhang", "张阿姨")


async def test_the_cursor_moves_when_a_page_is_taken_and_a_restart_goes_on_there(world: World, opened: Opened) -> None:
    first = await opened()
    zhang = world.kf.resident("张阿姨")
    await zhang.says("一")
    await world.rests()
    assert world.notes.kept[CURSOR] == "CUR000001"
    await first.stop()
    world.kf.silent = True
    await zhang.says("二")
    world.kf.silent = False
    second = world.door()
    await second.start(world.house.take)
    assert [i.text for i in await world.house.hears(2)] == ["一", "二"]
    await world.rests()
    assert world.kf.looks[-1]["cursor"] == "CUR000001", "what was taken is not asked for again"


async def test_a_call_that_was_lost_is_caught_by_the_look_every_few_minutes(world: World) -> None:
    door = world.door()
    await door.start(world.house.take)
    await world.rests()
    world.kf.silent = True
    await world.kf.resident("张阿姨").says("有人吗")
    world.tick.set()
    assert [i.text for i in await world.house.hears(1)] == ["有人吗"]


async def test_pages_empty_pages_and_repeated_pages(world: World, opened: Opened) -> None:
    await opened()
    world.kf.silent, world.kf.page, world.kf.empties, world.kf.repeats = True, 3, 2, 1
    zhang = world.kf.resident("张阿姨")
    for n in range(10):
        await zhang.says(f"第{n}句")
    world.kf.silent = False
    await zhang.says("完了")
    await world.rests()
    assert world.house.words == [*(f"第{n}句" for n in range(10)), "完了"]
    assert world.notes.kept[CURSOR] == "CUR000011"


async def test_a_page_that_leads_nowhere_does_not_keep_us_for_ever(world: World, opened: Opened) -> None:
    await opened()
    world.kf.empties = 10_000
    await world.kf.resident("张阿姨").says("在吗")
    await world.rests()
    assert 1 < len(world.kf.looks) < 10
    world.kf.empties = 0
    await world.kf.calls_back()
    assert [i.text for i in await world.house.hears(1)] == ["在吗"]


async def test_what_was_said_before_we_were_there_was_said_to_somebody_else(world: World, opened: Opened) -> None:
    world.kf.silent = True
    await world.kf.resident("老客户").says("两天前的话")
    world.kf.silent = False
    world.fake.advance(3600)
    await opened()
    await world.kf.resident("张阿姨").says("你好")
    await world.rests()
    assert world.house.words == ["你好"]


async def test_what_was_said_between_two_starts_is_not_taken_for_older_than_the_first(world: World) -> None:
    await world.door().start(world.house.take)
    await world.rests()
    world.kf.silent = True
    await world.kf.resident("张阿姨").says("你好")
    world.fake.advance(3600)
    await world.door().start(world.house.take)  # nothing was ever read, so there is no cursor yet
    assert [i.text for i in await world.house.hears(1)] == ["你好"]


async def test_an_expired_callback_token_is_left_out(world: World, opened: Opened) -> None:
    await opened()
    world.house.busy, world.kf.page, world.kf.silent = asyncio.Event(), 1, True
    zhang = world.kf.resident("张阿姨")
    await zhang.says("一")
    world.kf.silent = False
    await zhang.says("二")
    while not world.kf.looks:
        await asyncio.sleep(0)
    world.kf.forgets_tokens()  # between one page and the next
    world.house.busy.set()
    await world.rests()
    assert world.house.words == ["一", "二"] and world.slept == [], "at once"
    assert world.fake.refused == [("kf/sync_msg", 95007)]


async def test_a_spent_access_token_is_replaced_and_nothing_is_lost(world: World, opened: Opened) -> None:
    await opened()
    zhang = world.kf.resident("张阿姨")
    await zhang.says("一")
    await world.rests()
    world.fake.expire_tokens()
    await zhang.says("二")
    await world.rests()
    assert world.house.words == ["一", "二"]


@pytest.mark.parametrize("trouble", [{"code": -1}, {"code": 45009}, {"how": "html", "status": 502}, {"how": "reset"}], ids=str)
async def test_a_look_that_fails_is_tried_again(world: World, opened: Opened, trouble: dict[str, Any]) -> None:
    await opened()
    world.fake.goes_wrong("kf/sync_msg", times=2, **trouble)
    await world.kf.resident("张阿姨").says("在吗")
    await world.rests()
    assert world.house.words == ["在吗"] and len(world.slept) == 2


async def test_while_the_database_is_away_the_page_is_not_passed_over(world: World, opened: Opened) -> None:
    await opened()
    world.house.away = 2
    await world.kf.resident("张阿姨").says("在吗")
    await world.rests()
    assert world.house.words == ["在吗"] and world.slept == [7.0, 7.0], "as long as the house asked for"


async def test_a_message_the_house_fails_over_does_not_hold_up_the_others(world: World, opened: Opened) -> None:
    await opened()
    world.house.broken_by = "坏消息"
    zhang = world.kf.resident("张阿姨")
    await zhang.says("坏消息")
    await zhang.says("好消息")
    await world.rests()
    assert world.house.words == ["好消息"]
    world.house.broken_by = ""
    await zhang.says("再见")
    await world.rests()
    assert sorted(world.house.words) == sorted(["好消息", "坏消息", "再见"]), "what it failed over was not passed over"


async def test_a_message_the_house_fails_over_for_a_day_is_left_behind(world: World, opened: Opened) -> None:
    await opened()
    world.house.broken_by = "坏消息"
    zhang = world.kf.resident("张阿姨")
    await zhang.says("坏消息")
    await world.rests()
    cursors = dict(world.notes.kept)
    world.fake.now += 86401
    await zhang.says("好消息")
    await world.rests()
    assert world.house.words == ["好消息"] and world.notes.kept != cursors


async def test_many_calls_at_once_in_two_processes_take_everything_once_and_in_order(world: World, opened: Opened) -> None:
    await opened()
    one = world.kf.app.callback
    await opened()
    two = world.kf.app.callback
    world.kf.page = 7
    people = [world.kf.resident(f"居民{n}") for n in range(5)]

    async def talks(n: int) -> None:
        for k in range(12):
            world.kf.app.callback = (one, two)[(n + k) % 2]
            await people[n].says(f"{n}-{k}")

    await asyncio.gather(*(talks(n) for n in range(5)))
    await world.house.hears(60)
    await world.rests()
    for n, resident in enumerate(people):
        theirs = [i.text for i in world.house.heard if i.address == resident.address]
        assert theirs == [f"{n}-{k}" for k in range(12)]


async def test_a_call_during_a_look_makes_it_look_once_more(world: World, opened: Opened) -> None:
    await opened()
    world.house.busy = asyncio.Event()
    zhang = world.kf.resident("张阿姨")
    await zhang.says("一")
    while not world.kf.looks:
        await asyncio.sleep(0)
    await zhang.says("二")  # the page was fetched before this was said
    world.house.busy.set()
    await world.rests()
    assert world.house.words == ["一", "二"]
    assert len(world.kf.looks) <= 3


async def test_what_another_process_was_called_for_is_read_by_the_one_that_reads(world: World, opened: Opened) -> None:
    await opened()
    reads = world.kf.app.callback
    other = await opened()
    called, world.kf.app.callback = world.kf.app.callback, reads
    other.pace.sleep = lambda seconds: asyncio.Event().wait()  # it stands by and never comes to it
    world.house.busy = asyncio.Event()
    zhang = world.kf.resident("张阿姨")
    await zhang.says("一")
    while not world.kf.looks:
        await asyncio.sleep(0)
    world.kf.app.callback = called
    await zhang.says("二")
    world.house.busy.set()
    assert [i.text for i in await world.house.hears(2)] == ["一", "二"]
    await other.stop()


async def test_where_nobody_may_hold_and_nobody_reads_it_is_read_all_the_same(world: World, opened: Opened) -> None:
    """Redis is away: nobody can know who reads."""
    await opened()
    await world.cache.hold(f"kf:{world.kf.id}:reads", "somebody who died", 3600)
    await world.kf.resident("张阿姨").says("在吗")
    await world.rests()
    assert world.house.words == ["在吗"]


async def test_slow_talk_of_one_resident_does_not_hold_up_another(world: World, opened: Opened) -> None:
    await opened()
    world.kf.silent = True
    slow, quick = world.kf.resident("慢"), world.kf.resident("快")
    await slow.says("很长的照片")
    await quick.says("煤气味")
    gate, heard = asyncio.Event(), asyncio.Event()
    plain = world.house.take

    async def take(inbound: Inbound, raw: bytes) -> Taken:
        if inbound.address == slow.address:
            await gate.wait()
        else:
            heard.set()
        return await plain(inbound, raw)

    world.doors[0].reader.look(take)
    async with asyncio.timeout(10):
        await heard.wait()
    gate.set()
    await world.rests()
    assert sorted(world.house.words) == sorted(["很长的照片", "煤气味"])


async def test_taken_back_before_it_was_read_it_was_never_said(world: World, opened: Opened) -> None:
    await opened()
    world.kf.silent = True
    zhang = world.kf.resident("张阿姨")
    await zhang.says("说错了的话")
    await zhang.takes_back()
    world.kf.silent = False
    await zhang.says("你好")
    await world.rests()
    assert world.house.words == ["你好"]
    assert [m.text for m in zhang.messages if m.by == "us"] == []


async def test_taken_back_too_late_it_counts_and_they_hear_so_once(world: World, opened: Opened) -> None:
    await opened()
    zhang = world.kf.resident("张阿姨")
    await zhang.says("要装")
    await world.rests()
    await zhang.takes_back()
    await world.rests()
    world.kf.page, world.kf.repeats = 1, 1
    await world.kf.calls_back()
    await world.rests()
    (told,) = [m.text for m in zhang.messages if m.by == "us"]
    assert "还算数" in told and world.house.words == ["要装"]


async def test_a_photo_a_voice_and_a_file_are_fetched_while_tencent_keeps_them(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = world.kf.resident("张阿姨")
    for kind, data in (("image", b"\xff\xd8\xffpicture"), ("voice", b"#!AMRvoice"), ("file", b"PK\x03\x04book")):
        await zhang.sends_file(kind, data)
    heard = await world.house.hears(3)
    assert [i.kind for i in heard] == [Kind.PHOTO, Kind.VOICE, Kind.FILE]
    assert await door.fetch(heard[0].attachments[0]) == b"\xff\xd8\xffpicture"
    world.fake.advance(4 * 24 * 3600)
    with pytest.raises(SendError, match="media"):
        await door.fetch(heard[1].attachments[0])
