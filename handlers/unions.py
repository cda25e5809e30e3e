"""不是我: whom we took for a resident we know, by the platform's word, says that they are somebody else."""

from __future__ import annotations

from dataclasses import replace

from community.areas import masked
from community.claims import ClaimState
from community.unions import ContactParted, masked_name
from dialogue.words import Command, Inbound, Kind, Option, Refused, Say, Step, ToContact
from storage import residents
from storage.database import Tx
from storage.unions import Twin

words = {"not_me": "part"}
open_to = "given"
State = None


def load(tx: Tx, state: None, inbound: Inbound) -> None: ...


def step(situation: None, state: None, inbound: Inbound) -> Step:
    who = inbound.who
    if who.person == who.contact:  # their own chat from the beginning
        raise Refused("unions.own")
    notice = replace(inbound, id=f"{inbound.id}a", kind=Kind.JOINED, text="", choice="", command=Command("menu"))
    return Step(None, (ContactParted(who.contact, inbound.now),), (Say("unions.parted", to=ToContact(who.contact)),), again=(notice,))


def greeting(tx: Tx, twin: Twin) -> Say:
    """Who we think it is, told once, with the way out."""
    name = masked_name(residents.name_of(tx, twin.community, twin.resident))
    homes = [home.path for home in residents.homes_of(tx, twin.community, twin.resident) if home.state is ClaimState.CONFIRMED]
    option = Option("not_me", key="unions.button_not_me", aside=True)
    return Say("unions.same", {"name": name, "home": masked(homes[0]) if homes else ""}, (option,))
