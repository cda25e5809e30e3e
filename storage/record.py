"""Event -> its writer: the only way domain facts reach a table. A test demands that every Event has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from community import claims, consents, dispatches
from dialogue.words import Event
from storage import consents as kept_consents
from storage import dispatches as kept_dispatches
from storage import residents
from storage.database import Tx

RECORDERS: Mapping[type[Event], Callable[[Tx, int, Any], None]] = {
    claims.ClaimConfirmed: residents.record_claim_confirmed,
    claims.ClaimEnded: residents.record_claim_ended,
    claims.ClaimMade: residents.record_claim_made,
    claims.ClaimRefused: residents.record_claim_refused,
    consents.ConsentDeferred: kept_consents.record_deferred,
    consents.ConsentGiven: kept_consents.record_given,
    consents.ConsentWithdrawn: kept_consents.record_withdrawn,
    dispatches.DispatchDone: kept_dispatches.record_done,
    dispatches.DispatchOrdered: kept_dispatches.record_ordered,
    dispatches.DispatchPaused: kept_dispatches.record_paused,
    dispatches.DispatchResumed: kept_dispatches.record_resumed,
    dispatches.DispatchStopped: kept_dispatches.record_stopped,
}


def record(tx: Tx, community: int, event: Event) -> None:
    """Keep what happened, in the turn's own transaction."""
    RECORDERS[type(event)](tx, community, event)
