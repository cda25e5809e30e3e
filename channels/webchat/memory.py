"""The photo shelf of one process: nothing to set up, nothing kept after a restart."""

from __future__ import annotations

import secrets
from collections import OrderedDict

SHELF_LIMIT = 64 * 1024 * 1024  # bytes of all waiting photos together; the oldest give way


class MemoryShelf:
    """Keeps uploaded photos in memory until their turn fetched them."""

    def __init__(self, limit: int = SHELF_LIMIT) -> None:
        self._limit = limit
        self._photos: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    async def put(self, data: bytes) -> str:
        reference = secrets.token_urlsafe(18)
        self._photos[reference] = data
        self._size += len(data)
        while self._size > self._limit and len(self._photos) > 1:
            _, old = self._photos.popitem(last=False)
            self._size -= len(old)
        return reference

    async def get(self, reference: str) -> bytes | None:
        return self._photos.get(reference)
