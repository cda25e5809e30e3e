"""Every channel on the list keeps the contract, and brings recorded payloads for what it parses."""

from __future__ import annotations

import inspect
import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from channels import CHANNELS
from channels.contract import Capabilities, Channel, Rates

HERE = Path(__file__).parent
VERBS = sorted(name for name, member in vars(Channel).items() if inspect.isfunction(member) and not name.startswith("_"))


def _class_of(name: str) -> type:
    module = import_module(f"channels.{name}.channel")
    found = [c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == module.__name__ and getattr(c, "name", "") == name]
    assert len(found) == 1, f"channels/{name}/channel.py has {len(found)} classes whose `name` is {name!r}"
    return found[0]


def test_the_list_is_in_order_and_complete() -> None:
    folders = {p.parent.name for p in (HERE.parents[1] / "channels").glob("*/channel.py")}
    assert list(CHANNELS) == sorted(folders)


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_offers_what_the_house_asks_for(name: str) -> None:
    channel = _class_of(name)
    assert isinstance(channel.can, Capabilities)  # type: ignore[attr-defined]
    assert isinstance(channel.rates, Rates)  # type: ignore[attr-defined]
    for verb in VERBS:
        ours, theirs = getattr(channel, verb, None), getattr(Channel, verb)
        assert ours is not None, f"{name} lacks {verb}"
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), verb
        assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(theirs), verb


@pytest.mark.parametrize("name", [n for n in CHANNELS if find_spec(f"channels.{n}.parse")])
def test_a_channel_that_parses_brings_payloads_and_says_where_they_come_from(name: str) -> None:
    payloads = sorted((HERE / name).glob("*.json"))
    assert payloads, f"no payloads in tests/channels/{name}"
    for path in payloads:
        assert json.loads(path.read_text("utf-8")).get("source"), f"{path.name} does not say where it comes from"
