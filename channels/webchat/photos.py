"""Photos on the page: uploaded before they are said, and shown again to whoever was sent them."""

from __future__ import annotations

from aiohttp import web
from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from channels.webchat.door import Door, Guest
from channels.webchat.ports import PHOTO_LIMIT, House
from dialogue.words import Attachment, Kind

SHOWN_FOR = 24 * 3600  # seconds a picture's address works; every look into the mailbox gives a new one
SIGNS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"GIF8", "image/gif"), (b"RIFF", "image/webp"))


class Photos:
    """Takes uploads and hands out pictures. Both are named by signed tokens, so nobody reads what was not theirs."""

    def __init__(self, secret_key: str, house: House, door: Door) -> None:
        self._house = house
        self._door = door
        self._uploads = URLSafeSerializer(secret_key, salt="webchat-upload")
        self._shown = URLSafeTimedSerializer(secret_key, salt="webchat-picture")

    async def upload(self, request: web.Request) -> web.Response:
        """The photo of somebody on the page, at most 10 MB; answers the reference to say it with."""
        self._door.check_origin(request)
        guest = self._door.guest(request)
        if guest is None:
            raise web.HTTPUnauthorized
        if wait := await self._door.wait(guest.address, request):
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(wait)})
        if not request.content_type.startswith("image/"):
            raise web.HTTPUnsupportedMediaType
        data = await _read(request)
        reference = await self._house.shelf.put(data)
        return web.json_response({"photo": self._uploads.dumps([guest.address, reference, request.content_type, len(data)])})

    async def show(self, request: web.Request) -> web.Response:
        """A picture somebody was shown, under the address they were given."""
        try:
            kind, name = self._shown.loads(request.match_info["token"], max_age=SHOWN_FOR)
        except BadData:
            raise web.HTTPNotFound from None
        data = await (self._house.shelf.get(name) if kind == "upload" else self._house.picture(name))
        if data is None:
            raise web.HTTPNotFound
        content_type = next((t for sign, t in SIGNS if data.startswith(sign)), "application/octet-stream")
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600", "Content-Security-Policy": "sandbox"}
        return web.Response(body=data, content_type=content_type, headers=headers)

    def attached(self, photo: str, guest: Guest) -> tuple[Attachment, ...]:
        """The upload named by that token, if this very person made it."""
        upload = self._upload(photo)
        if upload is None or upload[0] != guest.address:
            return ()
        _, reference, content_type, size = upload
        return (Attachment(Kind.PHOTO, reference=reference, type=content_type, size=size),)

    def preview(self, photo: str) -> str:
        """Where the person's other pages find an upload that was just said; "" when there is none."""
        upload = self._upload(photo)
        return self._address("upload", upload[1]) if upload else ""

    def address(self, digest: str) -> str:
        """Where a page finds the picture with that digest; "" when there is none."""
        return self._address("digest", digest) if digest else ""

    def _address(self, kind: str, name: str) -> str:
        return f"/chat/picture/{self._shown.dumps([kind, name])}"

    def _upload(self, photo: str) -> tuple[str, str, str, int] | None:
        try:
            address, reference, content_type, size = self._uploads.loads(photo)
        except BadData:
            return None
        return address, reference, content_type, size


async def _read(request: web.Request) -> bytes:
    data = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        data += chunk
        if len(data) > PHOTO_LIMIT:
            raise web.HTTPRequestEntityTooLarge(max_size=PHOTO_LIMIT, actual_size=len(data))
    return bytes(data)
