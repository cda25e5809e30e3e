"""From an order to outbox rows, a batch per transaction: a power cut after 300 of 1,000 goes on to exactly 1,000."""

from __future__ import annotations

from datetime import datetime

from bot.speaking import Scene, Voice, push
from community.dispatches import finish
from dialogue.words import ToAudience
from storage import addressees, communities, dispatches
from storage.database import Tx

BATCH = 100


def batch(tx: Tx, voice: Voice, now: datetime) -> int | None:
    """Queue the next rows of one order; how many, or None when no order has any left. A stop is seen at the next batch."""
    found = dispatches.to_spread(tx)
    if found is None:
        return None
    community, order, cursor = found
    assert isinstance(order.say.to, ToAudience)
    scene = Scene(voice, communities.community(tx, community), now, order.id)
    waiting = [r for r in sorted(dispatches.audience(tx, community, order.say.to)) if r > cursor]
    now_due = waiting[:BATCH]
    for resident in now_due:
        reader = addressees.preferred(tx, community, resident)
        if reader is not None:
            push(tx, scene, reader, order.say)
    if now_due:
        dispatches.record_cursor(tx, community, order.id, now_due[-1])
    if len(waiting) <= BATCH:
        dispatches.record_done(tx, community, finish(order, now)[1])
    return len(now_due)
