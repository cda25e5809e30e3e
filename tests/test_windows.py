"""Messages where a platform lets us write only for a while: each takes a way, none is sent through a shut window, none is lost."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.answers import Answers
from channels.contract import SendError, Window
from community import promises
from community.dispatches import DispatchId, DispatchOrdered
from dialogue.words import Button, Inbound, Kind, Purpose, Rendered, ResidentId, Say, ToAudience
from storage import contacts, dispatches, outbox, residents
from storage.contacts import contacts as chats
from storage.database import Tx
from storage.outbox import BULK
from tests.house import ZONE, Hall
from tests.two_doors import CAN, TwoDoors

LIN, C = "林奶奶", "c-lin"
BRIEFED = replace(CAN, briefs=frozenset({"result", "progress", "notice", "ballot"}))
PASSIVE_ONLY = replace(CAN, passive_reply=True, windows={Kind.TEXT: Window(0, 0)})


def follow(tx: Tx, hall: Hall, *, home: bool = True) -> None:
    """林奶奶 follows 公众号 and agreed; she lives in 2单元501, unless not even that is known."""
    met = contacts.meet(tx, Inbound(channel="wechat", external_id="f", address=LIN, id=C, at=hall.now), 1)
    residents.record_resident(tx, 1, C, C, LIN, hall.now)
    contacts.settle(tx, met.speaker.contact, consent="given", resident_id=C, reached=True)
    if home:
        row = {"community_id": 1, "id": "k-lin", "number": 900, "household_id": "a2-501", "resident_id": C, "as_": "owner"}
        tx.execute(residents.claims.insert().values(**row, state="confirmed", made_at=hall.now))


@pytest.fixture
async def hall(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[TwoDoors]:
    """林奶奶's only chat is 公众号 (`can` by the test's parameter), and its window is shut."""
    house = await TwoDoors.furnished(database_url, getattr(request, "param", CAN))
    await house.database.transaction(follow, house)
    yield house
    await house.close()


def made(hall: TwoDoors, purpose: Purpose) -> dict[str, Any]:
    row = {"community_id": 1, "lane": BULK, "contact_id": C, "resident_id": C, "channel": "wechat", "purpose": purpose.value}
    return {**row, "not_before": hall.now, "made_at": hall.now}


async def push(hall: TwoDoors, text: str, purpose: Purpose, **row: Any) -> None:
    await hall.queue(text, **{"contact_id": C, "resident_id": C, "channel": "wechat", "purpose": purpose.value, "lane": BULK, **row})


# --- the window ---------------------------------------------------------------------------------------------------------


async def test_five_messages_after_a_word_and_the_sixth_waits_for_the_next(hall: TwoDoors) -> None:
    await hall.writes(LIN, "菜单")
    assert len(hall.reads(LIN)) == 1
    for number in range(5):
        await push(hall, f"办理进展{number}", Purpose.OWN_MATTER)
    await hall.send()
    assert hall.reads(LIN) == [f"办理进展{number}" for number in range(4)], "the answer to her word was the first of five"
    assert (await hall.states())[-1] == ("held", "window")
    await hall.writes(LIN, "菜单")
    heard = hall.reads(LIN)
    assert "办理进展4" in heard and len(heard) == 2


async def test_after_two_days_nothing_is_sent_any_more(hall: TwoDoors) -> None:
    await hall.writes(LIN, "菜单")
    hall.now += timedelta(hours=47)
    await push(hall, "一", Purpose.OWN_MATTER)
    await hall.send()
    hall.now += timedelta(hours=1)
    await push(hall, "二", Purpose.OWN_MATTER)
    await hall.send()
    assert (await hall.states())[-2:] == [("sent", ""), ("held", "window")]


async def test_a_tap_opens_a_minute_and_shortens_nothing(hall: TwoDoors) -> None:
    await hall.writes(LIN, kind=Kind.CHOICE, choice="menu")
    kept = await hall.of(chats, id=C)
    assert (kept.window_left, kept.window_until) == (2, hall.now + timedelta(minutes=1)), "three, of which the answer took one"
    await hall.writes(LIN, "菜单")
    until = (await hall.of(chats, id=C)).window_until
    await hall.writes(LIN, kind=Kind.CHOICE, choice="menu")
    kept = await hall.of(chats, id=C)
    assert (kept.window_left, kept.window_until) == (3, until)


async def test_a_window_that_was_shut_after_all_is_never_sent(hall: TwoDoors) -> None:
    await hall.writes(LIN, "菜单")
    hall.wechat.windows.clear()
    await push(hall, "楼道灯修好了", Purpose.OWN_MATTER)
    await push(hall, "停水", Purpose.NEWS)
    await hall.send()
    assert (await hall.states())[-2:] == [("held", "window"), ("held", "window")]
    assert (await hall.of(chats, id=C)).window_left == 0


async def test_a_try_that_may_have_arrived_counts(hall: TwoDoors) -> None:
    await hall.writes(LIN, "菜单")
    hall.wechat.failing.append(SendError.retry("timeout", uncertain=True))
    await push(hall, "一", Purpose.OWN_MATTER)
    await hall.send()
    assert (await hall.of(chats, id=C)).window_left == 3


# --- the ways -----------------------------------------------------------------------------------------------------------


async def test_another_chat_of_the_same_person_is_used_and_their_links_stay_theirs(hall: TwoDoors) -> None:
    await hall.database.transaction(lambda tx: contacts.settle(tx, "c-4", resident_id=C, person=C))  # 王女士's chat is hers
    words = Rendered("公示1号", (Button("看公示", url="http://localhost/board/notices/1?k=hers"),))

    def post(tx: Tx) -> None:
        outbox.queue(tx, ["community:1"], words, made(hall, Purpose.NEWS))

    await hall.database.transaction(post)
    await hall.send()
    (heard,) = hall.hears("王女士")
    assert (heard.text, heard.buttons) == ("公示1号", words.buttons)
    (row,) = await hall.rows()
    assert (row.state, row.contact_id, row.channel) == ("sent", "c-4", "test")
    assert hall.reads(LIN) == []


async def test_whose_other_chat_was_told_the_same_is_not_told_twice(hall: TwoDoors) -> None:
    await hall.database.transaction(lambda tx: contacts.settle(tx, "c-4", resident_id=C, person=C))
    news = Say("dispatches.news", {"text": "通知"}, to=ToAudience("a3"), purpose=Purpose.NEWS)
    ordered = DispatchOrdered(DispatchId("d1"), 1, news, "a3", 2, ResidentId("c-5"), hall.now)
    await hall.database.transaction(dispatches.record_ordered, 1, ordered)
    await push(hall, "通知", Purpose.NEWS, contact_id="c-4", channel="test", dispatch_id="d1")
    await push(hall, "通知", Purpose.NEWS, dispatch_id="d1")
    await hall.send()
    assert await hall.states() == [("sent", ""), ("refused", "told_already")]


BRIEFS = [
    (Purpose.RESULT, "survey 1", "result"),
    (Purpose.OWN_MATTER, "progress 1", "progress"),
    (Purpose.NEWS, "notices 1", "notice"),
    (Purpose.EMERGENCY, "notices 1", "notice"),
    (Purpose.INVITATION, "vote 1", "ballot"),
    (Purpose.INVITATION, "survey 1", "notice"),
    (Purpose.LEGAL, "vote 1", "ballot"),
]


@pytest.mark.parametrize("hall", [BRIEFED], indirect=True)
async def test_a_template_leaves_for_what_it_was_ordered_for_and_takes_nothing_of_the_window(hall: TwoDoors) -> None:
    def post(tx: Tx) -> None:
        for purpose, payload, _ in BRIEFS:
            outbox.queue(tx, ["community:1"], Rendered("话", (Button("去", payload),)), made(hall, purpose))

    await hall.database.transaction(post)
    for _ in BRIEFS:
        await hall.send()
        hall.now += timedelta(days=4)
    assert [brief for _, brief, _ in hall.wechat.briefs] == [row[2] for row in BRIEFS]
    assert await hall.states() == [("sent", "brief")] * len(BRIEFS)


@pytest.mark.parametrize("hall", [BRIEFED], indirect=True)
async def test_a_template_that_is_refused_is_not_tried_again_and_the_next_way_is_taken(hall: TwoDoors) -> None:
    hall.wechat.failing += [SendError.closed("43101"), SendError.closed("43101")]
    await push(hall, "停水", Purpose.NEWS)
    await push(hall, "您的事办了", Purpose.OWN_MATTER)
    await hall.send()
    assert await hall.states() == [("held", "window"), ("held", "window")]
    assert hall.wechat.briefs == []




async def order(hall: TwoDoors) -> None:
    """发送1号, 周三停水, to everybody in 3号楼."""
    await hall.says("小王", "通知 3号楼 周三停水")
    await hall.taps("小王", "发送")
    await hall.clock.catch_up()
    await hall.send()


async def test_news_their_buildings_group_was_told_are_held_until_they_write(hall: TwoDoors) -> None:
    await hall.with_group()
    await order(hall)
    mine = [row for row in await hall.rows() if row.contact_id == C]
    assert [(row.state, row.reason) for row in mine] == [("held", "group")]
    assert "周三停水" in hall.channel.ear("3号楼群").heard[-1].text
    await hall.says("小王", "进度 发送1")
    assert "由群里告知1" in hall.hears("小王")[-1].text
    await hall.writes(LIN, "菜单")
    assert any("周三停水" in text for text in hall.reads(LIN))


async def test_a_poll_stands_in_the_group_and_asks_nobody_twice(hall: TwoDoors) -> None:
    await hall.with_group()
    await hall.says("老李", "发起投票 春节活动办什么\n包饺子\n写春联\n截止 周日20:00\n谁投 每人\n公开 不公开")
    await hall.taps("老李", "发布")
    await hall.clock.catch_up()
    await hall.send()
    mine = [row for row in await hall.rows() if row.contact_id == C]
    assert [(row.purpose, row.state, row.reason) for row in mine] == [("invitation", "held", "group")]


async def test_an_officer_sees_before_sending_whom_it_cannot_reach_directly(hall: TwoDoors) -> None:
    await hall.writes(LIN, "菜单")
    await hall.says("小王", "通知 3号楼 周三停水")
    assert "好些天没来说话" not in hall.hears("小王")[-1].text
    await hall.says("小王", "取消")
    hall.now += timedelta(days=2)
    await hall.says("小王", "通知 3号楼 周三停水")
    assert "其中1人好些天没来说话" in hall.hears("小王")[-1].text


async def test_news_without_a_group_are_for_the_door_and_stand_on_its_list_until_they_write(hall: TwoDoors) -> None:
    await order(hall)
    assert [(row.state, row.reason) for row in await hall.rows() if row.contact_id == C] == [("by_door", "window")]
    await hall.says("小王", "进度 发送1")
    assert "上门告知1" in hall.hears("小王")[-1].text
    await hall.writes(LIN, "菜单")
    assert any("周三停水" in text for text in hall.reads(LIN))
    await hall.says("小王", "进度 发送1")
    assert "上门告知" not in hall.hears("小王")[-1].text


@pytest.mark.parametrize("why", ["nobody knows where they live", "it is an answer", "it is an officer's duty"])
async def test_what_nobody_can_bring_to_a_door_waits_for_them(hall: TwoDoors, why: str) -> None:
    if why.startswith("nobody"):
        await hall.database.transaction(lambda tx: tx.execute(residents.claims.delete().where(residents.claims.c.id == "k-lin")))
        await push(hall, "停水", Purpose.NEWS)
    else:
        await push(hall, "话", Purpose.REPLY if "answer" in why else Purpose.DUTY)
    await hall.send()
    assert await hall.states() == [("held", "window")]


# --- when they write again ----------------------------------------------------------------------------------------------


async def test_what_concerns_them_most_goes_first_and_the_talk_keeps_its_room(hall: TwoDoors) -> None:
    for text, purpose in (("新闻", Purpose.NEWS), ("结果", Purpose.RESULT), ("我的事", Purpose.OWN_MATTER), ("大会通知", Purpose.LEGAL)):
        await push(hall, text, purpose)
    await push(hall, "从前的回答", Purpose.REPLY)
    await hall.send()
    await hall.writes(LIN, "菜单")
    heard = hall.reads(LIN)
    assert {"我的事", "大会通知", "新闻"} < set(heard) and len(heard) == 4, "five may be said: three of what waited, and the talk"
    states = {row.purpose: (row.state, row.reason) for row in (await hall.rows())[:5]}
    assert (states["result"], states["reply"]) == (("held", "window"), ("held", "window"))
    await hall.writes(LIN, "菜单")
    assert "结果" in hall.reads(LIN)


async def test_what_waited_a_month_is_no_news_any_more(hall: TwoDoors) -> None:
    await push(hall, "上个月停水", Purpose.NEWS)
    await hall.send()
    hall.now += timedelta(days=31)
    await hall.writes(LIN, "菜单")
    assert "上个月停水" not in hall.reads(LIN)


@pytest.mark.parametrize("hall", [PASSIVE_ONLY], indirect=True)
async def test_an_account_that_may_only_answer_hands_out_what_waited_with_the_answer(hall: TwoDoors) -> None:
    await push(hall, "您的事办好了", Purpose.OWN_MATTER)
    await push(hall, "停水", Purpose.NEWS)
    await hall.send()
    await hall.brings(LIN, "菜单")
    lends = Answers(hall.database, hall.deliver.shared, hall.voice, lambda: None)
    said = Inbound(channel="wechat", external_id=f"w{hall.said}", address=LIN, id="x", at=hall.now)
    taken = await lends.lend(hall.wechat, said, hall.now, duplicate=False)
    texts = [answer.words.text for answer in taken.answers]
    assert len(texts) == 2 and texts[1] == "您的事办好了", "the answer first, then what concerns them"
    await taken.given([taken.answers[0].row])
    await hall.send()
    assert [(row.purpose, row.state) for row in await hall.rows()] == [("own_matter", "held"), ("news", "held"), ("reply", "sent")]


# --- the house as a whole -----------------------------------------------------------------------------------------------


async def test_a_channel_that_asks_for_silence_is_left_alone_and_the_others_go_on(hall: TwoDoors) -> None:
    await hall.writes(LIN, "菜单")
    hall.reads(LIN)
    hall.wechat.failing.append(SendError.retry("45009", after=120, bulk=True))
    await push(hall, "一", Purpose.OWN_MATTER)
    await hall.send()
    await push(hall, "二", Purpose.OWN_MATTER, lane=0)
    await hall.queue("三", contact_id="c-2", resident_id="c-2")
    await hall.send()
    assert (hall.reads(LIN), [heard.text for heard in hall.hears("李叔")]) == ([], ["三"])
    assert [(row.state, row.tries) for row in (await hall.rows())[-2:]] == [("queued", 0), ("sent", 1)], "not even claimed"
    hall.now += timedelta(seconds=121)
    await hall.send()
    assert set(hall.reads(LIN)) == {"一", "二"}


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_each_message_ends_in_one_state_and_only_what_was_heard_is_sent(hall: TwoDoors, seed: int) -> None:
    chance, pushed = random.Random(seed), list[str]()
    for number in range(40):
        match chance.choice(["push", "push", "push", "word", "tap", "waits", "days", "shut", "busy", "bad"]):
            case "push":
                pushed.append(f"第{number}条")
                await push(hall, pushed[-1], chance.choice([p for p in Purpose if p not in promises.ASKS]))
            case "word":
                await hall.brings(LIN, "菜单")
            case "tap":
                await hall.brings(LIN, kind=Kind.CHOICE, choice="menu")
            case "waits":
                hall.now += timedelta(minutes=chance.randint(1, 600))
            case "days":
                hall.now += timedelta(days=chance.randint(1, 3))
            case "shut":
                hall.wechat.windows.clear()  # by the platform's own count, which is not ours
            case "busy":
                hall.wechat.failing.append(SendError.retry("-1"))
            case "bad":
                hall.wechat.failing.append(SendError.ours("bad"))
        await hall.send()
    hall.wechat.failing.clear()
    hall.now = hall.now.astimezone(ZONE).replace(hour=12) + timedelta(days=1)  # by day, after every backoff
    await hall.send()
    assert {row.state for row in await hall.rows()} <= {"sent", "held", "by_door", "refused"}
    heard = [text for text in hall.reads(LIN) if text in pushed]
    sent = await hall.database.read(lambda tx: [one.words.text for one, _ in outbox.said(tx, C, 1000) if one.words])
    assert sorted(heard) == sorted(text for text in sent if text in pushed)
    assert len(set(heard)) == len(heard)
    assert len([row for row in await hall.rows() if row.lane == BULK]) == len(pushed)
