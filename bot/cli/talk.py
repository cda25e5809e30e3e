"""Talk to the bot in the terminal: the same turn and database as any channel, one conversation at a time."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, replace

from aiohttp import web

from bot.app import Programme
from bot.cli.console import say
from bot.config import Config
from channels.contract import Capabilities, Rates, SendError, Sent, Take
from dialogue.words import Attachment, Button, Inbound, Kind, Rendered


@dataclass
class Terminal:
    """A channel with one person in front of it."""

    name = "terminal"
    can = Capabilities(buttons=0, max_text=100_000, groups=True, pictures=False, first_word=True)
    ready = True
    rates = Rates()
    secrets = ()
    who: str = "me"
    group: str = ""

    def __post_init__(self) -> None:
        self.buttons: list[Button] = []

    def routes(self, take: Take) -> list[web.RouteDef]:
        return []

    async def start(self, take: Take) -> None: ...

    async def stop(self) -> None: ...

    async def check(self) -> list[tuple[bool, str, dict[str, str]]]:
        return []

    async def fetch(self, attachment: Attachment) -> bytes:
        raise SendError.ours("no files here")

    async def send(self, address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        """Print the words; numbered options below, pages with their address."""
        print(f"\n[{address}] " + words.text if address != self.who else "\n" + words.text)
        self.buttons = list(words.buttons)
        for place, button in enumerate(self.buttons, 1):
            print(f"  {place}. {button.text}" + (f"  {button.url}" if button.url else ""))
        return Sent("")


async def talk(config: Config, who: str, group: str) -> int:
    """Read lines until the end of input; `.2` taps the second button shown last."""
    programme = Programme(config)
    terminal = Terminal(who=who, group=f"terminal:{group}" if group else "")
    programme.channels["terminal"] = terminal
    programme.deliver.channels = {"terminal": terminal}  # what others are to hear waits for the process that serves them
    loop = asyncio.create_task(programme.deliver.run())
    say("command.talk", name=who)
    count = 0
    while line := await asyncio.to_thread(sys.stdin.readline):
        count += 1
        await programme.intake.take(_said(terminal, line.rstrip("\n"), f"{who}:{id(loop)}:{count}"), b"")
        await asyncio.sleep(0.3)
    programme.deliver.stop()
    await loop
    await programme.shared.close()
    await programme.database.close()
    return 0


def _said(terminal: Terminal, line: str, number: str) -> Inbound:
    place = line[1:]
    said = Inbound(channel="terminal", external_id=number, address=terminal.who, name=terminal.who, chat=terminal.group)
    if line.startswith(".") and place.isdigit() and 0 < int(place) <= len(terminal.buttons):
        return replace(said, kind=Kind.CHOICE, choice=terminal.buttons[int(place) - 1].payload)
    return replace(said, kind=Kind.TEXT if line else Kind.JOINED, text=line)
