"""What comes in: only what WeCom sealed for this application, once, answered within the request where it fits."""

from __future__ import annotations

import asyncio

import pytest

from dialogue.words import Button, Inbound, Kind, Rendered
from tests.channels.wecom.conftest import AES_KEY, AGENT, TOKEN, Office
from tests.fakes.qyapi import Callback
from tests.fakes.sealed import Seal

HELLO = Rendered("您好，有事直接说给我听。")
MENU = Rendered("您好", (Button("问卷", "survey", aside=True), Button("投票", "vote", aside=True)))
ASK = Rendered("要不要装？", (Button("要装", "vote 3 #1"), Button("不用装", "vote 3 #2")))


def says(*words: Rendered):  # type: ignore[no-untyped-def]
    return lambda _: words


async def heard(office: Office, count: int) -> list[Inbound]:
    assert len(office.house.heard) == count
    return office.house.heard


# --- the address is saved in the back office ------------------------------------------------------------------------------


async def test_the_back_office_tries_the_address_and_gets_the_plain_text_back(office: Office) -> None:
    answered = await office.fake.verifies(office.app, "94966531020182955848408")
    assert (answered.status, answered.plain) == (200, b"94966531020182955848408")


@pytest.mark.parametrize(
    ("why", "seal"),
    [
        ("another token", Seal("other", AES_KEY, "ww6a112864f8022910")),
        ("another corp", Seal(TOKEN, AES_KEY, "wwsomebodyelse")),
        ("another key", Seal(TOKEN, AES_KEY[::-1], "ww6a112864f8022910")),
    ],
)
async def test_what_is_sealed_otherwise_is_refused_and_nothing_is_kept(office: Office, why: str, seal: Seal) -> None:
    assert office.app.callback
    office.app.callback = Callback(office.app.callback.url, seal)
    assert (await office.fake.verifies(office.app)).status == 403, why
    assert (await office.people.says(office.member(), "在吗")).status == 403, why
    assert office.house.heard == []


# --- bad input ------------------------------------------------------------------------------------------------------------

PLAIN = b"<xml><FromUserName>x</FromUserName><MsgType>text</MsgType><MsgId>1</MsgId><Content>x</Content></xml>"


@pytest.mark.parametrize(
    ("why", "body", "status"),
    [
        ("nothing", b"", 403),
        ("no envelope", PLAIN, 403),
        ("garbage", b"\x00\xff" * 400, 403),
        ("truncated base64", b"<xml><Encrypt>AAAA</Encrypt></xml>", 403),
        ("no base64", "<xml><Encrypt>明明白白</Encrypt></xml>".encode(), 403),
        ("above one MiB", b"<xml><Encrypt>" + b"A" * (1024 * 1024) + b"</Encrypt></xml>", 413),
    ],
)
async def test_what_is_no_envelope_of_theirs_is_refused(office: Office, why: str, body: bytes, status: int) -> None:
    assert office.app.callback
    query = office.app.callback.seal.query("AAAA", int(office.fake.now))
    answered = await office.fake.posts(office.app.callback, body, query)
    assert (answered.status, office.house.heard) == (status, []), why


@pytest.mark.parametrize(
    ("why", "plain"),
    [
        ("no xml", b"hello"),
        ("nothing", b""),
        ("an entity", b'<!DOCTYPE xml [<!ENTITY a "aaaa">]><xml><MsgType>&a;</MsgType></xml>'),
        ("a type nobody knows", b"<xml><MsgType>event</MsgType><Event>be_teleported</Event><FromUserName>x</FromUserName></xml>"),
        ("no type", b"<xml><FromUserName>x</FromUserName></xml>"),
        ("no id", PLAIN.replace(b"<MsgId>1</MsgId>", b"")),
        ("other elements", b"<html><body>1</body></html>"),
    ],
)
async def test_what_they_sealed_and_we_do_not_understand_is_taken_in_silence(office: Office, why: str, plain: bytes) -> None:
    answered = await office.fake.brings(office.app, plain)
    assert (answered.status, answered.plain, office.house.heard) == (200, b"", []), why


async def test_bad_padding_is_refused(office: Office) -> None:
    assert office.app.callback
    seal = office.app.callback.seal
    encrypt = seal.encrypt_padded(b"0123456789abcdef" * 3 + b"\x00" * 16)
    body = f"<xml><Encrypt>{encrypt}</Encrypt></xml>".encode()
    answered = await office.fake.posts(office.app.callback, body, seal.query(encrypt, int(office.fake.now)))
    assert (answered.status, office.house.heard) == (403, [])


@pytest.mark.parametrize(("age", "status"), [(0, 200), (600, 200), (-600, 200), (1801, 401), (-1801, 401)])
async def test_clocks_may_differ_by_minutes_and_not_by_half_an_hour(office: Office, age: float, status: int) -> None:
    said = {"ToUserName": office.fake.corp, "FromUserName": "x", "MsgType": "text", "Content": "在吗", "MsgId": 1, "AgentID": AGENT}
    answered = await office.fake.brings(office.app, said, at=office.fake.now - age)
    assert answered.status == status
    assert len(office.house.heard) == (status == 200)


# --- said once, answered once -----------------------------------------------------------------------------------------------


async def test_a_word_is_answered_within_the_request(office: Office) -> None:
    zhang = office.member()
    office.house.says = says(HELLO)
    await office.people.says(zhang, "在吗")
    assert [(shown.text, shown.passive) for shown in zhang.seen] == [(HELLO.text, True)]
    await office.fake.until(lambda: office.house.given == [[1]], "the answer was not marked as given")
    assert (await heard(office, 1))[0].name == "张阿姨", "callbacks carry no name; the directory does"


async def test_what_a_neighbour_wrote_breaks_out_of_no_element(office: Office) -> None:
    zhang = office.member()
    office.house.says = lambda said: (Rendered(f"记下了：{said.text}"),)
    await office.people.says(zhang, "]]><Content>假的</Content> <a href='http://x'>点我</a>")
    assert zhang.seen[0].text.replace("\u200b", "") == "记下了：]]><Content>假的</Content> <a href='http://x'>点我</a>"
    assert "<a" not in zhang.seen[0].text


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("a card", (MENU,)),
        ("a picture", (Rendered("看图", picture="d" * 64),)),
        ("too long", (Rendered("长" * 700),)),
        ("a card first, so that nothing comes out of order", (MENU, HELLO)),
    ],
)
async def test_what_does_not_fit_leaves_by_itself(office: Office, why: str, words: tuple[Rendered, ...]) -> None:
    zhang = office.member()
    office.house.says = says(*words)
    assert (await office.people.says(zhang, "在吗")).plain == b"", why
    await office.fake.until(lambda: office.house.given == [[]], why)


async def test_the_same_message_three_times_is_one_with_the_same_answer(office: Office) -> None:
    zhang = office.member()
    office.house.says = says(HELLO)
    said = {"ToUserName": office.fake.corp, "FromUserName": zhang.userid, "CreateTime": int(office.fake.now)}
    said |= {"MsgType": "text", "Content": "在吗", "MsgId": 77, "AgentID": AGENT}
    answers = [await office.fake.brings(office.app, said) for _ in range(3)]
    assert {a.fields["Content"] for a in answers} == {HELLO.text}
    await heard(office, 1)


async def test_retries_that_overlap_are_one(office: Office) -> None:
    zhang = office.member()
    office.house.says, office.house.busy = says(HELLO), asyncio.Event()
    said = {"ToUserName": office.fake.corp, "FromUserName": zhang.userid, "CreateTime": int(office.fake.now)}
    said |= {"MsgType": "text", "Content": "在吗", "MsgId": 77, "AgentID": AGENT}
    running = [asyncio.create_task(office.fake.brings(office.app, said)) for _ in range(3)]
    await office.fake.until(lambda: office.house.asked == 3, "not all three came")
    running[0].cancel()  # WeCom hangs up on the first, and the others are already there
    await asyncio.gather(running[0], return_exceptions=True)
    office.house.busy.set()
    answers = await asyncio.gather(*running[1:])
    assert [a.fields["Content"] for a in answers] == [HELLO.text] * 2
    await heard(office, 1)


async def test_an_answer_that_is_too_late_leaves_by_itself(office: Office) -> None:
    zhang = office.member()

    def slow(_: Inbound) -> tuple[Rendered, ...]:
        office.elapsed += 4.6
        return (HELLO,)

    office.house.says = slow
    assert (await office.people.says(zhang, "在吗")).plain == b""
    await office.fake.until(lambda: office.house.given == [[]], "nobody was told that it was not given")


async def test_when_the_database_is_away_wecom_is_asked_to_come_again_and_does(office: Office) -> None:
    zhang = office.member()
    office.house.says, office.house.away = says(HELLO), 2
    await office.people.says(zhang, "在吗")
    assert [shown.text for shown in zhang.seen] == [HELLO.text]
    await heard(office, 1)


async def test_it_says_when_to_come_again(office: Office) -> None:
    office.house.away = 3
    answered = await office.people.says(office.member(), "在吗")
    assert (answered.status, answered.headers["Retry-After"]) == (503, "7")


# --- opening the application --------------------------------------------------------------------------------------------------


async def test_opening_the_application_is_news_twice_a_day_at_most(office: Office) -> None:
    zhang = office.member()
    office.house.says = says(HELLO)
    for _ in range(5):
        await office.people.enters(zhang)
        office.fake.advance(60)
    assert [i.kind for i in await heard(office, 1)] == [Kind.JOINED]
    assert len(zhang.seen) == 1, "a menu at each opening would be a flood"
    await office.people.enters(office.member("LaoLi", "老李"))
    await heard(office, 2)


async def test_opening_it_while_the_database_is_away_is_not_forgotten(office: Office) -> None:
    office.house.away = 3
    await office.people.enters(office.member())
    await office.people.enters(office.member())
    await heard(office, 1)


# --- cards --------------------------------------------------------------------------------------------------------------------


async def test_a_tap_on_a_card_is_the_choice_and_the_card_shows_it(office: Office) -> None:
    zhang = office.member()
    sent = await office.door.send(zhang.userid, ASK, key="m1-1")
    await office.people.taps(zhang, "不用装")
    said = (await heard(office, 1))[0]
    assert (said.kind, said.choice, said.question, sent.id) == (Kind.CHOICE, "vote 3 #2", "m1-1", "m1-1")
    assert zhang.seen[0].greyed == "已选：不用装"
    assert zhang.seen[0].offers() == {}, "it cannot be tapped twice"


async def test_several_ticked_are_one_choice(office: Office) -> None:
    zhang = office.member()
    most = Rendered("最多选两项", (Button("甲", "pick 3 #1"), Button("乙", "pick 3 #2"), Button("丙", "pick 3 #3")), most=2)
    await office.door.send(zhang.userid, most, key="m1-1")
    await office.people.ticks(zhang, "甲", "丙")
    assert (await heard(office, 1))[0].choice == "pick 3 #1\npick 3 #3\n"
    assert zhang.seen[0].greyed == "已选：甲、丙"


async def test_one_ticked_where_several_could_be_is_still_the_whole_choice(office: Office) -> None:
    zhang = office.member()
    most = Rendered("最多选两项", (Button("甲", "pick 3 #1"), Button("乙", "pick 3 #2")), most=2)
    await office.door.send(zhang.userid, most, key="m1-1")
    await office.people.ticks(zhang, "乙")
    assert (await heard(office, 1))[0].choice == "pick 3 #2\n"


async def test_a_card_of_last_week_that_we_forgot_is_still_understood(office: Office) -> None:
    zhang = office.member()
    await office.door.send(zhang.userid, ASK, key="m1-1")
    office.cache.kept.clear()
    await office.people.taps(zhang, "要装")
    assert (await heard(office, 1))[0].choice == "vote 3 #1"
    assert zhang.seen[0].greyed == "已收到"


async def test_the_menu_in_the_corner(office: Office) -> None:
    zhang = office.member()
    five = tuple(Button(label, f"answer q #{label}") for label in "甲乙丙丁戊")
    await office.door.send(
        zhang.userid, Rendered("选一项", (*five, Button("上一题", "back", aside=True), Button("暂停", "pause", aside=True))), key="m1-1"
    )
    await office.people.taps(zhang, "暂停")
    assert (await heard(office, 1))[0].choice == "pause"
    assert zhang.seen[0].greyed == "", "the question can still be answered"


async def test_a_click_that_was_handled_too_late_greys_its_card_by_a_call_and_once(office: Office) -> None:
    zhang = office.member()
    await office.door.send(zhang.userid, ASK, key="m1-1")
    took = [4.6, 0.0]

    def slow(_: Inbound) -> tuple[Rendered, ...]:
        office.elapsed += took.pop(0)
        return ()

    office.house.says = slow
    click = {"ToUserName": office.fake.corp, "FromUserName": zhang.userid, "CreateTime": 1, "MsgType": "event", "TaskId": "m1-1"}
    click |= {"Event": "template_card_event", "EventKey": "vote 3 #1", "CardType": "button_interaction", "AgentID": AGENT}
    click["ResponseCode"] = office.messages.right("m1-1", AGENT)
    assert [(await office.fake.brings(office.app, click)).plain for _ in range(2)] == [b"", b""], "the retry spends it no second time"
    await office.fake.until(lambda: zhang.seen[0].greyed == "已选：要装", "the card was never updated")
    assert [path for path, _ in office.fake.calls].count("message/update_template_card") == 1
    assert office.fake.refused == [] and len(await heard(office, 1)) == 1


async def test_two_hundred_people_in_one_second(office: Office) -> None:
    many = [office.member(f"member{i}") for i in range(200)]
    await asyncio.gather(*(office.door.send(who.userid, ASK, key=f"m{i}-1") for i, who in enumerate(many)))
    await asyncio.gather(*(office.people.taps(who, "要装") for who in many))
    assert len({i.address for i in office.house.heard}) == len(await heard(office, 200)) == 200
    assert all(who.seen[0].greyed == "已选：要装" for who in many)
    assert office.fake.tokens_given == 1
