"""What the 智能机器人's server refuses (facts/wecom.md §4.3, §4.10), and what of a card people see."""

from __future__ import annotations

import re
from typing import Any

MAX_CONTENT = 20480
SHOWN = {"title": 26, "desc": 30, "body": 112, "option": 11, "select": 10, "button": 10}  # what is longer is cut off on the screen
TYPES = ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction")


class Refused(Exception):
    """An acknowledgement with errcode."""

    def __init__(self, code: int, message: str = "refused") -> None:
        super().__init__(f"{code} {message}")
        self.code, self.message = code, message


def content(body: dict[str, Any], name: str) -> str:
    """The markdown of a message. Raises Refused."""
    text = body.get(name, {}).get("content")
    if not isinstance(text, str) or not text.strip():
        raise Refused(40058, f"{name}.content missing")
    if len(text.encode()) > MAX_CONTENT:
        raise Refused(40058, "content exceed max length")
    return text


def card(body: dict[str, Any], used: set[str], *, update: str = "") -> dict[str, Any]:
    """A card as it may be shown; `used` task_ids are refused, an `update` must keep its own. Raises Refused."""
    c = body.get("template_card")
    if not isinstance(c, dict) or c.get("card_type") not in TYPES:
        raise Refused(42031, "invalid card_type")
    task = c.get("task_id", "")
    interactive = c["card_type"].endswith("interaction")
    if (interactive or task) and not re.fullmatch(r"[0-9A-Za-z_@-]{1,128}", task):
        raise Refused(42014, "invalid task_id")
    if update and task != update:
        raise Refused(42016, "no such task_id")
    if not update and task in used:
        raise Refused(42014, "task_id reused")
    _parts(c)
    if task:
        used.add(task)
    return c


def _parts(c: dict[str, Any]) -> None:
    if not c.get("main_title", {}).get("title") and not c.get("sub_title_text"):
        raise Refused(42041, "title missing")
    if c["card_type"].endswith("notice") and not (c.get("card_action", {}).get("type") in (1, 2) and c["card_action"].get("url")):
        raise Refused(42045, "card_action missing")
    if len(c.get("horizontal_content_list", ())) > 6 or len(c.get("jump_list", ())) > 3:
        raise Refused(42035, "list too long")
    menu = c.get("action_menu")
    if menu is not None and not (menu.get("desc") and 1 <= len(menu.get("action_list", ())) <= 3):
        raise Refused(42047, "action_menu")
    if c["card_type"] == "button_interaction":
        keys = [b.get("key", "") for b in c.get("button_list", ())]
        if not 1 <= len(keys) <= 6 or len(set(keys)) != len(keys) or not all(0 < len(k.encode()) <= 1024 for k in keys):
            raise Refused(42017, "button_list")
    if c["card_type"] == "vote_interaction":
        _options(c.get("checkbox", {}), 20)
    if c["card_type"] == "multiple_interaction":
        if not 1 <= len(c.get("select_list", ())) <= 3:
            raise Refused(42042, "select_list")
        for one in c["select_list"]:
            _options(one, 10)
    if c["card_type"] in ("vote_interaction", "multiple_interaction") and not (
        c.get("submit_button", {}).get("text") and c["submit_button"].get("key")
    ):
        raise Refused(42046, "submit_button")


def _options(one: dict[str, Any], most: int) -> None:
    ids = [o.get("id", "") for o in one.get("option_list", ())]
    if not one.get("question_key"):
        raise Refused(42043, "question_key")
    if not 1 <= len(ids) <= most or len(set(ids)) != len(ids) or not all(0 < len(i.encode()) <= 128 for i in ids):
        raise Refused(42041, "option id")


def words_of(c: dict[str, Any]) -> str:
    """The words on a card, cut off where the screen cuts them off."""
    title = c.get("main_title", {})
    lines = [_cut(title.get("title", ""), "title"), _cut(title.get("desc", ""), "desc"), _cut(c.get("sub_title_text", ""), "body")]
    lines += [f"{row['keyname']} {row.get('value', '')}" for row in c.get("horizontal_content_list", ())]
    return "\n".join(line for line in lines if line)


def taps_of(c: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What can be tapped on a card by what it is called: ("button" or "option", payload), or ("link", address)."""
    found = {_cut(b["text"], "button"): ("button", b["key"]) for b in c.get("button_list", ())}
    found |= {row["text"]: ("button", row["key"]) for row in c.get("action_menu", {}).get("action_list", ())}
    for one in (*c.get("select_list", ()), c.get("checkbox", {})):
        if not one.get("disable"):
            found |= {_cut(o["text"], "option"): ("option", o["id"]) for o in one.get("option_list", ())}
    rows = (*c.get("jump_list", ()), *c.get("horizontal_content_list", ()))
    pages = [(row.get("title") or row.get("value", ""), row["url"]) for row in rows]
    return found | {label: ("link", url) for label, url in pages}


def _cut(text: str, part: str) -> str:
    return text if len(text) <= SHOWN[part] else text[: SHOWN[part]] + "⋯"
