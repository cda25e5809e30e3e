"""From an order to outbox rows, a batch per transaction: a power cut after 300 of 1,000 goes on to exactly 1,000."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError

from bot.intake import where
from bot.speaking import Scene, Voice, push
from community.dispatches import finish
from dialogue.words import Say, ToAudience
from storage import addressees, communities, dispatches
from storage.addressees import Addressee
from storage.database import Tx

BATCH = 50  # rows per transaction: about 20 ms of the writer

log = structlog.get_logger("spread")


def batch(tx: Tx, voice: Voice, now: datetime) -> int | None:
    """Queue the next rows of one order; how many, or None when no order has any left. A stop is seen at the next batch."""
    found = dispatches.to_spread(tx)
    if found is None:
        return None
    community, order, cursor = found
    assert isinstance(order.say.to, ToAudience)
    scene = Scene(voice, communities.community(tx, community), now, order.id)
    waiting = dispatches.audience_after(tx, community, order.say.to, cursor, BATCH + 1)
    now_due = waiting[:BATCH]
    for resident in now_due:
        reader = addressees.preferred(tx, community, resident)
        if reader is not None:
            _one(tx, scene, reader, order.say)
    if now_due:
        dispatches.record_cursor(tx, community, order.id, now_due[-1])
    if len(waiting) <= BATCH:
        dispatches.record_done(tx, community, finish(order, now)[1])
    return len(now_due)


def _one(tx: Tx, scene: Scene, reader: Addressee, line: Say) -> None:
    """One reader's row; words that fail are told to the operator and do not stop the others': nothing was written then."""
    try:
        push(tx, scene, reader, line)
    except DBAPIError:
        raise  # the database's trouble is everybody's
    except Exception as failure:  # noqa: BLE001 - see above
        log.error("not queued", dispatch=scene.dispatch, text=line.key, reason=where(failure))
