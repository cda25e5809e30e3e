"""What comes in at /hook/wechat: who may, what is made of it, and the answer within the same request."""

from __future__ import annotations

import asyncio
import base64
import json
from functools import partial
from typing import Any
from xml.etree import ElementTree

import aiohttp
import pytest
from wechatpy.crypto import WeChatCrypto

from channels.wechat.channel import IN_TIME
from dialogue.words import Button, Kind, Rendered
from tests.channels.wechat.conftest import AT_HOME, PUBLIC, House, Opened
from tests.fakes.sealed import Seal
from tests.fakes.weixin import AES_KEY, FakeWeixin, Follower
from tests.fakes.weixin_delivery import written
from tests.fakes.weixin_people import FAULT

ASKED = Rendered("装扶手吗？", (Button("同意", "vote 3 #1"), Button("反对", "vote 3 #2"), Button("改", "edit", aside=True)))
MODES = pytest.mark.parametrize("mode", ["plain", "compatible", "safe"], indirect=True)


def text(fake: FakeWeixin, content: str = "投票 3", number: str = "77") -> dict[str, Any]:
    """A message of somebody."""
    said = {"MsgType": "text", "Content": content, "MsgId": number}
    return {"ToUserName": fake.account, "FromUserName": "oSomebody", "CreateTime": int(fake.now), **said}


# --- the account's owner pastes our address into the back office ------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "status"), [({}, 200), ({"signature": "0" * 40}, 403), ({"timestamp": "1"}, 403), ({"signature": ""}, 403)]
)
async def test_the_address_is_verified(opened: Opened, fake: FakeWeixin, changed: dict[str, str], status: int) -> None:
    await opened()
    _, query = fake.delivery.request(text(fake))
    async with aiohttp.ClientSession() as http, http.get(fake.hook, params={**query, "echostr": "5927+/=7824", **changed}) as answer:
        assert answer.status == status
        assert status != 200 or await answer.text() == "5927+/=7824"


async def test_without_a_token_nobody_comes_in(opened: Opened, fake: FakeWeixin, house: House) -> None:
    """An empty token would let anybody sign."""
    await opened(token="")
    fake.delivery.seal = Seal("", AES_KEY, fake.app_id)
    assert (await fake.delivery.post(text(fake)))[0] == 403
    assert house.asked == 0


@pytest.mark.parametrize("key", ["short", "not a key of forty-three signs, whatever it is"])
async def test_with_a_key_that_is_none_nobody_comes_in(opened: Opened, fake: FakeWeixin, house: House, key: str) -> None:
    await opened(encoding_aes_key=key)
    assert (await fake.delivery.post(text(fake)))[0] == 403
    assert house.asked == 0


@pytest.mark.parametrize("mode", ["plain"], indirect=True)
@pytest.mark.parametrize(("public", "status"), [(PUBLIC, 403), ("http://192.0.2.1:8080", 403), ("", 403), (AT_HOME, 200)])
async def test_words_in_the_clear_are_believed_only_where_nobody_comes_from_outside(
    opened: Opened, fake: FakeWeixin, house: House, public: str, status: int
) -> None:
    """Their signature says nothing about them: whoever saw one request could put words into anybody's mouth."""
    await opened(public_url=public)
    assert (await fake.delivery.post(text(fake)))[0] == status
    assert house.asked == (status == 200)


# --- three modes, one conversation ------------------------------------------------------------------------------------


@MODES
async def test_a_resident_asks_and_is_answered_at_once(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    house.says = lambda _: (ASKED,)
    await zhang.says("投票 3")
    assert zhang.screen == ["装扶手吗？\n\n1. 同意\n2. 反对\n（也可以说：改）"]
    house.says = lambda _: (Rendered("您选：同意"),)
    await zhang.taps("同意")
    assert (house.heard[-1].kind, house.heard[-1].choice) == (Kind.CHOICE, "vote 3 #1")
    assert zhang.screen[-1] == "您选：同意"
    assert house.given == [[1], [1]]
    assert not [path for path, _ in fake.calls if "custom" in path], "nothing was sent beside it"


@pytest.mark.parametrize("mode", ["safe"], indirect=True)
async def test_what_wechatpy_seals_is_opened_and_it_opens_our_answer(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    house.says = lambda _: (Rendered("好 ]]> &"),)
    crypto = WeChatCrypto(fake.token, AES_KEY, fake.app_id)
    sealed = crypto.encrypt_message(written(text(fake)).decode(), "n1", str(int(fake.now)))
    _, query = fake.delivery.request(text(fake))
    signed = {"nonce": "n1", "timestamp": str(int(fake.now))}
    signed |= {"signature": fake.delivery.seal.signature("", signed["timestamp"], "n1")}
    signed |= {"msg_signature": sealed.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]}
    status, body = await fake.delivery.raw(sealed.encode(), **{**query, **signed})
    assert (status, house.heard[0].text) == (200, "投票 3")
    parts = {p.tag: p.text or "" for p in ElementTree.fromstring(body)}
    plain = crypto.decrypt_message(body.decode(), parts["MsgSignature"], parts["TimeStamp"], parts["Nonce"])
    assert "好 ]]]]><![CDATA[> &" in plain


# --- refused, and nothing kept ----------------------------------------------------------------------------------------


@MODES
async def test_a_forged_request_is_refused(zhang: Follower, fake: FakeWeixin, house: House, mode: str) -> None:
    said = text(fake)
    forged = [{"signature": "0" * 40}, {"signature": ""}, {"nonce": "other"}, {"timestamp": str(int(fake.now) + 1)}]
    if mode != "plain":
        forged += [{"msg_signature": "0" * 40}, {"msg_signature": ""}]
    for query in forged:
        assert (await fake.delivery.post(said, **query))[0] == 403, query
    assert house.asked == 0


@MODES
async def test_an_old_request_sent_again_is_refused_and_a_fresh_one_is_a_duplicate(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    house.says = lambda _: (ASKED,)
    body, query = fake.delivery.request(text(fake))
    answers = [await fake.delivery.raw(body, **query) for _ in range(2)]
    assert [status for status, _ in answers] == [200, 200]
    assert len(house.heard) == 1 and house.given == [[1], [1]], "the same answer again, and nothing twice"
    fake.advance(1801)
    assert (await fake.delivery.raw(body, **query))[0] == 401
    assert house.asked == 2


async def test_a_clock_ten_minutes_off_is_nothing(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    body, query = fake.delivery.request(text(fake))
    fake.advance(600)
    assert (await fake.delivery.raw(body, **query))[0] == 200
    assert len(house.heard) == 1


@pytest.mark.parametrize("mode", ["safe", "compatible"], indirect=True)
@pytest.mark.parametrize("damage", ["receiver", "padding", "base64", "short", "empty", "not sealed"])
async def test_an_envelope_that_is_none_is_refused(zhang: Follower, fake: FakeWeixin, house: House, damage: str) -> None:
    """Also when its signature is right: then somebody knows our token, or the platform is broken."""
    seal = fake.delivery.seal
    plain = written(text(fake))
    made = {
        "receiver": Seal(fake.token, AES_KEY, "wxAnother").encrypt(plain),
        "padding": seal.encrypt_padded(b"x" * 31 + b"\x00"),
        "base64": seal.encrypt(plain)[:-3] + "*",
        "short": base64.b64encode(b"x" * 7).decode(),
        "empty": "",
    }
    _, query = fake.delivery.request(text(fake))
    envelope = made.get(damage, "")
    query["msg_signature"] = seal.signature(envelope, query["timestamp"], query["nonce"])
    body = plain if damage == "not sealed" else written({"Encrypt": envelope})
    assert (await fake.delivery.raw(body, **query))[0] == 403
    assert house.asked == 0


async def test_with_a_key_a_readable_body_counts_for_nothing(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    """Its plain signature is right and says nothing about the body; what stands beside the envelope in 兼容模式 is not read."""
    body, query = fake.delivery.request(text(fake, "查一查"))
    plain = {k: v for k, v in query.items() if k not in ("encrypt_type", "msg_signature")}
    assert (await fake.delivery.raw(written(text(fake)), **plain))[0] == 403
    beside = body.replace(b"<xml>", written(text(fake, "投票 3 #2"))[:-6])
    assert (await fake.delivery.raw(beside, **query))[0] == 200
    assert [i.text for i in house.heard] == ["查一查"]


@pytest.mark.parametrize("mode", ["plain"], indirect=True)
async def test_an_envelope_without_a_key_is_passed_over(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    """The back office says 安全模式 and the configuration has no key: nothing can be read; mulin check says so."""
    _, query = fake.delivery.request(text(fake))
    status, body = await fake.delivery.raw(written({"ToUserName": fake.account, "Encrypt": "x"}), **query)
    assert (status, body, house.asked) == (200, b"success", 0)


ODD = [
    b"",
    b"garbage",
    b"\xff\xfe\x00",
    b"<xml>",
    b"<xml><MsgType>text</MsgType></xml>",
    b"<other/>",
    b'<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>text</MsgType><Content>&a;</Content></xml>',
    b'<?xml version="1.0" encoding="no-such"?><xml/>',
    json.dumps({"MsgType": "text"}).encode(),
]


@pytest.mark.parametrize("mode", ["plain", "safe"], indirect=True)
@pytest.mark.parametrize("said", ODD)
async def test_what_cannot_be_understood_is_passed_over(zhang: Follower, fake: FakeWeixin, house: House, said: bytes, mode: str) -> None:
    """Signed all the same: answered 200, or the platform would bring it three times."""
    _, query = fake.delivery.request(text(fake))
    body = said
    if mode == "safe":
        sealed = fake.delivery.seal.encrypt(said)
        query["msg_signature"] = fake.delivery.seal.signature(sealed, query["timestamp"], query["nonce"])
        body = written({"Encrypt": sealed})
    assert (await fake.delivery.raw(body, **query)) == (200, b"success")
    assert house.asked == 0


@MODES
async def test_more_than_a_mebibyte_is_refused(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    _, query = fake.delivery.request(text(fake))
    try:
        assert (await fake.delivery.raw(b"x" * (1024 * 1024 + 1), **query))[0] == 413
    except aiohttp.ClientConnectionError:
        pass  # refused while we were still talking
    assert house.asked == 0


async def test_another_accounts_message_is_passed_over(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    assert (await fake.delivery.post({**text(fake), "ToUserName": "gh_another"})) == (200, b"success")
    assert house.asked == 0


# --- five seconds -----------------------------------------------------------------------------------------------------


async def test_overlapping_retries_of_a_slow_turn_have_one_effect_and_one_answer(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    """The first try still runs when the platform has hung up and brings the same again."""
    house.says, house.busy = lambda _: (ASKED,), asyncio.Event()
    asking = asyncio.create_task(zhang.says("投票 3"))
    await fake.until(lambda: house.asked == 1, "the first try never came")
    fake.advance(5)
    await fake.until(lambda: house.asked == 2, "the second try never came")
    house.busy.set()
    await asking
    assert len(house.heard) == 1
    assert [m.text for m in zhang.messages] == ["装扶手吗？\n\n1. 同意\n2. 反对\n（也可以说：改）"]
    assert house.given == [[1]], "to the try that was hung up nothing was given"


async def test_after_three_tries_the_platform_gives_up_and_what_was_said_is_kept(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    house.says, house.busy = lambda _: (ASKED,), asyncio.Event()
    asking = asyncio.create_task(zhang.says("投票 3"))
    for tries in (1, 2, 3):
        await fake.until(partial(house.was_asked, tries), "a try never came")
        fake.advance(5)
    await asking
    house.busy.set()
    assert zhang.screen == [FAULT] and house.asked == 3
    await fake.until(lambda: len(house.heard) == 1, "it was not kept")


async def test_an_answer_that_took_too_long_leaves_by_itself(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    def slowly(_: Any) -> tuple[Rendered, ...]:
        fake.now += IN_TIME + 0.1  # the turn took so long
        return (ASKED,)

    house.says = slowly
    await zhang.says("投票 3")
    assert zhang.messages == [] and house.given == [[]]


async def test_while_the_database_is_away_it_is_brought_again(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    house.says, house.away = lambda _: (Rendered("收到"),), 1
    await zhang.says("灯坏了")
    assert [a.status for a in fake.delivery.attempts] == [503, 200]
    assert zhang.screen == ["收到"] and len(house.heard) == 1


# --- who it is --------------------------------------------------------------------------------------------------------


async def test_one_person_behind_several_doors(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    await zhang.says("您好")
    await zhang.says("菜单")
    assert {i.union for i in house.heard} == {zhang.union}
    assert [path for path, _ in fake.calls].count("/cgi-bin/user/info") == 1, "asked once"


async def test_an_account_without_a_common_name_asks_nobody_twice(zhang: Follower, fake: FakeWeixin, house: House) -> None:
    fake.bound = False
    await zhang.says("您好")
    await zhang.says("菜单")
    assert {i.union for i in house.heard} == {""}
    assert [path for path, _ in fake.calls].count("/cgi-bin/user/info") == 1


@pytest.mark.parametrize("trouble", [{"code": -1}, {"http": 502}, {"code": 0, "times": 2}, {"code": 48001}])
async def test_who_they_are_elsewhere_holds_up_nobody(zhang: Follower, fake: FakeWeixin, house: House, trouble: dict[str, int]) -> None:
    house.says = lambda _: (Rendered("您好"),)
    fake.goes_wrong("/cgi-bin/user/info", **trouble)  # type: ignore[arg-type]
    await zhang.says("您好")
    assert zhang.screen == ["您好"] and house.heard[0].union == ""
    await zhang.says("再来")
    assert house.heard[1].union == ("" if trouble.get("code") == 48001 else zhang.union), "asked again where that may help"


async def test_nobody_waits_longer_than_a_second_for_their_own_name(opened: Opened, fake: FakeWeixin, house: House) -> None:
    channel = await opened()
    house.says, fake.slow["/cgi-bin/user/info"] = lambda _: (Rendered("您好"),), asyncio.Event()
    channel._people.patience = 0.0  # the second is over
    await fake.person("老李").follows()
    assert fake.person("老李").screen == ["您好"] and house.heard[0].union == ""


# --- everything else a follower does ----------------------------------------------------------------------------------


async def test_what_followers_do(fake: FakeWeixin, house: House, opened: Opened) -> None:
    await opened(menu=(("填一填", (("投票", "vote"),)),))
    await fake.until(lambda: bool(fake.menu), "no menu")
    li = fake.person("老李")
    await li.follows("12345678")
    await li.scans("87654321")
    await li.presses("投票")
    await li.sends_voice(b"amr", heard="灯坏了")
    await li.sends_voice(b"amr")
    await li.sends("location", Location_X="30.66", Location_Y="117.49", Scale="15", Label="x")
    await li.event("VIEW", EventKey="https://mulin.example/board")
    await li.event("TEMPLATESENDJOBFINISH", MsgID="9", Status="success")
    await li.leaves()
    assert [(i.kind.value, i.text or i.choice) for i in house.heard] == [
        ("joined", "12345678"),
        ("joined", "87654321"),
        ("choice", "vote"),
        ("text", "灯坏了"),
        ("voice", ""),
        ("place", "30.66 117.49"),
        ("receipt", "delivered"),
        ("left", ""),
    ]


async def test_a_photo_is_fetched_from_the_platform(fake: FakeWeixin, house: House, opened: Opened) -> None:
    channel = await opened()
    li = fake.person("老李")
    li.following = True
    await li.sends_photo(b"\xff\xd8\xff picture")
    assert await channel.fetch(house.heard[0].attachments[0]) == b"\xff\xd8\xff picture"
