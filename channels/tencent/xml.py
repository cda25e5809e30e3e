"""Tencent's XML: read without trusting it, written so that no neighbour's words can break out of their element."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from xml.parsers import expat

import xmltodict

from channels.tencent.crypto import Sealed

# the same element may stand there once or several times; xmltodict would give a single one without its list
LISTS = ("SelectedItem", "OptionId", "Item", "item", "PicList", "List")
UNWRITABLE = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 has no place for
OPENS, CLOSES = b"<Encrypt>", b"</Encrypt>"
CDATA = b"<![CDATA["


class NotXml(Exception):
    """Not a message in XML: garbage, nothing, or a document type with whatever it may hide."""


def encrypted_in(body: bytes) -> bytes | None:
    """What an envelope carries, found without parsing the rest (1 MiB of anything costs next to nothing); None: no envelope.

    The last one counts: in 公众号's compatible mode what a neighbour wrote stands before it, in the clear.
    """
    start = body.rfind(OPENS)
    if start < 0:
        return None
    start += len(OPENS)
    closes = CLOSES
    if body.startswith(CDATA, start):
        start, closes = start + len(CDATA), b"]]>" + CLOSES
    end = body.find(closes[:1], start)  # base64 has no such sign; to look for one is several times faster than for ten
    return body[start:end] if end >= 0 and body.startswith(closes, end) else None


def read(plain: bytes) -> dict[str, Any]:
    """The elements within `<xml>`: text as str ("" when empty), nested ones as dict, those in LISTS always as list. Raises NotXml."""
    try:
        found = xmltodict.parse(plain, expat=_EXPAT, force_list=LISTS, xml_attribs=False, postprocessor=_filled)
    except (expat.ExpatError, ValueError, LookupError):  # LookupError: an encoding nobody knows
        raise NotXml from None
    fields = found.get("xml")
    if not isinstance(fields, dict):
        raise NotXml
    return fields


def write(fields: Mapping[str, Any]) -> bytes:
    """`<xml>…</xml>`: text in CDATA, numbers bare, a mapping nested, a list as its element repeated."""
    # wechatpy's replies put a neighbour's `]]>` into CDATA as it is, and know no template cards
    return f"<xml>{_written(fields)}</xml>".encode()


def enveloped(sealed: Sealed) -> bytes:
    """The sealed answer to a callback of 自建应用 or 公众号."""
    fields = {"Encrypt": sealed.encrypt, "MsgSignature": sealed.signature, "TimeStamp": sealed.timestamp, "Nonce": sealed.nonce}
    return write(fields)


def _written(fields: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_value(one)}</{name}>" for name, value in fields.items() for one in _each(value))


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else (value,)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _written(value)
    if isinstance(value, int):
        return str(int(value))
    text = UNWRITABLE.sub("", str(value)).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{text}]]>"


def _filled(_path: Any, name: str, value: Any) -> tuple[str, Any]:
    return name, "" if value is None else value


def _parser(*given: Any, **named: Any) -> expat.XMLParserType:
    parser = expat.ParserCreate(*given, **named)
    parser.StartDoctypeDeclHandler = _refuse  # xmltodict refuses entities only; a message has no document type at all
    return parser


def _refuse(*_: Any) -> None:
    raise ValueError("a document type")


_EXPAT = SimpleNamespace(ParserCreate=_parser)
