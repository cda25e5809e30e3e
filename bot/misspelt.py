"""A configuration written wrongly, told so that an operator finds the place: the line and column, or the key that was meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

TOML = {  # how tomllib's sentences begin -> what the operator is told
    "Invalid value": "value",
    "Illegal character": "quote",
    "Unterminated string": "quote",
    "Expected \"'": "quote",
    "Unescaped": "backslash",
    "Invalid statement": "key",
    "Expected '='": "key",
    "Invalid initial character": "key",
    "Expected ']": "section",
    "Unclosed": "bracket",
    "Cannot overwrite": "twice",
    "Cannot declare": "twice",
    "Expected newline": "rest",
}


def written(reason: str) -> dict[str, object]:
    """What tomllib found wrong, where: line and column, or neither at the file's end."""
    place = re.search(r"at line (\d+), column (\d+)\)$", reason)
    what = next((kind for begins, kind in TOML.items() if reason.startswith(begins)), "other")
    return {"what": what, "line": place[1] if place else "", "column": place[2] if place else ""}


PINYIN = {  # how operators call a section -> its name
    "weixin": "wechat", "gongzhonghao": "wechat", "mp": "wechat", "wx": "wechat",
    "kf": "wechat_kf", "kefu": "wechat_kf", "weixin_kf": "wechat_kf", "weixin_kefu": "wechat_kf", "wx_kf": "wechat_kf",
    "qiyeweixin": "wecom", "qywx": "wecom", "qywechat": "wecom", "wework": "wecom", "wxwork": "wecom",
    "aibot": "wecom_aibot", "robot": "wecom_robot",
}  # fmt: skip


def near(where: str, known: Sequence[str]) -> str:
    """The known key that was probably meant: of the same section by its name, of another with its section; "" where none is near."""
    section, _, wrong = where.rpartition(".")
    beside = [key.rpartition(".")[2] for key in known if key.rpartition(".")[0] == section]
    elsewhere = {key.rpartition(".")[2]: key for key in known}
    meant = PINYIN.get(wrong.lower(), wrong)
    if found := difflib.get_close_matches(meant, beside, 1):
        return found[0]
    found = difflib.get_close_matches(meant, elsewhere, 1)
    return elsewhere[found[0]] if found else ""
