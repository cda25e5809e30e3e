"""Pictures, sounds and files people sent, by the SHA-256 of their content, sealed with their sender's key, in pieces.

In the database, so that one backup holds everything. Below 20 MB each (community/media.py checks before).
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Column, Integer, String, Table, select

from storage import keys
from storage.database import Id, Instant, Personal, Tx, insert, metadata

CHUNK = 256 * 1024

media = Table(
    "media",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("person", String(64), nullable=False),
    Column("type", String(100), nullable=False),
    Column("size", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
)

media_pieces = Table(
    "media_pieces",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("data", Personal, nullable=False),
)


def record_media(tx: Tx, community: int, person: str, kind: str, data: bytes, at: datetime) -> str:
    """Keep these bytes; their digest. The same bytes from the same community are kept once."""
    digest = sha256(data + person.encode()).hexdigest()  # per person: what one forgets, another may keep
    row = {"community_id": community, "digest": digest, "person": person, "type": kind, "size": len(data), "made_at": at}
    if tx.execute(insert(media).values(row).on_conflict_do_nothing()).rowcount:
        for place in range(0, max(len(data), 1), CHUNK):
            piece = keys.seal(tx, person, data[place : place + CHUNK])
            tx.execute(insert(media_pieces).values(community_id=community, digest=digest, place=place // CHUNK, data=piece))
    return digest


def record_published(tx: Tx, community: int, digest: str, at: datetime) -> str:
    """The same file as the community's own, whatever becomes of its sender's data; its new digest (the old one once it is forgotten)."""
    data = read(tx, digest)
    return digest if data is None else record_media(tx, community, f"community:{community}", type_of(tx, community, digest), data, at)


def read(tx: Tx, digest: str) -> bytes | None:
    """The bytes again, or None when they were never kept or are forgotten."""
    rows = tx.all(select(media_pieces.c.data).where(media_pieces.c.digest == digest).order_by(media_pieces.c.place))
    pieces = [keys.unseal(tx, row.data) for row in rows]
    return b"".join(p for p in pieces if p is not None) if pieces and all(p is not None for p in pieces) else None


def type_of(tx: Tx, community: int, digest: str) -> str:
    """Its content type, "" when unknown."""
    return str(tx.scalar(select(media.c.type).where(media.c.community_id == community, media.c.digest == digest)) or "")
