"""A serving process that dies by SIGKILL at its n-th statement or commit: run by tests/test_kill.py in a process of its own.

    python -m tests.killed DATABASE_URL PORT API_BASE N      (N = 0: it lives)
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.app import Programme
from bot.config import make

SECRET_KEY = "test " * 8
WEBHOOK = "kill-test"


class Fate:
    """Counts what the database is asked to do, and dies at the n-th."""

    def __init__(self, at: int) -> None:
        self.left = at

    def step(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, port: str, api: str, at: str) -> None:
    telegram = {"enabled": True, "token": "1:kill", "webhook_secret": WEBHOOK, "api_base": api}
    fast = {"telegram_overall": [1000, 1], "telegram_person": [1000, 1], "telegram_group": [1000, 1]}
    values = {
        "server": {"secret_key": SECRET_KEY, "port": int(port)},
        "storage": {"database_url": url},
        "limits": fast,
        "channels": {"telegram": telegram, "webchat": {"enabled": False}},
    }
    app = Programme(make(values, Path(), {})).application()
    if int(at):
        fate = Fate(int(at))
        for moment in ("before_cursor_execute", "commit", "savepoint", "release_savepoint"):
            event.listen(Engine, moment, fate.step)
    web.run_app(app, host="127.0.0.1", port=int(port), print=lambda *_: print("ready", flush=True), access_log=None)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    main(*sys.argv[1:])
