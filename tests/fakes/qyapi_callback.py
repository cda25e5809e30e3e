"""How Tencent calls back: sealed envelopes to the address of an application, and the answers opened and checked."""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from xml.etree import ElementTree

import aiohttp

from tests.fakes.sealed import Seal


@dataclass(frozen=True)
class Callback:
    """Where an application's callbacks go, and under which seal."""

    url: str
    seal: Seal


@dataclass(frozen=True)
class Answered:
    """What came back for a callback: status, and the answer opened (b"" for an empty one)."""

    status: int
    plain: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, Any]:
        """The reply's elements; nested ones as dict, repeated ones as list."""
        return _elements(ElementTree.fromstring(self.plain)) if self.plain else {}


class Called(Protocol):
    """Whoever has a callback address."""

    callback: Callback | None


class Caller:
    """Brings callbacks. `corp` stands on the envelope, `now` is the platform's clock."""

    corp: str
    now: float
    _session: aiohttp.ClientSession | None = None

    async def verifies(self, app: Called, echo: str = "94966531020182955848408") -> Answered:
        """The GET with which the back office checks the address when it is saved."""
        callback = self._callback_of(app)
        encrypt = callback.seal.encrypt(echo.encode())
        query = {**callback.seal.query(encrypt, int(self.now), secrets.token_hex(4)), "echostr": encrypt}
        async with self._http().get(callback.url, params=query) as answer:
            return Answered(answer.status, await answer.read(), dict(answer.headers))

    async def brings(self, app: Called, fields: Mapping[str, Any] | bytes, *, at: float | None = None, nonce: str = "") -> Answered:
        """One callback: the fields as XML (or bytes as they are), encrypted, signed, posted; the answer opened and checked."""
        plain = fields if isinstance(fields, bytes) else f"<xml>{_xml(fields)}</xml>".encode()
        callback = self._callback_of(app)
        encrypt = callback.seal.encrypt(plain)
        body = f"<xml><ToUserName><![CDATA[{self.corp}]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>".encode()
        query = callback.seal.query(encrypt, int(self.now if at is None else at), nonce or secrets.token_hex(4))
        return await self.posts(callback, body, query)

    async def posts(self, callback: Callback, body: bytes, query: Mapping[str, str]) -> Answered:
        """Whatever body under whatever signature; the answer opened where it is sealed."""
        async with self._http().post(callback.url, params=query, data=io.BytesIO(body)) as answer:
            said = await answer.read()
            return Answered(answer.status, _opened(said, callback.seal), dict(answer.headers))

    def _callback_of(self, app: Called) -> Callback:
        assert app.callback, "this application has no callback address"
        return app.callback

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def _hang_up(self) -> None:
        if self._session:
            await self._session.close()


def _xml(fields: Mapping[str, Any]) -> str:
    """As Tencent writes it: text in CDATA, numbers bare, a list as its element repeated."""

    def value(one: Any) -> str:
        if isinstance(one, Mapping):
            return _xml(one)
        return str(one) if isinstance(one, int) else "<![CDATA[" + str(one).replace("]]>", "]]]]><![CDATA[>") + "]]>"

    return "".join(
        f"<{name}>{value(one)}</{name}>" for name, many in fields.items() for one in (many if isinstance(many, list) else [many])
    )


def _opened(said: bytes, seal: Seal) -> bytes:
    """A sealed reply opened, its signature and receiver checked; anything else (empty, `success`) as b""."""
    if not said.startswith(b"<xml>"):
        return b""
    fields = _elements(ElementTree.fromstring(said))
    assert fields["MsgSignature"] == seal.signature(fields["Encrypt"], fields["TimeStamp"], fields["Nonce"]), "a reply signed wrongly"
    plain, receiver = seal.decrypt(fields["Encrypt"])
    assert receiver == seal.receiver, "a reply sealed for somebody else"
    return plain


def _elements(node: ElementTree.Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in node:
        value: Any = _elements(child) if len(child) else child.text or ""
        if child.tag in found:
            earlier = found[child.tag]
            found[child.tag] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            found[child.tag] = value
    return found
