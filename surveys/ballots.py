"""A vote: from somebody on the frozen roll, changeable by them until the end; another member choosing otherwise is a conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialogue.words import Event, Refused, ResidentId
from surveys.polls import Poll, PollId

ENTERED = "jielong"  # the origin of what an officer entered for a whole home from a 接龙: it counts while nobody of the home voted


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the roll that somebody may vote for; `confirmed` is False while their claim to the home waits."""

    entry: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Ballot:
    """What one member of an entry chose last. `origin`: chat | page | jielong; of the last the voter is the home itself."""

    entry: str
    voter: ResidentId
    choices: tuple[int, ...]
    confirmed: bool
    cast_at: datetime
    origin: str = "chat"


@dataclass(frozen=True, slots=True)
class Voter:
    """Who votes, for which entries, and the ballots these entries have now: their own and those of other members."""

    resident: ResidentId
    places: tuple[Place, ...]
    ballots: tuple[Ballot, ...] = ()

    def own(self) -> Ballot | None:
        """What they chose last, if anything."""
        mine = [b for b in self.ballots if b.voter == self.resident]
        return max(mine, key=lambda b: b.cast_at) if mine else None

    def against(self, choices: tuple[int, ...]) -> tuple[ResidentId, ...]:
        """Other members of their homes who chose otherwise; whose claim still waits is not heard beside those who are confirmed."""
        heard = {p.entry for p in self.places if p.confirmed}
        others = (b for b in self.ballots if b.voter != self.resident and b.entry in heard and b.confirmed and b.origin != ENTERED)
        return tuple(sorted({b.voter for b in others if b.choices != choices}))

    def entered(self) -> Ballot | None:
        """What was entered from a 接龙 for one of their homes, for whoever certainly lives there and has not voted."""
        heard = {p.entry for p in self.places if p.confirmed}
        return next((b for b in self.ballots if b.origin == ENTERED and b.entry in heard), None) if self.own() is None else None


@dataclass(frozen=True, slots=True)
class BallotCast(Event):
    """Somebody voted for these entries, or changed their vote; what they had chosen before stays on record, superseded."""

    id: str
    poll: PollId
    voter: ResidentId
    entries: tuple[str, ...]
    choices: tuple[int, ...]
    origin: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BallotsEntered(Event):
    """An officer entered what homes had written in a 接龙: entry of the roll -> options. What was so entered before is superseded."""

    id: str
    poll: PollId
    choices: Mapping[str, tuple[int, ...]]
    by: ResidentId
    at: datetime


@dataclass(frozen=True, slots=True)
class Cast:
    """What a vote comes to: nothing to record if they had chosen just that; and who else of the home chose otherwise."""

    choices: tuple[int, ...]
    entries: tuple[str, ...]  # to record; empty: nothing changed
    votes: int
    waiting: int
    others: tuple[ResidentId, ...]


def cast(poll: Poll, voter: Voter, chosen: Sequence[int], now: datetime) -> Cast:
    """Vote for all entries one has a place in. Refused when the poll is over, one is not on its roll, or the choice is not possible."""
    if not poll.takes_votes(now):
        raise Refused("polls.over", number=poll.number, title=poll.proposal.title)
    if not voter.places:
        raise Refused("polls.not_on_roll", number=poll.number, place=poll.place, electorate=poll.electorate.value)
    choices = possible(poll, chosen)
    mine = {b.entry: b.choices for b in voter.ballots if b.voter == voter.resident}
    changed = tuple(p.entry for p in voter.places if mine.get(p.entry) != choices)
    waiting = sum(not p.confirmed for p in voter.places)
    return Cast(choices, changed, len(voter.places), waiting, voter.against(choices))


def possible(poll: Poll, chosen: Sequence[int]) -> tuple[int, ...]:
    """The choice in order, each option once. Refused: no such option, too many, or 弃权 (都不同意) together with another."""
    choices = tuple(sorted(set(chosen)))
    there = {c.number: c for c in poll.proposal.choices}
    if not choices or any(n not in there for n in choices):
        raise Refused("polls.no_such_option", number=poll.number, most=len(there))
    alone = next((there[n] for n in choices if there[n].stance), None)
    if alone and len(choices) > 1:
        raise Refused("polls.alone", option=alone.text)
    if len(choices) > poll.proposal.most:
        raise Refused("polls.too_many", number=poll.number, most=poll.proposal.most)
    return choices
