"""The migrations make exactly the tables that the code speaks of, on both databases, and keep what was there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, select

from storage import communities
from storage.database import Database
from storage.migrate import current, migrate, newest
from storage.tables import metadata
from tests.house import Hall


def _difference(connection: Connection) -> list[Any]:
    return compare_metadata(MigrationContext.configure(connection), metadata)


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # SQLite does not tell us what such an index holds
async def test_a_migrated_database_has_the_tables_of_the_code(database_url: str) -> None:
    database = Database(database_url, "secret")
    try:
        assert await database.transaction(lambda tx: _difference(tx.connection)) == []
    finally:
        await database.close()


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    hall = await Hall.open(database_url)
    await hall.known()
    await hall.says("老李", "菜单")
    before = await hall.database.read(lambda tx: {t.name: len(tx.all(select(t))) for t in metadata.sorted_tables})
    await hall.close()
    await asyncio.to_thread(migrate, database_url)
    hall = Hall(database_url)
    assert await hall.database.read(lambda tx: {t.name: len(tx.all(select(t))) for t in metadata.sorted_tables}) == before
    assert (await hall.database.read(communities.everyone))[0].name == "幸福里社区"
    await hall.close()


async def test_an_older_postgresql_is_seen(postgres_url: str) -> None:
    assert await current(postgres_url) == newest()


def test_a_copy_is_kept_before_an_old_file_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    import sqlite3

    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE something (id INTEGER)")
    migrate(f"sqlite:///{path}")
    assert path.with_suffix(".before-migration").exists()


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_no_row_takes_others_with_it(table: Any) -> None:
    """No ON DELETE CASCADE: a batch migration on SQLite silently deletes every ballot through one."""
    assert all(not key.ondelete for key in table.foreign_keys)
