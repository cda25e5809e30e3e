"""Many people at once, for what must be exact with a thousand of them: written in bulk, each with a chat and a home in 3号楼."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dialogue.words import Purpose, Rendered
from storage import keys, outbox, residents
from storage.contacts import contacts
from storage.database import Tx, insert
from storage.outbox import Delivery

HOME = "a1-102"


def crowd(tx: Tx, /, many: int, now: datetime, **chat: Any) -> list[str]:
    """So many residents, confirmed in one home of 3号楼, each with one chat; their ids, in order. `chat` sets columns of the chats."""
    who = [f"r{n:05}" for n in range(many)]
    tx.execute(insert(keys.keys), [{"person": one, "purpose": keys.FORGET, "key": one.encode().ljust(32, b".")} for one in who])
    tx.execute(insert(residents.residents), [{"community_id": 1, "id": one, "person": one, "made_at": now} for one in who])
    claim = {"community_id": 1, "household_id": HOME, "as_": "family", "state": "confirmed", "made_at": now}
    tx.execute(insert(residents.claims), [{**claim, "id": f"k{one}", "number": n, "resident_id": one} for n, one in enumerate(who, 1000)])
    usual = {"community_id": 1, "channel": "test", "consent": "given", "reached": True, "made_at": now, "last_at": now, **chat}
    tx.execute(insert(contacts), [usual | _address(tx, one) | {"id": f"c{one}", "person": one, "resident_id": one} for one in who])
    return who


def _address(tx: Tx, one: str) -> dict[str, bytes]:
    return {"address": keys.seal(tx, one, f"{one}@test"), "address_hash": tx.digest("test", f"{one}@test")}


def line(tx: Tx, /, text: str, now: datetime, **row: Any) -> None:
    """One row of the outbox: a reply to the contact `to` unless `row` says otherwise."""
    to = row.pop("to", None)
    usual = {"community_id": 1, "lane": outbox.REPLIES, "contact_id": to, "channel": "test", "purpose": Purpose.REPLY.value}
    outbox.queue(tx, ["community:1"], Rendered(text), {**usual, "not_before": now, "made_at": now, **row})


def texts(rows: Sequence[Delivery]) -> list[str]:
    """What they say, in their order."""
    return [row.words.text for row in rows if row.words]
