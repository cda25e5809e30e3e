"""What people may send, told by its content and never by its name; where a photo was taken is removed before anything is kept."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from dialogue.words import Refused

MOST_PHOTO = 10 * 1024 * 1024
MOST_FILE = 20 * 1024 * 1024 - 1  # storage/media.py keeps what is below 20 MB

_BRANDS = {
    b"M4A ": "audio/mp4",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
    b"msf1": "image/heic",
    b"hevc": "image/heic",
}
_STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"#!AMR", "audio/amr"),
    (b"#!SILK_V3", "audio/silk"),
    (b"\x02#!SILK_V3", "audio/silk"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
)
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OFFICE = (
    (b"xl/", SPREADSHEET),
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Something that may be kept: its type by content, and its bytes without position."""

    type: str
    data: bytes


def accept(data: bytes) -> Accepted:
    """Take in what somebody sent. Refused media.* : empty, unknown_type, heic (its position cannot be removed), too_big, broken."""
    if not data:
        raise Refused("media.empty")
    kind = type_of(data)
    if not kind:
        raise Refused("media.unknown_type")
    if kind == "image/heic":
        raise Refused("media.heic")
    most = MOST_PHOTO if kind.startswith("image/") else MOST_FILE
    if len(data) > most:
        raise Refused("media.too_big", megabytes=(most + 1) // (1024 * 1024))
    return Accepted(kind, strip_position(data))


def type_of(data: bytes) -> str:
    """The MIME type by its first bytes; "" for what we do not take."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "")
    if data[:4] == b"PK\x03\x04":
        return next((kind for mark, kind in _OFFICE if mark in data), "")
    return next((kind for start, kind in _STARTS if data.startswith(start)), "")


def strip_position(data: bytes) -> bytes:
    """The same picture, pixel for pixel, without where, when and with what it was taken; only which way up it is stays.

    JPEG, PNG and WebP; anything else comes back as it is. Refused media.broken when the file does not hold together.
    """
    strip = {"image/jpeg": _strip_jpeg, "image/png": _strip_png, "image/webp": _strip_webp}.get(type_of(data))
    if strip is None:
        return data
    try:
        return strip(data)
    except (struct.error, IndexError) as broken:
        raise Refused("media.broken") from broken


# --- JPEG: segments up to the picture's end; a second picture behind it (with its own position) is not taken along ----


_JPEG_PICTURE = {*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD, 0xDE}  # frames, tables, scans
_JPEG_COLOURS = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}


def _strip_jpeg(data: bytes) -> bytes:
    kept, turned, at = [], 1, 2
    while True:
        marker, end = _segment(data, at)
        if marker == 0xD9:
            kept.append(data[at:end])
            break
        body = data[at + 4 : end]
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            turned = _orientation(body[6:])
        elif marker == 0xDA:
            end = _scan_end(data, end)
        if marker in _JPEG_PICTURE or body.startswith(_JPEG_COLOURS.get(marker, b"-")):
            kept.append(data[at:end])
        at = end
    exif = b"" if turned == 1 else b"\xff\xe1" + struct.pack(">H", 8 + len(_tiff(turned))) + b"Exif\0\0" + _tiff(turned)
    return data[:2] + exif + b"".join(kept)


def _segment(data: bytes, at: int) -> tuple[int, int]:
    """Marker and end of the segment at `at`."""
    if data[at] != 0xFF:
        raise IndexError("no marker")
    marker = data[at + 1]
    if marker == 0xD9 or marker == 0x01 or 0xD0 <= marker <= 0xD7:
        return marker, at + 2
    (length,) = struct.unpack_from(">H", data, at + 2)
    if length < 2 or at + 2 + length > len(data):
        raise IndexError("segment runs over the end")
    return marker, at + 2 + length


def _scan_end(data: bytes, at: int) -> int:
    """Where the picture's own bytes end: at the next marker that is no restart and no stuffed FF."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            raise IndexError("no end of image")
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7 or data[at + 1] == 0xFF:
            at += 1 if data[at + 1] == 0xFF else 2
        else:
            return at


# --- PNG and WebP: chunks with a name and a length ---------------------------------------------------------------

_PNG_PICTURE = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"fcTL", b"fdAT"}
_PNG_COLOURS = {b"cHRM", b"cICP", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD", b"pHYs"}
_WEBP_PICTURE = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}


def _strip_png(data: bytes) -> bytes:
    kept, turned, at = [data[:8]], 1, 8
    while True:
        (length,) = struct.unpack_from(">I", data, at)
        name, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            raise IndexError("chunk runs over the end")
        if name == b"eXIf":
            turned = _orientation(data[at + 8 : end - 4])
        if name in _PNG_PICTURE or name in _PNG_COLOURS:
            kept.append(data[at:end])
        if name == b"IEND":
            break
        at = end
    if turned != 1:
        exif = b"eXIf" + _tiff(turned)
        kept.insert(2, struct.pack(">I", len(exif) - 4) + exif + struct.pack(">I", zlib.crc32(exif)))
    return b"".join(kept)


def _strip_webp(data: bytes) -> bytes:
    chunks = list(_webp_chunks(data))
    turned = next((_orientation(body.removeprefix(b"Exif\0\0")) for name, body in chunks if name == b"EXIF"), 1)
    kept = []
    for name, body in chunks:
        if name == b"VP8X":
            flags = body[0] & ~0x0C | (0x08 if turned != 1 else 0)  # EXIF 0x08, XMP 0x04
            body = bytes([flags]) + body[1:]
        if name in _WEBP_PICTURE:
            kept.append((name, body))
    if turned != 1:
        kept.append((b"EXIF", _tiff(turned)))
    packed = b"".join(name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for name, body in kept)
    return b"RIFF" + struct.pack("<I", 4 + len(packed)) + b"WEBP" + packed


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    (size,) = struct.unpack_from("<I", data, 4)
    at, end = 12, 8 + size
    if end > len(data):
        raise IndexError("file is cut off")
    while at + 8 <= end:
        (length,) = struct.unpack_from("<I", data, at + 4)
        if at + 8 + length > end:
            raise IndexError("chunk runs over the end")
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


# --- which way up ------------------------------------------------------------------------------------------------


def _orientation(tiff: bytes) -> int:
    """The orientation (1 to 8) in an Exif block; 1 where there is none that makes sense."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for n in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * n)
            if tag == 0x0112:
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _tiff(turned: int) -> bytes:
    """The smallest Exif block that says which way up."""
    return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, turned, 0, 0)
