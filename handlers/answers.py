"""问, 谁管我: answered at once from what staff have published, with its source and date; what nobody published goes to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from community.answering import best, of_us
from community.notices import Notice
from dialogue.words import NOTHING, Command, Inbound, Option, Say, Step
from handlers.matter_faces import AGREE, LONG, place_of, short
from handlers.standing import standing
from storage import communities, inbox, notices, residents
from storage.database import Tx

words = {"ask": "ask", "ask_free": "free", "who": "who"}
open_to = "browsing"
State = None

ABOVE = ("leader", "grid", "staff")


@dataclass(frozen=True, slots=True)
class Office:
    """An office for where somebody lives, and who holds it."""

    role: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """What was published for where the speaker lives, and who is there for them."""

    path: str
    published: tuple[Notice, ...] = ()
    offices: tuple[Office, ...] = ()
    us: Mapping[str, str] = field(default_factory=lambda: NOTHING)  # phone, hours and address of the community, as far as they are known


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    place = place_of(tx, inbound)
    if inbound.command and inbound.command.word == "who":
        return Situation(place.path, offices=tuple(_offices(tx, inbound, place.path)))
    there, where = notices.up(tx, inbound.community), standing(tx, inbound)
    ours = communities.community(tx, inbound.community).settings
    us = {"phone": ours.phone, "hours": ours.office_hours, "address": ours.address}
    return Situation(place.path, tuple(n for n in there if n.openness == "web" or where.concerned(inbound, n.path)), us=us)


def _offices(tx: Tx, inbound: Inbound, path: str) -> list[Office]:
    found = []
    for role in ABOVE:
        holders = residents.holders(tx, inbound.community, role, path, inbound.now.date())
        names = tuple(filter(None, (residents.name_of(tx, inbound.community, holder) for holder in holders)))
        found += [Office(role, names)] if names else []
    return found


def step(situation: Situation, state: None, inbound: Inbound) -> Step:
    assert inbound.command is not None
    if inbound.command.word == "who":
        offices = [{"role": o.role, "names": list(o.names)} for o in situation.offices]
        call = (Option("callme", key="humans.button_call", aside=True), Option("human", key="menu.word_human", aside=True))
        return Step(None, says=(Say("answers.who", {"path": situation.path, "offices": offices}, call),))
    said = inbound.command.rest.strip()
    if not said:
        return Step(None, says=(Say("answers.ask_what"),))
    asked = of_us(said)
    if asked and situation.us[asked]:
        return Step(None, says=(Say(f"answers.{asked}", {"address": situation.us["address"]}),))
    place = best(said, [(n.text.title, n.text.body) for n in situation.published])
    if place is not None:
        return _answer(situation.published[place], inbound)
    return _to_a_person(inbound, said)


def _answer(notice: Notice, inbound: Inbound) -> Step:
    told = {"number": notice.number, "title": notice.text.title, "text": short(notice.text.body, LONG), "posted_at": notice.posted_at}
    options = (
        Option(f"notices {notice.number}", key="answers.button_whole", aside=True),
        Option(f"matter_file question {inbound.id[: inbox.ID]}", key="answers.button_person", aside=True),
    )
    return Step(None, says=(Say("answers.found", told, options),))


def _to_a_person(inbound: Inbound, said: str) -> Step:
    """Asked outright it is passed on at once; said in passing, or before they agreed, they are asked first."""
    again = replace(inbound, id=f"{inbound.id}a")
    if inbound.who.consent != "given":
        if inbound.command and inbound.command.word == "ask_free" and inbound.findings.sort != "question":
            return Step(None, again=(replace(again, command=Command("free_given", rest=said)),))
        return Step(None, says=(Say("answers.not_known_yet", options=(AGREE,)),))
    if inbound.command and inbound.command.word == "ask":
        return Step(None, again=(replace(again, command=Command("matter_ask", rest=said)),))
    options = (
        Option(f"matter_file question {inbound.id[: inbox.ID]}", key="answers.button_person"),
        Option(f"matter_file request {inbound.id[: inbox.ID]}", key="matters.button_request"),
        Option("matter_talk", key="matters.button_talk"),
    )
    return Step(None, says=(Say("answers.not_known", {"said": short(said)}, options),))
