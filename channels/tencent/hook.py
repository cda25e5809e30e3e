"""What a callback of Tencent's brings in its body."""

from __future__ import annotations

from aiohttp import web

from channels.bodies import limited
from channels.contract import TooBig

MAX_BODY = 1024 * 1024


async def body_of(request: web.Request) -> bytes:
    """The whole body of a callback. Raises HTTPRequestEntityTooLarge (413) above MAX_BODY, having read no more than that."""
    size = request.content_length or 0
    if size > MAX_BODY:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY, size)
    try:
        return await limited(request.content, MAX_BODY)
    except TooBig:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY, MAX_BODY + 1) from None
