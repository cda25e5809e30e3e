"""Answers as the body of the platform's own request: lent to it for some seconds, else they leave by themselves.

A platform that asks again for want of an answer gets the same words again, and nothing happens twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import limits, outcomes
from bot.speaking import Voice
from channels.contract import Answer, Channel, Taken
from dialogue.words import Inbound
from storage import lending
from storage.database import Database, Tx
from storage.outbox import Delivery
from storage.shared import Shared

LEASE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Answers:
    """Lends answers to requests and takes back what they had no room for."""

    database: Database
    shared: Shared
    voice: Voice
    wake: Callable[[], None]

    async def lend(self, channel: Channel, inbound: Inbound, now: datetime, *, duplicate: bool) -> Taken:
        """What this request may answer with. Above our limits nothing: then it waits its turn in the outbox."""
        kept = Taken(True, duplicate)
        to = inbound.chat or inbound.address
        if not duplicate and await limits.token(self.shared, channel, to, group=bool(inbound.chat)):
            return kept
        until = now + LEASE
        rows = await self.database.transaction(self._lend, channel.name, inbound.external_id, until)
        answers = tuple(Answer(row.id, row.words, key_of(row)) for row in rows if row.words)

        async def given(gone: Collection[int]) -> None:
            loan = ([answer.row for answer in answers], until)
            await self.database.transaction(lending.given, channel.name, loan, gone, now)
            self.wake()

        return Taken(True, duplicate, answers=answers, given=given) if answers else kept

    def _lend(self, tx: Tx, channel: str, external: str, until: datetime) -> list[Delivery]:
        """What waited until they wrote is asked about once more, as whatever leaves by itself is."""

        def may(row: Delivery) -> bool:
            place = outcomes.allowed(tx, self.voice, row, until - LEASE)
            return not place.never and place.later is None

        return lending.lend(tx, channel, external, until, may)


def key_of(row: Delivery) -> str:
    """Our own name for this message; with its moment, so that a database begun anew repeats none."""
    return f"m{row.id}-{int(row.made_at.timestamp())}"
