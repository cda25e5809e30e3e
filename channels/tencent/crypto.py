"""Tencent's sealed envelopes: nothing a neighbour said gets in that Tencent did not sign, and nothing of it stays readable on the way.

AES-256-CBC under a key of the installation, signed with SHA-1 over the sorted strings (facts/wecom.md §2). The cipher and
the padding are wechatpy's; the checks are ours, since wechatpy compares signatures with `!=`, takes any padding, knows no age
and draws its 16 bytes from no cryptographic source.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from wechatpy.crypto.cryptography import WeChatCipher
from wechatpy.crypto.pkcs7 import PKCS7Encoder

STALE = 1800  # seconds: Tencent names no limit; only a gross difference of clocks or an old request sent again
RANDOM = 16
HEAD = RANDOM + 4  # random bytes, then the length of what is said (uint32, big-endian)
BLOCK = 16
PAD = 32


class Forged(Exception):
    """This did not come from Tencent as it stands; `reason` is a word for the log and never quotes what was sent.

    wrong_signature | wrong_receiver | bad_padding | bad_base64 | too_short | stale.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sealed:
    """What goes out in an envelope; channels write it as XML or JSON."""

    encrypt: str
    signature: str
    timestamp: int
    nonce: str


class Envelope:
    """Opens what Tencent sends to one callback and seals what we answer.

    `aes_key`: the 43 characters of EncodingAESKey; `receiver`: CorpID (自建应用, 微信客服), AppID (公众号), "" (智能机器人 of one's
    own corp). Raises ValueError if the key is none.
    """

    def __init__(self, token: str, aes_key: str, receiver: str) -> None:
        self._token = token
        self._receiver = receiver.encode()
        self._cipher = WeChatCipher(_key(aes_key))

    def open(self, encrypt: str | bytes, signature: str, timestamp: str, nonce: str, now: float) -> bytes:
        """What is said inside; `now` in seconds since 1970. The signature is checked before anything is decoded. Raises Forged."""
        sealed = encrypt if isinstance(encrypt, bytes) else _bytes(encrypt)
        _check(_signature(self._token, timestamp, nonce, sealed), signature, timestamp, now)
        try:
            plain = _opened(self._cipher, base64.b64decode(sealed, validate=True))
        except binascii.Error:
            raise Forged("bad_base64") from None
        if len(plain) < HEAD:
            raise Forged("too_short")
        end = HEAD + int.from_bytes(plain[RANDOM:HEAD], "big")
        if end > len(plain):
            raise Forged("too_short")
        if plain[end:] != self._receiver:
            raise Forged("wrong_receiver")
        return plain[HEAD:end]

    def seal(self, plain: bytes, nonce: str, timestamp: int, random: bytes | None = None) -> Sealed:
        """Put an answer into an envelope; `random` (16 bytes) is given by tests only."""
        head = (random or secrets.token_bytes(RANDOM)) + len(plain).to_bytes(4, "big")
        sealed = base64.b64encode(self._cipher.encrypt(PKCS7Encoder.encode(head + plain + self._receiver)))
        return Sealed(sealed.decode(), _signature(self._token, str(timestamp), nonce, sealed), timestamp, nonce)


def plain_signature(token: str, timestamp: str, nonce: str) -> str:
    """公众号's signature of a request whose body is not sealed: it says who sent it, and nothing about the body."""
    return _signature(token, timestamp, nonce)


def genuine(token: str, signature: str, timestamp: str, nonce: str, now: float) -> None:
    """Let a request of 公众号's plain mode pass. Raises Forged (wrong_signature, stale)."""
    _check(plain_signature(token, timestamp, nonce), signature, timestamp, now)


def open_media(data: bytes, key: str) -> bytes:
    """A picture or file that 智能机器人 gives out sealed (§2.5); `key` in base64, with or without its `=`. Raises Forged."""
    try:
        cipher = WeChatCipher(_key(key.rstrip("=")))
    except ValueError:
        raise Forged("bad_base64") from None
    return _opened(cipher, data)


def _key(text: str) -> bytes:
    # never a strict check: the 43rd character carries two unused bits, and Tencent gives out keys that have them set
    try:
        key = base64.b64decode(_bytes(text) + b"=" * (-len(text) % 4))
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ValueError("not an AES key of 43 characters")
    return key


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # a forger chooses what stands in a query


def _signature(*parts: str | bytes) -> str:
    # wechatpy joins the parts first: a forger's mebibyte would be copied once more before it is refused
    digest = hashlib.sha1(usedforsecurity=False)
    for part in sorted(p if isinstance(p, bytes) else _bytes(p) for p in parts):
        digest.update(part)
    return digest.hexdigest()


def _check(right: str, given: str, timestamp: str, now: float) -> None:
    if not hmac.compare_digest(right.encode(), _bytes(given)):
        raise Forged("wrong_signature")
    if not (timestamp.isascii() and timestamp.isdigit() and abs(now - int(timestamp[:15])) <= STALE):
        raise Forged("stale")


def _opened(cipher: WeChatCipher, data: bytes) -> bytes:
    if not data:
        raise Forged("too_short")
    if len(data) % BLOCK:
        raise Forged("bad_padding")
    plain: bytes = cipher.decrypt(data)
    count = plain[-1]
    if not 1 <= count <= PAD or plain[-count:] != bytes([count]) * count:
        raise Forged("bad_padding")
    return plain[:-count]
