"""What is made of each payload in tests/channels/telegram: the table is the files themselves."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.telegram.parse import Ignored, Me, Read, Unreadable, parse
from dialogue.words import Inbound, Kind

ME = Me(110201543, "MulinBot")
FILES = sorted((Path(__file__).parent / "telegram").glob("*.json"))


def _told(name: str) -> dict[str, Any]:
    path = Path(__file__).parent / "telegram" / f"{name}.json"
    return dict(json.loads(path.read_text("utf-8")))


def _raw(update: Any) -> bytes:
    return json.dumps(update).encode()


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_payload(path: Path) -> None:
    told = _told(path.stem)
    got = parse(_raw(told["update"]), ME)
    if told["expect"] == "ignored":
        assert isinstance(got, Ignored)
        return
    expect = dict(told["expect"])
    if expect.pop("unreadable", False):
        assert isinstance(got, Unreadable)
    else:
        assert isinstance(got, Read)
        assert got.press == expect.pop("press", got.press)
    inbound = got.inbound
    assert inbound is not None
    assert (inbound.channel, inbound.external_id) == ("telegram", str(told["update"]["update_id"]))
    assert inbound.kind is Kind(expect.pop("kind"))
    attachments = expect.pop("attachments", [])
    assert [{k: v for k, v in asdict(a).items() if v} for a in inbound.attachments] == attachments
    if "said_at" in expect:
        assert inbound.said_at is not None
        assert inbound.said_at.isoformat() == expect.pop("said_at")
    assert {name: getattr(inbound, name) for name in expect} == expect


def test_a_press_that_is_ignored_can_still_be_acknowledged() -> None:
    got = parse(_raw(_told("press_without_data")["update"]), ME)
    assert isinstance(got, Ignored)
    assert got.press == "4382bfdwdsb323b2d9"


def test_without_our_name_a_named_command_is_taken_for_ours_and_a_mention_for_none() -> None:
    """Telegram could not be asked who we are: rather answer once too often than never."""
    nameless = Me(110201543)
    command = parse(_raw(_told("group_named_command")["update"]), nameless)
    mention = parse(_raw(_told("group_mention")["update"]), nameless)
    assert isinstance(command, Read)
    assert (command.inbound.text, command.inbound.addressed) == ("/vote 3", True)
    assert isinstance(mention, Read)
    assert not mention.inbound.addressed


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"update_id": "x"}',
        b'{"update_id": true}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"message": {}}',
        b"1e999",
        b'{"update_id": 7, "message": 5}',
    ],
    ids=lambda raw: repr(raw[:20]),
)
def test_garbage_is_unreadable_and_nothing_is_made_of_it(raw: bytes) -> None:
    assert parse(raw, ME) == Unreadable(None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(FILES), st.data())
def test_no_shape_makes_it_raise(path: Path, data: st.DataObject) -> None:
    """Any field of any payload replaced by anything: understood, ignored or unreadable, never an exception."""
    update = _told(path.stem)["update"]
    part = update
    while True:
        key = data.draw(st.sampled_from(sorted(part)))
        if isinstance(part[key], dict) and part[key] and data.draw(st.booleans()):
            part = part[key]
            continue
        part[key] = data.draw(json_values)
        break
    got = parse(_raw(update), ME)
    assert isinstance(got, Read | Ignored | Unreadable)
    if isinstance(got, Read):
        assert isinstance(got.inbound, Inbound)
