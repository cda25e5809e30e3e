"""The callback of 客服: what Tencent did not sign does nothing, and what it signed and we do not understand is none of its troubles."""

from __future__ import annotations

import io

import aiohttp
import pytest

from tests.channels.wechat_kf.conftest import AES_KEY, TOKEN, Opened, World
from tests.fakes.qyapi import Callback
from tests.fakes.sealed import Seal


async def test_saving_the_address_in_the_back_office_is_answered_in_the_clear(world: World, opened: Opened) -> None:
    await opened()
    for echo in ("94966531020182955848408", "4962+/="):
        answer = await world.fake.verifies(world.kf.app, echo)
        assert (answer.status, answer.plain) == (200, echo.encode())


@pytest.mark.parametrize(
    "seal",
    [
        Seal("another token", AES_KEY, "ww6a112864f8022910"),
        Seal(TOKEN, AES_KEY, "ww-another-corp"),
        Seal(TOKEN, AES_KEY[:-5] + "AAAAE", "ww6a112864f8022910"),
    ],
    ids=["token", "receiver", "key"],
)
async def test_wrongly_sealed_it_is_refused_and_nobody_looks(world: World, opened: Opened, seal: Seal) -> None:
    await opened()
    assert world.kf.app.callback
    world.kf.app.callback = Callback(world.kf.app.callback.url, seal)
    assert (await world.fake.verifies(world.kf.app)).status == 403
    assert (await world.kf.resident("李叔").says("你好")).status == 403
    await world.rests()
    assert world.kf.looks == [] and world.house.heard == []


@pytest.mark.parametrize("how", ["padding", "cut", "length"])
async def test_sealed_badly_under_the_right_signature_it_is_refused(world: World, opened: Opened, how: str) -> None:
    await opened()
    callback = world.kf.app.callback
    assert callback
    seal = callback.seal
    sealed = {
        "padding": seal.encrypt_padded(b"\x00" * 16 + b"\x00\x00\x00\x02hi" + b"ww6a112864f8022910" + b"\x21" * 24),
        "cut": seal.encrypt(b"<xml/>")[:-3],
        "length": seal.encrypt_padded(b"\x00" * 16 + b"\x7f\xff\xff\xffhi" + b"\x0a" * 10),
    }[how]
    body = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()
    assert (await world.fake.posts(callback, body, seal.query(sealed, int(world.fake.now)))).status == 403
    assert world.kf.looks == []


async def test_an_old_request_sent_again_is_refused_and_a_fresh_one_twice_is_one_message(world: World, opened: Opened) -> None:
    await opened()
    callback = world.kf.app.callback
    assert callback
    plain = f"<xml><Event>kf_msg_or_event</Event><Token>t</Token><OpenKfId>{world.kf.id}</OpenKfId></xml>".encode()
    assert (await world.fake.brings(world.kf.app, plain, at=world.fake.now - 1801)).status == 403
    world.kf.silent = True
    await world.kf.resident("李叔").says("你好")
    for _ in range(3):
        assert (await world.fake.brings(world.kf.app, plain, nonce="same")).status == 200
        await world.rests()
    assert world.house.words == ["你好"]


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00\xff garbage", b"<xml><Encrypt></Encrypt></xml>", b"<xml><Encrypt>%%%</Encrypt></xml>"],
    ids=["nothing", "garbage", "empty", "no base64"],
)
async def test_what_is_no_envelope_is_refused(world: World, opened: Opened, body: bytes) -> None:
    await opened()
    callback = world.kf.app.callback
    assert callback
    assert (await world.fake.posts(callback, body, callback.seal.query("other", int(world.fake.now)))).status == 403
    assert world.kf.looks == []


async def test_above_a_mebibyte_nothing_is_read(world: World, opened: Opened) -> None:
    await opened()
    assert world.kf.app.callback
    body = io.BytesIO(b"<xml>" + b"x" * (1024 * 1024) + b"</xml>")
    async with aiohttp.ClientSession() as session, session.post(world.kf.app.callback.url, data=body) as answer:
        assert answer.status == 413


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"not xml",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><xml><Event>&a;</Event></xml>",
        b"<xml><Event>something_of_tomorrow</Event></xml>",
        b"<xml><Event>kf_msg_or_event</Event><Token>t</Token><OpenKfId>wk-another-account</OpenKfId></xml>",
        b"<xml><Event>kf_msg_or_event</Event></xml>",
        b"<xml><Event><Deep>1</Deep></Event><OpenKfId><a/></OpenKfId></xml>",
    ],
    ids=["nothing", "no xml", "entities", "unknown", "another account", "no account", "nested"],
)
async def test_signed_and_not_understood_is_acknowledged(world: World, opened: Opened, plain: bytes) -> None:
    await opened()
    assert (await world.fake.brings(world.kf.app, plain)).status == 200
    await world.rests()
    assert world.kf.looks == []


async def test_without_a_key_nothing_is_let_in(world: World, opened: Opened) -> None:
    await opened(aes_key="")
    assert (await world.kf.resident("李叔").says("你好")).status == 403
    assert world.kf.looks == []


async def test_the_secrets_are_known_to_the_log(world: World) -> None:
    door = world.door()
    assert set(door.secrets) == {"s3cret_kf", TOKEN, AES_KEY}
    assert not any(secret in repr(door._settings) for secret in door.secrets)
