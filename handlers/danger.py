"""A message that tells of danger is answered at once, whatever else is open: the emergency number, the community's telephone.

The open question stays open. Officers hear of it in the same moment; what was said can be registered by one tap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from dialogue.words import Command, Inbound, Option, Purpose, Refused, Say, Step, ToContact, ToRole
from handlers.matter_faces import LONG, Place, place_of, short
from storage import addressees, inbox, residents
from storage.database import Tx

words = {"danger": "danger", "calm": "calm", "fine": "fine"}
open_to = "all"
State = None

QUIET = ("self_harm", "violence", "child")  # answered in private even where it was said aloud
LATELY = timedelta(hours=2)  # 没事了 said later is about something else


@dataclass(frozen=True, slots=True)
class Situation:
    """Who speaks and from where, as far as they said; for 没有危险 and 没事了 the message that gave the alarm."""

    place: Place
    name: str = ""
    said: Inbound | None = None
    staffed: bool = False  # whether anybody could be alarmed at all


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    who = inbound.who
    name = residents.name_of(tx, inbound.community, who.resident) if who.resident else ""
    over = inbound.command is not None and inbound.command.word != "danger"
    said = inbox.by_id(tx, who.contact, inbound.command.rest) if over and inbound.command else None
    place = place_of(tx, replace(inbound, channel=said.channel, chat=said.chat) if said else inbound)
    return Situation(place, name or inbound.name, said, addressees.staffed(tx, inbound.community, place.area, inbound.now))


def step(situation: Situation, state: None, inbound: Inbound) -> Step:
    assert inbound.command is not None
    if inbound.command.word == "calm":
        return _calm(situation, inbound)
    if inbound.command.word == "fine":
        return _fine(situation, inbound)
    key = inbound.command.rest
    to = ToContact(inbound.who.contact) if key in QUIET and not inbound.private else None
    says = [Say(f"danger.{key}", options=_buttons(key, inbound) if inbound.private else (), to=to)]
    return Step(None, says=(*says, *_alert("matters.danger_alert", situation, inbound)))


def _alert(key: str, s: Situation, said: Inbound) -> tuple[Say, ...]:
    """To the officers there, each once for each message."""
    place, near = s.place.path.replace("/", ""), "".join(s.place.path.split("/")[1:]) or s.place.path
    named = f"danger.name_{said.findings.danger or 'help'}"
    told = {"danger": named, "near": near, "text": short(said.text, LONG), "name": s.name, "place": place}
    once = f"{said.id[: inbox.ID]}-{key.rpartition('_')[2]}"
    return tuple(Say(key, told, to=ToRole(role, s.place.area), purpose=Purpose.EMERGENCY, once=once) for role in ("grid", "staff"))


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
    return Step(None, says=_alert("matters.danger_over", s, s.said), again=(taken,))


def _fine(s: Situation, inbound: Inbound) -> Step:
    """没事了: whoever was alarmed hears it. Long after the alarm it is said about something else."""
    if s.said is None or inbound.now - s.said.now > LATELY:
        return Step(None, again=(replace(inbound, id=f"{inbound.id}a", command=Command("leave")),))
    return Step(None, says=(Say("matters.danger_calmed", {"told": s.staffed}), *_alert("matters.danger_over", s, s.said)))
