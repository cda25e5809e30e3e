"""Messages whose handling failed: kept, shown, taken again under the moment they first came."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from bot import turn, understand
from bot.channels import abilities
from bot.cli.console import complain, say
from bot.config import Config
from bot.speaking import Voice
from bot.turn import House
from bot.words import words
from dialogue.words import Inbound
from storage import contacts, inbox
from storage.database import Database, Tx


async def listed(database: Database) -> int:
    """One line for each: number, time, channel, what failed. Never what was said."""
    rows = await database.read(inbox.failures)
    for row in rows:
        print(f"{row.seq}\t{row.at:%Y-%m-%d %H:%M:%S}Z\t{row.inbound.channel if row.inbound else '-'}\t{row.reason}")
    if not rows:
        say("command.nothing_failed")
    return 0


async def shown(database: Database, number: int) -> int:
    """The message itself, for whoever may see it to mend what broke."""
    row = await database.read(inbox.failure, number)
    if row is None or row.inbound is None:
        return complain("command.no_such_failure", number=number)
    print(msgspec.json.format(msgspec.json.encode(row.inbound)).decode())
    print(row.reason)
    return 0


async def replayed(database: Database, config: Config, number: int) -> int:
    """Take it again; refused when a later message of the same person already changed what it would change."""
    house = House(Voice(config, abilities(config, database)), words())
    became = await database.transaction(_again, house, number)
    if became != "replayed":
        return complain(f"command.{became}", number=number)
    say("command.replayed", number=number)
    return 0


def _again(tx: Tx, house: House, number: int) -> str:
    row = inbox.failure(tx, number)
    if row is None or row.inbound is None:
        return "no_such_failure"
    met = contacts.lock(tx, row.contact)
    if met.open.version != row.place:
        return "later_words"
    again: Inbound = replace(understand.understood(row.inbound), community=met.speaker.community)
    turn.perform(tx, house, met, again)
    inbox.replayed(tx, number)
    return "replayed"
