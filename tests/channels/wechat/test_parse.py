"""What is made of each callback in this folder: the table is the files themselves, through the XML they come in."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.tencent import xml
from channels.wechat.marks import mark, payload_of
from channels.wechat.parse import Ignored, parse
from dialogue.words import Inbound, Kind

FILES = sorted(Path(__file__).parent.glob("*.json"))
KEYS = ("vote", "menu")
NAMES = ("MsgType", "Event", "FromUserName", "MsgId", "EventKey", "bizmsgmenuid", "Content")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_callback(path: Path) -> None:
    told = json.loads(path.read_text("utf-8"))
    got = parse(xml.read(xml.write(told["callback"])), KEYS)
    if told["expect"] == "ignored":
        assert isinstance(got, Ignored)
        return
    assert isinstance(got, Inbound)
    expect: dict[str, Any] = told["expect"]
    assert got.channel == "wechat" and got.kind is Kind(expect.pop("kind"))
    assert [{k: v for k, v in asdict(a).items() if v} for a in got.attachments] == expect.pop("attachments", [])
    usual = {"text": "", "choice": "", "question": "", "chat": ""}
    assert {name: getattr(got, name) for name in usual | expect} == usual | expect


@given(st.text(min_size=1).filter(lambda t: t.encode("utf-8", "ignore").decode() == t))
def test_a_payload_survives_the_way_through_somebodys_wechat(payload: str) -> None:
    there = mark(payload)
    assert there.isascii() and there.replace("-", "").replace("_", "").isalnum()
    assert payload_of(there) == payload


@given(st.dictionaries(st.sampled_from(NAMES), st.text() | st.none()))
def test_nothing_that_comes_breaks_it(fields: dict[str, Any]) -> None:
    assert isinstance(parse(fields, KEYS), Inbound | Ignored)
