"""A message that tells of danger is answered at once, whatever else is open: the emergency number, the community's telephone."""

from __future__ import annotations

from dialogue.words import Inbound, Say, Step
from storage.database import Tx

words = {"danger": "danger"}
open_to = "all"
State = None


def load(tx: Tx, state: None, inbound: Inbound) -> None:
    return None


def step(situation: None, state: None, inbound: Inbound) -> Step:
    assert inbound.command is not None
    return Step(None, says=(Say(f"danger.{inbound.command.rest}"),))
