"""Groups that take one message a day, or whose owner has to tap first: what waits leaves as one, and is sent only once it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.deliver import Deliver
from bot.intake import Intake
from channels.contract import Rate, Rates, SendError, Sent
from dialogue.words import Button, Inbound, Kind, Purpose, Rendered
from storage import media, outbox
from storage.database import Tx
from storage.shared import InMemory
from tests.cast import GROUP
from tests.house import ZONE, Hall

DAY = 24 * 3600


class Days(InMemory):
    """Tokens by the test's own clock."""

    def __init__(self, hall: Hall) -> None:
        super().__init__()
        self.hall = hall
        self.free: dict[str, datetime] = {}

    async def token(self, bucket: str, count: int, seconds: int, burst: int = 1) -> float:
        wait = (self.free.get(bucket, self.hall.now) - self.hall.now).total_seconds()
        if wait <= 0:
            self.free[bucket] = self.hall.now + timedelta(seconds=seconds / count)
        return max(0.0, wait)


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    """3号楼's group takes one message a day."""
    house = await Hall.open(database_url)
    await house.with_group()
    house.channel.rates = Rates(group=(Rate(1, DAY),))
    house.deliver = Deliver(house.database, Days(house), {"test": house.channel}, house.voice)
    house.deliver.clock = lambda: house.now
    yield house
    await house.close()


async def post(hall: Hall, text: str, purpose: Purpose = Purpose.NEWS, **words: Any) -> None:
    """Something for the group; what may leave leaves."""

    def queue(tx: Tx) -> None:
        row = {"community_id": 1, "lane": outbox.BULK, "group_id": "g1", "channel": "test", "purpose": purpose.value}
        outbox.queue(tx, ["community:1"], Rendered(text, **words), {**row, "not_before": hall.now, "made_at": hall.now})

    await hall.database.transaction(queue)
    await hall.send()


async def rows(hall: Hall) -> list[Any]:
    return list(await hall.database.read(lambda tx: tx.all(select(outbox.outbox).order_by(outbox.outbox.c.id))))


def heard(hall: Hall) -> list[str]:
    return [message.text for message in hall.hears(GROUP)]


async def day_later(hall: Hall) -> None:
    hall.now += timedelta(days=1, seconds=1)
    await hall.send()


async def test_what_comes_on_the_same_day_leaves_as_one_the_next(hall: Hall) -> None:
    go = [Button("看公示", url="http://localhost/g/1"), Button("去投票", url="http://localhost/g/2")]
    await post(hall, "一")
    await post(hall, "二", buttons=(go[0],))
    await post(hall, "三", buttons=(go[1], go[0]))
    assert heard(hall) == ["一"]
    assert [(row.state, row.reason, row.tries) for row in (await rows(hall))[1:]] == [("queued", "joins", 0)] * 2
    await post(hall, "四")
    await day_later(hall)
    (together,) = hall.hears(GROUP)
    assert (together.text, list(together.buttons)) == ("二\n三\n四", go)
    assert [(row.state, row.platform_id) for row in await rows(hall)] == [("sent", "1"), *[("sent", "2")] * 3]
    await day_later(hall)
    assert heard(hall) == []


async def test_a_message_carries_one_picture_and_only_as_much_as_it_holds(hall: Hall) -> None:
    digest = await hall.database.transaction(media.record_media, 1, "community:1", "image/png", b"picture", hall.now)
    await post(hall, "一")
    await post(hall, "二", picture=digest)
    await post(hall, "三", picture=digest)
    await post(hall, "长" * hall.channel.can.max_text)
    await post(hall, "四")
    await day_later(hall)
    assert heard(hall) == ["一", "二"], "the long one keeps its place: nothing overtakes it"
    await day_later(hall)
    assert heard(hall) == ["三"]
    await day_later(hall)
    await day_later(hall)
    assert heard(hall) == ["长" * hall.channel.can.max_text, "四"]


async def test_at_night_only_what_may_wake_people_goes_along(hall: Hall) -> None:
    hall.now = datetime(2026, 11, 23, 20, 59, 50, tzinfo=ZONE)
    await post(hall, "一", Purpose.EMERGENCY)
    await post(hall, "停水")
    await post(hall, "煤气泄漏", Purpose.EMERGENCY)
    hall.now = datetime(2026, 11, 24, 21, 30, tzinfo=ZONE)
    await hall.send()
    assert heard(hall) == ["一", "煤气泄漏"]
    assert [row.state for row in await rows(hall)] == ["sent", "queued", "sent"]


async def test_one_that_fails_is_tried_again_with_all_and_its_day_is_not_lost(hall: Hall) -> None:
    await post(hall, "一")
    await post(hall, "二")
    await post(hall, "三")
    hall.channel.failing.append(SendError.retry("-1"))
    await day_later(hall)
    hall.now += timedelta(seconds=2)
    await hall.send()
    assert heard(hall) == ["一", "二\n三"]


async def test_one_that_is_refused_takes_no_other_with_it(hall: Hall) -> None:
    await post(hall, "一")
    await post(hall, "坏")
    await post(hall, "三")
    hall.channel.failing.append(SendError.ours("bad"))
    await day_later(hall)
    await day_later(hall)
    assert heard(hall) == ["一", "三"]
    assert [row.state for row in await rows(hall)] == ["sent", "refused", "sent"]


async def test_a_post_its_owner_has_not_tapped_is_not_sent(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    real = hall.channel.send

    async def send(address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        sent = await real(address, words, picture, key)
        return Sent(f"task-{sent.id}", waits="owner") if address == GROUP else sent

    monkeypatch.setattr(hall.channel, "send", send)
    await hall.known()
    await hall.says("小王", "通知 3号楼 周三停水")
    await hall.taps("小王", "发送")
    await hall.clock.catch_up()
    await hall.send()
    await hall.says("小王", "进度 发送1")
    assert "1个群等待群主发送" in hall.hears("小王")[-1].text
    (group,) = [row for row in await rows(hall) if row.group_id]
    assert (group.state, group.reason) == ("held", "owner")
    receipt = Inbound(channel="test", external_id="r1", address="", kind=Kind.RECEIPT, question=group.platform_id, choice="sent")
    intake = Intake(hall.database, hall.house, {"test": hall.channel}, lambda: None, now=lambda: hall.now)
    await intake.take(receipt, b"")
    (group,) = [row for row in await rows(hall) if row.group_id]
    assert group.state == "sent"
    await hall.says("小王", "进度 发送1")
    assert "等待群主" not in hall.hears("小王")[-1].text
