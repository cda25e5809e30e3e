"""评价: was it solved (解决了吗), then how content are they (5 = 很满意). 没解决 starts it again, the second time under 督办."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from community.matters import Matter, MatterState, Rate, Solved, advance
from community.ratings import SaidRating, parse_rating
from dialogue.words import Command, Inbound, Option, Purpose, Refused, Say, Step, ToRole
from handlers.matter_faces import LIST, LONG, button, face, found, known_resident, officers, short, to_handler
from storage import matters
from storage.database import Tx

words = {"rate": "rate", "matter_solved": "solved", "matter_rated": "rated", "which_rate": "which"}
open_to = "given"


@dataclass(frozen=True, slots=True)
class State:
    """What of a rating was said already."""

    number: int
    solved: str = ""
    score: int = 0
    text: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """The matter that is rated; or, where a number can be read in two ways, both."""

    matter: Matter | None = None
    others: tuple[tuple[Matter, int], ...] = ()


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    me, command = known_resident(inbound), inbound.command
    if command and command.word == "which_rate":
        return Situation(others=_readings(tx, inbound, command.rest))
    number = command.number if command else None
    if number is None and (command is None or command.word == "resume"):
        number = state.number if state else None
    if number is None:
        done = [m for m in matters.of_resident(tx, inbound.community, me) if m.state is MatterState.CLOSED and m.solved is None]
        number = done[0].number if len(done) == 1 else None
    return Situation(found(tx, inbound, number, change=True))


def _readings(tx: Tx, inbound: Inbound, said: str) -> tuple[tuple[Matter, int], ...]:
    """评价125: matter 125, or matter 12 with a 5; those that are there and theirs."""
    both = [(int(said), 0), (int(said[:-1] or 0), int(said[-1]))]
    there = [(matters.by_number(tx, inbound.community, number), score) for number, score in both]
    return tuple((matter, score) for matter, score in there if matter and matter.belongs_to(inbound.who.resident))


def step(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    command, matter = inbound.command, situation.matter
    if matter is None:
        return _which(situation)
    kept = state if state and state.number == matter.number else State(matter.number)
    if command and command.word == "matter_solved":
        return _go_on(matter, replace(kept, solved=command.rest), inbound)
    if command and command.word == "matter_rated":
        solved, _, score = command.rest.partition(" ")
        return _go_on(matter, replace(kept, solved=solved, score=int(score)), inbound)
    if command and command.word == "resume":
        return _go_on(matter, kept, inbound)
    said = parse_rating(command.rest if command else inbound.text)
    if command is None and said.solved is None and said.score is None:
        return Step(None, again=(replace(inbound, id=f"{inbound.id}a", command=Command("free", rest=inbound.text)),))
    return _go_on(matter, _joined(kept, said), inbound)


def _joined(kept: State, said: SaidRating) -> State:
    solved = said.solved.value if said.solved else ""
    return replace(kept, solved=kept.solved or solved, score=said.score or kept.score, text=said.text or kept.text)


def _which(s: Situation) -> Step:
    options = tuple(
        Option(
            f"rate matters {matter.number} {score or ''}".rstrip(),
            key="matters.button_rate_number" if not score else "matters.button_rate_score",
            values={"number": matter.number, "score": score},
        )
        for matter, score in s.others
    )
    if not options:
        raise Refused("matters.which", (LIST,))
    return Step(None, says=(Say("matters.which_rate", options=options),))


def _go_on(matter: Matter, said: State, inbound: Inbound) -> Step:
    """Ask what is still open; once nothing is, it is rated."""
    me = known_resident(inbound)
    solved = Solved(said.solved) if said.solved else None
    after, events = advance(matter, Rate(solved or Solved.YES, said.score or 5, said.text), me, inbound.now)  # may it be rated at all?
    if solved is None:
        return Step(said, says=(Say("matters.ask_solved", face(matter), ask_solved(matter)),))
    if solved is not Solved.NO and not said.score:
        marks = [
            button("matter_rated", matter, f"matters.score_{n}", f"{solved} {n}", aside=False) for n in (1, 2, 3, 4, 5)
        ]  # the place is the mark: a typed 1 is no 5
        return Step(said, says=(Say("matters.ask_score", face(matter), tuple(marks)),))
    after, events = advance(matter, Rate(solved, said.score, said.text), me, inbound.now)
    told = {**face(after), "text": short(said.text, LONG), "score": said.score, "supervised": after.supervised, "again": after.reopened}
    if after.state is MatterState.REOPENED:
        again = to_handler(after, "matters.duty_reopened", told, officers(after))
        above = (_to_staff("matters.duty_supervised", after, told),) if after.supervised else ()
        return Step(None, events, (Say("matters.reopened", told), again, *above))
    review = (_to_staff("matters.duty_review", after, told),) if after.in_review else ()
    return Step(None, events, (Say("matters.rated", told), *review))


def _to_staff(key: str, matter: Matter, told: dict[str, Any]) -> Say:
    return Say(
        key, told, officers(matter, staff=True) if matter.open else (), ToRole("staff", matter.area), Purpose.DUTY, about=(matter.author,)
    )


def ask_solved(matter: Matter) -> tuple[Option, ...]:
    """【解决了】【部分】【没解决】."""
    return tuple(button("matter_solved", matter, f"matters.solved_{solved}", solved.value, aside=False) for solved in Solved)
