"""Answering within the platform's own request: what fits goes into its body, and is marked as sent once it really left."""

from __future__ import annotations

from collections.abc import Collection

from aiohttp import web

from channels.contract import Taken


async def respond(request: web.Request, response: web.Response, taken: Taken, rows: Collection[int]) -> web.StreamResponse:
    """Send this response, which carries the answers `rows` of what was taken; the others leave by messages of their own.

    If the platform has hung up meanwhile nothing is marked: its retry, or else the outbox, brings them.
    """
    transport = request.transport
    if transport is None or transport.is_closing():
        return response
    await response.prepare(request)
    await response.write_eof()
    if taken.answers and not transport.is_closing():
        await taken.given(rows)
    return response
