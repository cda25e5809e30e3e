"""What kf/send_msg takes (facts/wecom.md §4.9): everything else is refused."""

from __future__ import annotations

import re
from typing import Any

from tests.fakes.qyapi import Refused


def checked(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]], str]:
    """Text, lines of the menu, media_id. Raises Refused."""
    if not re.fullmatch(r"[0-9a-zA-Z_-]{0,32}", body.get("msgid", "")):
        raise Refused(40058, "invalid msgid")
    match body.get("msgtype"):
        case "text":
            return _sized(body["text"]["content"], 1, 2048), [], ""
        case "image":
            return "", [], body["image"]["media_id"]
        case "msgmenu":
            return _menu(body["msgmenu"])
    raise Refused(40008, "invalid message type")


def _menu(menu: dict[str, Any]) -> tuple[str, list[tuple[str, str]], str]:
    head, tail = (_sized(menu.get(name, ""), 0, 1024) for name in ("head_content", "tail_content"))
    lines = menu.get("list", [])
    if not 1 <= len(lines) <= 10:
        raise Refused(95008, "menu list limit")
    found = []
    for line in lines:
        if line["type"] == "click":
            found.append((_sized(line["click"]["content"], 1, 128), _sized(line["click"]["id"], 1, 64)))
        elif line["type"] == "view":
            found.append((_sized(line["view"]["content"], 1, 1024), _sized(line["view"]["url"], 1, 2048)))
        else:
            raise Refused(95009, "invalid menu type")
    return "\n".join(part for part in (head, tail) if part), found, ""


def _sized(text: str, least: int, most: int) -> str:
    if not least <= len(text.encode()) <= most:
        raise Refused(45002, "content size out of limit")
    return text
