"""The turn, on both databases: a message counts once, in order, wholly or not at all; what fails is kept and taken again."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select

import handlers
from bot import command
from bot.cli import failed
from bot.intake import Intake
from dialogue.words import Inbound, Kind, Step
from handlers import menu
from storage import contacts, conversations, inbox, outbox, residents
from storage.conversations import Shown
from storage.database import Database, DatabaseAway, Tx
from tests.house import Hall


@pytest.fixture
async def hall(database_url: str) -> Any:
    """A furnished house with everybody known."""
    house = await Hall.open(database_url)
    await house.known()
    yield house
    await house.close()


def _intake(hall: Hall) -> Intake:
    return Intake(hall.database, hall.house, {"test": hall.channel}, lambda: None, now=lambda: hall.now)


def _said(text: str, number: str, who: str = "老李", **more: Any) -> Inbound:
    return Inbound(channel="test", external_id=number, address=who, text=text, **more)


async def _rows(hall: Hall, table: Any) -> int:
    return await hall.database.read(lambda tx: int(tx.scalar(select(func.count()).select_from(table))))


async def test_the_same_update_three_times_is_answered_once(hall: Hall) -> None:
    intake = _intake(hall)
    taken = await asyncio.gather(*(intake.take(_said("菜单", "7"), b"") for _ in range(3)))
    assert sorted(t.duplicate for t in taken) == [False, True, True]
    assert all(t.stored for t in taken)
    await hall.send()
    assert len(hall.hears("老李")) == 1


async def test_a_retry_after_a_restart_is_still_a_duplicate(hall: Hall) -> None:
    await _intake(hall).take(_said("菜单", "7"), b"")
    assert (await _intake(hall).take(_said("菜单", "7"), b"")).duplicate


async def test_two_people_may_send_the_same_number_on_two_channels(hall: Hall) -> None:
    intake = Intake(hall.database, hall.house, {"test": hall.channel, "other": hall.channel}, lambda: None, now=lambda: hall.now)
    first = await intake.take(_said("菜单", "7"), b"")
    second = await intake.take(replace(_said("菜单", "7"), channel="other"), b"")
    assert not first.duplicate and not second.duplicate


async def test_neighbours_talking_in_the_group_are_not_kept(hall: Hall) -> None:
    before = await _rows(hall, inbox.inbox)
    taken = await _intake(hall).take(_said("今晚谁去跳舞", "8", chat="3号楼群", addressed=False), b"")
    assert taken.stored
    assert await _rows(hall, inbox.inbox) == before


async def test_quick_messages_of_one_person_are_taken_in_their_order(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    def load(tx: Tx, state: Any, inbound: Inbound) -> None:
        heard.append(inbound.external_id)

    monkeypatch.setattr(menu, "load", load)
    monkeypatch.setattr(menu, "step", lambda situation, state, inbound: Step(None))
    intake = _intake(hall)
    await asyncio.gather(*(intake.take(_said("菜单", f"n{i:02}"), b"") for i in range(20)))
    assert heard == [f"n{i:02}" for i in range(20)]


async def test_first_messages_at_the_same_instant_make_one_contact(hall: Hall) -> None:
    """Through the bare turn, without the intake's queue: the database's lock alone must do it."""
    said = [replace(_said("你好", f"x{i}", who="新来的"), id=f"id{i}", at=hall.now) for i in range(5)]
    done = await asyncio.gather(*(hall.take(one) for one in said))
    assert all(d.fresh for d in done)
    mine = select(func.count()).select_from(contacts.contacts).where(contacts.contacts.c.channel == "test")
    known = await hall.database.read(lambda tx: int(tx.scalar(mine)))
    assert known == 7 + 1


async def test_quick_replies_lose_nothing(hall: Hall) -> None:
    """Three replies at once, through the bare turn: each is answered."""
    said = [replace(_said("菜单", f"q{i}", who="李叔"), id=f"q{i}", at=hall.now) for i in range(3)]
    await asyncio.gather(*(hall.take(one) for one in said))
    await hall.send()
    assert len(hall.hears("李叔")) == 3


@pytest.mark.parametrize("door", ["chat", "page"])
async def test_inputs_that_meet_queue_at_their_contact(hall: Hall, door: str) -> None:
    """Through the bare transaction: only the contact's lock stands between reading it and writing it."""
    contact = await _contact(hall)
    await hall.database.transaction(lambda tx: contacts.settle(tx, contact, language=""))

    def add(tx: Tx, number: int) -> None:
        met = _met(tx, hall, door, number)
        contacts.settle(tx, met.speaker.contact, language=f"{met.speaker.language}{number}")

    await asyncio.gather(*(hall.database.transaction(add, number) for number in range(8)))
    met = await hall.database.transaction(contacts.lock, contact)
    assert sorted(met.speaker.language) == [str(number) for number in range(8)]


@pytest.mark.parametrize("door", ["chat", "page"])
async def test_inputs_that_meet_find_the_conversation_as_the_one_before_left_it(hall: Hall, door: str) -> None:
    """Several processes, or a page beside the chat."""

    def add(tx: Tx, number: int) -> None:
        met = _met(tx, hall, door, number)
        place = replace(met.open, asked=(*met.open.asked, Shown(f"menu {number}", str(number))))
        conversations.keep(tx, met.speaker.contact, met.speaker.person, place, hall.now)

    await hall.database.transaction(add, 0)
    await asyncio.gather(*(hall.database.transaction(add, number) for number in range(1, 8)))
    met = await hall.database.transaction(contacts.lock, await _contact(hall))
    assert {option.text for option in met.open.asked} >= {str(number) for number in range(8)}


async def _contact(hall: Hall) -> str:
    contact = await hall.database.read(lambda tx: contacts.find(tx, "test", "老李"))
    assert contact is not None
    return contact


def _met(tx: Tx, hall: Hall, door: str, number: int) -> contacts.Met:
    """老李 comes in by the chat, or by a page."""
    if door == "chat":
        return contacts.meet(tx, replace(_said("好", f"m{number}"), at=hall.now), 1)
    contact = contacts.find(tx, "test", "老李")
    assert contact is not None
    return contacts.lock(tx, contact)


class Broken(Exception):
    """What a handler may raise by mistake."""


async def _breaks(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(menu, "step", _raise)
        taken = await _intake(hall).take(_said("菜单", "9"), b"")
    assert taken.stored


def _raise(*_: Any) -> Step:
    raise Broken("张阿姨 must not be in a log")


async def test_when_a_handler_fails_nothing_of_it_happened_and_the_words_are_kept(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    await _breaks(hall, monkeypatch)
    await hall.send()
    (sorry,) = hall.hears("老李")
    assert "已经原样留下" in sorry.text
    (row,) = await hall.database.read(inbox.failures)
    assert row.inbound is not None and row.inbound.text == "菜单"
    assert row.reason.startswith("Broken < test_turn.py") and "张阿姨" not in row.reason
    assert (await _intake(hall).take(_said("菜单", "9"), b"")).duplicate, "from here only replay can take it"


async def test_what_failed_is_taken_again_once_it_is_mended(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    await _breaks(hall, monkeypatch)
    (row,) = await hall.database.read(inbox.failures)
    assert await failed.replayed(hall.database, hall.config, row.seq) == 0
    await hall.send()
    assert any("睦邻助手" in m.text for m in hall.hears("老李"))
    assert await hall.database.read(inbox.failures) == []
    assert await failed.replayed(hall.database, hall.config, row.seq) == 1, "not twice"


async def test_replay_refuses_when_the_person_has_since_moved_on(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    await _breaks(hall, monkeypatch)
    await hall.says("老李", "菜单")
    (row,) = await hall.database.read(inbox.failures)
    assert await failed.replayed(hall.database, hall.config, row.seq) == 1


async def test_with_the_database_away_nothing_is_acknowledged(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any) -> None:
        raise DatabaseAway("gone")

    with monkeypatch.context() as gone:
        gone.setattr(Database, "transaction", away)
        taken = await _intake(hall).take(_said("菜单", "11"), b"")
    assert not taken.stored and taken.retry_after > 0
    assert not (await _intake(hall).take(_said("菜单", "11"), b"")).duplicate, "the platform's retry is the first we hear of it"


async def test_what_could_not_be_committed_is_not_acknowledged(hall: Hall) -> None:
    def cut(_: Any) -> None:
        raise OSError("the power is cut")

    event.listen(Engine, "commit", cut)
    try:
        taken = await _intake(hall).take(_said("菜单", "12"), b"")
    finally:
        event.remove(Engine, "commit", cut)
    assert not taken.stored and taken.retry_after > 0
    assert not (await _intake(hall).take(_said("菜单", "12"), b"")).duplicate


async def test_an_unknown_button_is_answered_in_words(hall: Hall) -> None:
    await hall.says("老李", kind=Kind.CHOICE, choice="no_such_word 3 x")
    assert len(hall.hears("老李")) == 1


async def test_a_page_sent_twice_is_one_act(hall: Hall) -> None:
    contact = await hall.database.read(lambda tx: contacts.find(tx, "test", "老李"))
    assert contact is not None
    menu_word = command.Command("menu")
    first = await command.run(hall.database, hall.house, contact, menu_word, once="form-1")
    second = await command.run(hall.database, hall.house, contact, menu_word, once="form-1")
    assert first.fresh and first.replies and not second.fresh
    await hall.send()
    assert hall.hears("老李") == [], "a page's answer is shown on the page"


async def test_every_conversation_says_what_the_contract_wants() -> None:
    for module in handlers.CONVERSATIONS:
        assert module.open_to in ("all", "browsing", "given"), module
        assert callable(module.load) and callable(module.step) and isinstance(module.words, dict), module
        assert module.__doc__, module
        assert module.State is None or "version" in {f.name for f in fields(module.State)}, f"{module}: a state has a version"


async def test_instants_come_back_as_they_went_in(hall: Hall) -> None:
    """20:00+08:00 must not come back eight hours wrong, and a naive moment is refused."""
    await hall.says("老李", "菜单")
    kept = await hall.database.read(lambda tx: tx.scalar(select(outbox.outbox.c.made_at)))
    assert kept == hall.now and kept.utcoffset().total_seconds() == 0
    naive = datetime(2026, 11, 23, 10, 0)
    with pytest.raises(Exception, match="naive"):
        await hall.database.transaction(lambda tx: contacts.settle(tx, "nobody", last_at=naive))


async def test_a_number_beats_the_button_of_that_name(hall: Hall) -> None:
    """确认 1 is the first claim, although the newest question shows 【确认】 for the second."""
    for name, home in (("新张", "3号楼1单元301"), ("新李", "3号楼1单元302")):
        await hall.says(name, "菜单")
        await hall.says(name, "同意")
        await hall.says(name, f"我是 {home} {name} 租户")
    hall.hears("老李")
    waiting = await hall.database.read(residents.waiting_claims, 1)
    await hall.says("老李", f"确认 {waiting[0].number}")
    assert waiting[0].name in hall.hears("老李")[-1].text
    assert [c.number for c in await hall.database.read(residents.waiting_claims, 1)] == [waiting[1].number]


async def test_a_number_never_chooses_from_a_question_that_is_no_longer_on_the_screen(hall: Hall) -> None:
    """删除我的资料, then the menu, then 1: nothing may be deleted."""
    await hall.says("李叔", "删除我的资料")
    await hall.says("李叔", "菜单")
    hall.hears("李叔")
    await hall.says("李叔", "1")
    assert not any("已经删除" in m.text for m in hall.hears("李叔"))
    await hall.says("李叔", "我的资料")
    assert any("李叔" in m.text for m in hall.hears("李叔"))


async def test_a_preview_is_not_published_by_a_number_said_to_something_else(hall: Hall) -> None:
    await hall.says("老李", "发起投票 自行车棚\n东门\n西门\n截止 7天")
    await hall.says("老李", "确认")
    hall.hears("老李")
    await hall.says("老李", "1")
    assert not any("发布了" in m.text for m in hall.hears("老李"))


async def test_a_claim_that_nobody_confirmed_renames_nobody(hall: Hall) -> None:
    """李叔 is confirmed at home; what he says of another home is not his name until somebody confirms it."""
    await hall.says("李叔", "我是 3号楼1单元302 张桂兰 租户")
    await hall.says("李叔", "我的资料")
    assert any("李叔" in m.text and "张桂兰" not in m.text for m in hall.hears("李叔") if "称呼" in m.text)
