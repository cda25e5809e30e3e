"""The web chat as a channel: what a resident says on the page reaches the house, and its words reach every open page."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
from aiohttp import WSMsgType, web

from channels.contract import Capabilities, Rates, SendError, Sent, Take
from channels.webchat import wire
from channels.webchat.door import Door, loopback
from channels.webchat.pages import Pages
from channels.webchat.photos import Photos
from channels.webchat.ports import TEXT_LIMIT, House, Line, Settings
from channels.webchat.said import to_inbound
from channels.webchat.socket import Page
from dialogue.words import Attachment, Rendered

CHATTER = 100  # bubbles of a room that are remembered, in memory only
AWAY = 5  # seconds after which to try again when the database does not say itself


class WebChat:
    """Talk to the community on a web page; in the demonstration, as any of its people."""

    name = "webchat"
    can = Capabilities(buttons=20, max_text=4096, groups=True, pictures=True, first_word=True)
    ready = True
    rates = Rates()

    def __init__(self, settings: Settings, house: House) -> None:
        self.secrets = (settings.secret_key,)
        self._settings = settings
        self._house = house
        self._door = Door(settings)
        self._pages = Pages(settings, house.words, self._door)
        self._photos = Photos(settings.secret_key, house, self._door)
        self._open: set[Page] = set()
        rooms = settings.demo.rooms if settings.demo else ()
        self._chatter: dict[str, deque[wire.Message]] = {r.address: deque(maxlen=CHATTER) for r in rooms}

    # --- what the house asks of a channel -------------------------------------------------------------------------

    def routes(self, take: Take) -> Sequence[web.RouteDef]:
        """The page, its socket, its photos and its files. The demonstration page is `demo_page`, mounted by the house."""

        async def socket(request: web.Request) -> web.StreamResponse:
            return await self._socket(request, take)

        return (
            web.get("/chat", self._pages.chat),
            web.get("/chat/ws", socket),
            web.post("/chat/photo", self._photos.upload),
            web.get("/chat/picture/{token}", self._photos.show),
            web.get("/chat/static/{name}", self._pages.static),
        )

    async def demo_page(self, request: web.Request) -> web.Response:
        """The demonstration: the community's phones side by side, any of which the visitor may use."""
        return await self._pages.demo(request)

    async def start(self, take: Take) -> None:
        """Nothing: residents come to us."""

    async def stop(self) -> None:
        """Open pages are told to come back; they reconnect to whoever serves next."""
        await asyncio.gather(*(page.socket.close(code=1001) for page in tuple(self._open)))

    async def send(self, address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        """Show these words on every open page of that person or room; whoever is away finds them in the mailbox."""
        line = Line(secrets.token_urlsafe(12), datetime.now(UTC), words.text, False, words.buttons, words.picture, words.large)
        await self._publish(address, self._message(line, address))
        return Sent(line.id)

    async def fetch(self, attachment: Attachment) -> bytes:
        """The bytes of a photo uploaded on the page."""
        data = await self._house.shelf.get(attachment.reference)
        if data is None:
            raise SendError.ours("the uploaded photo is no longer kept")
        return data

    async def check(self) -> list[tuple[bool, str, dict[str, str]]]:
        """Whether the web chat is open to the world: a warning, no fault."""
        url = self._settings.public_url
        key = "webchat.check_local" if loopback(urlsplit(url).hostname) else "webchat.check_open"
        return [(True, key, {"url": f"{url.rstrip('/')}/chat"})]

    # --- one page ---------------------------------------------------------------------------------------------------

    async def _socket(self, request: web.Request, take: Take) -> web.StreamResponse:
        page = await self._admit(request)
        await page.socket.prepare(request)
        leave = await self._house.fanout.subscribe(_topic(page.address), page.hear)
        self._open.add(page)
        try:
            async with asyncio.TaskGroup() as group:
                loops = (group.create_task(page.write()), group.create_task(self._keep_looking(page)))
                async for frame in page.socket:
                    if frame.type is WSMsgType.TEXT:
                        await self._heard(request, page, frame.data, take)
                for loop in loops:
                    loop.cancel()
        finally:
            self._open.discard(page)
            await leave()
        return page.socket

    async def _admit(self, request: web.Request) -> Page:
        self._door.check_origin(request)
        guest = self._door.guest(request)
        if guest is None:
            raise web.HTTPUnauthorized
        room = request.query.get("chat", "")
        if room and not guest.may_enter(room):
            raise web.HTTPForbidden
        if wait := await self._door.wait_place(request):
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(wait)})
        return Page(guest, room)

    async def _keep_looking(self, page: Page) -> None:
        """Fan-out may lose a word and history may be read a moment too early; looking again finds both."""
        while not page.socket.closed:
            try:
                lines = await self._house.history(page.address)
            except SendError as error:
                wait = math.ceil(error.after or AWAY)
                page.tell(wire.Wait(wait))
                await asyncio.sleep(wait)
                continue
            page.look(self._shown(page, lines))
            await asyncio.sleep(self._settings.look_again)

    def _shown(self, page: Page, lines: Sequence[Line]) -> list[wire.Message]:
        if not page.room:
            return [self._message(line, page.address) for line in lines]
        posts = [self._message(line, page.room) for line in lines if not line.mine]
        return sorted((*posts, *self._chatter[page.room]), key=lambda m: m.at)

    # --- one thing said -----------------------------------------------------------------------------------------------

    async def _heard(self, request: web.Request, page: Page, data: str, take: Take) -> None:
        words = self._house.words(page.guest.language)
        try:
            said = wire.read_said(data)
        except msgspec.DecodeError:
            return  # no page of ours: nobody to tell
        inbound = to_inbound(said, page.guest, page.room, self._photos, words)
        if inbound is None:
            page.tell(wire.NotKept(said.id, words["not_sent"]))
            return
        if wait := await self._door.wait(page.guest.address, request):
            page.tell(wire.Wait(wait, said.id))
            return
        note = words["cut"] if len(said.text) > TEXT_LIMIT else ""
        if inbound.addressed:
            taken = await take(inbound, data.encode())
            if not taken.stored:
                page.tell(wire.Wait(taken.retry_after or AWAY, said.id))
                return
            note = taken.alert or note
        page.expect(said.id)
        page.tell(wire.Kept(said.id, note))
        if not (page.room and said.choice):  # what somebody chose is never shown to a group
            await self._show_others(page, said)

    async def _show_others(self, page: Page, said: wire.Said) -> None:
        """The person's other tabs and the room's other members see it too."""
        by, picture = page.guest.name if page.room else "me", self._photos.preview(said.photo)
        message = wire.Message(said.id, by, said.text[:TEXT_LIMIT], datetime.now(UTC), page.room, picture=picture)
        if page.room:
            if any(m.id == said.id for m in self._chatter[page.room]):
                return  # said again after a lost acknowledgement
            self._chatter[page.room].append(message)
        await self._publish(page.address, message)

    def _message(self, line: Line, address: str) -> wire.Message:
        return wire.Message(
            id=line.id.removeprefix(f"{address}:") if line.mine else line.id,
            by="me" if line.mine else "bot",
            text=line.text,
            at=line.at,
            chat=address if address in self._chatter else "",
            buttons=[wire.Tap(b.text, b.payload, b.url, b.aside) for b in line.buttons],
            picture=self._photos.address(line.picture),
            large=line.large,
        )

    async def _publish(self, address: str, message: wire.Message) -> None:
        await self._house.fanout.publish(_topic(address), wire.encode(wire.Spoken(message)))


def _topic(address: str) -> str:
    return f"webchat:{address}"
