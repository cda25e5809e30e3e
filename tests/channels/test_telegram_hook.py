"""Updates pushed to us: who may, what each gets for an answer, and what the presser of a button sees."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from channels.telegram import CommandMenu
from dialogue.words import Button, Kind, Rendered
from tests.channels.conftest import SECRET, Clockwork, House, Opened
from tests.fakes.telegram import FakeTelegram

OURS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
TEXT = {"update_id": 5, "message": {"message_id": 1, "date": 1, "from": {"id": 9}, "chat": {"id": 9}, "text": "你好"}}


async def _post(fake: FakeTelegram, body: bytes, headers: dict[str, str]) -> aiohttp.ClientResponse:
    assert fake.delivery.webhook
    async with aiohttp.ClientSession() as http, http.post(fake.delivery.webhook.url, data=io.BytesIO(body), headers=headers) as answer:
        await answer.read()
        return answer


@pytest.mark.parametrize(
    ("headers", "body", "status", "heard"),
    [
        (OURS, json.dumps(TEXT).encode(), 200, ["你好"]),
        ({}, json.dumps(TEXT).encode(), 401, []),
        ({"X-Telegram-Bot-Api-Secret-Token": "s3cret_"}, json.dumps(TEXT).encode(), 401, []),
        ({"X-Telegram-Bot-Api-Secret-Token": "密码"}, json.dumps(TEXT).encode(), 401, []),
        ({}, b"x" * (1024 * 1024 + 1), 401, []),
        (OURS, b"x" * (1024 * 1024 + 1), 413, []),
        (OURS, b"{", 200, []),
        (OURS, b"", 200, []),
        (OURS, b'{"update_id": 6, "house_moved": {}}', 200, []),
    ],
    ids=["ours", "no secret", "wrong secret", "secret in Chinese", "huge and forged", "huge", "garbage", "empty", "unknown kind"],
)
async def test_what_comes_and_what_it_gets(
    fake: FakeTelegram, house: House, opened: Opened, headers: dict[str, str], body: bytes, status: int, heard: list[str]
) -> None:
    await opened()
    assert (await _post(fake, body, headers)).status == status
    assert house.words == heard


async def test_a_body_without_a_length_is_cut_off_at_one_mebibyte(fake: FakeTelegram, house: House, opened: Opened) -> None:
    await opened()
    assert fake.delivery.webhook

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b"x" * 65536

    async with aiohttp.ClientSession() as http, http.post(fake.delivery.webhook.url, data=endless(), headers=OURS) as answer:
        assert answer.status == 413
    assert house.heard == []


async def test_no_secret_configured_means_nobody_may(fake: FakeTelegram, house: House, opened: Opened) -> None:
    await opened(webhook_secret="")
    assert (await _post(fake, json.dumps(TEXT).encode(), {"X-Telegram-Bot-Api-Secret-Token": ""})).status == 401
    assert house.heard == []


async def test_what_has_a_wrong_shape_is_kept_and_acknowledged(fake: FakeTelegram, house: House, opened: Opened) -> None:
    """One unreadable update must not hold up its whole group for a day; its bytes wait for a replay."""
    await opened()
    await fake.delivers({"message": {"message_id": "77", "from": {"id": 9}, "chat": {"id": 9}}})
    assert [(i.kind, i.address) for i in house.heard] == [(Kind.OTHER, "9")]
    assert b'"77"' in house.raws[0]
    assert [a.status for a in fake.delivery.attempts] == [200]


async def test_the_same_update_three_times_and_two_in_the_wrong_order(fake: FakeTelegram, house: House, opened: Opened) -> None:
    await opened()
    later, earlier = ({**TEXT, "update_id": n, "message": {**TEXT["message"], "text": str(n)}} for n in (12, 11))  # type: ignore[dict-item]
    for update in (later, later, earlier, later):
        assert (await fake.delivery.post(update))[0] == 200
    assert house.words == ["12", "11"]


async def test_the_database_is_away_and_telegram_comes_back(fake: FakeTelegram, house: House, opened: Opened) -> None:
    await opened()
    zhang = fake.user("张姐")
    house.away = 1
    await zhang.says("诉求 楼道灯不亮")
    assert ([a.status for a in fake.delivery.attempts], house.words) == ([503], [])
    await fake.advance(6.9)
    assert len(fake.delivery.attempts) == 1, "Retry-After: 7 is kept to"
    await fake.advance(0.1)
    assert ([a.status for a in fake.delivery.attempts], house.words) == ([503, 200], ["诉求 楼道灯不亮"])


async def test_a_press_shows_the_houses_word(fake: FakeTelegram, house: House, opened: Opened) -> None:
    channel = await opened()
    zhang = fake.user("张姐", started=True)
    await channel.send(str(zhang.id), Rendered("同意吗？", buttons=(Button("同意", "vote 3 1"), Button("反对", "vote 3 2"))))
    house.alert = "已收到"
    press = await zhang.taps("反对")
    assert (await press.answer(), press.modal) == ("已收到", False)
    assert [(i.choice, i.question) for i in house.heard] == [("vote 3 2", "1")]
    house.alert = "您还没有和机器人说过话。请先点下面的名字，再点“开始”，回来再投。"
    press = await zhang.taps("同意")
    assert (await press.answer(), press.modal) == (house.alert, True)


async def test_a_press_is_acknowledged_while_the_house_is_still_busy(fake: FakeTelegram, house: House, opened: Opened) -> None:
    channel = await opened()
    zhang = fake.user("张姐", started=True)
    await channel.send(str(zhang.id), Rendered("同意吗？", buttons=(Button("同意", "vote 3 1"),)))
    house.busy = asyncio.Event()
    house.alert = "太晚了"
    tapping = asyncio.create_task(zhang.taps("同意"))
    await fake.until(lambda: bool(fake.presses) and all(p.alert == "" for p in fake.presses.values()), "no answer while busy")
    assert house.heard == []
    house.busy.set()
    await tapping
    assert house.words == ["vote 3 1"]


async def test_a_press_that_could_not_be_stored_is_answered_when_it_is(fake: FakeTelegram, house: House, opened: Opened) -> None:
    channel = await opened()
    zhang = fake.user("张姐", started=True)
    await channel.send(str(zhang.id), Rendered("同意吗？", buttons=(Button("同意", "vote 3 1"),)))
    house.away, house.alert = 1, "已收到"
    press = await zhang.taps("同意")
    assert press.alert is None
    await fake.advance(7)
    assert await press.answer() == "已收到"


async def test_a_late_answer_to_a_press_is_refused_and_nobody_minds(fake: FakeTelegram, house: House, opened: Opened) -> None:
    channel = await opened()
    zhang = fake.user("张姐", started=True)
    await channel.send(str(zhang.id), Rendered("同意吗？", buttons=(Button("同意", "vote 3 1"),)))
    house.away = 2
    await zhang.taps("同意")
    await fake.advance(20)
    assert house.words == ["vote 3 1"]
    await channel.stop()
    assert fake.refused == [
        ("answerCallbackQuery", "Bad Request: query is too old and response timeout expired or query ID is invalid"),
    ]


async def test_in_a_group_only_what_is_meant_for_us(fake: FakeTelegram, house: House, opened: Opened) -> None:
    await opened()
    zhang, li = fake.user("张姐"), fake.user("李叔")
    group = fake.group("3号楼", zhang, li, supergroup=True)
    await group.adds_bot(by=zhang)
    await li.says("今晚吃什么", group)
    await li.says("/vote@MulinBot 3", group)
    await li.says("/vote@OtherBot 3", group)
    fake.privacy = False
    await li.says("@mulinbot 公示", group)
    await li.says("#投票 3", group)
    assert [(i.kind, i.text, i.addressed) for i in house.heard] == [
        (Kind.JOINED, "", True),
        (Kind.TEXT, "/vote 3", True),
        (Kind.TEXT, "公示", True),
        (Kind.TEXT, "#投票 3", True),
    ]
    assert {i.chat for i in house.heard} == {str(group.id)}


async def test_blocked_and_back_again(fake: FakeTelegram, house: House, opened: Opened) -> None:
    await opened()
    zhang = fake.user("张姐", started=True)
    await zhang.blocks()
    await zhang.unblocks()
    assert [(i.kind, i.address, i.private) for i in house.heard] == [
        (Kind.LEFT, str(zhang.id), True),
        (Kind.JOINED, str(zhang.id), True),
    ]


async def test_a_group_that_became_a_supergroup_says_so_twice(fake: FakeTelegram, house: House, opened: Opened) -> None:
    await opened()
    zhang = fake.user("张姐")
    group = fake.group("3号楼", zhang)
    await group.adds_bot(by=zhang)
    old = await group.migrates()
    assert [(i.kind, i.chat, i.text) for i in house.heard[1:]] == [(Kind.MOVED, str(old), str(group.id))] * 2


async def test_telegram_is_told_where_we_are_and_what_we_offer(fake: FakeTelegram, opened: Opened, clockwork: Clockwork) -> None:
    fake.goes_wrong("setWebhook", 429, "Too Many Requests: retry after 3", retry_after=3)
    fake.goes_wrong("getMe", 502, "Bad Gateway")
    menu = (("start", "菜单"), ("vote", "投票"))
    await opened(commands=(CommandMenu("all_private_chats", menu), CommandMenu("all_group_chats", menu[:1], "en")))
    assert fake.delivery.webhook
    assert fake.delivery.webhook.secret == SECRET
    assert fake.delivery.webhook.allowed == ("message", "callback_query", "my_chat_member")
    await fake.until(lambda: len(fake.menus) == 2, "no menus")
    assert fake.menus["all_group_chats", "en"] == [{"command": "start", "description": "菜单"}]
    assert clockwork.slept[:2] == [2.0, 3], "our own pause after an error, Telegram's after 429"


async def test_telegrams_patience(fake: FakeTelegram, house: House, opened: Opened) -> None:
    """What we count on in an outage: at once, then 2, 4, 8, 16, 32 s, then every 60–120; a press is dropped after 150 s."""
    channel = await opened()
    zhang = fake.user("张姐", started=True)
    await channel.send(str(zhang.id), Rendered("同意吗？", buttons=(Button("同意", "vote 3 1"),)))
    assert fake.delivery.webhook
    begun, fake.delivery.webhook.secret = fake.delivery.now, "wrong"
    await zhang.says("你好")
    await zhang.taps("同意")
    await fake.advance(100)
    tries = [a.at - begun for a in fake.delivery.attempts if a.update_id == fake.delivery.attempts[0].update_id]
    assert tries == [0, 0, 2, 6, 14, 30, 62]
    await fake.advance(200)
    fake.delivery.webhook.secret = SECRET
    await fake.advance(120)
    assert house.words == ["你好"]
    assert [list(u)[1] for u in fake.delivery.dropped] == ["callback_query"]
