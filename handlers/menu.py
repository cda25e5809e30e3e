"""What I can do here, as buttons; what a word means that cannot be taken as it stands."""

from __future__ import annotations

from dataclasses import dataclass

from dialogue.words import Inbound, Option, Say, Step
from storage import residents
from storage.database import Tx
from storage.residents import Home

words = {"menu": "menu", "unclear": "unclear"}
open_to = "browsing"
State = None

RESIDENT = ("survey", "vote", "request", "wish", "idea", "notices", "progress", "human")
LEADER = ("newpoll", "remind", "share", "jielong", "confirm")
STAFF = ("publish", "newnotice", "broadcast", "login")


@dataclass(frozen=True, slots=True)
class Situation:
    """Where they live, as far as they said."""

    homes: tuple[Home, ...]


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    who = inbound.who
    return Situation(tuple(residents.homes_of(tx, who.community, who.resident)) if who.resident else ())


def step(situation: Situation, state: None, inbound: Inbound) -> Step:
    if inbound.command and inbound.command.word == "unclear":
        return Step(None, says=(Say("menu.unclear", {"said": inbound.command.rest[:40]}, (Option("menu", key="menu.button"),)),))
    words_here = _words(inbound, situation)
    options = tuple(Option(word, key=f"menu.word_{word}", aside=True) for word in words_here)
    return Step(None, says=(Say("menu.menu", {"homes": [home.path for home in situation.homes]}, options),))


def _words(inbound: Inbound, situation: Situation) -> tuple[str, ...]:
    """The words worth a button for this person: first what they may do, an officer's own after."""
    who = inbound.who
    if not inbound.private:
        return ("notices", "survey", "vote")
    mine: tuple[str, ...] = ("iam", *RESIDENT) if not situation.homes and not who.roles else RESIDENT
    mine += LEADER if who.holds("leader", "staff") else ()
    return mine + (STAFF if who.holds("staff") else ())
