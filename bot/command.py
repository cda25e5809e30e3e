"""One act of a page or of an officer's desk, one transaction: turn.py's twin. The same lock, the same rules, the same journal."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot import turn
from bot.turn import Done, House
from bot.understand import understood
from dialogue.words import Attachment, Command, Inbound, Kind
from storage import contacts, inbox
from storage.database import Database, Tx


def new_id(now: datetime) -> str:
    """An id for an input: sorts by time, guessed by nobody. 20 hex digits."""
    return f"{int(now.timestamp() * 1000):011x}{secrets.token_hex(5)[:9]}"


async def run(
    database: Database,
    house: House,
    contact: str,
    command: Command | str,
    *,
    once: str = "",
    attachments: Sequence[Attachment] = (),
    keeps: bool = False,
    typed: str = "",
    community: int = 0,
    now: datetime | None = None,
) -> Done:
    """Carry out what a page's form says, as its reader. `once` makes a form sent twice one act.

    A `str` is what somebody typed. `keeps`: the page is this contact's own chat, so its open question stays for the next form.
    `community` is the page's own, which may be another than the one this chat speaks to now.
    `typed` are the words of their own that stand in the form beside the command: they are read for danger first.
    """
    now = now or datetime.now(UTC)
    number = new_id(now)
    kind = Kind.CHOICE if isinstance(command, Command) else attachments[0].kind if attachments else Kind.TEXT
    said = Inbound(channel="page", external_id=once or number, address=contact, kind=kind, id=number, at=now, community=community)
    words = replace(said, command=command) if isinstance(command, Command) else understood(replace(said, text=command))
    quiet = replace(house, voice=replace(house.voice, aloud=False, keeps=keeps))
    alarm = understood(replace(said, id=f"{number}d", kind=Kind.TEXT, text=typed))
    return await database.transaction(_act, quiet, replace(words, attachments=tuple(attachments)), alarm)


def _act(tx: Tx, house: House, inbound: Inbound, alarm: Inbound) -> Done:
    met = contacts.there(tx, contacts.lock(tx, inbound.address), inbound.community)
    here = met.speaker.community
    if not inbox.first_time(tx, inbound, met.speaker.contact, met.speaker.person):
        return Done(fresh=False)
    if not alarm.findings.danger:
        return turn.perform(tx, house, met, replace(inbound, community=here))
    heard = turn.perform(tx, house, met, replace(alarm, community=here))
    again = contacts.there(tx, contacts.lock(tx, inbound.address), inbound.community)
    done = turn.perform(tx, house, again, replace(inbound, community=here))
    return replace(done, alarm="\n".join(words.text for words in heard.replies))
