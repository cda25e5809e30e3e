"""Counting: what each home's ballots come to, and the figures of the whole poll. Whole numbers only."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from surveys.ballots import Ballot
from surveys.polls import Figures


class Standing(StrEnum):
    """What an entry of the roll comes to: counted, two members disagree, or nobody of it is confirmed yet."""

    COUNTED = "counted"
    CONFLICT = "conflict"
    WAITING = "waiting"


def standing(ballots: Iterable[Ballot]) -> tuple[Standing, frozenset[int]]:
    """What the members of one home chose together. A member who is not confirmed is not heard beside one who is."""
    chosen = {frozenset(b.choices) for b in ballots if b.confirmed}
    if not chosen:
        return Standing.WAITING, frozenset()
    if len(chosen) > 1:
        return Standing.CONFLICT, frozenset()
    return Standing.COUNTED, chosen.pop()


def tally(numbers: Iterable[int], ballots: Iterable[Ballot], entitled: int) -> Figures:
    """Count a poll whose options have these numbers; `ballots` are those in force, one per member and entry."""
    by_entry: dict[str, list[Ballot]] = {}
    for ballot in ballots:
        by_entry.setdefault(ballot.entry, []).append(ballot)
    votes = dict.fromkeys(numbers, 0)
    tallied = dict.fromkeys(Standing, 0)
    for members in by_entry.values():
        found, chosen = standing(members)
        tallied[found] += 1
        for number in chosen:
            votes[number] += 1
    return Figures(votes, entitled, tallied[Standing.COUNTED], tallied[Standing.CONFLICT], tallied[Standing.WAITING])
