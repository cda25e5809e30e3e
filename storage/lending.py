"""Answers that may be the body of the request they answer: lent to it for some seconds, else they leave by themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select, update

from dialogue.words import Purpose
from storage.database import Tx
from storage.outbox import Delivery, opened, outbox

_PASSIVE = "passive"  # why: it is or was the body of a request
_GIVABLE = and_(
    outbox.c.channel == bindparam("ch"),
    outbox.c.answers == bindparam("input"),
    or_(outbox.c.state == "queued", and_(outbox.c.state.in_(("sending", "sent")), outbox.c.reason == _PASSIVE)),
)
_GIVE = select(outbox).where(_GIVABLE).order_by(outbox.c.purpose != Purpose.REPLY.value, outbox.c.id).with_for_update()
_LEND = (
    update(outbox)
    .where(outbox.c.id == bindparam("row"), outbox.c.state != "sent")
    .values(state="sending", reason=_PASSIVE, claimed_until=bindparam("until"))
)
_NOT_SO = update(outbox).where(outbox.c.id == bindparam("row")).values(state="queued", reason="", answers=None, claimed_until=None)
_LENT = and_(outbox.c.channel == bindparam("ch"), outbox.c.id == bindparam("row"), outbox.c.state == "sending", outbox.c.reason == _PASSIVE)
_GAVE = update(outbox).where(_LENT).values(state="sent", sent_at=bindparam("now"), claimed_until=None)
_STILL = outbox.c.claimed_until == bindparam("until")  # a request said again may have it by now, and say it
_TOOK_BACK = update(outbox).where(_LENT, _STILL).values(state="queued", reason="", not_before=bindparam("now"), claimed_until=None)


def lend(tx: Tx, channel: str, external: str, until: datetime, may: Callable[[Delivery], bool]) -> list[Delivery]:
    """The answers to an input, for the request that brought it, and then what waited for its window; nobody else sends them until then.

    The same again for a retry. What `may` not be said now goes back to the queue, where what becomes of it is decided.
    """
    rows = tx.all(_GIVE, {"ch": channel, "input": answered(tx, channel, external)})
    lent = []
    for row in rows:
        answer = opened(tx, row)
        if row.state == "sent" or may(answer):
            tx.execute(_LEND, {"row": row.id, "until": until})
            lent.append(answer)
        else:
            tx.execute(_NOT_SO, {"row": row.id})
    return lent


def given(tx: Tx, channel: str, loan: tuple[Collection[int], datetime], gone: Collection[int], now: datetime) -> None:
    """Of the answers lent until that moment those in `gone` went out with the request; the others leave by themselves, at once."""
    rows, until = loan
    for row in rows:
        back = {} if row in gone else {"until": until}
        tx.execute(_GAVE if row in gone else _TOOK_BACK, {"ch": channel, "row": row, "now": now, **back})


def answered(tx: Tx, channel: str, external: str) -> bytes:
    """How the outbox names the input that words answer."""
    return tx.digest("inbox", channel, external)
