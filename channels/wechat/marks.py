"""A choice on its way through somebody's WeChat and back: the id of what they tap carries our payload."""

from __future__ import annotations

import base64
import binascii

MARK = "m"  # ids without it are not ours: the back office can make such menus too


def mark(payload: str) -> str:
    """The id for a payload: letters, digits, `-` and `_` alone, since nobody says what else survives within an address."""
    return MARK + base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")


def payload_of(id: str) -> str:  # noqa: A002 - the platform's word
    """The payload an id carries; "" where it is none of ours."""
    try:
        body = id.removeprefix(MARK)
        return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode() if id.startswith(MARK) else ""
    except (binascii.Error, ValueError):
        return ""
