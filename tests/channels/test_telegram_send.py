"""Words on their way out: what each of Telegram's refusals means, and that nothing is lost or said twice on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from channels.contract import SendError, TooBig
from channels.telegram import Settings, Telegram
from channels.telegram.api import Failure
from dialogue.words import Attachment, Button, Kind, Rendered
from tests.channels.conftest import Clockwork, Opened
from tests.fakes.telegram import FakeTelegram, Limits
from texts import LANGUAGES, render

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 2_000_000
HELLO = Rendered("你好")


@pytest.fixture
async def channel(fake: FakeTelegram, clockwork: Clockwork) -> AsyncIterator[Telegram]:
    c = Telegram(Settings(token=fake.token, api_base=fake.base + "/", mode="polling"), clockwork.pace)
    yield c
    await c.stop()


@pytest.mark.parametrize(
    ("code", "words", "more", "verdict", "after", "uncertain"),
    [
        (403, "Forbidden: bot was blocked by the user", {}, "gone", None, False),
        (403, "Forbidden: user is deactivated", {}, "gone", None, False),
        (403, "Forbidden: bot can't initiate conversation with a user", {}, "gone", None, False),
        (400, "Bad Request: bot can't initiate conversation with a user", {}, "gone", None, False),
        (403, "Forbidden: bot was kicked from the supergroup chat", {}, "gone", None, False),
        (403, "Forbidden: bot is not a member of the supergroup chat", {}, "gone", None, False),
        (403, "Forbidden: the group chat was deleted", {}, "gone", None, False),
        (400, "Bad Request: chat not found", {}, "gone", None, False),
        (400, "Bad Request: private chat not found", {}, "gone", None, False),
        (400, "Bad Request: PEER_ID_INVALID", {}, "gone", None, False),
        (400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": -1001}, "moved", None, False),
        (400, "Bad Request: not enough rights to send text messages to the chat", {}, "ours", None, False),
        (403, "Forbidden: CHAT_WRITE_FORBIDDEN", {}, "ours", None, False),
        (400, "Bad Request: can't parse entities: unsupported start tag", {}, "ours", None, False),
        (401, "Unauthorized", {}, "ours", None, False),
        (404, "Not Found", {}, "ours", None, False),
        (429, "Too Many Requests: retry after 245", {"retry_after": 245}, "retry", 245.0, False),
        (429, "Too Many Requests", {}, "retry", 1.0, False),
        (500, "Internal Server Error", {}, "retry", None, True),
        (502, "Bad Gateway", {}, "retry", None, True),
        (0, "", {}, "retry", None, True),
    ],
    ids=lambda value: str(value)[:40] or "broken line",
)
async def test_a_refusal_in_the_words_of_delivery(
    fake: FakeTelegram, channel: Telegram, code: int, words: str, more: dict[str, Any], verdict: str, after: float | None, uncertain: bool
) -> None:
    zhang = fake.user("张姐", started=True)
    fake.goes_wrong("sendMessage", code, words, **more)
    with pytest.raises(SendError) as error:
        await channel.send(str(zhang.id), HELLO)
    e = error.value
    assert (e.verdict, e.after, e.uncertain, e.bulk) == (verdict, after, uncertain, code in (401, 404))
    assert zhang.messages == []
    assert fake.token not in str(e)


async def test_nobody_listens_there(clockwork: Clockwork) -> None:
    """A line that never came about cannot have delivered anything."""
    channel = Telegram(Settings(token="1:x", api_base="http://127.0.0.1:9"), clockwork.pace)
    with pytest.raises(SendError) as error:
        await channel.send("42", HELLO)
    assert (error.value.verdict, error.value.uncertain) == ("retry", False)
    assert "1:x" not in f"{error.value} {error.value.__cause__}"
    await channel.stop()


def test_a_gateways_page_is_no_answer() -> None:
    from channels.telegram.api import _result

    with pytest.raises(Failure) as error:
        _result(200, b"<html>", dict)
    assert (error.value.verdict().verdict, error.value.uncertain) == ("retry", True)


async def test_people_the_bot_may_and_may_not_write_to(fake: FakeTelegram, channel: Telegram) -> None:
    stranger, zhang, left = fake.user("生人"), fake.user("张姐", started=True), fake.user("搬走的", started=True)
    left.deactivated = True
    assert (await channel.send(str(zhang.id), HELLO)).id == "1"
    assert (await zhang.sees()).text == "你好"
    await zhang.blocks()
    for address in (stranger.id, zhang.id, left.id, 5):
        with pytest.raises(SendError) as error:
            await channel.send(str(address), HELLO)
        assert error.value.verdict == "gone"


async def test_a_group_that_moved_is_followed(fake: FakeTelegram, channel: Telegram) -> None:
    zhang = fake.user("张姐")
    group = fake.group("3号楼", zhang)
    await group.adds_bot(by=zhang)
    old = await group.migrates()
    with pytest.raises(SendError) as error:
        await channel.send(str(old), HELLO)
    assert (error.value.verdict, error.value.to) == ("moved", str(group.id))
    await channel.send(error.value.to, HELLO)
    assert (await zhang.sees(chat=group)).text == "你好"
    await group.kicks_bot(by=zhang)
    with pytest.raises(SendError, match="gone"):
        await channel.send(str(group.id), HELLO)


async def test_a_topic_that_is_gone_is_left_out_never_a_private_chat(fake: FakeTelegram, channel: Telegram) -> None:
    zhang = fake.user("张姐")
    group = fake.group("3号楼", zhang, supergroup=True)
    await group.adds_bot(by=zhang)
    topic = group.topic("维修")
    await channel.send(f"{group.id}/{topic}", HELLO)
    await channel.send(f"{group.id}/77", Rendered("第二条"))
    assert [(m.text, m.thread) for m in group.messages] == [("你好", topic), ("第二条", 0)]


async def test_too_fast_for_one_chat_or_for_all(fake: FakeTelegram, channel: Telegram, clockwork: Clockwork) -> None:
    fake.limits = Limits(person=(1, 30.0))
    one, two = fake.user("甲", started=True), fake.user("乙", started=True)
    for who in (one, two):
        await channel.send(str(who.id), HELLO)
    seen = []
    for who, later in ((one, 0.0), (one, 0.2), (two, 0.5), (one, 5.0)):
        clockwork.at += later
        with pytest.raises(SendError) as error:
            await channel.send(str(who.id), HELLO)
        seen.append((error.value.after, error.value.bulk))
    assert seen == [(30.0, False), (30.0, False), (30.0, True), (30.0, False)]
    await fake.advance(30)
    await channel.send(str(one.id), HELLO)


async def test_long_words_that_broke_off_go_on_where_they_stopped(fake: FakeTelegram, channel: Telegram) -> None:
    zhang = fake.user("张姐", started=True)
    words = Rendered("一" * 4096 + "二" * 4096 + "三", buttons=(Button("好", "ok"),))
    fake.limits = Limits(person=(2, 60.0))
    with pytest.raises(SendError, match="retry"):
        await channel.send(str(zhang.id), words, key="m1")
    await fake.advance(60)
    sent = await channel.send(str(zhang.id), words, key="m1")
    assert [m.text[0] for m in zhang.messages] == ["一", "二", "三"]
    assert sent.id == str(zhang.messages[-1].id)
    await fake.advance(60)
    fake.limits = None
    await channel.send(str(zhang.id), words, key="m2")
    assert len(zhang.messages) == 6, "the same words another time are said whole"


async def test_a_picture_is_uploaded_once(fake: FakeTelegram, channel: Telegram) -> None:
    zhang, li = fake.user("张姐", started=True), fake.user("李叔", started=True)
    for who in (zhang, li):
        await channel.send(str(who.id), Rendered("结果", picture="d1", buttons=(Button("好", "ok"),)), PNG)
    assert fake.uploads == 1
    assert [(m.text, m.labels, fake.files[m.photo] == PNG) for m in (*zhang.messages, *li.messages)] == [("结果", ["好"], True)] * 2


async def test_a_picture_nobody_can_show_does_not_cost_the_words(fake: FakeTelegram, channel: Telegram) -> None:
    zhang = fake.user("张姐", started=True)
    await channel.send(str(zhang.id), Rendered("结果", picture="d1"), b"no picture")
    await channel.send(str(zhang.id), Rendered("长" * 2000, picture="d1"), b"no picture")
    await channel.send(str(zhang.id), Rendered("没带图", picture="d2"))
    assert [(m.text[:2], m.photo) for m in zhang.messages] == [("结果", ""), ("长长", ""), ("没带图"[:2], "")]


async def test_it_answers_a_message_and_a_vanished_one_is_no_matter(fake: FakeTelegram, channel: Telegram) -> None:
    zhang = fake.user("张姐", started=True)
    await zhang.says("诉求 灯坏了")
    await channel.send(str(zhang.id), Rendered("收到", reply_to="1", quiet=True))
    await channel.send(str(zhang.id), Rendered("好的", reply_to="999"))
    assert [(m.reply_to, m.silent) for m in zhang.messages if m.by_bot] == [(1, True), (0, False)]


@pytest.mark.parametrize("address", ["", "u_17", "12/x"])
async def test_an_address_of_another_channel(channel: Telegram, address: str) -> None:
    with pytest.raises(SendError, match="ours"):
        await channel.send(address, HELLO)


async def test_nothing_to_say(channel: Telegram) -> None:
    with pytest.raises(SendError, match="ours"):
        await channel.send("42", Rendered("  "))


async def test_what_a_resident_sent_is_fetched(fake: FakeTelegram, channel: Telegram) -> None:
    key = fake.keep(PNG)
    assert await channel.fetch(Attachment(Kind.PHOTO, reference=key, size=len(PNG))) == PNG


async def test_a_file_above_20_megabytes(fake: FakeTelegram, channel: Telegram) -> None:
    key = fake.keep(b"x" * (20 * 1024 * 1024 + 1))
    with pytest.raises(TooBig):
        await channel.fetch(Attachment(Kind.FILE, reference=key))
    calls = len(fake.calls)
    with pytest.raises(TooBig):
        await channel.fetch(Attachment(Kind.FILE, reference=key, size=20 * 1024 * 1024 + 1))
    assert len(fake.calls) == calls, "its size was known: nobody had to be asked"


async def test_a_file_whose_address_has_run_out_is_asked_for_again(fake: FakeTelegram, channel: Telegram) -> None:
    key = fake.keep(b"x")
    fake.gone_files.add(key)
    with pytest.raises(SendError, match="retry"):
        await channel.fetch(Attachment(Kind.PHOTO, reference=key))
    with pytest.raises(SendError, match="ours"):
        await channel.fetch(Attachment(Kind.PHOTO, reference="never seen"))


Told = list[tuple[bool, str]]


@pytest.mark.parametrize(
    ("privacy", "settings", "told"),
    [
        (True, {"mode": "polling"}, [(True, "bot"), (True, "hears_what_is_meant"), (True, "polls")]),
        (
            False,
            {"public_url": "http://a.example", "webhook_secret": ""},
            [(True, "bot"), (True, "hears_everything"), (False, "no_secret"), (False, "no_https"), (True, "webhook_not_yet")],
        ),
        (True, {"token": "1:wrong"}, [(False, "token_refused")]),
        (True, {"api_base": "http://127.0.0.1:9"}, [(False, "unreachable")]),
        (True, {"proxy": "socks5://127.0.0.1:1080"}, [(False, "proxy_kind")]),
    ],
    ids=["polling", "webhook badly set up", "wrong token", "out of reach", "proxy of another kind"],
)
async def test_what_an_operator_is_told(fake: FakeTelegram, privacy: bool, settings: dict[str, Any], told: Told) -> None:
    fake.privacy = privacy
    channel = Telegram(Settings(**{"token": fake.token, "api_base": fake.base, **settings}))
    found = await channel.check()
    assert [(fine, key.removeprefix("telegram.")) for fine, key, _ in found] == told
    for language in LANGUAGES:
        for _, key, values in found:
            assert render(key, values, language)
            assert fake.token not in render(key, values, language)


async def test_an_operator_is_told_how_deliveries_go(fake: FakeTelegram, opened: Opened) -> None:
    channel = await opened()
    own = (True, "telegram.webhook")
    assert (await channel.check())[-1][:2] == own
    assert fake.delivery.webhook
    fake.delivery.webhook.secret = "another"
    await fake.user("张姐").says("你好")
    webhook, error = (await channel.check())[-2:]
    assert all(render(key, values, language) for _, key, values in (webhook, error) for language in LANGUAGES)
    assert (webhook[:2], webhook[2]["waiting"]) == (own, "1")
    assert (error[0], error[1], error[2]["reason"]) == (False, "telegram.webhook_error", "Wrong response from the webhook: 401")
    fake.delivery.webhook.url = "https://elsewhere.example/"
    elsewhere = (await channel.check())[-2]
    assert elsewhere[:2] == (False, "telegram.webhook_elsewhere")
    assert all(render(elsewhere[1], elsewhere[2], language) for language in LANGUAGES)


def test_what_must_never_reach_a_log() -> None:
    settings = Settings(token="1:t", webhook_secret="s", proxy="http://u:p@h:1")
    assert Telegram(settings).secrets == ("1:t", "s", "http://u:p@h:1")
