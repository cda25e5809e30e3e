"""What a page said, as an `Inbound`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from channels.webchat import wire
from channels.webchat.door import Guest
from channels.webchat.photos import Photos
from channels.webchat.ports import TEXT_LIMIT
from dialogue.words import Inbound, Kind

PAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def to_inbound(said: wire.Said, guest: Guest, room: str, photos: Photos, words: Mapping[str, str]) -> Inbound | None:
    """One thing somebody said, or None when it says nothing. In a room only what is meant for the bot is `addressed`."""
    attachments = photos.attached(said.photo, guest)
    if (
        not PAGE_ID.fullmatch(said.id)
        or (said.photo and not attachments)
        or not (said.text.strip(" \0\n\t\r\u3000") or said.choice or said.photo)
    ):
        return None
    text, called = said.text[:TEXT_LIMIT].replace("\0", ""), True  # PostgreSQL keeps no NUL
    if room:
        text, called = _called(text, words["mentions"].split())
    return Inbound(
        channel="webchat",
        self_made=True,
        external_id=f"{guest.address}:{said.id}",
        address=guest.address,
        kind=Kind.CHOICE if said.choice else Kind.PHOTO if attachments else Kind.TEXT,
        text=text,
        chat=room,
        addressed=called or bool(said.choice or said.question),
        choice=said.choice,
        question=said.question,
        attachments=attachments,
        name=guest.name,
        language=guest.language,
    )


def _called(text: str, names: list[str]) -> tuple[str, bool]:
    """In a group `#word`, `@name word` and `/command` are meant for us: the words without the call, and whether it was one."""
    bare = text.strip()
    if bare[:1] in ("/", "／"):
        return "/" + bare[1:], True
    if bare[:1] in ("#", "＃"):
        return bare[1:].lstrip(), True
    for name in names:
        if bare[:1] in ("@", "＠") and bare[1:].startswith(name):
            return bare[1 + len(name) :].lstrip(" :：,，"), True
    return text, False
