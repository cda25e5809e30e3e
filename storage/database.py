"""The database, whichever it is: an embedded SQLite file or a PostgreSQL server. No other file knows which.

Everything inside a transaction is plain synchronous code over a `Tx`. On SQLite one writer thread owns the one writing
connection: functions that wait together are run together, each in its own SAVEPOINT, all in one commit, and each is told
it is done only after that commit. On PostgreSQL the same functions run on asyncpg, many at a time, each its own commit.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import (
    BigInteger,
    Connection,
    CursorResult,
    Dialect,
    Engine,
    Executable,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    create_engine,
    event,
)
from sqlalchemy import DateTime as _DateTime
from sqlalchemy.dialects.postgresql import insert as insert  # compiles for SQLite too (held by a test)
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator

P = ParamSpec("P")
T = TypeVar("T")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
POOL = 12  # PostgreSQL connections a process holds; a FIFO semaphore of this size stands before them
BATCH = 64  # turns at most in one commit of the SQLite writer
ATTEMPTS = 3  # a lost connection, deadlock or serialisation failure is tried twice more


class Instant(TypeDecorator[datetime]):
    """A moment: aware UTC in and out, so that 20:00+08:00 cannot come back eight hours wrong. Naive values are refused."""

    impl = _DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was given to the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Personal(TypeDecorator[bytes]):
    """Something a person wrote or that names them: sealed bytes only (storage/keys.py seals and opens)."""

    impl = LargeBinary
    cache_ok = True


class DatabaseAway(Exception):
    """The database cannot be reached now; nothing was kept. Hooks answer 503 with Retry-After."""


@dataclass(slots=True)
class Tx:
    """One open transaction. Reads and `record_*` functions take it; nothing else can touch a table.

    `secret` keys the look-up hashes. `after` holds what to do once committed (wake the sender). `cache` lives as long as
    the transaction: opened keys, the community.
    """

    connection: Connection
    secret: bytes
    after: list[Callable[[], None]] = field(default_factory=list)
    cache: dict[Any, Any] = field(default_factory=dict)

    def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        result: CursorResult[Any] = self.connection.execute(statement, values)
        return result

    def one(self, statement: Executable, values: Any = None) -> Row[Any] | None:
        return self.connection.execute(statement, values).first()

    def all(self, statement: Executable, values: Any = None) -> Sequence[Row[Any]]:
        return self.connection.execute(statement, values).all()

    def scalar(self, statement: Executable, values: Any = None) -> Any:
        return self.connection.execute(statement, values).scalar()

    def digest(self, *parts: str) -> bytes:
        """A keyed hash for looking somebody up without storing what they are called. 16 bytes."""
        return blake2b("\x1f".join(parts).encode(), key=self.secret, digest_size=16).digest()


class Database:
    """The one database of this installation; see `transaction` and `read`."""

    def __init__(self, url: str, secret: str) -> None:
        self.url = url
        self.secret = blake2b(secret.encode(), digest_size=32).digest()
        self._sqlite = _SQLite(sqlite_path(url), self.secret) if url.startswith("sqlite") else None
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
        except DatabaseAway:
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


# --- SQLite -----------------------------------------------------------------------------------------------------


def sqlite_engine(path: Path, *, reading: bool = False) -> Engine:
    """An engine whose transactions are real: pysqlite by itself begins none at a SELECT and silently loses updates."""
    engine = create_engine(f"sqlite:///{path}", pool_reset_on_return=None, connect_args={"check_same_thread": False, "timeout": 30})

    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")
        if reading:
            connection.execute("PRAGMA query_only=ON")

    event.listen(engine, "connect", connected)
    begin = "BEGIN" if reading else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


@dataclass(slots=True)
class _Job:
    function: Callable[[Tx], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    outcome: Any = None
    failure: BaseException | None = None
    after: list[Callable[[], None]] = field(default_factory=list)

    def settle(self) -> None:
        if self.future.cancelled():
            return
        if self.failure is not None:
            self.future.set_exception(self.failure)
        else:
            self.future.set_result(self.outcome)
            for act in self.after:
                act()


class _SQLite:
    def __init__(self, path: Path, secret: bytes) -> None:
        self.secret = secret
        self.engine = sqlite_engine(path)
        self.reading = sqlite_engine(path, reading=True)
        self.jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self.readers = ThreadPoolExecutor(4, thread_name_prefix="read")
        self.thread = threading.Thread(target=self._work, name="write", daemon=True)
        self.thread.start()

    async def transaction(self, function: Callable[[Tx], T]) -> T:
        loop = asyncio.get_running_loop()
        job = _Job(function, loop.create_future(), loop)
        self.jobs.put(job)
        result: T = await asyncio.shield(job.future)
        return result

    async def read(self, function: Callable[[Tx], T]) -> T:
        def run() -> T:
            with self.reading.connect() as connection, connection.begin():
                return function(Tx(connection, self.secret))

        return await asyncio.get_running_loop().run_in_executor(self.readers, run)

    async def close(self) -> None:
        self.jobs.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self.thread.join)
        self.readers.shutdown()
        self.engine.dispose()
        self.reading.dispose()

    def _work(self) -> None:
        """The writer: takes what waits, commits it together, then tells each."""
        while (first := self.jobs.get()) is not None:
            batch, last = self._waiting(first)
            try:
                self._commit(batch)
            except Exception as failure:  # noqa: BLE001 - the commit itself failed: nobody's turn happened
                for job in batch:
                    job.failure = DatabaseAway(str(failure))
            by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
            for job in batch:
                by_loop.setdefault(job.loop, []).append(job)
            for loop, jobs in by_loop.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(_settle, jobs)
            if last:
                return

    def _waiting(self, first: _Job) -> tuple[list[_Job], bool]:
        batch = [first]
        while len(batch) < BATCH:
            try:
                job = self.jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return batch, True
            batch.append(job)
        return batch, False

    def _commit(self, batch: list[_Job]) -> None:
        with self.engine.connect() as connection, connection.begin():
            for job in batch:
                savepoint = connection.begin_nested()
                tx = Tx(connection, self.secret)
                try:
                    job.outcome = job.function(tx)
                    savepoint.commit()
                    job.after = tx.after
                except BaseException as failure:  # noqa: BLE001 - handed to whoever asked
                    savepoint.rollback()
                    job.failure = failure


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()


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
            except (OSError, asyncio.TimeoutError) as failure:
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
