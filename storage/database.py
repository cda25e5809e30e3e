"""The database, whichever it is: an embedded SQLite file or a PostgreSQL server. Only this file and storage/sqlite.py know which.

Everything inside a transaction is plain synchronous code over a `Tx`. On SQLite one writer thread owns the one writing
connection: functions that wait together are run together, each in its own SAVEPOINT, all in one commit, and each is told
it is done only after that commit. On PostgreSQL the same functions run on asyncpg, many at a time, each its own commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert as insert  # compiles for SQLite too (held by a test)
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.sqlite import SQLite
from storage.sqlite import sqlite_engine as sqlite_engine
from storage.tx import DatabaseAway as DatabaseAway
from storage.tx import Id as Id
from storage.tx import Instant as Instant
from storage.tx import Personal as Personal
from storage.tx import Tx as Tx
from storage.tx import metadata as metadata

P = ParamSpec("P")
T = TypeVar("T")
POOL = 12  # PostgreSQL connections a process holds; a FIFO semaphore of this size stands before them
ATTEMPTS = 3  # a lost connection, deadlock or serialisation failure is tried twice more


class Database:
    """The one database of this installation; see `transaction` and `read`."""

    def __init__(self, url: str, secret: str) -> None:
        self.url = url
        self.secret = blake2b(secret.encode(), digest_size=32).digest()
        self._sqlite = SQLite(sqlite_path(url), self.secret) if url.startswith("sqlite") else None
        self._postgres = None if self._sqlite else _Postgres(url, self.secret)

    async def transaction(self, function: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(tx, …)` and return its result once it is durably committed. If it raises, nothing of it happened."""
        runner = self._sqlite or self._postgres
        assert runner is not None
        return await runner.transaction(lambda tx: function(tx, *args, **kwargs))

    async def read(self, function: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(tx, …)` on a reading connection: pages, exports, tallies. Writing there is an error."""
        runner = self._sqlite or self._postgres
        assert runner is not None
        return await runner.read(lambda tx: function(tx, *args, **kwargs))

    async def ready(self) -> bool:
        """True when the database answers."""
        try:
            await self.read(lambda tx: tx.connection.exec_driver_sql("SELECT 1").first())
        except (DatabaseAway, DBAPIError):
            return False
        return True

    async def close(self) -> None:
        if self._sqlite:
            await self._sqlite.close()
        if self._postgres:
            await self._postgres.close()


def sqlite_path(url: str) -> Path:
    """sqlite:///data/mulin.db -> data/mulin.db"""
    return Path(url.removeprefix("sqlite:///"))


# --- PostgreSQL --------------------------------------------------------------------------------------------------


class _Postgres:
    def __init__(self, url: str, secret: bytes) -> None:
        self.secret = secret
        self.engine: AsyncEngine = create_async_engine(async_url(url), pool_size=POOL, max_overflow=0, pool_pre_ping=False)
        self.places = asyncio.Semaphore(POOL)

    async def transaction(self, function: Callable[[Tx], T]) -> T:
        for attempt in range(ATTEMPTS):
            try:
                return await self._once(function)
            except DBAPIError as failure:
                if not _passing(failure):
                    raise
                if attempt == ATTEMPTS - 1:
                    raise DatabaseAway(str(failure.orig)) from failure
            except (TimeoutError, OSError) as failure:
                if attempt == ATTEMPTS - 1:
                    raise DatabaseAway(str(failure)) from failure
        raise AssertionError("unreachable")

    async def _once(self, function: Callable[[Tx], T]) -> T:
        after: list[Callable[[], None]] = []

        def run(connection: Connection) -> T:
            tx = Tx(connection, self.secret, after)
            return function(tx)

        async with self.places, self.engine.begin() as connection:
            result = await connection.run_sync(run)
        for act in after:
            act()
        return result

    async def read(self, function: Callable[[Tx], T]) -> T:
        def run(connection: Connection) -> T:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            return function(Tx(connection, self.secret))

        try:
            async with self.places, self.engine.begin() as connection:
                return await connection.run_sync(run)
        except (OSError, InterfaceError, OperationalError) as failure:
            raise DatabaseAway(str(failure)) from failure

    async def close(self) -> None:
        await self.engine.dispose()


def async_url(url: str) -> str:
    """postgresql://… -> postgresql+asyncpg://… : the driver is ours to choose."""
    return "postgresql+asyncpg://" + url.split("://", 1)[1]


def _passing(failure: DBAPIError) -> bool:
    """A lost connection, a deadlock or a serialisation failure passes; anything else is our own fault."""
    state = getattr(failure.orig, "sqlstate", "") or ""
    return failure.connection_invalidated or state.startswith(("08", "57P")) or state in ("40001", "40P01", "53300")
