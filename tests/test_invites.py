"""绑定 CODE: what eight digits open, however they are said, and what they do not open."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from community import claims as rules
from community import codes
from community.invites import NEWCOMERS, Tried
from community.rolls import HomeRow
from dialogue.words import Inbound, Kind, ResidentId
from storage import areas, communities, contacts, doors, imports, keys, residents, tries
from storage.database import Tx
from storage.doors import Invite
from tests.house import Hall
from tests.storage.test_erasure import found

HOME = "幸福里/3号楼/2单元/301"
CODE, OTHER = codes.complete("1234567"), codes.complete("7654321")


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    house = await Hall.open(database_url)
    await house.known()
    await house.says("老赵", "你好")
    await house.says("老赵", "同意")
    house.hears("老赵")
    yield house
    await house.close()


@dataclass(frozen=True)
class Slip:
    """What is handed over: whose home or which office, how often and how long it works."""

    code: str = CODE
    role: str = "resident"
    place: str = HOME
    as_: str = ""
    uses: int = 1
    days: int = 30
    community: int = 1


async def give(hall: Hall, **what: Any) -> None:
    await hall.database.transaction(_give, Slip(**what), hall.now)


def _give(tx: Tx, slip: Slip, now: datetime) -> None:
    home = areas.household_by_path(tx, slip.community, slip.place)
    area = areas.by_path(tx, slip.community, slip.place)
    where = (area.id if area else "", home.id if home else "", slip.as_, "")
    ends = now + timedelta(days=slip.days)
    doors.record_invite(tx, Invite(f"i{slip.code}", slip.community, slip.role, *where, slip.uses, ends), slip.code)


async def homes(hall: Hall, name: str) -> list[tuple[str, str, str]]:
    return await hall.database.read(_homes, name)


def _homes(tx: Tx, name: str) -> list[tuple[str, str, str]]:
    contact = contacts.find(tx, "test", name)
    assert contact
    who = contacts_resident(tx, contact)
    return [(home.path, home.as_.value, home.state.value) for home in residents.homes_of(tx, 1, who)]


def contacts_resident(tx: Tx, contact: str) -> str:
    return str(tx.scalar(select(contacts.contacts.c.resident_id).where(contacts.contacts.c.id == contact)))


def spoken(code: str) -> str:
    return "".join("零一二三四五六七八九"[int(digit)] for digit in code)


@pytest.mark.parametrize(
    "said",
    [
        f"绑定 {CODE}",
        f"绑定 {CODE[:4]} {CODE[4:]}",
        f"绑定：{CODE[:4]}-{CODE[4:]}",
        f"绑定 {spoken(CODE)}",
        f"/join {CODE}",
        f"/start {CODE}",
        CODE,
        f"{CODE[:4]} {CODE[4:]}",
    ],
)
async def test_however_the_code_is_said_the_home_is_theirs(hall: Hall, said: str) -> None:
    await give(hall, as_="family")
    await hall.says("老赵", said)
    assert await homes(hall, "老赵") == [(HOME, "family", "confirmed")]
    assert "已经登记" in hall.hears("老赵")[-1].text
    assert "有人登记" in hall.hears("王女士")[-1].text


async def test_a_link_binds_whoever_comes_for_the_first_time_once_they_agree(hall: Hall) -> None:
    await give(hall, as_="tenant")
    await hall.says("小周", CODE, kind=Kind.JOINED)
    assert "幸福里3号楼2单元3**" in hall.hears("小周")[-1].text
    await hall.taps("小周", "同意，这是我家")
    assert await homes(hall, "小周") == [(HOME, "tenant", "confirmed")]


async def test_who_only_says_agreed_is_asked_whether_it_is_their_home(hall: Hall) -> None:
    await give(hall, as_="tenant")
    await hall.says("小周", CODE, kind=Kind.JOINED)
    await hall.says("小周", "同意")
    assert await homes(hall, "小周") == []
    await hall.taps("小周", "是我家")
    assert await homes(hall, "小周") == [(HOME, "tenant", "confirmed")]


async def test_codes_guessed_before_consent_count_as_later(hall: Hall) -> None:
    """What a good code shows at first contact (a home, half masked) must not be found by trying."""
    await give(hall, as_="tenant")
    for guess in range(5):
        await hall.says("小周", codes.complete(f"99{guess:05d}"), kind=Kind.JOINED)
        heard = hall.hears("小周")[-1].text
        assert "同意" in heard and "单元" not in heard
    await hall.says("小周", CODE, kind=Kind.JOINED)
    assert "2单元" not in hall.hears("小周")[-1].text


async def test_a_code_of_another_community_is_greeted_by_that_one(hall: Hall) -> None:
    await hall.database.transaction(_second_community)
    await give(hall, place="和平里/1号楼/101", as_="tenant", community=2)
    await hall.says("小周", CODE, kind=Kind.JOINED)
    heard = hall.hears("小周")[-1].text
    assert "和平里1号楼1**" in heard
    assert "和平社区睦邻助手" in heard
    await hall.taps("小周", "同意，这是我家")
    assert "和平里1号楼101" in hall.hears("小周")[-1].text


async def test_whoever_comes_by_the_lifts_sheet_needs_no_other_code_where_the_door_is_open(hall: Hall) -> None:
    """And only for that building: a sheet proves nothing about any other."""

    def guard(tx: Tx) -> None:
        communities.change(tx, 1, replace(communities.community(tx, 1).settings, doors_need_code=("test",)))

    await hall.database.transaction(guard)
    await hall.scan("老赵", "3号楼")
    for label in ("2单元", "501", "租户", "就用“老赵”"):
        await hall.taps("老赵", label)
    assert [state for _, _, state in await homes(hall, "老赵")] == ["waiting"]
    await hall.says("老赵", kind=Kind.CHOICE, choice="pick area a3")
    assert "住户码" in hall.hears("老赵")[-1].text


async def test_a_slip_that_does_not_say_as_what_asks(hall: Hall) -> None:
    await give(hall, uses=2)
    await hall.says("老赵", f"绑定 {CODE}")
    await hall.taps("老赵", "租户")
    assert await homes(hall, "老赵") == [(HOME, "tenant", "confirmed")]


async def test_a_tenant_with_the_owners_slip_is_no_owner_without_the_name(hall: Hall) -> None:
    await give(hall, uses=2)
    await hall.says("老赵", f"绑定 {CODE}")
    await hall.taps("老赵", "业主")
    await hall.says("老赵", "赵德发")
    assert await homes(hall, "老赵") == [(HOME, "owner", "waiting")]
    assert "您认识吗" in hall.hears("老李")[-1].text


async def test_an_owner_whose_name_is_on_the_roll_needs_nobody(hall: Hall) -> None:
    await give(hall, uses=2)
    await hall.says("老赵", f"绑定 {CODE}")
    await hall.taps("老赵", "业主")
    await hall.says("老赵", "王芳")
    assert await homes(hall, "老赵") == [(HOME, "owner", "confirmed")]


async def test_five_wrong_codes_and_even_the_right_one_must_wait(hall: Hall) -> None:
    await give(hall, as_="family")
    for wrong in ("11111111", OTHER, "22222222", OTHER, "33333333"):
        await hall.says("老赵", f"绑定 {wrong}")
        assert "不对" in hall.hears("老赵")[-1].text
    await hall.says("老赵", f"绑定 {CODE}")
    assert "一个小时" in hall.hears("老赵")[-1].text
    assert not await homes(hall, "老赵")
    await hall.moves_to(hall.now + timedelta(minutes=61))
    await hall.says("老赵", f"绑定 {CODE}")
    assert await homes(hall, "老赵") == [(HOME, "family", "confirmed")]


async def test_who_guesses_under_ever_new_addresses_rests_and_so_does_every_newcomer_on_the_web(hall: Hall) -> None:
    await give(hall, as_="family")
    await hall.database.transaction(_guessed, NEWCOMERS - 1, hall.now)
    assert "不对" in await on_the_web(hall, "w1", f"绑定 {OTHER}")
    assert "乱试码" in await on_the_web(hall, "w2", f"绑定 {CODE}")
    await hall.says("老赵", f"绑定 {CODE}")  # who has an address of a platform goes on
    assert await homes(hall, "老赵") == [(HOME, "family", "confirmed")]
    await hall.moves_to(hall.now + timedelta(minutes=61))
    assert "不对" in await on_the_web(hall, "w2", f"绑定 {OTHER}")


async def on_the_web(hall: Hall, address: str, text: str) -> str:
    """What a visitor of the web chat hears who agreed and says this."""
    for said in ("你好", "同意", text):
        hall.now += timedelta(seconds=1)
        hall.said += 1
        new = f"{hall.said:032x}"
        guess = Inbound(channel="webchat", self_made=True, external_id=new, address=address, name=address, text=said, id=new, at=hall.now)
        done = await hall.take(guess)
    return "".join(words.text for words in done.replies)


def _guessed(tx: Tx, times: int, now: datetime) -> None:
    for _ in range(times):
        tries.record_tried(tx, 1, Tried("codes:1", now))


async def test_a_code_used_up_or_over_is_wrong_like_any_other(hall: Hall) -> None:
    await give(hall, as_="family")
    await give(hall, code=OTHER, as_="family", days=1)
    await hall.says("老赵", f"绑定 {CODE}")
    await hall.says("李叔", f"绑定 {CODE}")
    used = hall.hears("李叔")[-1].text
    await hall.moves_to(hall.now + timedelta(days=2))
    await hall.says("李叔", f"绑定 {OTHER}")
    assert hall.hears("李叔")[-1].text == used


async def test_the_last_use_is_used_once(hall: Hall) -> None:
    await give(hall, as_="family")
    await asyncio.gather(hall.says("老赵", f"绑定 {CODE}"), hall.says("李叔", f"绑定 {CODE}"))
    bound = [name for name in ("老赵", "李叔") if (HOME, "family", "confirmed") in await homes(hall, name)]
    assert len(bound) == 1


async def test_a_code_shown_in_the_group_is_void_and_replaced(hall: Hall) -> None:
    await hall.with_group()
    await give(hall, as_="family", uses=3)
    await hall.says("老赵", f"绑定 {CODE}", group=True)
    assert "作废" in hall.hears("老赵")[-1].text
    told = hall.hears("小王")[-1].text
    assert all(CODE not in heard.text for heard in hall.hears("3号楼群"))
    await hall.says("老赵", f"绑定 {CODE}")
    assert "不对" in hall.hears("老赵")[-1].text
    fresh = _code_in(told)
    await hall.says("老赵", f"绑定 {fresh}")
    assert await homes(hall, "老赵") == [(HOME, "family", "confirmed")]


def _code_in(text: str) -> str:
    found = re.search(r"(\d{4}) (\d{4})", text)
    assert found, text
    return found[1] + found[2]


async def test_an_office_is_theirs_at_once(hall: Hall) -> None:
    await give(hall, role="leader", place="幸福里/3号楼")
    await hall.says("老赵", f"绑定 {CODE}")
    assert "楼栋长" in hall.hears("老赵")[-1].text
    await hall.says("老赵", "确认")
    assert "没有等您确认" in hall.hears("老赵")[-1].text


async def test_two_chats_of_one_person_are_one_and_are_forgotten_together(hall: Hall) -> None:
    await hall.says("王女士", "我的资料")
    await hall.taps("王女士", "在别的聊天里也用")
    code = _code_in(hall.hears("王女士")[-1].text)
    await hall.says("王女士", f"绑定 {code}")
    assert "另一个聊天" in hall.hears("王女士")[-1].text
    await hall.says("李叔", f"绑定 {code}")
    assert "合不到一起" in hall.hears("李叔")[-1].text  # he has a home of his own
    await hall.says("老赵", "翡翠是我在合并以前说的")
    before = await hall.database.read(_keys)
    await hall.says("老赵", f"绑定 {code}")
    assert "同一个人" in hall.hears("老赵")[-1].text
    await hall.says("老赵", "我的资料")
    shown = hall.hears("老赵")[-1].text
    assert HOME.replace("/", "") in shown and "2种" in shown
    await hall.says("老赵", "翡翠是我在第二个聊天里说的")
    await hall.says("王女士", "删除我的资料")
    await hall.taps("王女士", "确定删除")
    await hall.moves_to(hall.now + timedelta(hours=1))
    assert not await hall.database.read(_readable, "翡翠")
    assert await hall.database.read(_keys) == before - 2  # both chats' keys are gone, and the merging turn made no third


async def test_three_chats_that_became_one_are_forgotten_together(hall: Hall) -> None:
    """The first two became one before they became a third: each of the three still belongs to the person who deletes."""
    for name in ("小周", "小钱"):
        await hall.says(name, "你好")
        await hall.says(name, "同意")
    for chat, into in (("小周", "老赵"), ("老赵", "小钱")):
        await hall.says(into, "我的资料")
        await hall.taps(into, "在别的聊天里也用")
        await hall.says(chat, f"绑定 {_code_in(hall.hears(into)[-1].text)}")
    await hall.says("小钱", "我的资料")
    assert "3种" in hall.hears("小钱")[-1].text
    await hall.says("小钱", "删除我的资料")
    await hall.taps("小钱", "确定删除")
    assert await hall.database.read(_without_address) == 2  # 小钱's own waits for the farewell to leave
    await hall.moves_to(hall.now + timedelta(hours=1))
    assert await hall.database.read(_without_address) == 3
    hall.hears("小周")
    await hall.says("小周", "翡翠是我在删除以后说的")
    assert "您同意吗" in hall.hears("小周")[-1].text


def _without_address(tx: Tx) -> int:
    return len(tx.all(select(contacts.contacts.c.id).where(contacts.contacts.c.address.is_(None))))


async def test_a_second_chats_code_lasts_a_quarter_of_an_hour(hall: Hall) -> None:
    await hall.says("王女士", "我的资料")
    await hall.taps("王女士", "在别的聊天里也用")
    code = _code_in(hall.hears("王女士")[-1].text)
    await hall.moves_to(hall.now + timedelta(minutes=16))
    await hall.says("老赵", f"绑定 {code}")
    assert "不对" in hall.hears("老赵")[-1].text


async def test_a_code_of_another_community_asks_for_consent_there_and_one_can_change_back(hall: Hall) -> None:
    await hall.database.transaction(_second_community)
    await give(hall, role="leader", place="和平里/1号楼", community=2)
    await hall.says("王女士", f"绑定 {CODE}")
    heard = hall.hears("王女士")
    assert "和平社区" in heard[-1].text and "您同意吗" in heard[-1].text
    await hall.says("王女士", "同意")
    assert "和平里1号楼" in hall.hears("王女士")[-1].text
    await hall.says("王女士", "换社区")
    await hall.taps("王女士", "幸福里社区")
    await hall.says("王女士", "我的资料")
    assert HOME.replace("/", "") in hall.hears("王女士")[-1].text


def _second_community(tx: Tx) -> None:
    here = communities.add(tx, "和平社区", slug="c2")
    imports.record_batch(tx, here, [HomeRow("和平里", "1号楼", "", "101")])


def _keys(tx: Tx) -> int:
    """How many keys there are for what may be forgotten."""
    return len(tx.all(select(keys.keys.c.id).where(keys.keys.c.purpose.startswith("f"))))


def _readable(tx: Tx, word: str) -> dict[str, list[str]]:
    return found(tx, [word])


async def test_an_open_door_wants_a_code_for_a_home(hall: Hall) -> None:
    def guard(tx: Tx) -> None:
        communities.change(tx, 1, replace(communities.community(tx, 1).settings, doors_need_code=("test",)))

    await hall.database.transaction(guard)
    await give(hall, as_="family")
    await hall.says("老赵", "我是 3号楼2单元301 赵德发 家属")
    assert "住户码" in hall.hears("老赵")[-1].text
    await hall.says("老赵", f"绑定 {CODE}")
    assert await homes(hall, "老赵") == [(HOME, "family", "confirmed")]


async def test_who_guesses_the_telephone_of_a_home_is_soon_not_heard(hall: Hall) -> None:
    """Five guesses an hour, however often one begins anew; then even the right digits prove nothing, and the claim waits."""
    for left, guess in ((4, "0000"), (3, "1111"), (2, "2222"), (1, "3333")):
        await hall.says("老赵", "我是 3号楼2单元301 王芳 业主")
        await hall.says("老赵", guess)
        assert f"还可以试{left}次" in hall.hears("老赵")[-1].text
        assert await homes(hall, "老赵") == []
    for guess in ("4444", "1234"):
        await hall.says("老赵", "我是 3号楼2单元301 王芳 业主")
        await hall.says("老赵", guess)
        assert "记下了" in hall.hears("老赵")[-1].text
        assert [state for _, _, state in await homes(hall, "老赵")] == ["waiting"]
        await hall.database.transaction(_refuse_all, hall.now)


def _refuse_all(tx: Tx, now: Any) -> None:
    for claim in residents.waiting_claims(tx, 1):
        _, event = rules.refuse(claim, ResidentId("x"), "staff", "-", now)
        residents.record_claim_refused(tx, 1, event)


async def test_the_leader_does_not_decide_while_their_own_poll_is_open(hall: Hall) -> None:
    await hall.says("老李", "发起投票 楼道刷什么颜色\n白色\n米色")
    await hall.taps("老李", "发布")
    await hall.says("老赵", "我是 3号楼2单元301 赵德发 家属")
    await hall.taps("老赵", "请楼栋长确认")
    assert "您认识吗" in hall.hears("小赵")[-1].text
    await hall.says("老李", "确认 6")
    assert "网格员" in hall.hears("老李")[-1].text
    await hall.says("小赵", "确认 6")
    assert await homes(hall, "老赵") == [(HOME, "family", "confirmed")]
