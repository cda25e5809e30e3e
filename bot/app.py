"""The one aiohttp application: the channels' own routes and our pages; starts and stops the loops."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import prometheus_client
import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Gauge

from bot import channels, command, metrics, robots
from bot.answers import Answers
from bot.channels import Outfit
from bot.clock import Clock
from bot.config import Config
from bot.deliver import Deliver
from bot.intake import Intake
from bot.speaking import Voice
from bot.turn import House
from bot.words import words
from channels.contract import Channel
from channels.webchat import WebChat
from dialogue.words import Attachment, Command
from storage import outbox
from storage.database import Database
from storage.shared import InMemory, InRedis, Shared
from web import pages

log = structlog.get_logger("app")
MAX_BODY = 20 * 1024 * 1024
HOOK_BODY = 1024 * 1024


@dataclass
class Programme:
    """A running Mulin: everything wired, in one process."""

    config: Config
    demo: bool = False
    roles: Sequence[str] = ("web", "worker")
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    database: Database = field(init=False)
    shared: Shared = field(init=False)
    channels: dict[str, Channel] = field(init=False)
    house: House = field(init=False)
    deliver: Deliver = field(init=False)
    clock: Clock = field(init=False)
    intake: Intake = field(init=False)
    loops: list[asyncio.Task[None]] = field(default_factory=list)
    awake: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        config = self.config
        self.database = Database(config.database_url, config.server.secret_key)
        self.shared = InRedis(config.storage.redis_url) if config.storage.redis_url else InMemory()
        self.channels = channels.build(Outfit(config, self.database, self.shared, self.demo, self.now))
        self.house = House(Voice(config, {name: channel.can for name, channel in self.channels.items()}), words())
        self.deliver = Deliver(self.database, self.shared, self.channels, self.house.voice)
        self.clock = Clock(self.database, self.house, self._wake)
        answers = Answers(self.database, self.shared, self.house.voice, self._wake)
        self.intake = Intake(self.database, self.house, self.channels, self._wake, now=self.now, answers=answers)
        self.deliver.clock = self.clock.now = self.now

    def application(self) -> web.Application:
        """The pages and routes of a web process; a worker has only its health and metrics."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[metrics.measured, pages.errors])
        app.router.add_get("/healthz", _healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        if "web" in self.roles:
            for channel in self.channels.values():
                app.add_routes(channel.routes(self.intake.take))
            pages.mount(app, self._pages())
        app.on_startup.append(self._start)
        app.on_shutdown.append(self._stop)
        app.on_cleanup.append(self._close)
        return app

    def _pages(self) -> pages.Site:
        """What pages are handed: how to read, how to act, and where they stand."""

        async def run(
            contact: str, said: Command | str, once: str = "", attachments: Sequence[Attachment] = (), **how: Any
        ) -> Any:
            how = {"now": self.now(), **how}
            done = await command.run(self.database, self.house, contact, said, once=once, attachments=attachments, **how)
            self._wake()
            return done

        chat = self.channels.get("webchat")
        home = chat.demo_page if self.demo and isinstance(chat, WebChat) else None
        server = self.config.server
        return pages.Site(
            read=self.database.read,
            write=self.database.transaction,
            run=run,
            words=self.house.words,
            secret=server.secret_key,
            public_url=server.public_url,
            foot=tuple(line for line in (server.icp, server.police_record) if line),
            verify_dir=self.config.folder / server.verify_dir,
            home=home,
            identities=channels.identities(self.channels),
            clock=self.now,
        )

    async def _start(self, app: web.Application) -> None:
        if "worker" in self.roles:
            await robots.at_start(self.database, self.config, self.now())
            self.loops = [asyncio.create_task(self.deliver.run()), asyncio.create_task(self.clock.run())]
            self.awake = asyncio.create_task(self._listen())
            for channel in self.channels.values():
                await channel.start(self.intake.take)

    async def _stop(self, app: web.Application) -> None:
        """Send what is held, then leave the platforms; what is still coming in is finished after this."""
        self.clock.stop()
        self.deliver.stop()
        await asyncio.gather(*self.loops, return_exceptions=True)
        for channel in self.channels.values():
            await channel.stop()

    async def _close(self, app: web.Application) -> None:
        """The last request was answered."""
        if self.awake:
            self.awake.cancel()
        await self.shared.close()
        await self.database.close()

    def _wake(self) -> None:
        self.deliver.wake()
        if "worker" not in self.roles:
            task = asyncio.get_running_loop().create_task(self.shared.publish("wake", b""))
            task.add_done_callback(lambda _: None)

    async def _listen(self) -> None:
        await self.shared.subscribe("wake", lambda _: self.deliver.wake())

    # --- health -----------------------------------------------------------------------------------------------------

    async def _readyz(self, request: web.Request) -> web.Response:
        ready = await self.database.ready()
        state = {"database": ready, "redis": await self.shared.ready() if self.config.storage.redis_url else "not used"}
        return web.json_response(state, status=200 if ready else 503)

    async def _metrics(self, request: web.Request) -> web.Response:
        rows = await self.database.read(outbox.waiting)
        for state in outbox.LEFT_BEHIND:
            WAITING.labels(state).set(rows.get(state, 0))
        return web.Response(body=prometheus_client.generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


WAITING = Gauge("mulin_outbox_rows", "Rows of the outbox that have not left, by state", ["state"])


async def _healthz(request: web.Request) -> web.Response:
    return web.Response(text="ok\n")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(config: Config, *, demo: bool = False, roles: Sequence[str] = ("web", "worker"), ready: Callable[[], None] | None = None) -> None:
    """Run until SIGTERM or Ctrl-C: stop taking, finish what is held, leave. `ready` is called once the port is open."""
    app = Programme(config, demo, roles).application()
    opened = (lambda *_: ready()) if ready else None
    web.run_app(app, host=config.server.host, port=config.server.port, print=opened, access_log=None, handle_signals=True)
