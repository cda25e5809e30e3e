"""Who may open a page: links signed for one reader, for one thing, until a day. Nothing in them is a secret but the signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeSerializer

PATHS = {"form": "/f/", "ballot": "/b/", "login": "/console/enter/"}


@dataclass(frozen=True, slots=True)
class Pass:
    """What a signed link says: which door, in which community, to what, for which contact and resident, until when."""

    kind: str
    community: int
    subject: str
    contact: str
    resident: str
    until: datetime


def sign(secret: str, ticket: Pass) -> str:
    """The token that stands in the link."""
    fields = [ticket.kind, ticket.community, ticket.subject, ticket.contact, ticket.resident, int(ticket.until.timestamp())]
    return URLSafeSerializer(secret, salt="door").dumps(fields)


def read(secret: str, token: str, kind: str, now: datetime) -> Pass | None:
    """The pass in a token, or None when it is forged, for another door, or too old."""
    try:
        found, community, subject, contact, resident, until = URLSafeSerializer(secret, salt="door").loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    if found != kind or until < now.timestamp():
        return None
    return Pass(found, community, subject, contact, resident, datetime.fromtimestamp(until, now.tzinfo))


def genuine(secret: str, token: str, kind: str) -> bool:
    """Whether we made that token for this door, however long ago."""
    return read(secret, token, kind, datetime(2000, 1, 1, tzinfo=UTC)) is not None


def address(public_url: str, prefix: str, kind: str, token: str) -> str:
    """The whole address of a page behind a signed link."""
    return f"{public_url.rstrip('/')}{prefix}{PATHS[kind]}{token}"
