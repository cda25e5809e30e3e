"""One person behind several doors: known by the platform's own word, told so, separated by one tap, forgotten whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from dialogue.words import Kind
from storage import contacts, residents
from storage.contacts import contacts as chats
from storage.database import Tx
from tests.two_doors import TwoDoors

OPENID, WANG = "o-wang", "u-wang"


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[TwoDoors]:
    """王女士 is known at the first door, where her platform said who she is."""
    house = await TwoDoors.furnished(database_url)
    await house.says("王女士", "菜单", union=WANG)
    house.hears("王女士")
    yield house
    await house.close()


async def test_who_is_known_at_one_door_is_known_at_the_other_and_told_so(hall: TwoDoors) -> None:
    await hall.writes(OPENID, "菜单", union=WANG)
    told, menu = hall.reads(OPENID)
    assert "王**" in told and "3号楼2单元3**" in told and "【不是我】" in told
    assert "同意吗" not in menu
    kept = await hall.of(chats, channel="wechat")
    assert (kept.resident_id, kept.person, kept.consent) == ("c-4", "c-4", "given")
    assert kept.union_hash and WANG.encode() not in kept.union_hash
    await hall.writes(OPENID, "菜单", union=WANG)
    assert len(hall.reads(OPENID)) == 1, "it is said once"


async def test_the_first_tap_counts_as_theirs(hall: TwoDoors) -> None:
    await hall.says("老李", "发起投票 春节活动办什么\n包饺子\n写春联\n截止 周日20:00\n谁投 每人\n公开 不公开")
    await hall.taps("老李", "发布")
    await hall.writes(OPENID, "投票1 2", union=WANG)
    assert any("您选：写春联" in text for text in hall.reads(OPENID))
    await hall.says("王女士", "投票1")
    assert "写春联" in hall.hears("王女士")[-1].text


async def test_not_me_separates_them_again_and_for_good(hall: TwoDoors) -> None:
    await hall.writes(OPENID, "菜单", union=WANG)
    hall.reads(OPENID)
    await hall.writes(OPENID, kind=Kind.CHOICE, choice="not_me", union=WANG)
    parted, notice = hall.reads(OPENID)
    assert "认错人" in parted and "同意吗" in notice
    kept = await hall.of(chats, channel="wechat")
    assert (kept.resident_id, kept.consent, kept.person) == (None, "asked", kept.id)
    await hall.writes(OPENID, "同意", union=WANG)
    kept = await hall.of(chats, channel="wechat")
    assert kept.resident_id not in (None, "c-4")
    await hall.says("王女士", "我的资料")
    assert any("王女士" in heard.text for heard in hall.hears("王女士"))
    await hall.writes("o-third", "菜单", union=WANG)
    assert "同意吗" in hall.reads("o-third")[-1], "two people under one name: whoever comes third is asked"


async def test_it_can_be_said_in_words_under_the_sentence(hall: TwoDoors) -> None:
    await hall.writes(OPENID, "菜单", union=WANG)
    hall.reads(OPENID)
    await hall.writes(OPENID, "不是我", union=WANG)
    assert "认错人" in hall.reads(OPENID)[0]


async def test_whose_own_chat_it_is_loses_nothing_by_it(hall: TwoDoors) -> None:
    await hall.says("王女士", kind=Kind.CHOICE, choice="not_me", union=WANG)
    assert "您自己的聊天" in hall.hears("王女士")[-1].text
    assert (await hall.of(chats, id="c-4")).resident_id == "c-4"


async def test_somebody_elses_name_and_no_name_change_nothing(hall: TwoDoors) -> None:
    for number, union in enumerate(("u-other", "")):
        await hall.writes(f"o{number}", "菜单", union=union)
        (notice,) = hall.reads(f"o{number}")
        assert "同意吗" in notice


async def test_who_agreed_as_somebody_else_stays_that(hall: TwoDoors) -> None:
    await hall.says("李叔", "菜单", union=WANG)
    assert len(hall.hears("李叔")) == 1
    assert (await hall.of(chats, id="c-2")).resident_id == "c-2"


async def test_a_forgotten_person_is_not_known_any_more(hall: TwoDoors) -> None:
    await hall.writes(OPENID, "菜单", union=WANG)
    await hall.says("王女士", "删除我的资料")
    await hall.taps("王女士", "确定删除")
    rows = [await hall.of(chats, id="c-4"), await hall.of(chats, channel="wechat")]
    assert [(row.union_hash, row.consent, row.window_until) for row in rows] == [(None, "withdrawn", None)] * 2
    hall.reads(OPENID)
    await hall.writes(OPENID, "菜单", union=WANG)
    assert "同意吗" in hall.reads(OPENID)[-1]


async def test_two_new_doors_at_the_same_instant(hall: TwoDoors) -> None:
    await asyncio.gather(*(hall.brings(address, "菜单", union=WANG) for address in ("o1", "o2")))

    def of(tx: Tx, address: str) -> str | None:
        speaker = contacts.speaker(tx, contacts.find(tx, "wechat", address) or "")
        return speaker.resident if speaker else None

    assert [await hall.database.read(of, address) for address in ("o1", "o2")] == ["c-4", "c-4"]
    assert await hall.database.read(residents.exists, 1, "c-4")


async def test_a_new_door_in_the_instant_in_which_they_are_forgotten(hall: TwoDoors) -> None:
    """Whichever comes first: the new chat is forgotten with them, or it is nobody's."""
    await hall.says("王女士", "删除我的资料")
    await asyncio.gather(hall.taps("王女士", "确定删除"), *(hall.brings(f"o{n}", "菜单", union=WANG) for n in range(4)))
    rows = await hall.database.read(lambda tx: tx.all(select(chats).where(chats.c.channel == "wechat")))
    assert len(rows) == 4
    assert {(row.resident_id, row.consent) for row in rows} <= {(None, "withdrawn"), (None, "asked")}


async def test_a_questionnaire_begun_at_one_door_goes_on_at_the_other(hall: TwoDoors) -> None:
    await hall.workbook("小王", "满意度问卷.xlsx")
    await hall.says("小王", "发布问卷 1 3号楼")
    await hall.taps("小王", "发布")
    await hall.clock.catch_up()
    await hall.send()
    await hall.says("王女士", "问卷 1")
    await hall.says("王女士", "好")
    await hall.says("王女士", "满意")
    assert "家里常住几口人" in hall.hears("王女士")[-1].text
    await hall.writes(OPENID, "继续", union=WANG)
    assert "家里常住几口人" in hall.reads(OPENID)[-1]
    await hall.writes(OPENID, "3", union=WANG)
    assert "60岁以上" in hall.reads(OPENID)[-1]
    await hall.says("王女士", "继续")
    assert "60岁以上" in hall.hears("王女士")[-1].text, "and back again: one response, wherever it is answered"
