"""Bringing a database to this version's schema, on a connection of its own; on SQLite a copy of the file is made first."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from storage.database import async_url, sqlite_engine, sqlite_path

HERE = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Bring the database behind `url` to the newest schema; nothing happens if it is there already."""
    if url.startswith("sqlite"):
        _sqlite(sqlite_path(url))
    else:
        asyncio.run(_postgres(url))


def newest() -> str:
    """The version of the schema this programme wants."""
    return str(ScriptDirectory(str(HERE)).get_current_head())


async def current(url: str) -> str:
    """The version the PostgreSQL database behind `url` has; "" for none."""
    engine = create_async_engine(async_url(url), poolclass=NullPool)
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())
    await engine.dispose()
    return found or ""


def _sqlite(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sqlite_engine(path)
    with engine.connect() as connection:
        behind = MigrationContext.configure(connection).get_current_revision() != newest()
        filled = bool(connection.exec_driver_sql("SELECT 1 FROM sqlite_master").first())
        connection.rollback()
    if behind and filled:
        _copy(path, path.with_suffix(".before-migration"))
    if behind:
        with engine.connect() as connection:
            bare: Any = connection.connection.dbapi_connection
            bare.execute("PRAGMA foreign_keys=OFF")  # before the transaction begins: within one it means nothing
            _upgrade(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            connection.commit()
        assert not broken, f"foreign keys broken by the migration: {broken[:3]}"
    engine.dispose()


def _copy(path: Path, to: Path) -> None:
    """The whole database as it is, what still stands in its write-ahead log included."""
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(to)) as new:
        old.backup(new)


async def _postgres(url: str) -> None:
    engine = create_async_engine(async_url(url), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)
    await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
