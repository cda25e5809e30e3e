"""What is made of each item of kf/sync_msg: the table is the files beside this one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import texts
from channels.wechat_kf.parse import Read, parse
from dialogue.words import Kind

FILES = sorted(Path(__file__).parent.glob("*.json"))
REASONS: dict[str, Any] = dict(texts.table(texts.DEFAULT, "wechat_kf"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_item(path: Path) -> None:
    told = json.loads(path.read_text("utf-8"))
    read, expect = parse(told["item"], REASONS), dict(told["expect"])
    assert read.understood != expect.pop("unreadable", False)
    for name, usual in (("code", ""), ("attended", None), ("recalls", "")):
        assert getattr(read, name) == expect.pop(name, usual)
    if not expect:
        assert read.inbounds == ()
        return
    (inbound,) = read.inbounds
    assert (inbound.channel, inbound.external_id, inbound.chat) == ("wechat_kf", told["item"]["msgid"], "")
    assert inbound.address == "wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"
    assert inbound.kind is Kind(expect.pop("kind"))
    attachments = [{k: v for k, v in asdict(a).items() if v} for a in inbound.attachments]
    assert attachments == expect.pop("attachments", [])
    assert {name: getattr(inbound, name) for name in expect} == expect


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([json.loads(path.read_text("utf-8"))["item"] for path in FILES]), st.data())
def test_whatever_stands_in_a_field_somebody_is_told_or_nobody_is_meant(item: dict[str, Any], data: st.DataObject) -> None:
    changed = dict(item)
    changed[data.draw(st.sampled_from(sorted(item)))] = data.draw(SHAPES)
    read = parse(changed, REASONS)
    assert isinstance(read, Read)
    assert all(i.address and i.external_id for i in read.inbounds)
