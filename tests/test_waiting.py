"""What waits because nobody may be written to: it goes when they write, it is told another way, or it ends where it can be seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot import outcomes
from bot.answers import Answers
from channels.contract import SendError, Sent
from community.dispatches import DispatchId, DispatchOrdered
from dialogue.words import Inbound, Kind, Purpose, ResidentId, Say, ToAudience
from storage import contacts, dispatches, doors, retention
from storage.contacts import contacts as chats
from storage.doors import Group
from tests.cast import BUILDING
from tests.house import _id
from tests.test_windows import BRIEFED, LIN, PASSIVE_ONLY, C, follow, push
from tests.two_doors import CAN, TwoDoors

GROUP = "group:3"


@pytest.fixture
async def hall(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[TwoDoors]:
    """林奶奶's only chat is 公众号 (`can` by the test's parameter), and its window is shut."""
    house = await TwoDoors.furnished(database_url, getattr(request, "param", CAN))
    await house.database.transaction(follow, house)
    yield house
    await house.close()


# --- a group that may only be answered ----------------------------------------------------------------------------------


async def post(hall: TwoDoors, text: str, **row: object) -> None:
    """News for 3号楼群, which lives at 公众号's door in these tests and opens for a while after a word."""
    bound = Group("g9", 1, "wechat", GROUP, _id(BUILDING))
    await hall.database.transaction(lambda tx: doors.record_group_bound(tx, bound, "t", hall.now))
    await hall.queue(text, **{"contact_id": None, "group_id": "g9", "resident_id": None, "channel": "wechat", "purpose": "news", **row})
    await hall.send()


async def test_a_post_a_shut_group_did_not_take_goes_when_somebody_speaks_there(hall: TwoDoors) -> None:
    await post(hall, "停水")
    assert await hall.states() == [("held", "45015")]
    await hall.writes(LIN, "菜单", chat="group:4")
    assert (await hall.states())[0] == ("held", "45015"), "another group's word opens nothing here"
    hall.wechat.heard_from(GROUP, Kind.TEXT)
    await hall.writes(LIN, "菜单", chat=GROUP)
    await hall.send()
    assert "停水" in hall.reads(GROUP)
    assert (await hall.states())[0] == ("sent", "")


async def test_a_group_that_took_nothing_has_told_nobody(hall: TwoDoors) -> None:
    news = Say("dispatches.news", {"text": "周三停水"}, to=ToAudience("a3"), purpose=Purpose.NEWS)
    ordered = DispatchOrdered(DispatchId("d1"), 1, news, "a3", 2, ResidentId("c-5"), hall.now)
    await hall.database.transaction(dispatches.record_ordered, 1, ordered)
    await post(hall, "周三停水", dispatch_id="d1")
    await push(hall, "周三停水", Purpose.NEWS, dispatch_id="d1")
    await hall.send()
    assert await hall.states() == [("held", "45015"), ("by_door", "window")], "she is told at her door, and not by the group"


# --- somebody with several chats ----------------------------------------------------------------------------------------


async def test_what_waited_in_one_chat_comes_where_they_write_though_that_door_knows_no_windows(hall: TwoDoors) -> None:
    await push(hall, "您的事办好了", Purpose.OWN_MATTER)
    await hall.send()
    assert await hall.states() == [("held", "window")]
    await hall.database.transaction(lambda tx: contacts.settle(tx, "c-4", resident_id=C, person=C))  # 王女士's chat is hers
    await hall.says("王女士", "菜单")
    assert "您的事办好了" in [heard.text for heard in hall.hears("王女士")]
    assert ("held", "window") not in await hall.states()


# --- an answer that could not leave -------------------------------------------------------------------------------------


async def asked(hall: TwoDoors, text: str) -> list[str]:
    """She writes where only the body of that request may carry words: what was for it, and does not fit."""
    await hall.brings(LIN, text)
    lends = Answers(hall.database, hall.deliver.shared, hall.voice, lambda: None)
    said = Inbound(channel="wechat", external_id=f"w{hall.said}", address=LIN, id="x", at=hall.now)
    taken = await lends.lend(hall.wechat, said, hall.now, duplicate=False)
    await taken.given(())
    await hall.send()
    return [answer.words.text for answer in taken.answers]


@pytest.mark.parametrize("hall", [PASSIVE_ONLY], indirect=True)
async def test_an_answer_that_did_not_fit_comes_with_the_next_word_about_something_else(hall: TwoDoors) -> None:
    (mine,) = await asked(hall, "我的资料")
    assert await hall.states() == [("held", "window")]
    assert mine in await asked(hall, "菜单")
    assert ("refused", "answered_anew") not in await hall.states()


@pytest.mark.parametrize("hall", [PASSIVE_ONLY], indirect=True)
async def test_who_asks_the_same_again_gets_one_answer(hall: TwoDoors) -> None:
    await asked(hall, "我的资料")
    assert len(await asked(hall, "我的资料")) == 1
    assert await hall.states() == [("refused", "answered_anew"), ("held", "window")]


# --- a no that comes late -----------------------------------------------------------------------------------------------


async def receipt(hall: TwoDoors, choice: str, text: str) -> None:
    """The platform says what became of the last message it took."""
    row = (await hall.rows())[-1]
    said = {"kind": Kind.RECEIPT, "question": row.platform_id, "choice": choice, "text": text}
    told = Inbound(channel="wechat", external_id="r", address=LIN, **said)
    await hall.database.transaction(outcomes.told, hall.voice.can, told, hall.now)


async def test_what_did_not_arrive_because_the_window_was_shut_goes_when_they_write(hall: TwoDoors) -> None:
    await hall.writes(LIN, "菜单")
    await push(hall, "您的事办好了", Purpose.OWN_MATTER)
    await hall.send()
    await receipt(hall, "closed", "more than 5 in 48h")
    assert (await hall.states())[-1] == ("held", "window")
    assert (await hall.of(chats, id=C)).window_left == 0
    hall.reads(LIN)
    await hall.writes(LIN, "菜单")
    assert "您的事办好了" in hall.reads(LIN)


@pytest.mark.parametrize("hall", [BRIEFED], indirect=True)
async def test_a_template_that_did_not_arrive_takes_the_next_way(hall: TwoDoors) -> None:
    await push(hall, "您的事办好了", Purpose.OWN_MATTER)
    await hall.send()
    assert await hall.states() == [("sent", "brief")]
    await receipt(hall, "closed", "failed: system failed")
    assert await hall.states() == [("held", "window")]


@pytest.mark.parametrize("hall", [BRIEFED], indirect=True)
async def test_who_turns_out_to_have_blocked_us_is_gone(hall: TwoDoors) -> None:
    await push(hall, "您的事办好了", Purpose.OWN_MATTER)
    await hall.send()
    await receipt(hall, "gone", "failed:user block")
    assert await hall.states() == [("gone", "failed:user block")]
    assert (await hall.of(chats, id=C)).gone_at == hall.now
    await receipt(hall, "closed", "late")
    assert await hall.states() == [("gone", "failed:user block")]


# --- a month later ------------------------------------------------------------------------------------------------------


async def test_after_a_month_what_concerns_oneself_still_comes_and_the_rest_ends_where_it_can_be_seen(hall: TwoDoors) -> None:
    for text, purpose in (("您的事办好了", Purpose.OWN_MATTER), ("大会通知", Purpose.LEGAL), ("请您核实", Purpose.DUTY)):
        await push(hall, text, purpose)
    await post(hall, "停水")
    await hall.send()
    await hall.database.transaction(retention.sweep, hall.now + timedelta(days=29))
    before = await hall.states()
    assert {state for state, _ in before} <= {"held", "by_door"}
    hall.now += timedelta(days=31)
    await hall.database.transaction(retention.sweep, hall.now)
    after = {row.purpose: (row.state, row.reason) for row in await hall.rows()}
    assert (after["duty"], after["news"]) == (("refused", "too_old"), ("refused", "too_old"))
    await hall.writes(LIN, "菜单")
    assert {"您的事办好了", "大会通知"} <= set(hall.reads(LIN))


# --- long words ---------------------------------------------------------------------------------------------------------


async def test_words_that_left_as_several_messages_cost_the_window_as_many(hall: TwoDoors, monkeypatch: pytest.MonkeyPatch) -> None:
    await hall.writes(LIN, "菜单")
    answered = (await hall.of(chats, id=C)).window_left
    broken = SendError.retry("45009")
    broken.said = 1
    hall.wechat.failing.append(broken)
    await push(hall, "很长", Purpose.OWN_MATTER)
    await hall.send()
    assert (await hall.of(chats, id=C)).window_left == answered - 1, "the part that was said before it broke off"

    async def rest(*_: object) -> Sent:
        return Sent("long", count=2)

    monkeypatch.setattr(hall.wechat, "send", rest)
    hall.now += timedelta(minutes=1)
    await hall.send()
    assert (await hall.states())[-1] == ("sent", "")
    assert (await hall.of(chats, id=C)).window_left == answered - 3
