"""取消, 算了, 不说了: what was asked is left where it stands, and nothing of it is kept."""

from __future__ import annotations

from dialogue.words import Inbound, Option, Say, Step
from storage.database import Tx

words = {"leave": "leave"}
open_to = "all"
State = None


def load(tx: Tx, state: None, inbound: Inbound) -> None: ...


def step(situation: None, state: None, inbound: Inbound) -> Step:
    return Step(None, says=(Say("menu.left", options=(Option("menu", key="menu.button", aside=True),)),))
