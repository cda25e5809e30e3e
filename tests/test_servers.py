"""The servers under the tests are what they are said to be: real, empty, one database per test, and failing loudly."""

from __future__ import annotations

import os
import socket
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio
from playwright.async_api import Browser
from sqlalchemy.engine import make_url

from tests import servers

HERE = Path(__file__).parent.parent


async def rows(url: str) -> list[str]:
    """The tables of either database."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return sorted(name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
    connection = await connect(url)
    try:
        return sorted(r["tablename"] for r in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    finally:
        await connection.close()


async def connect(url: str) -> asyncpg.Connection:
    parts = make_url(url)
    return await asyncpg.connect(host=str(parts.query["host"]), user=parts.username, database=parts.database)


async def test_a_database_is_migrated_and_takes_rows(database_url: str) -> None:
    assert "inbox" in await rows(database_url)


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_has_a_database_of_its_own(postgres_url: str, turn: int) -> None:
    connection = await connect(postgres_url)
    await connection.execute("CREATE TABLE left_behind (id int)")  # would fail the second time
    await connection.close()


async def test_it_is_a_real_postgresql(postgres_url: str) -> None:
    connection = await connect(postgres_url)
    try:
        assert (await connection.fetchval("SELECT version()")).startswith("PostgreSQL 1")
        assert await connection.fetchval("SHOW listen_addresses") == ""
    finally:
        await connection.close()


async def test_dropping_a_database_does_not_wait_for_who_is_still_in_it(postgres: servers.Postgres) -> None:
    url = postgres.create()
    connection = await connect(url)
    postgres.drop(url)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.fetchval("SELECT 1")
    connection.terminate()


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_has_an_empty_redis(redis_url: str, turn: int) -> None:
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("left", "behind")


@pytest.mark.browser
async def test_the_browser_is_real_and_runs_scripts(browser: Browser) -> None:
    page = await browser.new_page()
    await page.set_content("<p>一</p><script>document.querySelector('p').textContent += '二'</script>")
    assert await page.inner_text("p") == "一二"


def test_a_package_that_the_server_user_cannot_reach_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a checkout under a home folder that is closed to others."""

    def hidden(*args: object, **kwargs: object) -> None:
        raise PermissionError

    monkeypatch.setattr(subprocess, "run", hidden)
    binaries = servers.postgres_binaries(tmp_path, {})
    monkeypatch.undo()
    assert tmp_path in binaries.parents
    assert (binaries / "initdb").stat().st_mode & stat.S_IXOTH
    assert subprocess.run([binaries / "initdb", "--version"], capture_output=True).stdout.startswith(b"initdb (PostgreSQL)")


def test_a_server_that_does_not_start_is_a_failure_with_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(servers.OPTIONS, "max_connections", "none")
    with pytest.raises(servers.ServerDidNotStart, match="max_connections"):
        servers.start_postgres()


def test_nobody_reaches_outside() -> None:
    with socket.socket() as outside, pytest.raises(OSError, match=r"tried to reach 192\.0\.2\.1"):
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(OSError, match=r"tried to reach example\.org"):
        socket.getaddrinfo("example.org", 80)


@pytest.mark.parametrize(("strict", "closing"), [("", "2 passed, 1 skipped"), ("1", "1 failed, 2 passed")])
def test_the_suite_says_where_tests_ran_and_in_ci_a_skip_fails(tmp_path: Path, strict: str, closing: str) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n")
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "from tests.conftest import ran_on\n"
        "def test_a(request): ran_on(request, 'PostgreSQL')\n"
        "def test_b(request): ran_on(request, 'PostgreSQL'); ran_on(request, 'Redis')\n"
        "def test_c(): pytest.skip('no browser here')\n"
    )
    *_, before, last = run_pytest(tmp_path, "-n", "2", MULIN_NO_SKIPS=strict)
    assert before == "tests that ran on SQLite 0, on PostgreSQL 2, on Redis 1"
    assert closing in last


def run_pytest(folder: Path, *arguments: str, **environment: str) -> list[str]:
    """The lines that a suite of its own prints."""
    command = [sys.executable, "-m", "pytest", "-c", str(HERE / "pyproject.toml"), "--rootdir", str(folder), *arguments, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(HERE), **environment}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True).stdout.strip().splitlines()
