"""Nobody learns from a photo where somebody lives; the photo itself stays as it was taken."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from community.media import MOST_FILE, MOST_PHOTO, accept, strip_position, type_of
from dialogue.words import Refused

MAKE, PLACE, DAY = b"HUAWEI-P60", b"POSITION-30.12345", b"2026:11:21 08:00:00"


def _exif(orientation: int = 1, order: str = "<") -> Image.Exif:
    exif = Image.Exif()
    exif.endian = order
    if orientation != 1:
        exif[0x0112] = orientation
    exif[0x010F] = MAKE.decode()
    exif[0x0132] = DAY.decode()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (30.0, 12.0, 34.5)
    gps[3], gps[4] = "E", (115.0, 3.0, 7.25)
    gps[27] = PLACE
    return exif


def _picture(kind: str, orientation: int = 1, order: str = "<", **more: object) -> bytes:
    image = Image.effect_mandelbrot((64, 48), (-2, -1, 1, 1), 60).convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, kind, exif=_exif(orientation, order).tobytes(), **more)  # type: ignore[arg-type]
    data = buffer.getvalue()
    assert PLACE in data, "the test's own picture must hold a position"
    return data


def _pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


XMP = b"<x:xmpmeta exif:GPSLatitude='30,12.5N'/>"
FORMS = {
    "jpeg": ("JPEG", {}),
    "progressive jpeg": ("JPEG", {"progressive": True}),
    "jpeg with xmp, icc and comment": ("JPEG", {"xmp": XMP, "icc_profile": b"an icc profile", "comment": b"hello"}),
    "png": ("PNG", {}),
    "webp": ("WEBP", {}),
    "lossless webp with xmp": ("WEBP", {"lossless": True, "xmp": XMP}),
}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("form", FORMS)
def test_the_position_is_gone_and_the_picture_is_not(form: str, orientation: int, order: str) -> None:
    kind, more = FORMS[form]
    data = _picture(kind, orientation, order, **more)
    clean = strip_position(data)
    for told in (PLACE, MAKE, DAY, b"GPS", b"xmp"):
        assert told not in clean
    exif = Image.open(io.BytesIO(clean)).getexif()
    assert exif.get_ifd(0x8825) == {}
    assert dict(exif) == ({} if orientation == 1 else {0x0112: orientation})
    assert _pixels(clean) == _pixels(data)
    assert strip_position(clean) == clean


def test_a_second_picture_behind_the_first_is_not_taken_along() -> None:
    data = _picture("JPEG") + _picture("JPEG", 6) + b"moov " + PLACE
    assert PLACE not in strip_position(data)
    assert _pixels(strip_position(data)) == _pixels(data)


def test_an_icc_profile_stays() -> None:
    data = _picture("JPEG", icc_profile=b"an icc profile")
    assert Image.open(io.BytesIO(strip_position(data))).info["icc_profile"] == b"an icc profile"


def test_words_in_a_png_are_gone() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Raw profile type exif", "position " + PLACE.decode())
    words.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    data = _picture("PNG", pnginfo=words)
    clean = strip_position(data)
    assert Image.open(io.BytesIO(clean)).info == {}


def test_what_is_no_photo_is_kept_byte_for_byte() -> None:
    assert strip_position(b"%PDF-1.7 GPS") == b"%PDF-1.7 GPS"


def _office(folder: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{folder}/a.xml", "<a/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (_picture("JPEG"), "image/jpeg"),
        (_picture("PNG"), "image/png"),
        (_picture("WEBP"), "image/webp"),
        (b"GIF89a....", "image/gif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4"),
        (b"%PDF-1.7", "application/pdf"),
        (b"#!AMR\n", "audio/amr"),
        (b"\x02#!SILK_V3", "audio/silk"),
        (b"OggS\0", "audio/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (_office("xl"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (_office("word"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (_office("evil"), ""),
        (b"MZ\x90\0", ""),
        (b"<html>", ""),
        (b"\0\0\0\x18ftypisom", ""),
        (b"", ""),
    ],
)
def test_the_type_is_told_by_content(data: bytes, kind: str) -> None:
    assert type_of(data) == kind


def test_what_is_accepted_is_already_clean() -> None:
    taken = accept(_picture("JPEG", 6))
    assert taken.type == "image/jpeg"
    assert PLACE not in taken.data


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "media.empty"),
        (b"MZ\x90\0 a program called photo.jpg", "media.unknown_type"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "media.heic"),
        (b"GIF89a" + bytes(MOST_PHOTO), "media.too_big"),
        (b"%PDF-" + bytes(MOST_FILE), "media.too_big"),
        (_picture("JPEG")[:-40], "media.broken"),
        (b"\xff\xd8\xff", "media.broken"),
        (_picture("PNG")[:-40], "media.broken"),
        (_picture("WEBP")[:-40], "media.broken"),
    ],
)
def test_what_is_not_taken_is_refused_with_its_reason(data: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        accept(data)
    assert refused.value.key == code


def test_the_largest_file_is_just_below_twenty_megabytes() -> None:
    assert len(accept(b"%PDF-" + bytes(MOST_FILE - 5)).data) == 20 * 1024 * 1024 - 1


@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.integers(0, 3000), st.integers(0, 255))
def test_no_damage_makes_a_readable_picture_keep_its_position(kind: str, at: int, byte: int) -> None:
    data = bytearray(_picture(kind, 6))
    data[at % len(data)] = byte
    try:
        clean = accept(bytes(data)).data
    except Refused:
        return
    if PLACE in clean:
        with pytest.raises((OSError, SyntaxError, ValueError)):
            Image.open(io.BytesIO(clean)).load()
