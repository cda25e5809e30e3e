"""A QR that opens a page, to be put into a chat group by hand or hung up."""

from __future__ import annotations

import io

import segno


def png(address: str) -> bytes:
    """The picture with the QR of this address, about 400 pixels wide: large enough to be scanned from another phone's screen."""
    picture = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(picture, kind="png", scale=max(4, 400 // code.symbol_size(border=4)[0]), border=4)
    return picture.getvalue()
