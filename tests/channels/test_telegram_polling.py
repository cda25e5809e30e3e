"""Updates fetched by us: none is confirmed before it is stored, none is lost, and one bad one holds up nobody."""

from __future__ import annotations

from dialogue.words import Button, Kind, Rendered
from tests.channels.conftest import SECRET, Clockwork, House, Opened
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_delivery import Webhook


def _offsets(fake: FakeTelegram) -> list[int]:
    return [params["offset"] for method, params in fake.calls if method == "getUpdates"]


async def test_what_waited_comes_in_order_and_is_confirmed(fake: FakeTelegram, house: House, opened: Opened) -> None:
    zhang, li = fake.user("张姐"), fake.user("李叔")
    first = await zhang.says("一")
    await li.says("二")
    channel = await opened("polling")
    assert channel.routes(house.take) == ()
    await zhang.says("三")
    await house.hears(3)
    await fake.until(lambda: not fake.delivery.waiting(), "never confirmed")
    assert house.words == ["一", "二", "三"]
    assert (_offsets(fake)[0], _offsets(fake)[-1]) == (0, first + 3)


async def test_an_update_is_not_confirmed_before_it_is_stored(
    fake: FakeTelegram, house: House, opened: Opened, clockwork: Clockwork
) -> None:
    zhang = fake.user("张姐")
    number = await zhang.says("诉求 灯坏了")
    house.away = 3
    await opened("polling")
    await house.hears(1)
    assert clockwork.slept[-3:] == [7, 7, 7]
    assert [o for o in _offsets(fake) if o > number] in ([], [number + 1])
    assert house.words == ["诉求 灯坏了"]


async def test_one_bad_update_between_two_good_ones(fake: FakeTelegram, house: House, opened: Opened) -> None:
    zhang = fake.user("张姐")
    await zhang.says("一")
    await fake.delivers({"message": {"message_id": [], "from": {"id": 9}, "chat": None}})
    await zhang.says("二")
    await opened("polling")
    await house.hears(3)
    assert [i.kind for i in house.heard] == [Kind.TEXT, Kind.OTHER, Kind.TEXT]


async def test_an_update_over_which_the_house_fails_holds_up_nobody_for_ever(
    fake: FakeTelegram, house: House, opened: Opened, clockwork: Clockwork
) -> None:
    zhang, li = fake.user("张姐"), fake.user("李叔")
    house.broken_by = "一"
    await zhang.says("一")
    await li.says("二")
    await opened("polling")
    assert [i.text for i in await house.hears(1)] == ["二"]
    assert clockwork.slept == [2.0, 4.0, 8.0, 16.0, 32.0]


async def test_a_webhook_that_is_in_the_way_is_removed(fake: FakeTelegram, house: House, opened: Opened) -> None:
    await opened("polling")
    await fake.until(lambda: bool(_offsets(fake)), "never asked")
    fake.delivery.register(Webhook("http://127.0.0.1:9/", SECRET))
    await fake.until(lambda: fake.calls[-1][0] == "getUpdates" and not fake.delivery.webhook, "the webhook stays")
    zhang = fake.user("张姐")
    await zhang.says("一")
    await house.hears(1)


async def test_another_poller_an_error_and_a_broken_line_only_cost_time(
    fake: FakeTelegram, house: House, opened: Opened, clockwork: Clockwork
) -> None:
    fake.goes_wrong("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    fake.goes_wrong("getUpdates", 502, "Bad Gateway", times=2)
    fake.goes_wrong("getUpdates", 429, "Too Many Requests: retry after 11", retry_after=11)
    fake.goes_wrong("getUpdates", 0)
    zhang = fake.user("张姐")
    await zhang.says("一")
    await opened("polling")
    await house.hears(1)
    assert clockwork.slept == [2.0, 4.0, 8.0, 11, 32.0]


async def test_presses_are_acknowledged_here_too(fake: FakeTelegram, house: House, opened: Opened) -> None:
    channel = await opened("polling")
    zhang = fake.user("张姐", started=True)
    await channel.send(str(zhang.id), Rendered("同意吗？", buttons=(Button("同意", "vote 3 1"),)))
    house.alert = "已收到"
    press = await zhang.taps("同意")
    assert await press.answer() == "已收到"


async def test_after_a_quiet_week_numbers_begin_anywhere(fake: FakeTelegram, house: House, opened: Opened) -> None:
    """Asking only for ids above the last one would pass over everything for ever."""
    zhang = fake.user("张姐")
    number = await zhang.says("一")
    await opened("polling")
    await fake.until(lambda: number + 1 in _offsets(fake) and not fake.delivery.waiting(), "never confirmed")
    await fake.advance(50)
    await fake.until(lambda: _offsets(fake)[-1] == 0, "still asks for later ones")
    fake.delivery.next_id = 17
    await zhang.says("二")
    assert [i.text for i in await house.hears(2)] == ["一", "二"]
