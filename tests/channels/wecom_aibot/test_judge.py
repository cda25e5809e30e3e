"""The WeCom our tests play against speaks Tencent's protocol: Tencent's own client connects to it, hears, answers and is thrown out."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.openws import FakeOpenWs

from .conftest import Stage

NODE = Path(__file__).parents[2] / "node"

pytestmark = pytest.mark.node


@dataclass
class Judge:
    """@wecom/aibot-node-sdk as a bot; what it tells, in order."""

    process: asyncio.subprocess.Process
    told: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    async def starts(cls, fake: FakeOpenWs, secret: str) -> Judge:
        command = ("node", "aibot_judge.mjs", fake.url, fake.bot_id, secret)
        return cls(await asyncio.create_subprocess_exec(*command, cwd=NODE, stdin=PIPE, stdout=PIPE))

    async def tells(self, what: str) -> dict[str, Any]:
        """The next thing of that name."""
        assert self.process.stdout
        async with asyncio.timeout(30):
            while True:
                line = await self.process.stdout.readline()
                assert line, f"the judge left before {what!r}; it told {self.told}"
                self.told.append(json.loads(line))
                if self.told[-1]["what"] == what:
                    return self.told[-1]

    async def does(self, what: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(what.encode() + b"\n")
        await self.process.stdin.drain()

    async def leaves(self) -> None:
        if self.process.returncode is None:
            await self.does("bye")
        await self.process.wait()


@pytest.fixture
async def judge(stage: Stage) -> AsyncIterator[Judge]:
    if not shutil.which("node") or not (NODE / "node_modules" / "@wecom" / "aibot-node-sdk").exists():
        pytest.skip("no Node.js judge here; npm --prefix tests/node install")
    started = await Judge.starts(stage.fake, stage.fake.secret)
    yield started
    await started.leaves()


async def test_tencents_own_client_hears_and_answers_here(stage: Stage, judge: Judge) -> None:
    fake = stage.fake
    await judge.tells("authenticated")
    li = fake.member("laoli")
    group = fake.group("wrG1", li)
    await li.opens()
    assert (await judge.tells("welcomed"))["errcode"] == 0
    await li.calls("投票 1", group)
    heard = await judge.tells("text")
    assert (heard["content"], heard["userid"], heard["chattype"], heard["chatid"]) == ("@睦邻 投票 1", "laoli", "group", "wrG1")
    assert (await judge.tells("replied"))["errcode"] == 0
    assert (await judge.tells("card"))["errcode"] == 0
    assert [m.words() for m in group.messages if m.by_bot] == ["请选一项", "加装扶手"]
    assert await li.taps("要装", group)
    assert (await judge.tells("changed"))["errcode"] == 0
    assert group.messages[-1].words() == "已选：vote 1 1"
    await li.speaks("楼道灯不亮")
    assert (await judge.tells("voice"))["content"] == "楼道灯不亮"
    await li.sends(b"\x89PNG lamp")
    assert base64.b64decode((await judge.tells("image"))["base64"]) == b"\x89PNG lamp"
    await judge.does(json.dumps({"chatid": "laoli", "content": "明天停水"}))
    assert (await judge.tells("sent"))["errcode"] == 0
    await judge.does(json.dumps({"chatid": "stranger", "content": "明天停水"}))
    assert (await judge.tells("sent"))["errcode"] == 93006
    await judge.does(json.dumps({"chatid": "laoli", "picture": base64.b64encode(b"\x89PNG lamp").decode()}))
    assert (await judge.tells("pictured"))["errcode"] == 0
    assert li.messages[-1].picture == b"\x89PNG lamp"


async def test_it_is_thrown_out_when_we_come_and_does_not_come_back(stage: Stage, judge: Judge) -> None:
    await judge.tells("authenticated")
    await stage.live()
    await judge.tells("kicked")
    assert len(stage.fake.lines) == 2


async def test_it_takes_our_no_for_a_wrong_secret(stage: Stage, judge: Judge) -> None:
    await judge.tells("authenticated")
    other = await Judge.starts(stage.fake, "wrong")
    assert "853000" in (await other.tells("error"))["message"]
    await other.leaves()
