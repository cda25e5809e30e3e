"""The line to Tencent: every outgoing call and what came back. Nothing here logs or raises an address: secrets stand in it."""

from __future__ import annotations

import io
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver

from channels.bodies import limited
from channels.tencent.refusals import Refusal

T = TypeVar("T")
Query = Mapping[str, str]
CALL_SECONDS = 15.0
FILE_SECONDS = 120.0


class Line:
    """Calls below one address. `base` without a path; paths begin with `/` (`/cgi-bin/message/send`). `resolver`: finds the hosts."""

    def __init__(self, base: str, resolver: AbstractResolver | None = None) -> None:
        self.base = base.rstrip("/")
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def json(self, path: str, query: Query, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """POST a body as JSON (GET without one). Raises Refusal."""
        if body is None:
            return await self._request("GET", path, query, answer)
        data = json.dumps(body, ensure_ascii=False).encode()  # neighbours would read \u4f60 otherwise
        return await self._request("POST", path, query, answer, data=data)

    async def form(self, path: str, query: Query, form: aiohttp.FormData) -> dict[str, Any]:
        """POST a form with a file. Raises Refusal."""
        return await self._request("POST", path, query, answer, data=form)

    async def file(self, path: str, query: Query, most: int) -> bytes:
        """A file of at most `most` bytes. Raises Refusal or TooBig."""

        async def file(response: aiohttp.ClientResponse) -> bytes:
            data = await limited(response.content, most)
            # errors come as JSON with status 200, sometimes called text/plain; a picture never begins so
            if response.status != 200 or response.content_type == "application/json" or data[:1] == b"{":
                result(response, data)
                raise Refusal(0, "an answer instead of a file")
            return data

        return await self._request("GET", path, query, file)

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _request(
        self,
        method: str,
        path: str,
        query: Query,
        read: Callable[[aiohttp.ClientResponse], Awaitable[T]],
        *,
        data: bytes | aiohttp.FormData | None = None,
    ) -> T:
        said = isinstance(data, bytes)
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=self._resolver))
        try:
            async with self._session.request(
                method,
                self.base + path,
                params=query,
                data=io.BytesIO(data) if isinstance(data, bytes) else data,  # a picture in JSON is large: it leaves in parts
                headers={"Content-Type": "application/json"} if said else {},
                timeout=aiohttp.ClientTimeout(CALL_SECONDS if said or (read is answer and data is None) else FILE_SECONDS, sock_connect=10),
                allow_redirects=False,
            ) as response:
                return await read(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as e:
            raise Refusal(0, type(e).__name__) from None  # never got there; "from None", since the cause names the address
        except (aiohttp.ClientError, TimeoutError, OSError) as e:
            raise Refusal(0, type(e).__name__, uncertain=True) from None


async def answer(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """The answer to a call. Raises Refusal."""
    return result(response, await response.read())


def result(response: aiohttp.ClientResponse, body: bytes) -> dict[str, Any]:
    """The answer as an object, whatever Content-Type it calls itself. Raises Refusal."""
    header = response.headers.get("Retry-After", "")
    after = float(header) if header.isascii() and header.isdigit() else None
    try:
        # not strict: names of residents come with raw control characters in them
        found = json.loads(body.decode("utf-8", "replace"), strict=False)
        code = int(found.get("errcode") or 0)
    except (ValueError, TypeError, AttributeError, RecursionError):
        # a gateway's page, or a shape we do not know: a success all the same may stand behind it
        raise Refusal(0, f"unreadable answer, HTTP {response.status}", uncertain=not 400 <= response.status < 500, after=after) from None
    if code:
        raise Refusal(code, str(found.get("errmsg", ""))[:300], after=after)
    if response.status >= 400:
        raise Refusal(0, f"HTTP {response.status}", uncertain=response.status >= 500, after=after)
    return dict(found)
