"""A message that tells of danger is answered at once, whatever else is open: the emergency number, the community's telephone.

The open question stays open. Officers hear of it in the same moment; what was said can be registered by one tap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dialogue.words import Inbound, Option, Purpose, Refused, Say, Step, ToContact, ToRole
from handlers.matter_faces import LONG, Place, place_of, short
from storage import inbox, residents
from storage.database import Tx

words = {"danger": "danger", "calm": "calm"}
open_to = "all"
State = None

QUIET = ("self_harm", "violence", "child")  # answered in private even where it was said aloud


@dataclass(frozen=True, slots=True)
class Situation:
    """Who speaks and from where, as far as they said; for 没有危险 the message that is to be taken after all."""

    place: Place
    name: str = ""
    said: Inbound | None = None


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    who, place = inbound.who, place_of(tx, inbound)
    name = residents.name_of(tx, inbound.community, who.resident) if who.resident else ""
    calm = inbound.command is not None and inbound.command.word == "calm"
    said = inbox.by_id(tx, who.contact, inbound.command.rest) if calm and inbound.command else None
    return Situation(place, name or inbound.name, said)


def step(situation: Situation, state: None, inbound: Inbound) -> Step:
    assert inbound.command is not None
    if inbound.command.word == "calm":
        return _calm(situation, inbound)
    key = inbound.command.rest
    to = ToContact(inbound.who.contact) if key in QUIET and not inbound.private else None
    says = [Say(f"danger.{key}", options=_buttons(key, inbound) if inbound.private else (), to=to)]
    told = {"text": short(inbound.text, LONG), "name": situation.name, "place": situation.place.path}
    says += [
        Say("matters.danger_alert", told, to=ToRole(role, situation.place.area), purpose=Purpose.EMERGENCY, once=f"{inbound.id}-danger")
        for role in ("grid", "staff")
    ]
    return Step(None, says=tuple(says))


def _buttons(key: str, inbound: Inbound) -> tuple[Option, ...]:
    """Register it, a person, or: it was not meant so. Asides, since the question that is open stays open."""
    message = inbound.id[: inbox.ID]
    register = Option(f"matter_file request {message}", key="matters.button_register", aside=True)
    person = Option("human", key="menu.word_human", aside=True)
    calm = Option(f"calm {message}", key="matters.button_not_meant" if key in QUIET else "matters.button_calm", aside=True)
    return (person if key == "self_harm" else register, Option("callme", key="humans.button_call", aside=True), calm)


def _calm(s: Situation, inbound: Inbound) -> Step:
    """没有危险: the message is taken as if nothing in it had sounded so."""
    if s.said is None:
        raise Refused("matters.say_again")
    harmless = replace(s.said.findings, danger="")
    taken = replace(s.said, id=f"{s.said.id}a", at=inbound.at, community=inbound.community, findings=harmless)
    return Step(None, again=(taken,))
