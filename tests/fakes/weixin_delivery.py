"""How the fake 公众号 brings what followers do: signed and sealed, five seconds for an answer, three tries; in virtual time."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import aiohttp

from tests.fakes.sealed import Seal
from tests.fakes.weixin_people import FAULT, Follower, shown

if TYPE_CHECKING:
    from tests.fakes.weixin import FakeWeixin

PATIENCE, TRIES = 5.0, 3
MOST = 2048


def written(fields: dict[str, Any]) -> bytes:
    """As the platform writes it: text in CDATA."""
    return f"<xml>{_elements(fields)}</xml>".encode()


def _elements(fields: dict[str, Any]) -> str:
    parts = []
    for name, value in fields.items():
        text = _elements(value) if isinstance(value, dict) else f"<![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]>"
        parts.append(f"<{name}>{text}</{name}>")
    return "".join(parts)


@dataclass
class Attempt:
    """One request that was made: its status, 0 when the platform hung up, and what came back."""

    fields: dict[str, Any]
    status: int = 0
    body: bytes = b""
    due: float = 0.0
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Delivery:
    """The sender. `mode`: safe | compatible | plain."""

    fake: FakeWeixin
    seal: Seal
    mode: str = "safe"
    attempts: list[Attempt] = field(default_factory=list)
    _nonce: int = 0
    _session: aiohttp.ClientSession | None = None

    async def bring(self, who: Follower, said: dict[str, Any]) -> None:
        """Bring one thing until it is answered, at most three times; what comes back stands on their screen."""
        fields = {"ToUserName": self.fake.account, "FromUserName": who.openid, "CreateTime": int(self.fake.now), **said}
        for _ in range(TRIES):
            attempt = await self._try(fields)
            if attempt.status == 200:
                self._answered(who, attempt.body)
                return
        if who.following:
            who.messages.append(shown(FAULT, "fault", self.fake.now))
            self.fake.changed()

    async def post(self, fields: dict[str, Any], **query: str) -> tuple[int, bytes]:
        """One request as the platform makes it, with nothing virtual about it; `query` overrides what stands in the address."""
        body, right = self.request(fields)
        return await self.raw(body, **{**right, **query})

    def request(self, fields: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        """Body and query of a callback in this mode."""
        self._nonce += 1
        nonce, stamp = f"n{self._nonce}", str(int(self.fake.now))
        query = {
            "signature": self.seal.signature("", stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": str(fields["FromUserName"]),
        }
        if self.mode == "plain":
            return written(fields), query
        sealed = self.seal.encrypt(written(fields))
        outer = dict(fields) if self.mode == "compatible" else {"ToUserName": fields["ToUserName"]}
        signed = self.seal.signature(sealed, stamp, nonce)
        return written({**outer, "Encrypt": sealed}), {**query, "encrypt_type": "aes", "msg_signature": signed}

    async def raw(self, body: bytes, **query: str) -> tuple[int, bytes]:
        """Any request at all."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        async with self._session.post(self.fake.hook, params=query, data=io.BytesIO(body)) as answer:
            return answer.status, await answer.read()

    async def close(self) -> None:
        """End."""
        if self._session is not None:
            await self._session.close()

    def moved(self) -> None:
        """The clock went on: who waited too long hangs up."""
        for attempt in self.attempts:
            if attempt.due <= self.fake.now:
                attempt.over.set()

    async def _try(self, fields: dict[str, Any]) -> Attempt:
        attempt = Attempt(fields, due=self.fake.now + PATIENCE)
        self.attempts.append(attempt)
        request = asyncio.create_task(self.post(fields))
        gone = asyncio.create_task(attempt.over.wait())
        self.fake.changed()
        await asyncio.wait((request, gone), return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if request.done():
            attempt.status, attempt.body = request.result()
        else:
            request.cancel()
            await asyncio.gather(request, return_exceptions=True)
        self.fake.changed()
        return attempt

    def _answered(self, who: Follower, body: bytes) -> None:
        if body in (b"", b"success"):
            return
        fields = _read(body)
        if self.mode != "plain":
            stamp, nonce, sealed = fields["TimeStamp"], fields["Nonce"], fields["Encrypt"]
            assert fields["MsgSignature"] == self.seal.signature(sealed, stamp, nonce), "an answer signed wrongly"
            plain, receiver = self.seal.decrypt(sealed)
            assert receiver == self.seal.receiver
            fields = _read(plain)
        assert (fields["ToUserName"], fields["FromUserName"], fields["MsgType"]) == (who.openid, self.fake.account, "text")
        assert 0 < len(fields["Content"].encode()) <= MOST, "an answer of more than 2048 bytes"
        who.messages.append(shown(fields["Content"], "reply", self.fake.now))
        self.fake.changed()


def _read(body: bytes) -> dict[str, str]:
    return {part.tag: part.text or "" for part in ElementTree.fromstring(body)}
