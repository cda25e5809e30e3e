"""Officers see to a matter (事项): 接单, 答复, 办结, 不予受理, and the verdict on an idea. Its author hears of every step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from community.matters import Accept, Act, Answer, Close, Judge, Matter, NotAccept, Verdict, advance
from community.staff import may, who_can
from dialogue.words import Inbound, Option, Purpose, Refused, Say, Step, ToResident
from handlers.matter_faces import LONG, button, face, found, known_resident, officers, short, to_owners
from handlers.rating import ask_solved
from storage import matters, residents
from storage.database import Tx

words = {
    "accept": "accept",
    "reply": "reply",
    "done": "done",
    "not_accept": "not_accept",
    "adopt_idea": "adopted",
    "adopt_part": "partly",
    "not_now": "not_now",
}
open_to = "given"
LISTED = 8


@dataclass(frozen=True, slots=True)
class State:
    """The officer's word that still waits for its text."""

    word: str
    number: int
    version: int = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """The matter seen to, and whoever speaks as its author will read it; without a number what waits."""

    word: str
    matter: Matter | None = None
    role: str = ""
    name: str = ""
    shown: str = ""  # its words as neighbours may see them
    waiting: tuple[Matter, ...] = ()


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    command = inbound.command
    mine = command is not None and command.word in words
    word = command.word if command and mine else state.word if state else "accept"
    number = command.number if command and mine else state.number if state else None
    if number is None:
        return Situation(word, waiting=tuple(matters.open_for(tx, inbound.community, inbound.who.roles)))
    matter = found(tx, inbound, number, change=True)
    if not may(inbound.who.roles, word, matter.path):
        raise Refused("matters.not_your_place", number=number, roles=who_can(word))
    role = next(r.name for r in inbound.who.roles if may((r,), word, matter.path))
    seen = matters.public_by_number(tx, inbound.community, number)
    name = residents.name_of(tx, inbound.community, known_resident(inbound))
    return Situation(word, matter, role, name, short(seen.summary) if seen else "")


def step(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    matter, command = situation.matter, inbound.command
    if matter is None:
        return _waiting(situation)
    mine = command is not None and command.word in words
    text = command.rest if command and mine else "" if command else inbound.text.strip()
    if not text and situation.word != "accept":
        advance(matter, _act(situation.word, "?"), known_resident(inbound), inbound.now)  # refused now rather than after the words
        asked = Say(f"matters.text_{situation.word}", face(matter), asks=True)
        return Step(State(situation.word, matter.number), says=(asked,))
    after, events = advance(matter, _act(situation.word, text), known_resident(inbound), inbound.now)
    told = {**face(after), "text": short(text, LONG), "role": situation.role, "handler": situation.name}
    heard = (*_to_author(after, situation.word, told), *_to_joined(after, situation.word, {**told, "said": situation.shown}))
    return Step(None, events, (_to_officer(after, situation.word, inbound), *heard))


def _act(word: str, text: str) -> Act:
    verdicts: Mapping[str, Verdict] = {"adopt_idea": Verdict.ADOPTED, "adopt_part": Verdict.PARTLY, "not_now": Verdict.NOT_NOW}
    if word in verdicts:
        return Judge(verdicts[word], text)
    acts: Mapping[str, Act] = {"accept": Accept(), "reply": Answer(text), "done": Close(text), "not_accept": NotAccept(text)}
    return acts[word]


def _waiting(s: Situation) -> Step:
    """接单 without a number: what waits."""
    if not s.waiting:
        return Step(None, says=(Say("matters.nothing_waits"),))
    options = tuple(
        Option(f"{s.word} matters {m.number}", key="matters.button_number", values={"number": m.number}) for m in s.waiting[:LISTED]
    )
    rows = [face(matter) for matter in s.waiting[:LISTED]]
    return Step(None, says=(Say("matters.waiting", {"items": rows, "waits": len(s.waiting)}, options),))


def _to_officer(matter: Matter, word: str, inbound: Inbound) -> Say:
    more = officers(matter, staff=inbound.who.holds("staff")) if matter.open else ()
    return Say(f"matters.did_{word}", face(matter), tuple(option for option in more if not option.payload.startswith("accept")))


def _to_author(matter: Matter, word: str, told: Mapping[str, object]) -> tuple[Say, ...]:
    if word == "accept":
        return to_owners(matter, "matters.told_accept", told)
    if word == "done":
        return to_owners(matter, "matters.told_done", told, ask_solved(matter))
    if word == "not_accept":
        return to_owners(matter, "matters.told_not_accept", told)
    more = (button("add", matter, "matters.button_add"), button("rate", matter, "matters.button_rate"))
    if word == "reply":
        return to_owners(matter, "matters.told_reply", told, more)
    return to_owners(matter, "matters.told_verdict", {**told, "verdict": f"matters.verdict_{matter.verdict}"})


def _to_joined(matter: Matter, word: str, told: Mapping[str, object]) -> tuple[Say, ...]:
    """Whoever joined hears what becomes of it."""
    if word not in ("done", "adopt_idea", "adopt_part", "not_now"):
        return ()
    verdict = f"matters.verdict_{matter.verdict}" if word != "done" else ""
    values = {**told, "verdict": verdict}
    who = sorted(matter.supporters)
    return tuple(Say("matters.told_joined", values, to=ToResident(one), purpose=Purpose.OWN_MATTER, about=(matter.author,)) for one in who)
