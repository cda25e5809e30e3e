"""What every conversation offers: four names. `bot/routing.py` picks one, the turn runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from dialogue.words import Inbound, Step
from storage.database import Tx


class Conversation(Protocol):
    """A module of `handlers/`: it reads in `load`, decides in `step`; its state is a frozen msgspec-friendly dataclass or None.

    `words` maps an entry of texts/*/words.toml to what it means here ("" or an action's name): typed words, slash commands
    and button payloads all arrive as `inbound.command`. `State` is the class of its state, or None if it keeps none.
    `open_to` says who may use it before consent: "all", "browsing" or "given".
    """

    __name__: str
    words: Mapping[str, str]
    State: type | None
    open_to: str

    def load(self, tx: Tx, state: Any, inbound: Inbound) -> Any: ...

    def step(self, situation: Any, state: Any, inbound: Inbound) -> Step: ...
