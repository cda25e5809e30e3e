"""What every test may ask for: real databases, a real Redis, a real browser; and what no test may do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from storage.migrate import migrate
from tests import servers
from tests.browser import browser  # noqa: F401 - a fixture

# No deadline: a test does not depend on the machine's speed. In CI the same examples every time, elsewhere new ones.
settings.register_profile("ours", deadline=None, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("ours"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "ours")

SERVERS = ("SQLite", "PostgreSQL", "Redis")


# --- databases: a new one per test, a copy of one that was migrated once ------------------------------------------


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    """This process's PostgreSQL server."""
    server = servers.start_postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres: servers.Postgres) -> str:
    """The name of a database with all tables and no rows."""
    url = postgres.create()
    postgres.in_thread(lambda: migrate(url))
    return servers.name_of(url)


@pytest.fixture
def postgres_url(postgres: servers.Postgres, postgres_template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """`postgresql://…` of a migrated, empty database of this test's own."""
    ran_on(request, "PostgreSQL")
    url = postgres.create(postgres_template)
    yield url
    postgres.drop(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and no rows."""
    path = tmp_path_factory.mktemp("template") / "mulin.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """`sqlite:///…` of a migrated, empty file of this test's own."""
    ran_on(request, "SQLite")
    path = tmp_path / "mulin.db"
    for part in sqlite_template.parent.glob("mulin.db*"):  # a write-ahead log may lie beside it
        shutil.copy(part, tmp_path / part.name)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The same test on both: `sqlite:///…`, then `postgresql://…`."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


# --- Redis --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Any]:
    """This process's Valkey server."""
    server = servers.start_redis()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: Any, request: pytest.FixtureRequest) -> str:
    """`redis://127.0.0.1:…` of an emptied server that no other test uses meanwhile."""
    import redis

    ran_on(request, "Redis")
    with redis.Redis.from_url(redis_server.connection_url) as client:
        client.flushall()
    url: str = redis_server.connection_url
    return url


# --- the suite's last line but one: how many tests ran where ------------------------------------------------------


def ran_on(request: pytest.FixtureRequest, server: str) -> None:
    """Remember that this test ran on that server; the report carries it from a worker to the terminal."""
    request.node.user_properties.append(("ran on", server))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> Iterator[None]:
    yield
    reports = [r for outcome in ("passed", "failed", "xfailed") for r in terminalreporter.getreports(outcome)]
    where = [set(r.user_properties) for r in reports if getattr(r, "when", "") == "call"]
    counts = [f"{server} {sum(('ran on', server) in properties for properties in where)}" for server in SERVERS]
    terminalreporter.write_line(f"tests that ran on {', on '.join(counts)}")


# --- what no test may do ------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    return refuse_skip((yield))


def refuse_skip(report: Any) -> Any:
    """Where MULIN_NO_SKIPS is set (CI), a test that skips itself has failed."""
    if os.environ.get("MULIN_NO_SKIPS") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report


def stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """No test reaches outside this machine: a name or an address of the outside world is an error at once."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in (None, "", "localhost", "::1", "0.0.0.0", "::") and not host.startswith("127."):
        raise OSError(f"a test tried to reach {host}")


sys.addaudithook(stay_here)
