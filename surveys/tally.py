"""Counting: what each home's ballots come to, and the figures of the whole poll. Whole numbers only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from surveys.ballots import ENTERED, Ballot
from surveys.polls import Choice, Figures, Poll, PollState


class Standing(StrEnum):
    """What an entry of the roll comes to: counted, two members disagree, or nobody of it is confirmed yet."""

    COUNTED = "counted"
    CONFLICT = "conflict"
    WAITING = "waiting"


def by_entry(ballots: Iterable[Ballot]) -> dict[str, list[Ballot]]:
    """The ballots of each entry of the roll."""
    found: dict[str, list[Ballot]] = {}
    for ballot in ballots:
        found.setdefault(ballot.entry, []).append(ballot)
    return found


def standing(ballots: Iterable[Ballot]) -> tuple[Standing, frozenset[int]]:
    """What the members of one home chose together. A member who is not confirmed is not heard beside one who is.

    What was entered for the home from a 接龙 is not heard beside what any of its confirmed members chose.
    """
    heard = [b for b in ballots if b.confirmed]
    chosen = {frozenset(b.choices) for b in heard if b.origin != ENTERED} or {frozenset(b.choices) for b in heard}
    if not chosen:
        return Standing.WAITING, frozenset()
    if len(chosen) > 1:
        return Standing.CONFLICT, frozenset()
    return Standing.COUNTED, chosen.pop()


def tally(numbers: Iterable[int], ballots: Iterable[Ballot], entitled: int) -> Figures:
    """Count a poll whose options have these numbers; `ballots` are those in force, one per member and entry."""
    votes = dict.fromkeys(numbers, 0)
    tallied = dict.fromkeys(Standing, 0)
    for members in by_entry(ballots).values():
        found, chosen = standing(members)
        tallied[found] += 1
        for number in chosen:
            votes[number] += 1
    return Figures(votes, entitled, tallied[Standing.COUNTED], tallied[Standing.CONFLICT], tallied[Standing.WAITING])


@dataclass(frozen=True, slots=True)
class PrivateResult:
    """All that anybody is shown of a poll: there is no place in it for who chose what. `poll.figures` is None until it closed."""

    poll: Poll
    turnout: int  # entries that have voted so far


@dataclass(frozen=True, slots=True)
class Named:
    """实名: a home (or a person) and what it chose; nothing where its members disagree."""

    who: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class OpenResult(PrivateResult):
    """The same of a 实名 poll, for those on its roll."""

    named: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a result as a table. `kind`: option | entitled | voted | conflict | waiting | silent."""

    kind: str
    number: int
    text: str
    votes: int


def rows(result: PrivateResult) -> list[Row]:
    """The result as a table; empty until it was counted, and for a poll declared void; no options where too few voted in private."""
    figures = result.poll.figures
    if figures is None or result.poll.state is PollState.VOIDED:
        return []
    told = () if result.poll.too_few else result.poll.proposal.choices
    options = [Row("option", c.number, c.text, figures.votes[c.number]) for c in told]
    silent = figures.entitled - figures.voted - figures.conflicts - figures.waiting
    others = {"entitled": figures.entitled, "voted": figures.voted, "conflict": figures.conflicts}
    others |= {"waiting": figures.waiting, "silent": silent}
    return options + [Row(kind, 0, "", votes) for kind, votes in others.items()]
