"""What is made of each payload in this folder: the table is the files themselves."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.tencent import xml
from channels.wecom.parse import Customer, Ignored, Read, parse
from dialogue.words import Kind

CORP, AGENT = "ww6a112864f8022910", 1000002
FILES = sorted(Path(__file__).parent.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_payload(path: Path) -> None:
    told = json.loads(path.read_text("utf-8"))
    got = parse(xml.read(told["xml"].encode()), CORP, AGENT)
    if told["expect"] == "ignored":
        assert isinstance(got, Ignored)
        return
    if told["expect"] == "customer":
        assert isinstance(got, Customer)
        return
    expect = dict(told["expect"])
    assert isinstance(got, Read)
    inbound = got.inbound
    assert (got.entered, list(got.clicked.payloads) if got.clicked else []) == (expect.pop("entered", False), expect.pop("clicked", []))
    assert inbound.kind is Kind(expect.pop("kind"))
    assert [{k: v for k, v in asdict(a).items() if v} for a in inbound.attachments] == expect.pop("attachments", [])
    if "said_at" in expect:
        assert inbound.said_at and inbound.said_at.isoformat() == expect.pop("said_at")
    assert inbound.union == f"wecom:{CORP}:{inbound.address}"
    assert {name: getattr(inbound, name) for name in expect} == expect


def test_two_taps_of_one_second_are_two_and_a_retry_is_the_same() -> None:
    tap = xml.read(json.loads((Path(__file__).parent / "card_button.json").read_text("utf-8"))["xml"].encode())
    again, other = dict(tap), {**tap, "ResponseCode": "RC-2"}
    ids = [found.inbound.external_id for one in (tap, again, other) if isinstance(found := parse(one, CORP, AGENT), Read)]
    assert ids[0] == ids[1] != ids[2]


def test_a_userid_in_any_case_is_one_person() -> None:
    said = {"FromUserName": "ZhangAYi", "MsgType": "text", "Content": "在吗", "MsgId": "1"}
    found = [parse({**said, "FromUserName": name}, CORP, AGENT) for name in ("ZhangAYi", "zhangayi", "ZHANGAYI")]
    assert {one.inbound.address for one in found if isinstance(one, Read)} == {"zhangayi"}


INNER = ["SelectedItem", "OptionIds", "OptionId"]
values: st.SearchStrategy[Any] = st.recursive(
    st.text(max_size=20) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(INNER), inner, max_size=3),
    max_leaves=8,
)
NAMES = ["MsgType", "Event", "FromUserName", "MsgId", "EventKey", "TaskId", "SelectedItems", "CardType", "AgentID", "CreateTime", "UserID"]
KINDS = ["event", "template_card_event", "vote_interaction", "change_contact", "text", "image", "click"]


@given(st.dictionaries(st.sampled_from(NAMES), values | st.sampled_from(KINDS)))
def test_whatever_the_elements_are_it_never_raises(fields: dict[str, Any]) -> None:
    assert isinstance(parse(fields, CORP, AGENT), Read | Customer | Ignored)
