"""What somebody wants to say: free words are sorted, never refused."""

from __future__ import annotations

from dialogue.words import Inbound, Option, Say, Step
from storage.database import Tx

words = {"free": "free"}
open_to = "given"
State = None


def load(tx: Tx, state: None, inbound: Inbound) -> None:
    return None


def step(situation: None, state: None, inbound: Inbound) -> Step:
    return Step(None, says=(Say("matters.chat", options=(Option("menu", key="menu.button"),)),))
