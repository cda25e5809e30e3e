"""Calls to Telegram's Bot API, and what its refusals mean for whoever waits for the message.

The address of every call contains the token, so nothing here ever logs or raises an address.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, TypeVar

import aiohttp
import msgspec

from channels.bodies import limited
from channels.contract import SendError
from channels.telegram.wire import Answer

T = TypeVar("T")
CALL_SECONDS = 30.0
FETCH_SECONDS = 120.0
MAX_FILE = 20 * 1024 * 1024  # getFile gives no more

GONE = ("chat not found", "user not found", "peer_id_invalid", "can't initiate conversation", "user is deactivated", "chat was deleted")
NO_RIGHTS = ("rights", "chat_write_forbidden", "chat_restricted", "chat_send_")


class Failure(Exception):
    """An answer that was no. `code` 0: none came; then `uncertain` tells whether the call may have had its effect."""

    def __init__(self, code: int, reason: str, *, after: int = 0, moved_to: int = 0, uncertain: bool = False) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason
        self.after = after
        self.moved_to = moved_to
        self.uncertain = uncertain

    def says(self, *words: str) -> bool:
        """Telegram has no finer codes than HTTP's: what went wrong is only in its words."""
        reason = self.reason.lower()
        return any(word in reason for word in words)

    def verdict(self) -> SendError:
        """The same in the words of delivery (facts/telegram.md §3)."""
        if self.code == 429:
            return SendError.retry(self.reason, float(self.after or 1))
        if self.moved_to:
            return SendError.moved(str(self.moved_to))
        if self.code == 0 or self.code >= 500:
            return SendError.retry(self.reason, uncertain=self.uncertain)
        if self.code in (401, 404):  # the token or the address is wrong: nothing at all will get through
            return SendError("ours", self.reason, bulk=True)
        if self.says(*NO_RIGHTS):
            return SendError.ours(self.reason)
        if self.code == 403 or self.says(*GONE):
            return SendError.gone(self.reason)
        return SendError.ours(self.reason)


class Api:
    """One bot's line to Telegram. `base` without the token; `proxy` is an HTTP proxy's address or ""."""

    def __init__(self, base: str, token: str, proxy: str = "") -> None:
        self._base = base.rstrip("/")
        self._token = token
        self._proxy = proxy or None
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: str, kind: type[T], params: Mapping[str, Any], *, seconds: float = CALL_SECONDS) -> T:
        """Call a method, its result read as `kind`. Raises Failure."""
        body = msgspec.json.encode(params)
        return await self._post(method, kind, body, {"Content-Type": "application/json"}, seconds)

    async def upload(self, method: str, kind: type[T], params: Mapping[str, Any], picture: bytes) -> T:
        """Call a method with a picture of ours: the value `attach://picture` among `params` names it. Raises Failure."""
        form = aiohttp.FormData()
        for name, value in params.items():
            form.add_field(name, value if isinstance(value, str) else msgspec.json.encode(value).decode())
        form.add_field("picture", io.BytesIO(picture), filename="picture", content_type="application/octet-stream")
        return await self._post(method, kind, form, {}, FETCH_SECONDS)

    async def download(self, path: str) -> bytes:
        """The bytes at a `file_path` of getFile. Raises Failure or TooBig."""
        try:
            async with self._open().get(
                f"{self._base}/file/bot{self._token}/{path}", proxy=self._proxy, timeout=aiohttp.ClientTimeout(FETCH_SECONDS)
            ) as response:
                if response.status != 200:  # its address lives an hour only: whoever asks again gets a new one
                    raise Failure(0, f"file not given: {response.status}")
                return await limited(response.content, MAX_FILE)
        except (aiohttp.ClientError, TimeoutError, OSError) as e:
            raise Failure(0, type(e).__name__) from None

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, method: str, kind: type[T], body: bytes | aiohttp.FormData, headers: Mapping[str, str], seconds: float) -> T:
        try:
            async with self._open().post(
                f"{self._base}/bot{self._token}/{method}",
                data=body,
                headers=headers,
                proxy=self._proxy,
                timeout=aiohttp.ClientTimeout(seconds, sock_connect=10),
            ) as response:
                return _result(response.status, await response.read(), kind)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as e:
            raise Failure(0, type(e).__name__) from None  # never got there; "from None", since the cause names the address
        except (aiohttp.ClientError, TimeoutError, OSError) as e:
            raise Failure(0, type(e).__name__, uncertain=True) from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session


def _result(status: int, body: bytes, kind: type[T]) -> T:
    try:
        answer = msgspec.json.decode(body, type=Answer)
        if answer.ok:
            return msgspec.json.decode(answer.result, type=kind)
    except (msgspec.MsgspecError, UnicodeError):
        # a gateway's page, or an answer in a shape we do not know: a success all the same may stand behind it
        raise Failure(status if status >= 400 else 0, "unreadable answer", uncertain=True) from None
    p = answer.parameters
    code = answer.error_code or status
    raise Failure(code, answer.description, after=p.retry_after, moved_to=p.migrate_to_chat_id, uncertain=code >= 500)
