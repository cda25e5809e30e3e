"""The embedded database: one writer thread owns the one writing connection, and commits together what waits together."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event

from storage.tx import DatabaseAway, Tx

T = TypeVar("T")
BATCH = 64  # turns at most in one commit


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


class SQLite:
    """Runs functions on the file: written by one thread in groups, read by a few."""

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
