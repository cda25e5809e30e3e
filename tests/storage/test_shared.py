"""What processes share: rate tokens, wake-ups, fan-out; in memory and in a real Redis, and when Redis is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from storage.shared import InMemory, InRedis, Shared
from tests import servers

HOUR = 3600


@pytest.fixture(params=["memory", "redis"])
async def shared(request: pytest.FixtureRequest) -> AsyncIterator[Shared]:
    one: Shared = InMemory() if request.param == "memory" else InRedis(request.getfixturevalue("redis_url"))
    yield one
    await one.close()


async def test_one_token_then_the_next_has_to_wait_its_share(shared: Shared) -> None:
    assert await shared.token("telegram:1", 20, HOUR) == 0
    wait = await shared.token("telegram:1", 20, HOUR)
    assert HOUR / 20 * 0.9 < wait <= HOUR / 20


async def test_buckets_do_not_touch_each_other(shared: Shared) -> None:
    assert await shared.token("telegram:1", 1, HOUR) == 0
    assert await shared.token("telegram:2", 1, HOUR) == 0


async def test_many_at_once_get_one_token(shared: Shared) -> None:
    waits = await asyncio.gather(*(shared.token("group", 20, HOUR) for _ in range(20)))
    assert sorted(waits)[0] == 0 and sorted(waits)[1] > 0


async def test_what_is_published_is_heard_until_one_leaves(shared: Shared) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    leave = await shared.subscribe("wake", heard.put_nowait)
    while heard.empty():  # a subscription in Redis takes a moment; whoever publishes may be early, and says it again
        await shared.publish("wake", b"1")
        await asyncio.sleep(0)
    assert await heard.get() == b"1"
    await leave()


async def test_two_processes_share_one_bucket_and_one_topic(redis_url: str) -> None:
    one, other = InRedis(redis_url), InRedis(redis_url)
    try:
        assert await one.token("telegram", 1, HOUR) == 0
        assert await other.token("telegram", 1, HOUR) > 0
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        await other.subscribe("wake", heard.put_nowait)
        while heard.empty():
            await one.publish("wake", b"x")
            await asyncio.sleep(0)
        assert await heard.get() == b"x"
    finally:
        await one.close()
        await other.close()


async def test_with_redis_away_each_process_goes_on_by_itself() -> None:
    alone = InRedis(f"redis://127.0.0.1:{servers.free_port()}")
    try:
        assert not await alone.ready()
        assert await alone.token("telegram", 1, HOUR) == 0
        assert await alone.token("telegram", 1, HOUR) > 0
        heard: list[bytes] = []
        await alone.subscribe("wake", heard.append)
        await alone.publish("wake", b"still here")
        assert heard == [b"still here"]
    finally:
        await alone.close()


async def test_a_burst_leaves_at_once_and_then_the_share(shared: Shared) -> None:
    assert [await shared.token("wecom:li", 20, HOUR, 9) for _ in range(9)] == [0] * 9
    assert HOUR / 20 * 0.9 < await shared.token("wecom:li", 20, HOUR, 9) <= HOUR / 20


async def test_a_token_is_kept_and_only_that_very_token_is_dropped(shared: Shared) -> None:
    assert await shared.get("token:app") is None
    await shared.put("token:app", "new", HOUR)
    await shared.drop("token:app", "old")  # another process has put a new one there meanwhile
    assert await shared.get("token:app") == "new"
    await shared.drop("token:app", "new")
    assert await shared.get("token:app") is None


async def test_one_holds_the_line_until_they_let_go(shared: Shared) -> None:
    assert await shared.hold("line", "a", HOUR)
    assert await shared.hold("line", "a", HOUR)  # renewed
    assert not await shared.hold("line", "b", HOUR)
    await shared.release("line", "b")  # not theirs to let go
    assert not await shared.hold("line", "b", HOUR)
    await shared.release("line", "a")
    assert await shared.hold("line", "b", HOUR)


async def test_while_redis_is_away_the_holder_goes_on_and_nobody_else_begins() -> None:
    nowhere = f"redis://127.0.0.1:{servers.free_port()}"
    one, other = InRedis(nowhere), InRedis(nowhere)
    try:
        await one.alone.put("line", "a", HOUR)  # it held the line when Redis went
        assert await one.hold("line", "a", HOUR)
        assert not await other.hold("line", "b", HOUR)
    finally:
        await one.close()
        await other.close()
