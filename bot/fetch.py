"""What people sent besides words: fetched before the turn, checked by content, stripped of its place, kept.

When the platform does not give it now, the message is taken without it: its attachment has no digest, and as its name the
text that tells why.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from channels.contract import Channel, SendError, TooBig
from community import media as rules
from dialogue.words import Attachment, Inbound, Refused
from storage import contacts, media, residents
from storage.database import Database, Tx
from surveys import xlsform

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
    digest, officer = await database.transaction(_keep, inbound, kept.type, kept.data)
    if officer and kept.type == rules.SPREADSHEET:  # read beside the loop now, so that the turn finds it read
        await asyncio.to_thread(xlsform.read, kept.data, xlsform.stem(attachment.name))
    return replace(attachment, digest=digest, type=kept.type, size=len(kept.data))


def _keep(tx: Tx, inbound: Inbound, kind: str, data: bytes) -> tuple[str, bool]:
    """The digest of what is kept, and whether an officer sent it."""
    who = contacts.meet(tx, inbound, inbound.community or 1).speaker
    digest = media.record_media(tx, who.community, who.person, kind, data, inbound.now)
    roles = residents.roles_of(tx, who.community, who.resident, inbound.now.date()) if who.resident else ()
    return digest, bool(roles)
