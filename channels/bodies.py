"""Bodies from outside, read so that nobody can fill our memory with one."""

from __future__ import annotations

import aiohttp

from channels.contract import TooBig


async def limited(content: aiohttp.StreamReader, limit: int) -> bytes:
    """A body of at most `limit` bytes, never holding more than that. Raises TooBig."""
    parts: list[bytes] = []
    size = 0
    async for part in content.iter_chunked(65536):
        size += len(part)
        if size > limit:
            raise TooBig
        parts.append(part)
    return b"".join(parts)
