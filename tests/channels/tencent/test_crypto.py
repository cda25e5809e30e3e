"""Envelopes: what Tencent sealed opens, what we seal Tencent opens, and nothing else gets in."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from channels.tencent import xml
from channels.tencent.crypto import STALE, Envelope, Forged, genuine, open_media, plain_signature
from tests.fakes.sealed import Seal

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
SEALED: dict[str, dict[str, Any]] = VECTORS["sealed"]
NODE = Path(__file__).parents[2] / "node"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NOW = 1_700_000_000
TENCENT = Seal("tok", KEY, "ww1")
OURS = Envelope("tok", KEY, "ww1")
WORDS = "我家窗外的树 🌳 挡光 ]]> & <b>"


def opened(encrypt: str, *, by: Envelope = OURS, now: float = NOW, **changed: str) -> bytes:
    query = {**TENCENT.query(encrypt, NOW), **changed}
    return by.open(encrypt, query["msg_signature"], query["timestamp"], query["nonce"], now)


def reason(attempt: Callable[[], object]) -> str:
    with pytest.raises(Forged) as caught:
        attempt()
    assert caught.value.__cause__ is None
    return caught.value.reason


# --- the vectors of other people's projects --------------------------------------------------------------------------


@pytest.mark.parametrize("name", SEALED)
def test_what_others_sealed_opens(name: str) -> None:
    v = SEALED[name]
    signature = v.get("signature") or Seal(v["token"], v["key"], v["receiver"]).signature(v["encrypt"], v["timestamp"], v["nonce"])
    plain = Envelope(v["token"], v["key"], v["receiver"]).open(v["encrypt"], signature, v["timestamp"], v["nonce"], float(v["timestamp"]))
    if "says" in v:
        assert xml.read(plain) == v["says"]
    else:
        assert plain.decode() == v["text"]


@pytest.mark.parametrize("name", [n for n, v in SEALED.items() if "random" in v])
def test_with_the_same_random_bytes_we_seal_byte_for_byte_the_same(name: str) -> None:
    v = SEALED[name]
    sealed = Envelope(v["token"], v["key"], v["receiver"]).seal(v["text"].encode(), v["nonce"], int(v["timestamp"]), v["random"].encode())
    assert sealed.encrypt == v["encrypt"]
    assert sealed.signature == v.get("signature", sealed.signature)
    assert (sealed.timestamp, sealed.nonce) == (int(v["timestamp"]), v["nonce"])


def test_the_plain_signature() -> None:
    v = VECTORS["plain"]["F"]
    assert plain_signature(v["token"], v["timestamp"], v["nonce"]) == v["signature"]
    genuine(v["token"], v["signature"], v["timestamp"], v["nonce"], float(v["timestamp"]) + STALE)


# --- other people's code, both ways ----------------------------------------------------------------------------------


@given(st.text(), st.text("0123456789abcdefgh", min_size=1, max_size=20), st.integers(0, 2**40))
def test_what_we_seal_wechatpy_and_the_bare_cipher_open_and_the_other_way_round(text: str, receiver: str, timestamp: int) -> None:
    envelope, theirs = Envelope("tok", KEY, receiver), WeChatCrypto("tok", KEY, receiver)
    sealed = envelope.seal(text.encode(), "n", timestamp)
    reply = xml.enveloped(sealed).decode()
    assert theirs.decrypt_message(reply, sealed.signature, str(timestamp), "n") == text
    assert Seal("tok", KEY, receiver).decrypt(sealed.encrypt) == (text.encode(), receiver)
    if text:  # wechatpy reads "no timestamp" and "nothing" as one
        given_ = xml.read(theirs.encrypt_message(text, "n", str(timestamp)).encode())
        assert envelope.open(given_["Encrypt"], given_["MsgSignature"], str(timestamp), "n", timestamp).decode() == text


@given(st.binary(max_size=200))
def test_whatever_is_sealed_comes_back(plain: bytes) -> None:
    sealed = OURS.seal(plain, "n", NOW)
    assert OURS.open(sealed.encrypt, sealed.signature, str(NOW), "n", NOW) == plain
    assert OURS.open(sealed.encrypt.encode(), sealed.signature, str(NOW), "n", NOW) == plain
    assert OURS.seal(plain, "n", NOW).encrypt != sealed.encrypt  # other random bytes each time


def test_tencents_own_library_seals_what_we_open_and_opens_what_we_seal() -> None:
    if not shutil.which("node") or not (NODE / "node_modules" / "@wecom" / "crypto").exists():
        pytest.skip("no Node.js judge here; npm --prefix tests/node install")
    texts = ["", "好", WORDS, *("x" * n for n in range(40)), "树" * 5000]
    doors = [
        (Envelope("tok", KEY, r), {"key": KEY, "token": "tok", "receiver": r, "timestamp": str(NOW), "nonce": "n"}) for r in ("ww1", "")
    ]
    jobs = [{**door, "seal": text} for _, door in doors for text in texts]
    jobs += [{**door, "open": envelope.seal(text.encode(), "n", NOW).encrypt} for envelope, door in doors for text in texts]
    lines = "\n".join(map(json.dumps, jobs))
    ran = subprocess.run(["node", "wecom_judge.mjs"], cwd=NODE, input=lines, capture_output=True, text=True, timeout=60, check=True)
    said = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(said) == len(jobs)
    cases = [(envelope, door["receiver"], text) for envelope, door in doors for text in texts]
    for (envelope, _, text), theirs in zip(cases, said, strict=False):
        assert envelope.open(theirs["encrypt"], theirs["signature"], str(NOW), "n", NOW).decode() == text
    for (envelope, receiver, text), job, theirs in zip(cases, jobs[len(cases) :], said[len(cases) :], strict=True):
        assert (theirs["text"], theirs["receiver"]) == (text, receiver)
        assert envelope.open(job["open"], theirs["signature"], str(NOW), "n", NOW).decode() == text


# --- padding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 13, 16, 31, 32])
def test_every_padding_from_one_to_thirty_two_is_taken(count: int) -> None:
    text = b"t" * (64 - 20 - len("ww1") - count)
    encrypt = TENCENT.encrypt(text)
    assert len(base64.b64decode(encrypt)) == 64
    assert opened(encrypt) == text


@pytest.mark.parametrize(
    "tail", [b"\x00", b"\x21", b"\xff", b"\x02\x03\x03", b"\x01\x02"], ids=["none", "thirty-three", "too long", "unequal", "one wrong"]
)
def test_other_paddings_are_none(tail: bytes) -> None:
    inside = b"r" * 16 + (5).to_bytes(4, "big") + b"hello" + b"ww1"
    data = inside.ljust(64 - len(tail), b"\x09") + tail
    assert reason(lambda: opened(TENCENT.encrypt_padded(data))) == "bad_padding"


# --- what is refused -------------------------------------------------------------------------------------------------


def padded(data: bytes) -> str:
    count = 32 - len(data) % 32
    return TENCENT.encrypt_padded(data + bytes([count]) * count)


def head(length: int) -> bytes:
    return b"r" * 16 + length.to_bytes(4, "big")


REFUSED = {
    "for somebody else": (Seal("tok", KEY, "ww2").encrypt(b"hello"), "wrong_receiver"),
    "for nobody": (Seal("tok", KEY, "").encrypt(b"hello"), "wrong_receiver"),
    "for us and more": (Seal("tok", KEY, "ww1x").encrypt(b"hello"), "wrong_receiver"),
    "under another key": (Seal("tok", KEY[::-1], "ww1").encrypt(b"hello" * 9), "bad_padding"),
    "base64 cut short": (TENCENT.encrypt(b"hello")[:-3], "bad_base64"),
    "no base64": ("我们" * 20, "bad_base64"),
    "ciphertext cut short": (base64.b64encode(base64.b64decode(TENCENT.encrypt(b"hello"))[:-5]).decode(), "bad_padding"),
    "nothing at all": ("", "too_short"),
    "padding alone": (padded(b""), "too_short"),
    "random bytes alone": (padded(b"r" * 16), "too_short"),
    "a length beyond the end": (padded(head(6) + b"hello"), "too_short"),
    "a length of four gibibytes": (padded(head(2**32 - 1) + b"helloww1"), "too_short"),
    "a length that cuts": (padded(head(4) + b"helloww1"), "wrong_receiver"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_signed_but_not_as_it_must_be(name: str) -> None:
    encrypt, why = REFUSED[name]
    assert reason(lambda: opened(encrypt)) == why


@pytest.mark.parametrize(
    "changed",
    [
        {"msg_signature": ""},
        {"msg_signature": "0" * 40},
        {"msg_signature": TENCENT.query("x", NOW)["msg_signature"]},
        {"msg_signature": "签名"},
        {"msg_signature": "\udcff"},
        {"timestamp": str(NOW + 1)},
        {"nonce": "nonce2"},
        {"nonce": "\udcff"},
    ],
    ids=str,
)
def test_a_wrong_signature_is_seen_before_anything_else(changed: dict[str, str]) -> None:
    for encrypt in (TENCENT.encrypt(b"hello"), "no base64 at all", ""):
        assert reason(lambda e=encrypt: opened(e, **changed)) == "wrong_signature"
    with pytest.raises(Forged):
        genuine("tok", changed.get("msg_signature", "0" * 40), "1", changed.get("nonce", "n"), 1)


def test_an_upper_case_signature_is_none() -> None:
    encrypt = TENCENT.encrypt(b"hello")
    assert reason(lambda: opened(encrypt, msg_signature=TENCENT.query(encrypt, NOW)["msg_signature"].upper())) == "wrong_signature"


@pytest.mark.parametrize("apart", [STALE, -STALE])
def test_clocks_may_differ_by_half_an_hour_and_no_more(apart: int) -> None:
    encrypt = TENCENT.encrypt(b"hello")
    assert opened(encrypt, now=NOW + apart) == b"hello"
    further = apart + (1 if apart > 0 else -1)
    assert reason(lambda: opened(encrypt, now=NOW + further)) == "stale"
    signature = plain_signature("tok", str(NOW), "n")
    genuine("tok", signature, str(NOW), "n", NOW + apart)
    assert reason(lambda: genuine("tok", signature, str(NOW), "n", NOW + further)) == "stale"


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "١٧", "9" * 400])
def test_a_time_that_is_none_is_stale(timestamp: str) -> None:
    encrypt = TENCENT.encrypt(b"hello")
    signature = TENCENT.signature(encrypt, timestamp, "n")
    assert reason(lambda: OURS.open(encrypt, signature, timestamp, "n", NOW)) == "stale"


@given(st.binary(max_size=80), st.integers(0, 400))
def test_no_changed_byte_passes(plain: bytes, place: int) -> None:
    data = bytearray(base64.b64decode(TENCENT.encrypt(plain)))
    data[place % len(data)] ^= 1
    changed = base64.b64encode(data).decode()
    good = TENCENT.encrypt(plain)
    assert reason(lambda: opened(changed, msg_signature=TENCENT.query(good, NOW)["msg_signature"])) == "wrong_signature"


def test_the_reason_never_quotes_what_was_sent() -> None:
    with pytest.raises(Forged) as caught:
        opened("机密机密机密")
    assert str(caught.value) == "bad_base64"


# --- keys and media --------------------------------------------------------------------------------------------------


def test_a_key_whose_last_character_has_unused_bits_is_the_same_key() -> None:
    assert opened(TENCENT.encrypt(b"hello"), by=Envelope("tok", KEY[:-1] + "E", "ww1")) == b"hello"


@pytest.mark.parametrize("key", ["", "short", KEY[:-4], KEY + "AAAA", "树" * 43])
def test_what_is_no_key_is_said_at_once_without_quoting_it(key: str) -> None:
    with pytest.raises(ValueError, match="not an AES key") as caught:
        Envelope("tok", key, "ww1")
    assert not key or key not in str(caught.value)
    assert reason(lambda: open_media(b"x" * 32, key)) == "bad_base64"


@pytest.mark.parametrize("key", [KEY, KEY + "="])
@pytest.mark.parametrize("count", [1, 16, 31, 32])
def test_a_sealed_picture_opens_with_or_without_the_sign_at_the_end_of_its_key(key: str, count: int) -> None:
    picture = b"\x89PNG" + b"p" * (92 - count)
    sealed = base64.b64decode(TENCENT.encrypt_padded(picture + bytes([count]) * count))
    assert open_media(sealed, key) == picture


@pytest.mark.parametrize(("data", "why"), [(b"", "too_short"), (b"x" * 15, "bad_padding"), (b"x" * 32, "bad_padding")])
def test_a_broken_picture_is_refused(data: bytes, why: str) -> None:
    assert reason(lambda: open_media(data, KEY)) == why
