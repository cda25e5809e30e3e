"""Votes, changes and conflicts in any order: what the poll counts agrees with a recount written another way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.words import Refused, ResidentId
from handlers.poll_faces import over
from surveys.ballots import Ballot, Place, Voter, cast
from surveys.polls import Choice, Electorate, Figures, Poll, PollId, PollState, Proposal, Secrecy, Stance, close, end_early, extend, void
from surveys.tally import PrivateResult, Standing, rows, standing, tally
from web.board import shares

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CHOICES = (Choice(1, "东门"), Choice(2, "西门"), Choice(3, "都不同意", Stance.NONE_OF_THESE), Choice(4, "弃权", Stance.ABSTAIN))
POLL = Poll(
    id=PollId("p"),
    number=3,
    proposal=Proposal("车棚", CHOICES),
    area="b3",
    path="幸福里/3号楼",
    electorate=Electorate.HOMES,
    secrecy=Secrecy.PRIVATE,
    author=ResidentId("r"),
    office="leader",
    opened_at=NOW - timedelta(days=1),
    closes_at=NOW + timedelta(days=1),
    entitled=6,
)
TWO = replace(POLL, proposal=replace(POLL.proposal, most=2))


def ballot(entry: str, voter: str, *choices: int, confirmed: bool = True) -> Ballot:
    return Ballot(entry, ResidentId(voter), choices, confirmed, NOW)


@pytest.mark.parametrize(
    ("ballots", "verdict", "choices"),
    [
        ([ballot("502", "zhang", 1)], Standing.COUNTED, {1}),
        ([ballot("502", "zhang", 1), ballot("502", "chen", 1)], Standing.COUNTED, {1}),
        ([ballot("502", "zhang", 1), ballot("502", "chen", 2)], Standing.CONFLICT, set()),
        ([ballot("502", "zhang", 1), ballot("502", "chen", 4)], Standing.CONFLICT, set()),
        ([ballot("502", "zhang", 1, confirmed=False)], Standing.WAITING, set()),
        # a stranger's claim must not spoil the vote of a home
        ([ballot("502", "zhang", 1), ballot("502", "stranger", 2, confirmed=False)], Standing.COUNTED, {1}),
    ],
)
def test_what_a_home_comes_to(ballots: list[Ballot], verdict: Standing, choices: set[int]) -> None:
    assert standing(ballots) == (verdict, choices)


@dataclass(frozen=True)
class Vote:
    home: int
    member: int
    choices: tuple[int, ...]


MEMBERS = 3
HOMES = 6
votes = st.builds(
    Vote,
    st.integers(0, HOMES - 1),
    st.integers(0, MEMBERS - 1),
    st.one_of(st.sampled_from([(1,), (2,), (3,), (4,)]), st.sampled_from([(1, 2)])),
)
confirmations = st.fixed_dictionaries({(h, m): st.booleans() for h in range(HOMES) for m in range(MEMBERS)})


@given(st.lists(votes, max_size=40), confirmations)
def test_the_count_agrees_with_a_recount(sequence: list[Vote], confirmed: dict[tuple[int, int], bool]) -> None:
    """Play the sequence through `cast` as the house does; recount from the last word of each member."""
    kept: dict[tuple[str, str], Ballot] = {}
    for place, vote in enumerate(sequence):
        me, home = ResidentId(f"{vote.home}-{vote.member}"), f"h{vote.home}"
        certain = confirmed[vote.home, vote.member]
        there = tuple(b for (entry, _), b in kept.items() if entry == home)
        now = NOW + timedelta(seconds=place)
        done = cast(TWO, Voter(me, (Place(home, certain),), there), vote.choices, now)
        for entry in done.entries:
            kept[entry, me] = Ballot(entry, me, done.choices, certain, now)
        theirs = {(v.home, v.member): v.choices for v in sequence[: place + 1]}
        differ = {f"{h}-{m}" for (h, m), c in theirs.items() if h == vote.home and c != vote.choices and confirmed[h, m]}
        assert set(done.others) == (differ if certain else set())
    figures = tally((c.number for c in CHOICES), kept.values(), HOMES)

    last = {(v.home, v.member): v.choices for v in sequence}
    counts: Counter[int] = Counter()
    conflicts = waiting = voted = 0
    for home in range(HOMES):
        said = [c for (h, m), c in last.items() if h == home and confirmed[h, m]]
        unsure = [c for (h, m), c in last.items() if h == home and not confirmed[h, m]]
        if not said:
            waiting += bool(unsure)
        elif all(c == said[0] for c in said):
            voted += 1
            counts.update(said[0])
        else:
            conflicts += 1
    assert figures == Figures({n: counts[n] for n in (1, 2, 3, 4)}, HOMES, voted, conflicts, waiting)


def test_several_homes_are_several_votes_and_one_word() -> None:
    voter = Voter(ResidentId("wang"), (Place("301", True), Place("302", True), Place("303", False)))
    done = cast(POLL, voter, (2,), NOW)
    assert (done.entries, done.votes, done.waiting) == (("301", "302", "303"), 3, 1)


def test_saying_the_same_again_changes_nothing() -> None:
    voter = Voter(ResidentId("zhang"), (Place("502", True),), (ballot("502", "zhang", 1),))
    assert cast(POLL, voter, (1,), NOW).entries == ()
    assert cast(POLL, voter, (2,), NOW).entries == ("502",)


ZHANG = Voter(ResidentId("zhang"), (Place("502", True),))
LATE = POLL.closes_at


@pytest.mark.parametrize(
    ("poll", "voter", "chosen", "now", "code"),
    [
        (POLL, ZHANG, (1,), LATE, "polls.over"),  # the very instant of closing is too late
        (replace(POLL, state=PollState.FINAL), ZHANG, (1,), NOW, "polls.over"),
        (replace(POLL, state=PollState.VOIDED), ZHANG, (1,), NOW, "polls.over"),
        (POLL, replace(ZHANG, places=()), (1,), NOW, "polls.not_on_roll"),
        (POLL, ZHANG, (5,), NOW, "polls.no_such_option"),
        (POLL, ZHANG, (0,), NOW, "polls.no_such_option"),
        (POLL, ZHANG, (), NOW, "polls.no_such_option"),
        (POLL, ZHANG, (1, 2), NOW, "polls.too_many"),
        (TWO, ZHANG, (1, 4), NOW, "polls.alone"),
        (TWO, ZHANG, (2, 3), NOW, "polls.alone"),
    ],
)
def test_what_is_refused(poll: Poll, voter: Voter, chosen: tuple[int, ...], now: datetime, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        cast(poll, voter, chosen, now)
    assert refusal.value.key == code


def test_the_last_moment_before_closing_counts() -> None:
    assert cast(POLL, ZHANG, (1,), LATE - timedelta(microseconds=1)).entries == ("502",)


ME = ResidentId("me")
FIGURES = Figures({1: 2, 2: 1, 3: 0, 4: 1}, 6, 4, 1, 0)


def test_a_poll_goes_its_way() -> None:
    longer, extended = extend(POLL, LATE + timedelta(days=1), "人没齐", ME, NOW)
    assert extended.closes_at == longer.closes_at == LATE + timedelta(days=1)
    ended, closed = end_early(longer, FIGURES, "都投了", ME, NOW)
    assert (ended.state, ended.closed_at, closed.reason, closed.by) == (PollState.FINAL, NOW, "都投了", ME)
    assert close(POLL, FIGURES, LATE)[1].by is None
    assert void(ended, "名单错", ME, NOW)[0].state is PollState.VOIDED


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda: extend(POLL, LATE, "x", ME, NOW), "polls.extend_later"),
        (lambda: extend(POLL, LATE + timedelta(days=1), " ", ME, NOW), "polls.reason_needed"),
        (lambda: extend(POLL, LATE + timedelta(days=2), "x", ME, LATE), "polls.over"),
        (lambda: end_early(POLL, FIGURES, "", ME, NOW), "polls.reason_needed"),
        (lambda: end_early(replace(POLL, state=PollState.FINAL), FIGURES, "x", ME, NOW), "polls.over"),
        (lambda: void(replace(POLL, state=PollState.VOIDED), "x", ME, NOW), "polls.voided"),
        (lambda: extend(replace(POLL, state=PollState.VOIDED), LATE + timedelta(days=2), "x", ME, NOW), "polls.voided"),
    ],
)
def test_what_an_officer_is_refused(act: object, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        act()  # type: ignore[operator]
    assert refusal.value.key == code


def test_a_private_result_has_no_place_for_who() -> None:
    assert {f.name for f in fields(PrivateResult)} == {"poll", "turnout"}
    assert {f.name for f in fields(Figures)} == {"votes", "entitled", "voted", "conflicts", "waiting"}


@pytest.mark.parametrize(("secrecy", "voted", "few"), [(Secrecy.PRIVATE, 4, True), (Secrecy.PRIVATE, 5, False), (Secrecy.OPEN, 1, False)])
def test_where_fewer_than_five_voted_in_private_only_the_turnout_is_told(secrecy: Secrecy, voted: int, few: bool) -> None:
    poll = close(replace(POLL, secrecy=secrecy), replace(FIGURES, voted=voted), LATE)[0]
    assert poll.too_few is few
    assert (over(poll, None).values["counts"] == []) is few
    assert (shares(poll) == []) is few
    assert not replace(poll, figures=None).too_few


def test_a_result_as_a_table_adds_up() -> None:
    poll = close(replace(POLL, secrecy=Secrecy.OPEN), FIGURES, LATE)[0]
    table = rows(PrivateResult(poll, 5))
    assert [(r.kind, r.text, r.votes) for r in table[:4]] == [("option", c.text, FIGURES.votes[c.number]) for c in CHOICES]
    others = {r.kind: r.votes for r in table[4:]}
    assert others == {"entitled": 6, "voted": 4, "conflict": 1, "waiting": 0, "silent": 1}
    private = rows(PrivateResult(replace(poll, secrecy=Secrecy.PRIVATE), 5))
    assert [r for r in private if r.kind != "option"] == private == table[4:]  # four voted: their votes would be known
    assert rows(PrivateResult(POLL, 5)) == []
    assert rows(PrivateResult(replace(poll, state=PollState.VOIDED), 5)) == []
