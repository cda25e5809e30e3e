"""Polls as they are kept: the frozen roll, votes that wait for a claim, and what happens when two turns meet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.turn import Done
from community.claims import As, ClaimConfirmed, ClaimEnded, ClaimId, ClaimMade, ClaimRefused
from dialogue.words import Inbound, ResidentId
from storage import areas, ballots, communities, contacts, due, polls, residents, rolls
from storage.areas import HomeFacts, Household
from storage.ballots import ballots as ballots_table
from storage.database import Tx
from surveys.polls import Choice, Electorate, Poll, PollId, PollOpened, PollState, Proposal, Secrecy, Stance
from surveys.tally import OpenResult, Standing, by_entry, standing
from tests.house import Hall

BUILDING = "幸福里/3号楼"
CHOICES = (Choice(1, "东门"), Choice(2, "西门"), Choice(3, "弃权", Stance.ABSTAIN))


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    """The house with everybody at home."""
    house = await Hall.open(database_url)
    await house.known(large=False)
    yield house
    await house.close()


async def opened(hall: Hall, **more: Any) -> Poll:
    """A poll of the building, opened now."""

    def begin(tx: Tx) -> Poll:
        number = communities.next_number(tx, 1, "polls")
        area = areas.by_path(tx, 1, more.get("path", BUILDING))
        assert area is not None
        poll = Poll(
            id=PollId(f"p{number}"),
            number=number,
            proposal=Proposal("车棚", CHOICES),
            area=area.id,
            path=area.path,
            electorate=Electorate.HOMES,
            secrecy=Secrecy.PRIVATE,
            author=ResidentId(_resident(tx, "老李")),
            office="leader",
            opened_at=hall.now,
            closes_at=hall.now + timedelta(days=1),
        )
        polls.record_opened(tx, 1, PollOpened(replace(poll, **{k: v for k, v in more.items() if k != "path"})))
        kept = polls.by_number(tx, 1, number)
        assert kept is not None
        return kept

    return await hall.database.transaction(begin)


def _resident(tx: Tx, name: str) -> str:
    contact = contacts.find(tx, "test", name)
    assert contact is not None
    return str(contacts.lock(tx, contact).speaker.resident)


async def moves_in(hall: Hall, name: str, room: str, *, as_: As = As.OWNER, confirmed: bool = True) -> str:
    """Somebody says they belong to a home; their claim's id."""

    def claim(tx: Tx) -> str:
        met = contacts.meet(tx, said(hall, name, "", hall.now), 1)
        who = ResidentId(met.speaker.person)
        residents.record_resident(tx, 1, who, met.speaker.person, name, hall.now)
        contacts.settle(tx, met.speaker.contact, consent="given", resident_id=who, reached=True)
        home = areas.household_by_path(tx, 1, f"{BUILDING}/{room}")
        assert home is not None
        number = communities.next_number(tx, 1, "claims")
        made = ClaimId(f"k{number}")
        residents.record_claim_made(tx, 1, ClaimMade(made, number, home.id, who, as_, name, hall.now))
        if confirmed:
            residents.record_claim_confirmed(tx, 1, ClaimConfirmed(made, home.id, who, as_, None, "code", hall.now))
        return made

    return await hall.database.transaction(claim)


async def read(hall: Hall, function: Callable[..., Any], *args: Any) -> Any:
    return await hall.database.read(function, *args)


async def heard(hall: Hall, name: str, text: str) -> str:
    """What somebody hears when they say this."""
    hall.hears(name)
    await hall.says(name, text)
    return "\n".join(line for message in hall.hears(name) for line in message.lines())


async def over(hall: Hall, poll: Poll) -> Poll:
    """The poll after its time has come."""
    await hall.moves_to(poll.closes_at)
    kept: Poll = await read(hall, polls.by_number, 1, poll.number)
    assert kept.state is PollState.FINAL
    assert kept.figures is not None
    return kept


# --- the roll ---------------------------------------------------------------------------------------------------------


async def test_the_roll_is_every_home_claimed_or_not_and_stays_as_it_was(hall: Hall) -> None:
    def build(tx: Tx, room: str, use: str) -> None:
        home = Household(f"x{room}", "a3-1", f"{BUILDING}/1单元/{room}", room, use, None, "fine")
        areas.record_household(tx, 1, home, HomeFacts())

    await hall.database.transaction(build, "B01", "车位")  # a parking place is no home
    poll = await opened(hall)
    assert poll.entitled == 24
    await hall.database.transaction(build, "701", "住宅")
    await moves_in(hall, "后来的", "1单元/701")
    assert "名单" in await heard(hall, "后来的", f"投票 {poll.number} 1")
    # but who moves into a home that is on the roll votes for it
    await moves_in(hall, "新邻居", "1单元/301")
    assert "您选：东门" in await heard(hall, "新邻居", f"投票 {poll.number} 1")


async def test_only_owners_vote_as_owners(hall: Hall) -> None:
    poll = await opened(hall, electorate=Electorate.OWNERS)
    assert "名单" in await heard(hall, "李叔", f"投票 {poll.number} 1")  # a tenant
    assert "您选：东门" in await heard(hall, "老李", f"投票 {poll.number} 1")
    people = await read(hall, lambda tx: rolls.people_of(tx, 1, poll.id, unanswered=False))
    tenant = await hall.database.transaction(_resident, "李叔")
    assert len(people) == 4
    assert tenant not in people


async def test_where_everybody_votes_each_member_of_a_home_has_a_vote(hall: Hall) -> None:
    poll = await opened(hall, electorate=Electorate.PEOPLE)
    assert poll.entitled == 5
    for name, choice in (("张阿姨", "1"), ("陈先生", "2"), ("李叔", "3")):
        assert "不一样" not in await heard(hall, name, f"投票 {poll.number} {choice}")
    await moves_in(hall, "后来的", "1单元/301")
    assert "名单" in await heard(hall, "后来的", f"投票 {poll.number} 1")
    figures = (await over(hall, poll)).figures
    assert figures is not None
    assert (dict(figures.votes), figures.entitled, figures.voted, figures.conflicts) == ({1: 1, 2: 1, 3: 1}, 5, 3, 0)


async def test_who_is_reminded(hall: Hall) -> None:
    poll = await opened(hall)
    everybody = await read(hall, lambda tx: rolls.people_of(tx, 1, poll.id, unanswered=False))
    await hall.says("张阿姨", f"投票 {poll.number} 1")
    silent = await read(hall, lambda tx: rolls.people_of(tx, 1, poll.id, unanswered=True))
    voted = [await hall.database.transaction(_resident, name) for name in ("张阿姨", "陈先生")]
    assert len(everybody) == 5
    assert sorted(silent) == sorted(set(everybody) - set(voted))  # her husband's home has voted


# --- votes that wait for a claim; several homes -----------------------------------------------------------------------


@pytest.mark.parametrize(("confirmed", "votes", "waiting"), [(True, 1, 0), (False, 0, 1)])
async def test_a_vote_waits_for_its_claim(hall: Hall, confirmed: bool, votes: int, waiting: int) -> None:
    poll = await opened(hall)
    claim = await moves_in(hall, "新邻居", "1单元/301", confirmed=False)
    assert "待确认" in await heard(hall, "新邻居", f"投票 {poll.number} 2")
    who = ResidentId(await hall.database.transaction(_resident, "新邻居"))
    if confirmed:
        event = ClaimConfirmed(ClaimId(claim), "a1-301", who, As.OWNER, None, "leader", hall.now)
        await hall.database.transaction(residents.record_claim_confirmed, 1, event)
    figures = (await over(hall, poll)).figures
    assert figures is not None
    assert (figures.votes[2], figures.waiting) == (votes, waiting)


async def test_a_strangers_claim_does_not_spoil_the_vote_of_a_home(hall: Hall) -> None:
    poll = await opened(hall)
    await hall.says("王女士", f"投票 {poll.number} 1")
    claim = await moves_in(hall, "外人", "2单元/301", confirmed=False)
    assert "不一样" not in await heard(hall, "外人", f"投票 {poll.number} 2")
    assert "不一样" not in await heard(hall, "王女士", f"投票 {poll.number}")
    refused = ClaimRefused(ClaimId(claim), "a2-301", ResidentId("x"), ResidentId("y"), "leader", "不认识", hall.now)
    who = ResidentId(await hall.database.transaction(_resident, "外人"))
    await hall.database.transaction(residents.record_claim_refused, 1, replace(refused, resident=who))
    figures = (await over(hall, poll)).figures
    assert figures is not None
    assert (figures.votes[1], figures.votes[2], figures.voted, figures.conflicts) == (1, 0, 1, 0)


async def test_several_homes_are_told_before_and_counted_each(hall: Hall) -> None:
    await moves_in(hall, "王女士", "2单元/302")
    poll = await opened(hall, electorate=Electorate.OWNERS)
    assert "您名下2套：本次按户计2票" in await heard(hall, "王女士", f"投票 {poll.number}")
    assert "按户计2票" in await heard(hall, "王女士", "1")
    assert (await over(hall, poll)).figures.votes[1] == 2  # type: ignore[union-attr]


# --- what is kept, and who reads it -----------------------------------------------------------------------------------


async def test_every_superseded_ballot_stays_on_record_and_none_in_clear(hall: Hall) -> None:
    poll = await opened(hall)
    for choice in ("1", "2", "2", "1"):
        await hall.says("李叔", f"投票 {poll.number} {choice}")
    kept = await read(hall, lambda tx: tx.all(select(ballots_table).order_by(ballots_table.c.cast_at)))
    assert [row.superseded_at is None for row in kept] == [False, False, True]
    assert all(b"[" not in row.choices[:1] and len(row.choices) > 40 for row in kept)
    own = await read(hall, lambda tx: ballots.of_poll(tx, 1, poll))
    assert [b.choices for b in own] == [(1,)]


async def test_who_chose_what_is_read_only_in_a_named_poll_by_those_on_its_roll(hall: Hall) -> None:
    secret = await opened(hall)
    named = await opened(hall, secrecy=Secrecy.OPEN)
    for poll in (secret, named):
        for name, choice in (("张阿姨", "1"), ("陈先生", "2"), ("李叔", "2")):
            await hall.says(name, f"投票 {poll.number} {choice}")
    tenant, officer = [await hall.database.transaction(_resident, name) for name in ("李叔", "小王")]
    assert not isinstance(await read(hall, polls.result, 1, named.number, tenant), OpenResult)  # not while it is open
    await over(hall, named)
    assert not isinstance(await read(hall, polls.result, 1, secret.number, tenant), OpenResult)
    for reader in ("", officer):
        assert not isinstance(await read(hall, polls.result, 1, named.number, reader), OpenResult)
    seen = await read(hall, polls.result, 1, named.number, tenant)
    assert isinstance(seen, OpenResult)
    assert [(n.who, [c.text for c in n.choices]) for n in seen.named] == [
        (f"{BUILDING}/1单元/201", ["西门"]),
        (f"{BUILDING}/2单元/502", []),  # they did not agree
    ]


async def test_who_moves_out_later_does_not_change_a_named_result(hall: Hall) -> None:
    poll = await opened(hall, secrecy=Secrecy.OPEN)
    await hall.says("李叔", f"投票 {poll.number} 2")
    tenant = ResidentId(await hall.database.transaction(_resident, "李叔"))
    await over(hall, poll)
    gone = ClaimEnded(ClaimId(f"k-{tenant}"), "a1-201", tenant, tenant, "搬走了", hall.now)
    await hall.database.transaction(residents.record_claim_ended, 1, gone)
    neighbour = await hall.database.transaction(_resident, "王女士")
    seen = await read(hall, polls.result, 1, poll.number, neighbour)
    assert isinstance(seen, OpenResult)
    assert [n.who for n in seen.named] == [f"{BUILDING}/1单元/201"]
    assert seen.poll.figures is not None
    assert seen.poll.figures.votes[2] == 1


async def test_an_extended_poll_is_not_closed_by_the_clock_of_before(hall: Hall) -> None:
    poll = await opened(hall)
    until = poll.closes_at + timedelta(days=2)
    await hall.says("老李", f"延长投票 {poll.number} 到 {until.astimezone(hall.now.tzinfo):%Y-%m-%d %H:%M} 人没齐")
    await hall.moves_to(poll.closes_at)
    kept = await read(hall, polls.by_number, 1, poll.number)
    assert (kept.state, kept.closes_at) == (PollState.OPEN, until)
    assert "您选：东门" in await heard(hall, "李叔", f"投票 {poll.number} 1")
    later = await over(hall, kept)
    assert later.closed_at == until
    assert await hall.database.transaction(due.take, until + timedelta(days=9)) is None


# --- when two turns meet ----------------------------------------------------------------------------------------------


def said(hall: Hall, name: str, text: str, at: datetime) -> Inbound:
    hall.said += 1
    number = f"{hall.said:012d}"
    return Inbound(channel="test", external_id=f"m{number}", address=name, name=name, text=text, id=f"m{number}", at=at)


def reply(done: Done) -> str:
    return "\n".join(words.text for words in done.replies)


async def test_two_owners_of_a_home_at_the_same_instant_are_a_conflict(hall: Hall) -> None:
    """Without the lock on the home's entry neither turn sees the other's ballot, and nobody is told."""
    for _ in range(25):
        poll = await opened(hall)
        both = [said(hall, name, f"投票 {poll.number} {n}", hall.now) for n, name in enumerate(("张阿姨", "陈先生"), 1)]
        done = await asyncio.gather(*(hall.take(inbound) for inbound in both))
        assert all("您选" in reply(d) for d in done)
        assert sum("不一样" in reply(d) for d in done) == 1  # whoever came second; the first is told by a message
        kept = await read(hall, lambda tx, p=poll: ballots.of_poll(tx, 1, p))
        assert [standing(members)[0] for members in by_entry(kept).values()] == [Standing.CONFLICT]


async def test_one_resident_on_two_channels_at_once_has_one_ballot(hall: Hall) -> None:
    def second_phone(tx: Tx) -> None:
        resident = _resident(tx, "李叔")
        met = contacts.meet(tx, said(hall, "李叔的平板", "", hall.now), 1)
        contacts.settle(tx, met.speaker.contact, consent="given", resident_id=resident, person=residents.person_of(tx, 1, resident))

    await hall.database.transaction(second_phone)
    for _ in range(15):
        poll = await opened(hall)
        both = [said(hall, name, f"投票 {poll.number} {n}", hall.now) for n, name in enumerate(("李叔", "李叔的平板"), 1)]
        done = await asyncio.gather(*(hall.take(inbound) for inbound in both))
        assert all("您选" in reply(d) for d in done)
        assert len(await read(hall, lambda tx, p=poll: ballots.of_poll(tx, 1, p))) == 1


async def test_exactly_the_votes_acknowledged_before_the_closing_count(hall: Hall) -> None:
    """Votes that arrived in the last second run beside the closing: each is counted or refused, none is neither or both."""
    homes = [f"{unit}单元/{floor}0{door}" for unit in (1, 2) for floor in range(1, 7) for door in (1, 2)]
    for home in homes:
        await moves_in(hall, f"住户{home}", home)
    for _ in range(8):
        poll = await opened(hall, closes_at=hall.now + timedelta(hours=1))
        before = poll.closes_at - timedelta(milliseconds=1)
        voters = [said(hall, f"住户{home}", f"投票 {poll.number} 1", before) for home in homes]
        hall.now = poll.closes_at
        first, second = voters[:6], voters[6:]  # the closing comes in among them
        results = await asyncio.gather(*map(hall.take, first), hall.clock.catch_up(), *map(hall.take, second))
        done = [result for result in results if isinstance(result, Done)]
        acknowledged = sum("您选" in reply(d) for d in done)
        refused = sum("截止" in reply(d) and "您选" not in reply(d) for d in done)
        kept = await read(hall, polls.by_number, 1, poll.number)
        assert acknowledged + refused == len(homes)
        assert kept.figures.votes[1] == acknowledged == await read(hall, rolls.turnout, 1, poll.id)
        assert "截止" in reply(await hall.take(said(hall, "李叔", f"投票 {poll.number} 1", poll.closes_at)))


async def test_exactly_the_votes_acknowledged_before_an_officer_ends_it_count(hall: Hall) -> None:
    """The same where the end does not come by the clock."""
    homes = [f"1单元/{floor}0{door}" for floor in range(2, 7) for door in (1, 2)]
    for home in homes:
        await moves_in(hall, f"住户{home}", home)
    for _ in range(8):
        poll = await opened(hall)
        voters = [said(hall, f"住户{home}", f"投票 {poll.number} 1", hall.now) for home in homes]
        ending = said(hall, "老李", f"结束投票 {poll.number} 都说过了", hall.now)
        done = await asyncio.gather(*map(hall.take, voters[:5]), hall.take(ending), *map(hall.take, voters[5:]))
        acknowledged = sum("您选" in reply(d) for d in done)
        kept = await read(hall, polls.by_number, 1, poll.number)
        assert kept.state is PollState.FINAL
        assert kept.figures.votes[1] == acknowledged == await read(hall, rolls.turnout, 1, poll.id)
