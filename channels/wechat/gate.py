"""Who may come in: only what this account's platform signed, and sealed where a key is configured."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from channels.tencent import xml
from channels.tencent.crypto import Envelope, Forged, genuine

LOCAL = ("127.0.0.1", "localhost", "::1")


class Gate:
    """Opens callbacks of all three modes of the back office (明文, 兼容, 安全).

    With a key only what is sealed counts, also in 兼容模式, where the same stands beside it in the clear: the plain signature
    says nothing about the body, so that whoever once saw a request could put words into anybody's mouth. Without a key only an
    installation that nobody reaches from outside (`public_url` of this machine) believes it. Without a token, or with a key
    that is none, nobody comes in.
    """

    def __init__(self, token: str, aes_key: str, app_id: str, public_url: str = "") -> None:
        self._token = token
        self._believes = urlsplit(public_url).hostname in LOCAL
        self._envelope: Envelope | None = None
        self.fault = "" if token else "token"  # the key of the configuration that is wrong or missing
        if aes_key:
            try:
                self._envelope = Envelope(token, aes_key, app_id)
            except ValueError:
                self.fault = self.fault or "encoding_aes_key"

    def signed(self, query: Mapping[str, str], now: float) -> None:
        """The request is from the platform, and not an old one sent again. Raises Forged."""
        if self.fault:
            raise Forged("not_configured")
        genuine(self._token, query.get("signature", ""), query.get("timestamp", ""), query.get("nonce", ""), now)

    def opened(self, body: bytes, query: Mapping[str, str], now: float) -> bytes:
        """What the body says; `signed` was asked before. Raises Forged."""
        if self._envelope is None:
            if not self._believes:
                raise Forged("in_the_clear")
            return body
        sealed = xml.encrypted_in(body)
        if sealed is None:
            raise Forged("not_sealed")
        return self._envelope.open(sealed, query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", ""), now)

    def sealed(self, answer: bytes, now: float) -> bytes:
        """The answer as it may leave: sealed where a key is configured."""
        if self._envelope is None:
            return answer
        return xml.enveloped(self._envelope.seal(answer, secrets.token_hex(8), int(now)))
