"""答复 异议N TEXT: officers answer what was objected and asked; its author is told, a question's answer stands where it was asked."""

from __future__ import annotations

from dataclasses import dataclass

from community.notices import Objection, answer_objection
from community.questions import Question, answer
from community.staff import may
from dialogue.words import Event, Inbound, Option, Purpose, Refused, Say, Step, ToResident
from handlers.objections import Subject, subject
from storage import objections
from storage.database import Tx

words = {"answer_objection": "objection", "answer_question": "question", "answer_cancel": "cancel"}
open_to = "given"
LISTED = 8


@dataclass(frozen=True, slots=True)
class State:
    """The objection or question whose answer waits for its words."""

    act: str = "objection"
    number: int = 0
    version: int = 1

    @property
    def word(self) -> str:
        return f"answer_{self.act}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for an answer, with what it is about."""

    said: Objection | Question
    about: Subject


@dataclass(frozen=True, slots=True)
class Situation:
    """What is answered; or everything that waits where they hold their office."""

    one: Waiting | None = None
    waiting: tuple[Waiting, ...] = ()


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    act, number, _ = hear(state, inbound)
    here = inbound.community
    if number:
        objection = objections.by_number(tx, here, number) if act == "objection" else None
        said = objection or (objections.question_by_number(tx, here, number) if act == "question" else None)
        return Situation(_waiting(tx, here, said) if said else None)
    all_: list[Objection | Question] = [*objections.unanswered(tx, here), *objections.unanswered_questions(tx, here)]
    waiting = [_waiting(tx, here, one) for one in all_]
    return Situation(waiting=tuple(w for w in waiting if may(inbound.who.roles, "answer_objection", w.about.path)))


def step(s: Situation, state: State | None, inbound: Inbound) -> Step:
    act, number, said = hear(state, inbound)
    if act == "cancel":
        return Step(None, says=(Say("notices.cancelled"),))
    if not number:
        return _list(s)
    if s.one is None:
        raise Refused("notices.nothing_to_answer", number=number)
    one, about = s.one.said, s.one.about
    if not may(inbound.who.roles, "answer_objection", about.path):
        raise Refused("menu.not_yours", roles=("staff",))
    told = {"act": act, "number": number, "kind": about.kind, "about": about.number, "title": about.title, "text": one.text}
    if not said:
        drop = Option("answer_cancel", key="notices.button_drop", aside=True)
        return Step(State(act, number), says=(Say("notices.words_answer", told, (drop,), asks=True, about=(one.resident,)),))
    assert inbound.who.resident is not None
    event: Event
    if isinstance(one, Objection):
        event = answer_objection(one, inbound.who.resident, said, inbound.now)[1]
    else:
        event = answer(one, inbound.who.resident, said, inbound.now)
    theirs = Say("notices.answer", {**told, "answer": said}, to=ToResident(one.resident), purpose=Purpose.OWN_MATTER)
    return Step(None, (event,), (Say("notices.answered", told, about=(one.resident,)), theirs))


def hear(state: State | None, inbound: Inbound) -> tuple[str, int, str]:
    """Objection or question, its number, the words of the answer."""
    command = inbound.command
    if command and command.word in words:
        return words[command.word], command.number or 0, command.rest.strip()
    before = state or State()
    return before.act, before.number, "" if command else inbound.text.strip()


def _waiting(tx: Tx, community: int, said: Objection | Question) -> Waiting:
    kind = said.against if isinstance(said, Objection) else said.about
    about = subject(tx, community, kind, said.subject_number)
    assert about is not None, "nothing that was objected to or asked about is ever deleted"
    return Waiting(said, about)


def _list(s: Situation) -> Step:
    if not s.waiting:
        return Step(None, says=(Say("notices.all_answered"),))
    rows, options = [], []
    for one in s.waiting[:LISTED]:
        act = "objection" if isinstance(one.said, Objection) else "question"
        row = {"act": act, "number": one.said.number, "kind": one.about.kind, "about": one.about.number, "text": one.said.text[:40]}
        rows.append(row)
        payload = f"answer_objection objections {one.said.number}" if act == "objection" else f"answer_question {one.said.number}"
        options.append(Option(payload, key="notices.button_answer_one", values={"act": act, "number": one.said.number}))
    about = tuple({one.said.resident: None for one in s.waiting[:LISTED]})
    return Step(None, says=(Say("notices.waiting", {"waiting": rows}, tuple(options), about=about),))
