"""What nobody needs any more goes: chat that led to nothing after 90 days, as the notice of first contact says."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select

from storage import held
from storage.database import Tx
from storage.inbox import inbox
from storage.outbox import outbox

CHAT = timedelta(days=90)
BATCH = 500  # rows in one transaction

_SAID = select(inbox.c.seq).where(inbox.c.at < bindparam("before"), inbox.c.state != "failed").limit(BATCH)
_HEARD = select(outbox.c.id).where(outbox.c.made_at < bindparam("before"), outbox.c.state.not_in(("queued", "sending", "held")))
_FORGET_SAID = delete(inbox).where(inbox.c.seq.in_(_SAID))
_FORGET_HEARD = delete(outbox).where(outbox.c.id.in_(_HEARD.limit(BATCH)))


def sweep(tx: Tx, now: datetime) -> int:
    """Forget a batch of old chat, said and heard; how many rows went. What was raised, answered or voted stands in tables of its own.

    What waited too long for its reader ends here as well, and stays to be seen until it is as old as the rest.
    """
    held.end(tx, now)
    before = {"before": now - CHAT}
    return tx.execute(_FORGET_SAID, before).rowcount + tx.execute(_FORGET_HEARD, before).rowcount
