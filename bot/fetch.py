"""What people sent besides words: fetched before the turn, checked by content, stripped of its place, kept.

When the platform does not give it now, the message is taken without it: its attachment has no digest, and as its name the
text that tells why.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from channels.contract import Channel, SendError, TooBig
from community import media as rules
from dialogue.words import Attachment, Inbound, Refused
from storage import contacts, media
from storage.database import Database, Tx

log = structlog.get_logger("fetch")


async def fetched(database: Database, channel: Channel, inbound: Inbound) -> Inbound:
    """The same message with its attachments in our own store."""
    if not inbound.attachments:
        return inbound
    return replace(inbound, attachments=tuple([await _one(database, channel, inbound, a) for a in inbound.attachments]))


async def _one(database: Database, channel: Channel, inbound: Inbound, attachment: Attachment) -> Attachment:
    try:
        data = await channel.fetch(attachment)
        kept = rules.accept(data)
    except (SendError, TooBig, Refused) as failure:
        reason = failure.key if isinstance(failure, Refused) else "media.too_big" if isinstance(failure, TooBig) else "media.not_fetched"
        log.info("not fetched", inbound=inbound.id, reason=reason)
        return replace(attachment, name=reason)
    digest = await database.transaction(_keep, inbound, kept.type, kept.data)
    return replace(attachment, digest=digest, type=kept.type, size=len(kept.data))


def _keep(tx: Tx, inbound: Inbound, kind: str, data: bytes) -> str:
    met = contacts.meet(tx, inbound, inbound.community or 1)
    return media.record_media(tx, met.speaker.community, met.speaker.person, kind, data, inbound.now)
