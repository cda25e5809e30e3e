"""What a callback of Tencent's costs the processor before anybody is heard: refused ones, which anybody may send, and true ones."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from channels.tencent import xml
from channels.tencent.crypto import Envelope, Forged

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NOW = 1_700_000_000
MIB = 2**20
WORDS = {"ToUserName": "ww1", "FromUserName": "zhangsan", "CreateTime": NOW, "MsgType": "text", "Content": "3号楼的灯坏了", "MsgId": 7}


def run(full: bool) -> None:
    """Print the table; `full` measures each figure for longer."""
    seconds = 3.0 if full else 0.5
    door = Envelope("token", KEY, "ww1")
    sealed = door.seal(xml.write(WORDS), "nonce", NOW)
    ordinary = xml.enveloped(sealed)
    refused = _cpu(lambda: _take(door, ordinary, "0" * 40), seconds)
    print(f"\na refused ordinary body ({len(ordinary)} bytes): {refused * 1e6:7.1f} µs CPU   aim: at most 100")
    for name, body in _large(len(sealed.encrypt)).items():
        parts = [body[i : i + 65536] for i in range(0, len(body), 65536)]  # as it comes in
        pairs = [_pair(door, parts, body, seconds / 5) for _ in range(5)]
        ratio = sorted(mine / bare for mine, bare in pairs)[2]
        mine, bare = min(pairs)
        print(f"a refused 1 MiB {name:22}  {mine * 1e6:7.0f} µs CPU = {ratio:4.2f} × one SHA-1 ({bare * 1e6:.0f} µs)   aim: at most 3")
    accepted = _cpu(lambda: xml.read(_take(door, ordinary, sealed.signature)), seconds)
    aes = _cpu(_bare_aes(sealed.encrypt), seconds)
    print(
        f"an accepted ordinary body, read: {accepted * 1e6:7.1f} µs CPU = {accepted / aes:4.1f} × base64 and AES alone ({aes * 1e6:.1f} µs)"
    )


def _large(length: int) -> dict[str, bytes]:
    """The worst we could think of: one envelope of the whole size, none at all, and signs that nearly are one."""
    inside = (MIB - 40) // 4 * 4
    return {
        "envelope": b"<xml><Encrypt><![CDATA[" + b"A" * inside + b"]]></Encrypt></xml>",
        "without an envelope": b"x" * MIB,
        "of opening brackets": b"<" * MIB,
        "of openings": b"<Encrypt>" * (MIB // 9),
        "of half openings": b"<Encrypt" * (MIB // 8),
        "in no Latin letters": ("<xml><Encrypt>" + "睦" * ((MIB - length) // 3) + "</Encrypt></xml>").encode(),
    }


def _take(door: Envelope, body: bytes, signature: str) -> bytes:
    encrypt = xml.encrypted_in(body)
    try:
        return door.open(encrypt, signature, str(NOW), "nonce", NOW) if encrypt is not None else b""
    except Forged:
        return b""


def _pair(door: Envelope, parts: list[bytes], body: bytes, seconds: float) -> tuple[float, float]:
    """Ours and one SHA-1 over the same bytes, measured right after each other."""
    return _cpu(lambda: _take(door, b"".join(parts), "0" * 40), seconds), _cpu(lambda: _hash(body), seconds)


def _hash(body: bytes) -> None:
    hashlib.sha1(body).hexdigest()


def _bare_aes(encrypt: str) -> Callable[[], object]:
    key = base64.b64decode(KEY + "=")
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def once() -> bytes:
        decryptor = cipher.decryptor()
        return decryptor.update(base64.b64decode(encrypt)) + decryptor.finalize()

    return once


def _cpu(once: Callable[[], object], seconds: float) -> float:
    """Seconds of processor time a call takes, the least of several rounds: others share this machine."""
    once()
    count, best, began = 1, float("inf"), time.perf_counter()
    while time.perf_counter() - began < seconds:
        start = time.process_time()
        for _ in range(count):
            once()
        spent = time.process_time() - start
        if spent < 0.01:
            count *= 2
        else:
            best = min(best, spent / count)
    return best
