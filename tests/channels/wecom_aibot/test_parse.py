"""Every payload beside this file becomes what it says it becomes, and nothing that may ever come makes us stumble."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.wecom_aibot.parse import Ignored, Me, Read, parse, read, without_name

HERE = Path(__file__).parent
ME = Me("睦邻", "wwCORP")
SAVED = sorted(HERE.glob("*.json"))


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_what_a_payload_becomes(path: Path) -> None:
    saved = json.loads(path.read_text("utf-8"))
    found = parse(saved["body"], ME)
    if saved["becomes"] is None:
        assert isinstance(found, Ignored)
        return
    assert isinstance(found, Read)
    said = found.inbound
    was: dict[str, Any] = {name: getattr(said, name) for name in saved["becomes"]}
    if "attachments" in was:
        was["attachments"] = len(said.attachments)
        assert {a.reference for a in said.attachments} == set(found.media)
    if "said_at" in was:
        was["said_at"] = saved["becomes"]["said_at"] if said.said_at == datetime.fromtimestamp(1_700_000_000, UTC) else said.said_at
    assert was == saved["becomes"]
    assert said.addressed and (said.channel, found.reply) == ("wecom_aibot", saved["body"]["response_url"])
    assert "http" not in repr(said) and "http" not in repr(found), "an address that is a secret stands nowhere it could be kept"


def test_a_refresh_names_its_stream() -> None:
    body = json.loads((HERE / "stream_refresh.json").read_text("utf-8"))["body"]
    assert parse(body, ME) == Ignored("refresh", "S1")


def test_without_a_msgid_the_same_is_the_same_and_something_else_is_not() -> None:
    body = json.loads((HERE / "without_msgid.json").read_text("utf-8"))["body"]
    first, again = (parse({**body, "response_url": url}, ME) for url in ("https://a", "https://b"))
    other = parse({**body, "text": {"content": "投票"}}, ME)
    assert isinstance(first, Read) and isinstance(again, Read) and isinstance(other, Read)
    assert first.inbound.external_id == again.inbound.external_id != other.inbound.external_id


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("@睦邻 菜单", "睦邻", "菜单"),
        ("@睦邻\u2005菜单", "睦邻", "菜单"),
        ("菜单 @睦邻", "睦邻", "菜单"),
        ("@幸福里 小助手 投票 1", "幸福里 小助手", "投票 1"),
        ("@睦邻", "睦邻", ""),
        ("@睦邻居 菜单", "睦邻", "菜单"),  # somebody renamed the bot: the first word that is a call
        ("@张三 @睦邻 投票 1", "睦邻", "@张三 投票 1"),
        ("@睦邻\n发起投票 车棚\n要\n不要", "睦邻", "发起投票 车棚\n要\n不要"),
        ("@小助手 菜单", "", "菜单"),
        ("找 a@b.cn 报名", "", "找 a@b.cn 报名"),
    ],
)
def test_what_is_said_without_the_call(text: str, name: str, said: str) -> None:
    assert without_name(text, name) == said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["msgtype", "from", "userid", "event", "eventtype", "template_card_event", "text"]), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["msgid", "from", "msgtype", "event", "text", "mixed", "image", "chattype", "chatid"]), JSON))
def test_whatever_comes_is_read_or_passed_over(body: dict[str, Any]) -> None:
    assert isinstance(parse(body, ME), Read | Ignored)
    assert isinstance(parse({"from": {"userid": "a"}, **{k: v for k, v in body.items() if k != "from"}}, ME), Read | Ignored)


@given(st.binary(max_size=60))
def test_bytes_are_an_object_or_nothing(raw: bytes) -> None:
    found = read(raw)
    assert found is None or isinstance(found, dict)
