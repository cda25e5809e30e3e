"""What WeCom takes as a template card, and the errcodes by which it refuses the others (facts of message/send §4.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.fakes.qyapi import Refused

COMMON = {"card_type", "source", "main_title", "task_id"}
NOTICE = {"action_menu", "quote_area", "horizontal_content_list", "jump_list", "card_action"}
FIELDS = {
    "text_notice": COMMON | NOTICE | {"emphasis_content", "sub_title_text"},
    "news_notice": COMMON | NOTICE | {"card_image", "image_text_area", "vertical_content_list"},
    "button_interaction": COMMON | (NOTICE - {"jump_list"}) | {"sub_title_text", "button_selection", "button_list"},
    "vote_interaction": COMMON | {"checkbox", "submit_button"},
    "multiple_interaction": COMMON | {"select_list", "submit_button"},
}
INTERACTIVE = ("button_interaction", "vote_interaction", "multiple_interaction")
LISTS = {"horizontal_content_list": (6, 42036), "jump_list": (3, 42037), "vertical_content_list": (4, 42047)}


def check(card: Mapping[str, Any]) -> None:
    """Refuses what WeCom refuses, and what it would pass over although it was meant to be seen. Raises Refused."""
    kind = str(card.get("card_type"))
    if kind not in FIELDS:
        raise Refused(42031, "invalid card_type")
    if unknown := set(card) - FIELDS[kind]:
        raise Refused(40058, f"no such field in {kind}: {sorted(unknown)}")
    for name, (most, code) in LISTS.items():
        if len(card.get(name, ())) > most:
            raise Refused(code, f"too many in {name}")
    for row in card.get("horizontal_content_list", ()):
        if not row.get("keyname") or len(row["keyname"]) > 5:
            raise Refused(42027, "keyname missing or too long")
        _url(row, row.get("type") == 1)
    menu = card.get("action_menu", {}).get("action_list", [])
    if "action_menu" in card and not 1 <= len(menu) <= 3:
        raise Refused(42035, "action_list")
    _distinct([row.get("key", "") for row in menu], 1024, 42051)
    _title(card, kind)
    {"button_interaction": _buttons, "vote_interaction": _vote, "multiple_interaction": _selectors}.get(kind, _notice)(card)
    if (kind in INTERACTIVE or menu) and not re.fullmatch(r"[0-9A-Za-z_\-@]{1,128}", str(card.get("task_id", ""))):
        raise Refused(42014, "invalid task_id")


def _title(card: Mapping[str, Any], kind: str) -> None:
    title = card.get("main_title", {})
    if set(title) - {"title", "desc"}:
        raise Refused(40058, "main_title")
    if not title.get("title") and not (kind == "text_notice" and card.get("sub_title_text")):
        raise Refused(42045, "missing main_title")


def _notice(card: Mapping[str, Any]) -> None:
    action = card.get("card_action", {})
    if action.get("type") not in (1, 2):
        raise Refused(42045, "missing card_action")
    _url(action, action["type"] == 1)
    for row in card.get("jump_list", ()):
        _url(row, row.get("type") == 1)
    if card["card_type"] == "news_notice":
        image = card.get("card_image", {})
        if not image.get("url") or not 1.3 <= image.get("aspect_ratio", 1.3) <= 2.25:
            raise Refused(42044, "invalid card_image")


def _buttons(card: Mapping[str, Any]) -> None:
    rows = card.get("button_list", [])
    if not 1 <= len(rows) <= 6:
        raise Refused(42042, "button_list")
    for row in rows:
        if set(row) - {"text", "style", "type", "key", "url"}:
            raise Refused(40058, "button_list")
        if not row.get("text"):
            raise Refused(42038, "button text missing")
        if row.get("type") == 1:
            _url(row, needed=True)
        elif not row.get("key"):
            raise Refused(42017, "button key missing")
        if row.get("style", 1) not in (1, 2, 3, 4):
            raise Refused(40058, "style")
    _distinct([row["key"] for row in rows if row.get("key")], 1024, 42018)


def _vote(card: Mapping[str, Any]) -> None:
    box = card.get("checkbox", {})
    if not box.get("question_key"):
        raise Refused(42043, "question_key missing")
    if box.get("mode", 0) not in (0, 1):
        raise Refused(40058, "mode")
    _options(box.get("option_list", []), 20)
    _submit(card)


def _selectors(card: Mapping[str, Any]) -> None:
    rows = card.get("select_list", [])
    if not 1 <= len(rows) <= 3:
        raise Refused(42047, "select_list")
    _distinct([row.get("question_key", "") for row in rows], 1024, 42043)
    for row in rows:
        _options(row.get("option_list", []), 10)
    _submit(card)


def _options(rows: list[Mapping[str, Any]], most: int) -> None:
    if not 1 <= len(rows) <= most:
        raise Refused(42042, "option_list")
    for row in rows:
        if set(row) - {"id", "text", "is_checked"} or not row.get("text"):
            raise Refused(42039, "option text")
    _distinct([row.get("id", "") for row in rows], 128, 42041)


def _submit(card: Mapping[str, Any]) -> None:
    button = card.get("submit_button", {})
    if not button.get("text") or not button.get("key"):
        raise Refused(42046, "submit_button")


def _url(row: Mapping[str, Any], needed: bool) -> None:
    if needed and not (row.get("url") and len(row["url"].encode()) <= 2048):
        raise Refused(42028, "url missing")


def _distinct(keys: list[str], most: int, code: int) -> None:
    if len(set(keys)) != len(keys) or any(not key or len(key.encode()) > most for key in keys):
        raise Refused(code, "keys")
