"""Answers as the body of the platform's own request: lent to it for some seconds, else they leave by themselves.

A platform that asks again for want of an answer gets the same words again, and nothing happens twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import limits
from channels.contract import Answer, Channel, Taken
from dialogue.words import Inbound
from storage import lending
from storage.database import Database
from storage.shared import Shared

LEASE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Answers:
    """Lends answers to requests and takes back what they had no room for."""

    database: Database
    shared: Shared
    wake: Callable[[], None]

    async def lend(self, channel: Channel, inbound: Inbound, now: datetime, *, duplicate: bool) -> Taken:
        """What this request may answer with. Above our limits nothing: then it waits its turn in the outbox."""
        kept = Taken(True, duplicate)
        to = inbound.chat or inbound.address
        if not duplicate and await limits.token(self.shared, channel, to, group=bool(inbound.chat)):
            return kept
        rows = await self.database.transaction(lending.lend, channel.name, inbound.external_id, now + LEASE)
        answers = tuple(Answer(row.id, row.words) for row in rows if row.words)

        async def given(gone: Collection[int]) -> None:
            lent = [answer.row for answer in answers]
            await self.database.transaction(lending.given, channel.name, lent, gone, now)
            self.wake()

        return Taken(True, duplicate, answers=answers, given=given) if answers else kept
