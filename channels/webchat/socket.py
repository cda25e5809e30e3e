"""One open page: what it is shown, in order and once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web

from channels.webchat import wire
from channels.webchat.door import Guest

SOCKET_LIMIT = 256 * 1024  # bytes of one frame; the page cuts its text long before
HEARTBEAT = 30.0  # seconds between pings: carriers cut silent connections
WAITING = 500  # messages a slow reader may fall behind


class Page:
    """A reader's page. Everything goes through one queue, so that the order is the same as it was said."""

    def __init__(self, guest: Guest, room: str) -> None:
        self.guest = guest
        self.room = room
        self.socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=SOCKET_LIMIT)
        self._queue: asyncio.Queue[wire.Word] = asyncio.Queue()
        self._shown: set[str] = set()
        self._early: list[wire.Word] | None = []  # heard before the history was read; None: it was

    @property
    def address(self) -> str:
        """The mailbox this page shows: the room's, or the person's own."""
        return self.room or self.guest.address

    def tell(self, word: wire.Word) -> None:
        """Show this next. For a page too far behind it is dropped: the page finds it in the mailbox later."""
        if self._queue.qsize() < WAITING:
            self._queue.put_nowait(word)

    def hear(self, data: bytes) -> None:
        """Something was published for this person or room."""
        spoken = wire.read_spoken(data)
        if self._early is None:
            self.tell(spoken)
        else:
            self._early.append(spoken)

    def expect(self, message_id: str) -> None:
        """This very page said it and shows it already."""
        self._shown.add(message_id)

    def look(self, messages: Sequence[wire.Message]) -> None:
        """What the mailbox holds: the whole of it at first, later only what got lost on the way."""
        words: list[wire.Word] = [wire.Spoken(m) for m in messages]
        if self._early is not None:
            self._shown.update(m.id for m in messages)
            words, self._early = [wire.Opened(list(messages), self.guest.name), *self._early], None
        for word in words:
            self.tell(word)

    async def write(self) -> None:
        """Send what is queued, each message once, until the page is gone."""
        while True:
            word = await self._queue.get()
            if isinstance(word, wire.Spoken):
                if word.message.id in self._shown:
                    continue
                self._shown.add(word.message.id)
            try:
                await self.socket.send_str(wire.encode(word).decode())
            except ConnectionError:
                return
