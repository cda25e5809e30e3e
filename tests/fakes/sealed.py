"""Tencent's side of the envelopes, on the bare cipher: shares no line with channels/tencent. For fakes that send callbacks."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


@dataclass(frozen=True)
class Seal:
    """What Tencent and one callback of ours have in common."""

    token: str
    aes_key: str
    receiver: str

    def signature(self, encrypt: str, timestamp: str, nonce: str) -> str:
        return hashlib.sha1("".join(sorted([self.token, timestamp, nonce, encrypt])).encode()).hexdigest()

    def encrypt(self, plain: bytes) -> str:
        data = os.urandom(16) + len(plain).to_bytes(4, "big") + plain + self.receiver.encode()
        count = 32 - len(data) % 32
        return self.encrypt_padded(data + bytes([count]) * count)

    def encrypt_padded(self, data: bytes) -> str:
        """Whatever stands in it, right or wrong; a multiple of 16 bytes."""
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(data) + encryptor.finalize()).decode()

    def decrypt(self, encrypt: str) -> tuple[bytes, str]:
        """What was said, and to whom."""
        decryptor = self._cipher().decryptor()
        data = decryptor.update(base64.b64decode(encrypt)) + decryptor.finalize()
        assert 1 <= data[-1] <= 32 and len(set(data[-data[-1] :])) == 1, "padded wrongly"
        end = 20 + int.from_bytes(data[16:20], "big")
        return data[20:end], data[end : -data[-1]].decode()

    def query(self, encrypt: str, timestamp: int | str, nonce: str = "nonce1") -> dict[str, str]:
        """What stands in the address of a callback."""
        return {"msg_signature": self.signature(encrypt, str(timestamp), nonce), "timestamp": str(timestamp), "nonce": nonce}

    def _cipher(self) -> Cipher[modes.CBC]:
        key = base64.b64decode(self.aes_key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
