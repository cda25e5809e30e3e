"""What processes share and may lose: rate buckets, access tokens, wake-ups, socket fan-out. In memory, or in Redis for several.

Never the only copy of anything said.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Protocol

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError
from throttled.asyncio import MemoryStore, RedisStore, Throttled, per_duration
from throttled.exceptions import BaseThrottledError

POOL = 20
HELD_ALONE = 3600  # seconds for which a holder believes itself while Redis is away
_DROP = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
_HOLD = """
local now = redis.call('get', KEYS[1])
if now and now ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1"""


class Shared(Protocol):
    """Two implementations, one meaning."""

    async def token(self, bucket: str, count: int, seconds: int, burst: int = 1) -> float:
        """Take one token of `count` in `seconds` (GCRA). 0: taken; else seconds until one is free, and none was taken."""

    async def get(self, key: str) -> str | None:
        """What was put there, while it lasts."""

    async def put(self, key: str, value: str, seconds: int) -> None: ...

    async def drop(self, key: str, value: str) -> None:
        """Forget it if it still is `value`."""

    async def hold(self, key: str, holder: str, seconds: int) -> bool:
        """Be its only holder for so long, or renew that. False: somebody else holds it."""

    async def release(self, key: str, holder: str) -> None: ...

    async def publish(self, topic: str, data: bytes) -> None: ...

    async def subscribe(self, topic: str, heard: Callable[[bytes], None]) -> Callable[[], Awaitable[None]]:
        """Call `heard` with whatever is published there, until the returned function is awaited."""

    async def ready(self) -> bool: ...

    async def close(self) -> None: ...


class _Rates:
    """Buckets by name, whichever store keeps them."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.kinds: dict[tuple[int, int, int], Throttled] = {}

    async def token(self, bucket: str, count: int, seconds: int, burst: int) -> float:
        kind = self.kinds.get((count, seconds, burst))
        if kind is None:
            quota = per_duration(timedelta(seconds=seconds), limit=count, burst=burst)
            kind = self.kinds[count, seconds, burst] = Throttled(using="gcra", quota=quota, store=self.store)
        result = await kind.limit(bucket)
        return max(result.state.retry_after, 0.001) if result.limited else 0.0


class InMemory:
    """One process: everything shared is in it."""

    def __init__(self) -> None:
        self.rates = _Rates(MemoryStore(options={"MAX_SIZE": 100_000}))
        self.listeners: dict[str, list[Callable[[bytes], None]]] = {}
        self.kept: dict[str, tuple[str, float]] = {}  # value, until when

    async def token(self, bucket: str, count: int, seconds: int, burst: int = 1) -> float:
        return await self.rates.token(bucket, count, seconds, burst)

    async def get(self, key: str) -> str | None:
        return self._kept(key)

    async def put(self, key: str, value: str, seconds: int) -> None:
        self.kept[key] = (value, time.monotonic() + seconds)

    async def drop(self, key: str, value: str) -> None:
        if self._kept(key) == value:
            del self.kept[key]

    async def hold(self, key: str, holder: str, seconds: int) -> bool:
        if self._kept(key) not in (None, holder):
            return False
        await self.put(key, holder, seconds)
        return True

    async def release(self, key: str, holder: str) -> None:
        await self.drop(key, holder)

    def _kept(self, key: str) -> str | None:
        value, until = self.kept.get(key, (None, 0.0))
        return value if time.monotonic() < until else None

    async def publish(self, topic: str, data: bytes) -> None:
        for heard in tuple(self.listeners.get(topic, ())):
            heard(data)

    async def subscribe(self, topic: str, heard: Callable[[bytes], None]) -> Callable[[], Awaitable[None]]:
        self.listeners.setdefault(topic, []).append(heard)

        async def leave() -> None:
            self.listeners[topic].remove(heard)
            if not self.listeners[topic]:
                del self.listeners[topic]

        return leave

    async def ready(self) -> bool:
        return True

    async def close(self) -> None:
        self.listeners.clear()


class InRedis:
    """Several processes: Redis. Away, each goes on by itself, slower; it is asked again with every call."""

    def __init__(self, url: str) -> None:
        pool = BlockingConnectionPool.from_url(url, max_connections=POOL, timeout=5)
        self.redis: Any = Redis(connection_pool=pool)
        kind = {"CONNECTION_POOL_CLASS": "redis.asyncio.BlockingConnectionPool"}
        self.store = RedisStore(server=url, options={**kind, "CONNECTION_POOL_KWARGS": {"max_connections": POOL, "timeout": 5}})
        self.rates = _Rates(self.store)
        self.alone = InMemory()
        self.listener: asyncio.Task[None] | None = None

    async def token(self, bucket: str, count: int, seconds: int, burst: int = 1) -> float:
        try:
            return await self.rates.token(bucket, count, seconds, burst)
        except (RedisError, BaseThrottledError):
            return await self.alone.token(bucket, count, seconds, burst)

    async def get(self, key: str) -> str | None:
        try:
            found = await self.redis.get(f"mulin:{key}")
        except RedisError:
            return await self.alone.get(key)
        return found.decode() if found is not None else None

    async def put(self, key: str, value: str, seconds: int) -> None:
        try:
            await self.redis.set(f"mulin:{key}", value, ex=seconds)
        except RedisError:
            await self.alone.put(key, value, seconds)

    async def drop(self, key: str, value: str) -> None:
        await self.alone.drop(key, value)
        with suppress(RedisError):
            await self.redis.eval(_DROP, 1, f"mulin:{key}", value)

    async def hold(self, key: str, holder: str, seconds: int) -> bool:
        """While Redis is away nobody can know who holds it: whoever held it goes on, nobody else begins."""
        try:
            held = bool(await self.redis.eval(_HOLD, 1, f"mulin:{key}", holder, seconds))
        except RedisError:
            return await self.alone.get(key) == holder
        if held:
            await self.alone.put(key, holder, HELD_ALONE)
        else:
            await self.alone.drop(key, holder)
        return held

    async def release(self, key: str, holder: str) -> None:
        await self.drop(key, holder)

    async def publish(self, topic: str, data: bytes) -> None:
        try:
            await self.redis.publish(f"mulin:{topic}", data)
        except RedisError:
            await self.alone.publish(topic, data)

    async def subscribe(self, topic: str, heard: Callable[[bytes], None]) -> Callable[[], Awaitable[None]]:
        if self.listener is None:
            self.listener = asyncio.create_task(self._listen())
        return await self.alone.subscribe(topic, heard)

    async def ready(self) -> bool:
        try:
            return bool(await self.redis.ping())
        except RedisError:
            return False

    async def close(self) -> None:
        if self.listener:
            self.listener.cancel()
            with suppress(asyncio.CancelledError):
                await self.listener
        buckets: Any = self.store._backend.get_client()  # noqa: SLF001 - the store has no close of its own
        for client in (self.redis, buckets):
            await client.aclose()
            await client.connection_pool.disconnect()

    async def _listen(self) -> None:
        """One subscription to everything of ours; told to whoever listens here."""
        while True:
            try:
                async with self.redis.pubsub() as channel:
                    await channel.psubscribe("mulin:*")
                    async for message in channel.listen():
                        if message["type"] == "pmessage":
                            await self.alone.publish(message["channel"].decode().removeprefix("mulin:"), message["data"])
            except RedisError:
                await asyncio.sleep(1)

