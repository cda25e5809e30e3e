"""The power is cut while five residents write, again and again, at every kind of moment: nothing acknowledged is lost or doubled.

The serving process is killed by SIGKILL at a statement drawn from a printed seed, and started again. A message that got no 200
is sent again, as a platform does. The checker knows only what the residents were told and what a fresh process answers.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from dialogue.words import Inbound
from storage import contacts
from storage.database import Tx
from tests import killed, servers
from tests.cast import CAST
from tests.house import Hall

KILLS = int(os.environ.get("MULIN_KILLS", "30"))
STEPS = 150  # a life ends at one of its first so many statements and commits
VOTERS = [p for p in CAST if p.home and p.name != "陈先生"] + [p for p in CAST if p.name == "小赵"]
PATIENCE = 120  # seconds a process may take to start or to die before the test gives up
OPTIONS = ("东门", "西门", "南门")


@dataclass
class Platform:
    """Where the server sends its words: keeps them by reader."""

    told: dict[int, list[str]] = field(default_factory=dict)
    heard: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._any)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    async def _any(self, request: web.Request) -> web.Response:
        result: Any = True
        if request.path.endswith("/sendMessage"):
            body = await request.json()
            async with self.heard:
                self.told.setdefault(int(body["chat_id"]), []).append(body["text"])
                self.heard.notify_all()
            result = {"message_id": 1, "date": 0, "chat": {"id": body["chat_id"], "type": "private"}}
        if request.path.endswith("/getMe"):
            result = {"id": 1, "is_bot": True, "first_name": "Mulin", "username": "mulin_bot"}
        return web.json_response({"ok": True, "result": result})

    async def hears(self, who: int, pattern: str) -> re.Match[str]:
        """The newest words to this reader that fit; waits until there are some."""

        def found() -> re.Match[str] | None:
            return next((m for text in reversed(self.told.get(who, ())) if (m := re.search(pattern, text))), None)

        async with self.heard:
            await asyncio.wait_for(self.heard.wait_for(lambda: found() is not None), PATIENCE)
        match = found()
        assert match
        return match


@dataclass
class Server:
    """The serving process, over its many lives, always on the same port."""

    url: str
    port: int
    api: str
    life: int = 0
    process: subprocess.Popen[str] | None = None
    up: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def start(self, dies_at: int) -> None:
        arguments = [sys.executable, "-m", "tests.killed", self.url, str(self.port), self.api, str(dies_at)]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        with self.process.stdout:
            line = await asyncio.to_thread(self.process.stdout.readline)
        assert line.strip() == "ready" or await self.died(), "it did not start"
        async with self.up:
            self.life += 1
            self.up.notify_all()

    async def died(self) -> bool:
        assert self.process
        return await asyncio.to_thread(self.process.wait, PATIENCE) == -9

    async def after(self, life: int) -> None:
        """Until the server lives again."""
        async with self.up:
            await self.up.wait_for(lambda: self.life > life)


@dataclass
class Resident:
    """One person at their phone: sends, sends again until told 200, remembers what was acknowledged."""

    number: int
    votes: bool
    choice: int = 0
    raised: list[str] = field(default_factory=list)
    sent: int = 0
    done: bool = False

    async def writes(self, server: Server, dice: random.Random) -> None:
        """Vote, change the vote, raise something, until told to stop."""
        async with aiohttp.ClientSession() as session:
            while not self.done:
                if self.votes and dice.random() < 0.7:
                    choice = dice.randrange(1, 4)
                    await self.says(session, server, f"投票 1 {choice}")
                    self.choice = choice
                else:
                    words = f"楼道灯坏了{self.number}之{self.sent}"
                    await self.says(session, server, f"诉求 {words}")
                    self.raised.append(words)

    async def says(self, session: aiohttp.ClientSession, server: Server, text: str) -> None:
        """Returns when it was acknowledged."""
        self.sent += 1
        number = self.number * 100_000 + self.sent
        sender = {"id": self.number, "is_bot": False, "first_name": "居民"}
        message = {"message_id": number, "from": sender, "chat": {**sender, "type": "private"}, "date": 1795000000, "text": text}
        body = json.dumps({"update_id": number, "message": message})
        headers = {"X-Telegram-Bot-Api-Secret-Token": killed.WEBHOOK}
        while True:
            life = server.life
            try:
                async with session.post(f"http://127.0.0.1:{server.port}/hook/telegram", data=body, headers=headers) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await server.after(life)


async def test_the_power_is_cut_thirty_times(database_url: str) -> None:
    seed = int(os.environ.get("MULIN_SEED", "20261121"))
    print(f"seed {seed}")
    dice = random.Random(seed)
    people = await _prepared(database_url)
    platform = Platform()
    runner = await platform.start()
    server = Server(database_url, servers.free_port(), f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        await server.start(dice.randrange(1, STEPS))
        writing = [asyncio.create_task(person.writes(server, random.Random(dice.random()))) for person in people]
        for _ in range(KILLS - 1):
            assert await server.died()
            await server.start(dice.randrange(1, STEPS))
        assert await server.died()
        for person in people:
            person.done = True
        await server.start(0)
        await asyncio.gather(*writing)
        await _check(server, platform, people)
    finally:
        if server.process:
            server.process.kill()
            server.process.wait()
        await runner.cleanup()


async def _prepared(url: str) -> list[Resident]:
    """A house with a poll open, whose residents also write from another chat."""
    hall = await Hall.open(url)
    try:
        await hall.known(large=False)
        await hall.says("老李", "发起投票 自行车棚\n" + "\n".join(OPTIONS) + "\n截止 2027年11月1日20:00")
        await hall.taps("老李", "发布")
        await hall.database.transaction(_other_chats, hall)
        return [Resident(100 + place, bool(person.home)) for place, person in enumerate(VOTERS)]
    finally:
        await hall.close()


def _other_chats(tx: Tx, hall: Hall) -> None:
    for place, person in enumerate(VOTERS):
        known = contacts.find(tx, "test", person.name)
        assert known is not None
        who = contacts.lock(tx, known).speaker
        first = Inbound(channel="telegram", external_id=f"k{place}", address=str(100 + place), id=f"k{place}", at=hall.now)
        met = contacts.meet(tx, first, 1)
        contacts.settle(tx, met.speaker.contact, consent="given", resident_id=who.resident, person=who.person, reached=True)


async def _check(server: Server, platform: Platform, people: list[Resident]) -> None:
    """A fresh process knows the last vote each was told of, and as many matters as each was told; nobody's conversation is stuck."""
    numbers: dict[str, set[str]] = {}
    async with aiohttp.ClientSession() as session:
        for person in people:
            if person.choice:
                await person.says(session, server, "投票 1")
                mine = await platform.hears(person.number, "您选的是：(.*)")
                assert mine[1] == OPTIONS[person.choice - 1], f"{person.number} voted {person.choice}"
            await person.says(session, server, "我的资料")
            mine = await platform.hears(person.number, r"您提的事：(\d+)件.*投的票：(\d+)张")
            assert int(mine[1]) == len(person.raised), f"{person.number} raised {len(person.raised)}, known are {mine[1]}"
            for text in platform.told[person.number]:
                if told := re.match("记下了：事项(\\d+)号（诉求）：(.*)。", text):
                    assert told[2] in person.raised, told[2]
                    numbers.setdefault(told[2], set()).add(told[1])
    assert all(len(given) == 1 for given in numbers.values()), "a matter has one number"
    assert len(set.union(*numbers.values())) == len(numbers), "a number has one matter"
