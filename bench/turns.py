"""Turns through the real webhook route: verified, parsed, deduplicated, committed, reply queued; beside two bare counterparts."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storage.migrate import migrate
from tests import servers

CLIENTS = (1, 16, 100)
AIMS = {"sqlite": 9, "postgresql": 7}


def run(full: bool) -> None:
    """Print the table for both databases; `full` measures each figure for longer."""
    seconds = 10.0 if full else 3.0
    postgres = servers.start_postgres(durable=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, url in (("sqlite", f"sqlite:///{Path(folder) / 'bench.db'}"), ("postgresql", postgres.create())):
                migrate(url)
                _one(name, url, seconds)
    finally:
        postgres.stop()


def _one(name: str, url: str, seconds: float) -> None:
    row = _json("bench.server", "commits", url, str(seconds))
    print(f"\n{name}: (b) one-row commits, 8 at a time: {row['rate']:,.0f}/s, {row['cpu'] * 1e6:,.0f} µs CPU each")
    with _server("parse", url) as port:
        for clients in CLIENTS:
            got, cpu, _ = _measured(port, clients, seconds)
            print(f"  (a) verify, parse, answer  {_line(clients, got)}  {cpu * 1e6:7,.0f} µs CPU")
    with _server("turn", url) as port:
        _measured(port, 100, 1.0)  # everybody's first contact is another turn than the ones after
        for clients in CLIENTS:
            got, cpu, commits = _measured(port, clients, seconds)
            share = f"{got['turns'] / commits:5.1f} turns a commit" if commits and name == "sqlite" else ""
            print(f"  turn                       {_line(clients, got)}  {cpu * 1e6:7,.0f} µs CPU = {cpu / row['cpu']:4.1f} × (b)  {share}")
    print(f"  aim: at most {AIMS[name]} × (b)")


def _line(clients: int, got: dict[str, float]) -> str:
    return f"{clients:4} clients {got['rate']:8,.0f}/s  p50 {got['p50'] * 1e3:6.1f} ms  p99 {got['p99'] * 1e3:6.1f} ms"


def _measured(port: int, clients: int, seconds: float) -> tuple[dict[str, float], float, int]:
    before = _figures(port)
    got = _json("bench.load", str(port), "bench-secret", str(clients), str(seconds))
    after = _figures(port)
    return got, (after["cpu"] - before["cpu"]) / got["turns"], int(after["commits"] - before["commits"])


def _figures(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/bench") as answer:
        found: dict[str, float] = json.load(answer)
    return found


def _json(module: str, *arguments: str) -> Any:
    done = subprocess.run([sys.executable, "-m", module, *arguments], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


@contextmanager
def _server(kind: str, url: str) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-m", "bench.server", kind, url], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
