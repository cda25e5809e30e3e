"""What is measured: the programme's own web process (or its bare counterparts), with its processor time on /bench.

    python -m bench.server turn|parse DATABASE_URL      prints its port, serves until killed
    python -m bench.server commits DATABASE_URL SECONDS  one-row commits, 8 at a time; prints one JSON object
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog
from aiohttp import web
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, event, insert
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import create_async_engine

from bot.app import Programme
from bot.config import Config, make
from channels.contract import Taken
from channels.telegram import Settings, Telegram
from dialogue.words import Inbound
from storage import communities
from storage.database import POOL, async_url, sqlite_engine, sqlite_path
from storage.tx import Id

SECRET = "bench-secret"
AT_A_TIME = 8
ROW = b"x" * 200
rows = Table("bench_rows", MetaData(), Column("id", Id, primary_key=True), Column("who", String(32)), Column("words", LargeBinary))
counted = {"commits": 0}


def config(url: str) -> Config:
    """Telegram by webhook, and a place for replies that nobody fetches: only the turn is measured."""
    telegram = {"enabled": True, "token": "1:bench", "webhook_secret": SECRET, "api_base": "http://127.0.0.1:9"}
    values = {
        "server": {"secret_key": "bench " * 8},
        "storage": {"database_url": url},
        "channels": {"telegram": telegram, "webchat": {"enabled": False}},
    }
    return make(values, Path(), {})


async def serve(kind: str, url: str) -> None:
    """The real application of a web process, or the same route that only verifies, parses and answers."""
    programme = Programme(config(url), roles=("web",))
    await programme.database.transaction(communities.first, "压测社区", communities.Settings())
    app = programme.application() if kind == "turn" else _bare()
    app.router.add_get("/bench", _figures)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


def _bare() -> web.Application:
    async def take(inbound: Inbound, raw: bytes) -> Taken:
        return Taken(True)

    app = web.Application()
    app.add_routes(Telegram(Settings(token="1:bench", webhook_secret=SECRET)).routes(take))
    return app


async def _figures(request: web.Request) -> web.Response:
    return web.json_response({"cpu": time.process_time(), **counted})


async def commits(url: str, seconds: float) -> dict[str, float]:
    """Plain one-row commits through SQLAlchemy Core with the same durability; processor time of this process for each."""
    if url.startswith("sqlite"):
        engine = sqlite_engine(sqlite_path(url))
        with engine.begin() as connection:
            rows.create(connection, checkfirst=True)
        writer = ThreadPoolExecutor(1)

        def one() -> None:
            with engine.begin() as connection:
                connection.execute(insert(rows), {"who": "resident", "words": ROW})

        async def commit() -> None:
            await asyncio.get_running_loop().run_in_executor(writer, one)
    else:
        pool = create_async_engine(async_url(url), pool_size=POOL)
        async with pool.begin() as waits:
            await waits.run_sync(rows.create, checkfirst=True)

        async def commit() -> None:
            async with pool.begin() as connection:
                await connection.execute(insert(rows), {"who": "resident", "words": ROW})

    began, cpu, done = time.perf_counter(), time.process_time(), 0

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() - began < seconds:
            await commit()
            done += 1

    await asyncio.gather(*(worker() for _ in range(AT_A_TIME)))
    return {"rows": done, "rate": done / (time.perf_counter() - began), "cpu": (time.process_time() - cpu) / done}


def _count(_: object) -> None:
    counted["commits"] += 1


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    event.listen(Engine, "commit", _count)
    if sys.argv[1] == "commits":
        print(json.dumps(asyncio.run(commits(sys.argv[2], float(sys.argv[3])))))
    else:
        asyncio.run(serve(sys.argv[1], sys.argv[2]))
