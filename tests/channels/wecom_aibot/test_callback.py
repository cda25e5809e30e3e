"""The 智能机器人's callback: sealed both ways, answered within the request, then by the one address a message brings."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

import texts
from channels.contract import SendError
from channels.tencent.hook import MAX_BODY
from channels.wecom_aibot.replies import key_of
from dialogue.rendered import Button, Rendered
from dialogue.words import Kind
from tests.fakes.openws_callback import Callback
from tests.fakes.sealed import Seal

from .conftest import ASKED, KEY, SEAL, Stage
from .test_talk import OTHERS, PICTURE, WORDS, seen

HELLO = {"msgid": "m1", "aibotid": "BOT", "chattype": "single", "from": {"userid": "laoli"}, "msgtype": "text", "text": {"content": "菜单"}}


def callback(stage: Stage) -> Callback:
    assert stage.fake.callback
    return stage.fake.callback


# --- answers -----------------------------------------------------------------------------------------------------------


async def test_answers_come_in_the_response_words_first_and_the_card_below(stage: Stage) -> None:
    stage.house.answers = (WORDS, ASKED)
    await stage.called_back()
    li = stage.fake.member("laoli")
    await li.says("投票 1")
    assert seen(stage.fake, "laoli") == ["三号楼明天停水。\n楼道要不要加装扶手？"]
    assert list(li.messages[-1].taps()) == ["要装", "不用装", "改"]
    assert stage.house.given == [10, 11] and stage.house.raws == [b""]


async def test_who_opens_the_chat_is_greeted_in_the_response(stage: Stage) -> None:
    stage.house.answers = (ASKED, OTHERS)
    await stage.called_back()
    await stage.fake.member("laoli").opens()
    assert seen(stage.fake, "laoli") == ["楼道要不要加装扶手？"] and (stage.house.given, stage.house.left) == ([10], [11])


async def test_a_tapped_card_says_so_in_the_response_and_the_answer_leaves_by_itself(stage: Stage) -> None:
    stage.house.answers = (ASKED,)
    await stage.called_back()
    li = stage.fake.member("laoli")
    await li.says("投票 1")
    stage.house.answers = (WORDS,)
    assert await li.taps("要装")
    assert stage.house.heard[-1].choice == "vote 1 1" and seen(stage.fake, "laoli") == ["已选：要装"]
    await stage.fake.until(lambda: stage.house.left == [20], "never given back")


async def test_several_answers_to_a_tap_come_as_one_by_the_one_address_it_brought(stage: Stage) -> None:
    stage.house.answers = (ASKED,)
    await stage.called_back()
    li = stage.fake.member("laoli")
    await li.says("投票 1")
    stage.house.answers = (WORDS, ASKED)
    assert await li.taps("要装")
    await stage.fake.until(lambda: len(li.messages) == 3, "never said")
    assert li.messages[-1].words() == "三号楼明天停水。\n\n楼道要不要加装扶手？\n\n1. 要装\n2. 不用装\n（也可以说：改）"
    await stage.fake.until(lambda: stage.house.given == [10, 20, 21], "never given")


async def test_in_a_group_only_who_tapped_sees_that_it_came(stage: Stage) -> None:
    stage.house.answers = (ASKED,)
    await stage.called_back()
    li, wang = stage.fake.member("laoli"), stage.fake.member("wang")
    group = stage.fake.group("wrG1", li, wang)
    await li.calls("投票 1", group)
    stage.house.answers = ()
    assert await wang.taps("不用装", group)
    assert (seen(stage.fake, "wrG1", "wang"), seen(stage.fake, "wrG1", "laoli")) == (["收到"], ["楼道要不要加装扶手？"])


async def test_an_answer_the_platform_asks_for_again_is_the_same_from_any_process(stage: Stage) -> None:
    stage.house.answers = (WORDS,)
    await stage.called_back()
    await stage.fake.member("laoli").says("菜单")
    await stage.called_back()  # another process, with the same cache
    again = await callback(stage).asks_again(stage.fake, "m10-1")
    assert again == {"msgtype": "stream", "stream": {"id": "m10-1", "finish": True, "content": "三号楼明天停水。"}}
    assert "停水" not in (await stage.cache.get("wecom_aibot:stream:m10-1") or "三号楼停水"), "sealed"
    assert await callback(stage).asks_again(stage.fake, "nobody") is None
    assert len(stage.house.heard) == 1


async def test_what_took_longer_than_the_platform_waits_leaves_by_itself(stage: Stage) -> None:
    stage.house.answers = (WORDS,)

    async def slow() -> None:
        stage.fake.clock.at += 4.6

    stage.house.slow = slow
    await stage.called_back()
    await stage.fake.member("laoli").says("菜单")
    assert seen(stage.fake, "laoli") == [] and stage.house.left == [10]


async def test_a_retry_gets_the_same_answer_and_happens_once(stage: Stage) -> None:
    stage.house.answers = (WORDS,)
    await stage.called_back()
    answers = [await callback(stage).post(stage.fake, HELLO) for _ in range(3)]
    assert len(stage.house.heard) == 1 and {a["stream"]["content"] for a in answers if a} == {"三号楼明天停水。"}


async def test_while_the_database_is_away_it_says_when_to_come_again(stage: Stage) -> None:
    stage.house.away = 1
    await stage.called_back()
    assert await callback(stage).post(stage.fake, HELLO) is None
    assert callback(stage).statuses == [503]


# --- afterwards --------------------------------------------------------------------------------------------------------


async def test_each_message_brings_one_answer_within_the_hour_then_they_must_write_again(stage: Stage) -> None:
    bot = await stage.called_back()
    li = stage.fake.member("laoli")
    for _ in range(2):
        await li.says("菜单")
        await bot.send("laoli", WORDS, key="m1")
        with pytest.raises(SendError) as closed:
            await bot.send("laoli", OTHERS, key="m2")
        assert closed.value.verdict == "closed"
    assert seen(stage.fake, "laoli") == ["三号楼明天停水。"] * 2 and stage.fake.refused == [], "none is tried twice"
    assert bot.can.windows[Kind.TEXT].count == 1 and bot.can.windows[Kind.TEXT].seconds == 3600


async def test_an_address_too_old_is_no_loss(stage: Stage) -> None:
    bot = await stage.called_back()
    await stage.fake.member("laoli").says("菜单")
    await stage.fake.clock.advance(3601)
    with pytest.raises(SendError) as closed:
        await bot.send("laoli", WORDS, key="m1")
    assert closed.value.verdict == "closed" and stage.fake.refused == [("response_url", 60140)]


async def test_in_a_group_it_says_words_without_a_card_and_in_private_with_one(stage: Stage) -> None:
    bot = await stage.called_back()
    li = stage.fake.member("laoli")
    group = stage.fake.group("wrG1", li)
    await li.calls("投票 1", group)
    await bot.send("group:wrG1", ASKED, key="m1")
    await li.says("投票 1")
    await bot.send("laoli", ASKED, PICTURE, "m2")
    assert seen(stage.fake, "wrG1") == ["楼道要不要加装扶手？\n\n1. 要装\n2. 不用装\n（也可以说：改）"]
    assert li.messages[-1].card and stage.fake.refused == []


async def test_a_server_that_cannot_be_reached_costs_nobody_their_one_answer(stage: Stage) -> None:
    bot = await stage.called_back()
    await stage.fake.member("laoli").says("菜单")
    url = await stage.cache.get(key_of("laoli"))
    await stage.cache.put(key_of("laoli"), "http://127.0.0.1:9/?response_code=x", 60)
    with pytest.raises(SendError) as away:
        await bot.send("laoli", WORDS, key="m1")
    assert (away.value.verdict, away.value.uncertain) == ("retry", False) and "127" not in away.value.reason
    assert await stage.cache.get(key_of("laoli"))
    await stage.cache.put(key_of("laoli"), url or "", 60)
    await bot.send("laoli", WORDS, key="m1")
    assert seen(stage.fake, "laoli") == ["三号楼明天停水。"]


async def test_a_photo_sealed_with_the_callbacks_key_is_opened(stage: Stage) -> None:
    await stage.called_back()
    await stage.fake.member("laoli").sends(PICTURE)
    assert stage.house.files == [PICTURE]


# --- the back office asks who we are -------------------------------------------------------------------------------------


async def asked(stage: Stage, echostr: str, query: dict[str, str]) -> tuple[int, bytes]:
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**query, "echostr": echostr}.items())
    async with aiohttp.ClientSession() as http, http.get(f"{callback(stage).url}?{pairs}") as response:
        return response.status, await response.read()


async def test_the_back_office_gets_its_word_back_exactly(stage: Stage) -> None:
    await stage.called_back()
    for i in range(20):  # with + and / in it, sooner or later
        echostr = SEAL.encrypt(f"echo {i} 你好".encode())
        assert await asked(stage, echostr, SEAL.query(echostr, int(stage.fake.clock.at))) == (200, f"echo {i} 你好".encode())


@pytest.mark.parametrize("seal", [Seal("other", KEY, ""), Seal("tok", KEY, "ww1")], ids=["signature", "receiver"])
async def test_another_back_office_does_not(stage: Stage, seal: Seal) -> None:
    await stage.called_back()
    echostr = seal.encrypt(b"echo")
    assert (await asked(stage, echostr, seal.query(echostr, int(stage.fake.clock.at))))[0] == 403


async def test_without_a_key_everything_is_refused(stage: Stage) -> None:
    await stage.called_back()
    bot = stage.bot(mode="callback", token="", encoding_aes_key="")
    assert len(bot.routes(stage.house.take)) == 2
    assert await bot.check() == [(False, "wecom_aibot.missing_callback", {"key": k}) for k in ("token", "encoding_aes_key")]


@pytest.mark.parametrize(
    ("public_url", "fine", "told"),
    [
        ("https://mulin.example", True, ("https://mulin.example/hook/aibot", "Token 填", "EncodingAESKey 填", "URL 回调")),
        ("http://127.0.0.1:8080", False, ("URL 回调", "先有备案的公网域名", "长连接")),
    ],
)
async def test_check_names_the_fields_of_the_back_office(stage: Stage, public_url: str, fine: bool, told: tuple[str, ...]) -> None:
    await stage.called_back()
    found = await stage.bot(mode="callback", public_url=public_url, token="tok", encoding_aes_key=KEY, bot_name="小睦").check()
    assert [good for good, _, _ in found] == [fine]
    said = texts.render(found[0][1], found[0][2])
    assert [word for word in told if word not in said] == []


# --- bad input -----------------------------------------------------------------------------------------------------------


def sealed(body: Any, seal: Seal = SEAL, at: float = 1_795_600_000) -> tuple[bytes, dict[str, str]]:
    encrypt = seal.encrypt(body if isinstance(body, bytes) else json.dumps(body).encode())
    return json.dumps({"encrypt": encrypt}).encode(), seal.query(encrypt, int(at))


GOOD, QUERY = sealed(HELLO)
CUT = json.loads(GOOD)["encrypt"][:-3]
UNPADDED = SEAL.encrypt_padded(b"0" * 63 + b"\x21")


@pytest.mark.parametrize(
    ("body", "query"),
    [
        (GOOD, {**QUERY, "msg_signature": "0" * 40}),
        (GOOD, {}),
        (GOOD, {**QUERY, "timestamp": "soon"}),
        sealed(HELLO, Seal("tok", KEY, "ww1")),
        sealed(HELLO, Seal("tok", "A" * 43, "")),
        sealed(HELLO, at=1_795_600_000 - 1900),
        (json.dumps({"encrypt": CUT}).encode(), SEAL.query(CUT, 1_795_600_000)),
        (json.dumps({"encrypt": UNPADDED}).encode(), SEAL.query(UNPADDED, 1_795_600_000)),
        (json.dumps({"encrypt": "!!!"}).encode(), SEAL.query("!!!", 1_795_600_000)),
        (b"", QUERY),
        (b"<xml><Encrypt>x</Encrypt></xml>", QUERY),
        (b'{"encrypt": 7}', QUERY),
        (b"[" * 100_000, QUERY),
        (b"\xff\xfe", QUERY),
    ],
    ids=["signature", "none", "when", "receiver", "key", "stale", "cut", "padding", "base64", "empty", "XML", "number", "deep", "bytes"],
)
async def test_what_tencent_did_not_seal_is_refused_and_nothing_is_kept(stage: Stage, body: bytes, query: dict[str, str]) -> None:
    await stage.called_back()
    status, _ = await callback(stage).raw(body, query)
    assert status == 403 and stage.house.heard == []


async def test_json_may_be_written_in_any_way(stage: Stage) -> None:
    await stage.called_back()
    encrypt = json.loads(GOOD)["encrypt"]
    body = b'{ "a":[1], "encrypt" :\n "%s","b":"\\"encrypt\\""}' % encrypt.replace("/", "\\/").encode()
    assert await callback(stage).raw(body, QUERY) == (200, "")
    assert stage.house.words == ["菜单"]


async def test_a_body_above_a_mebibyte_is_too_large(stage: Stage) -> None:
    await stage.called_back()
    assert (await callback(stage).raw(b'{"encrypt":"' + b"A" * MAX_BODY + b'"}', QUERY))[0] == 413
    assert stage.house.heard == []


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"{}",
        b"null",
        b"not json",
        b'{"msgtype":"text","from":{"userid":7},"text":{"content":"x"}}',
        b'{"msgtype":"event","from":{"userid":"laoli"},"event":{"eventtype":"something_new"}}',
        b'{"msgtype":"event","from":{"userid":"laoli"},"event":{"eventtype":"feedback_event","feedback_event":{"id":"x","type":2}}}',
        b'{"msgtype":"text","chattype":"group","from":{"userid":"laoli"},"text":{"content":"x"}}',
        b'{"msgtype":"stream"}',
        b"[" * 5000,
    ],
)
async def test_what_we_do_not_understand_is_accepted_and_passed_over(stage: Stage, plain: bytes) -> None:
    await stage.called_back()
    assert await callback(stage).raw(*sealed(plain)) == (200, "")
    assert stage.house.heard == []


async def test_nothing_to_say_is_an_empty_answer(stage: Stage) -> None:
    await stage.called_back()
    assert await callback(stage).raw(*sealed(HELLO)) == (200, "")
    assert len(stage.house.heard) == 1


async def test_what_has_no_room_in_one_response_is_left_to_the_outbox(stage: Stage) -> None:
    stage.house.answers = (Rendered("长" * 6000), Rendered("长" * 1000, (Button("看", url="https://x/"),)))
    await stage.called_back()
    await stage.fake.member("laoli").says("菜单")
    assert (stage.house.given, stage.house.left) == ([10], [11])
