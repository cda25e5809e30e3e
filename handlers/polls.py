"""Vote: by button, number or words, only from those on the frozen roll, changeable until the end. What one chose is said in private."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from community.staff import covers, who_can
from dialogue import choosing
from dialogue.words import Command, Inbound, Kind, Option, Purpose, Refused, Say, Step, To, ToContact, ToResident
from handlers import standing
from handlers.poll_faces import LIST, change, face, go, meant_by, named, option, options, over, texts
from storage import ballots, polls, residents, rolls
from storage.database import Tx
from surveys.ballots import BallotCast, Voter, cast
from surveys.polls import Poll, PollState

words = {"vote": "vote", "revote": "revote", "vote_pick": "pick", "vote_cast": "cast"}
open_to = "browsing"
LISTED = 8


@dataclass(frozen=True, slots=True)
class State:
    """The poll whose question is open, and what was ticked so far where several options may be chosen."""

    poll: int
    picked: tuple[int, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """What the speaker may see: the poll they speak of, their place on its roll, and all polls that concern them."""

    poll: Poll | None = None
    voter: Voter | None = None
    turnout: int = 0
    listed: tuple[Poll, ...] = ()
    here: str | None = None  # in a group: the place it belongs to
    homes: tuple[str, ...] = ()


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    who = inbound.who
    homes = tuple(h.path for h in residents.homes_of(tx, who.community, who.resident)) if who.resident else ()
    here = standing.here(tx, inbound)
    number = _number(state, inbound)
    reads = polls.open_for_vote if _votes(state, inbound) else polls.by_number
    poll = reads(tx, inbound.community, number) if number else None
    if poll is None:
        return Situation(listed=tuple(polls.listed(tx, inbound.community)), here=here, homes=homes)
    voter = None
    if who.resident:
        entries = rolls.entries_for_vote if _votes(state, inbound) else rolls.entries_of
        places = tuple(entries(tx, inbound.community, poll, who.resident))
        cast_before = ballots.of_entries(tx, inbound.community, poll, [p.entry for p in places])
        voter = Voter(who.resident, places, tuple(cast_before))
    return Situation(poll, voter, rolls.turnout(tx, inbound.community, poll.id), here=here, homes=homes)


def step(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    poll = situation.poll
    if poll is None:
        number = _number(state, inbound)
        return _unknown(situation, inbound, number) if number else _list(situation, inbound)
    if not _may_see(situation, inbound, poll):
        whose: dict[str, Any] = {"number": poll.number, "place": poll.place, "electorate": poll.electorate.value}
        if not situation.homes:
            raise Refused("polls.register_first", (Option("iam", key="claims.button_register"),), **whose)
        raise Refused("polls.not_on_roll", **whose)
    act = words.get(inbound.command.word, "") if inbound.command else ""
    if act == "pick" and inbound.command and len(places := _places(inbound.command.rest)) == 1:
        return _pick(situation, state, inbound, places[0])
    if state and inbound.command is None and poll.proposal.most > 1:
        one = choosing.choose(inbound.text, [choice.text for choice in poll.proposal.choices])
        if isinstance(one, choosing.Chosen):
            return _pick(situation, state, inbound, one.index + 1)
    if _votes(state, inbound):
        return _vote(situation, state, inbound)
    if not inbound.private and inbound.kind is not Kind.CHOICE:
        return _aloud(situation, poll)
    return _show(situation, inbound, again=act == "revote")


# --- voting -----------------------------------------------------------------------------------------------------------


def _vote(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    poll = situation.poll
    assert poll is not None
    chosen = _chosen(poll, state, inbound)
    if isinstance(chosen, Step):
        return chosen
    if situation.voter is None:
        agree = Option("consent", key="consents.button_agree")
        return Step(None, says=(Say("polls.consent_first", {"number": poll.number}, (agree,), to=_me(inbound)),))
    done = cast(poll, situation.voter, chosen, inbound.now)
    me = situation.voter.resident
    origin = "page" if inbound.channel == "page" else "chat"
    events = (BallotCast(f"{inbound.id}-0", poll.id, me, done.entries, done.choices, origin, inbound.now),) if done.entries else ()
    told = {
        "number": poll.number,
        "title": poll.proposal.title,
        "chosen": texts(poll, done.choices),
        "closes_at": poll.closes_at,
        "votes": done.votes,
        "waiting": done.waiting,
        "conflict": bool(done.others),
    }
    says = [Say("polls.voted", told, (change(poll),), to=_me(inbound))]
    if done.entries:
        conflict = {"number": poll.number, "title": poll.proposal.title, "closes_at": poll.closes_at}
        says += [Say("polls.conflict", conflict, (change(poll),), ToResident(o), Purpose.OWN_MATTER) for o in done.others]
    if not inbound.private:
        says.append(Say("menu.received"))
    return Step(None, events, tuple(says))


def _chosen(poll: Poll, state: State | None, inbound: Inbound) -> tuple[int, ...] | Step:
    """What they chose; or a step that asks, or that hands what they said to whom it concerns."""
    command = inbound.command
    if command and words.get(command.word) == "cast":
        if not state or not state.picked:
            raise Refused("polls.nothing_picked", number=poll.number)
        return state.picked
    said = command.rest if command else inbound.text
    if said.startswith("#"):  # buttons: the options in these places, whatever they are called
        return _places(said)
    found = choosing.choose(said, [choice.text for choice in poll.proposal.choices])
    match found:
        case choosing.Chosen(index):
            return (index + 1,)
        case choosing.Several(indices):
            return tuple(index + 1 for index in indices)
        case choosing.AskWhich(indices):
            both = tuple(option(poll, index + 1) for index in indices)
            return Step(state, says=(Say("polls.which", {"number": poll.number, "said": said[:20]}, both, to=_me(inbound)),))
    if command or found.reason == "out_of_range":
        raise Refused("polls.no_such_option", number=poll.number, most=len(poll.proposal.choices))
    if found.reason == "courtesy":
        return Step(state, says=(Say("polls.courtesy", {"number": poll.number}, options(poll, ()), most=poll.proposal.most),))
    return Step(None, again=(replace(inbound, id=f"{inbound.id}a", command=Command("free", rest=inbound.text)),))


def _pick(situation: Situation, state: State | None, inbound: Inbound, number: int) -> Step:
    """Tick an option or untick it, where several may be chosen."""
    poll = situation.poll
    assert poll is not None
    if not poll.takes_votes(inbound.now):
        raise Refused("polls.over", number=poll.number, title=poll.proposal.title)
    before = set(state.picked) if state and state.poll == poll.number else set()
    alone = {choice.number for choice in poll.proposal.choices if choice.stance}
    picked = before ^ {number} if number not in alone else {number}
    picked -= alone - {number}
    if len(picked) > poll.proposal.most:
        raise Refused("polls.too_many", number=poll.number, most=poll.proposal.most)
    now = tuple(sorted(picked))
    told = {"number": poll.number, "chosen": texts(poll, now), "left": 0 if picked & alone else poll.proposal.most - len(now)}
    return Step(State(poll.number, now), says=(Say("polls.picked", told, options(poll, now), to=_me(inbound), most=poll.proposal.most),))


# --- showing ----------------------------------------------------------------------------------------------------------


def _show(situation: Situation, inbound: Inbound, *, again: bool) -> Step:
    """The poll to somebody in private, with their own choice if they made one."""
    poll, voter, me = situation.poll, situation.voter, _me(inbound)
    assert poll is not None
    mine = voter.own() if voter else None
    own = mine and {
        "number": poll.number,
        "title": poll.proposal.title,
        "chosen": texts(poll, mine.choices),
        "cast_at": mine.cast_at,
        "origin": mine.origin,
        "open": poll.takes_votes(inbound.now),
        "conflict": bool(voter and voter.against(mine.choices)),
        "waiting": sum(not p.confirmed for p in voter.places) if voter else 0,
        "closes_at": poll.closes_at,
    }
    if not poll.takes_votes(inbound.now):
        says = [over(poll, me)]
        return Step(None, says=(*says, Say("polls.mine", own, to=me)) if own else tuple(says))
    if own and not again:
        return Step(None, says=(Say("polls.mine", own, (change(poll),), to=me),))
    if voter is None or not voter.places:
        claim = () if situation.homes else (Option("iam", key="menu.word_iam"),)
        told = {**face(poll), "turnout": situation.turnout, "home": bool(situation.homes)}
        return Step(None, says=(Say("polls.watch", told, claim, to=me),))
    entered = voter.entered()
    told = {**face(poll), "votes": len(voter.places), "waiting": sum(not p.confirmed for p in voter.places)}
    told["entered"] = texts(poll, entered.choices) if entered else []
    return Step(State(poll.number), says=(Say("polls.ask", told, options(poll, ()), to=me, most=poll.proposal.most),))


def _aloud(situation: Situation, poll: Poll) -> Step:
    """The poll in a group: how many took part, never who chose what."""
    if poll.state is not PollState.OPEN:
        return Step(None, says=(over(poll, None),))
    told = {**face(poll), "turnout": situation.turnout}
    return Step(None, says=(Say("polls.aloud", told, (go(poll),)),))


def _list(situation: Situation, inbound: Inbound) -> Step:
    aloud = None if inbound.kind is not Kind.CHOICE else _me(inbound)
    there = [poll for poll in situation.listed if _concerns(situation, inbound, poll)]
    running = [poll for poll in there if poll.takes_votes(inbound.now)]
    ended = [poll for poll in there if not poll.takes_votes(inbound.now)][:3]
    running_ = [{"number": p.number, "title": p.proposal.title, "closes_at": p.closes_at} for p in running[:LISTED]]
    over_ = [{"number": p.number, "title": p.proposal.title} for p in ended]
    buttons = tuple(named(poll) for poll in (*running[:LISTED], *ended))
    if not buttons:
        return Step(None, says=(Say("polls.none", {"home": bool(situation.homes) or not inbound.private}, to=aloud),))
    return Step(None, says=(Say("polls.list", {"open": running_, "ended": over_}, buttons, to=aloud),))


def _unknown(situation: Situation, inbound: Inbound, number: int) -> Step:
    """投票12 where there is no poll 12: was option 2 of poll 1 meant? Asked, never guessed."""
    said = str(number)
    there = {poll.number: poll for poll in situation.listed if poll.takes_votes(inbound.now) and _concerns(situation, inbound, poll)}
    meant = [(there.get(int(said[:cut])), int(said[cut:])) for cut in range(1, len(said)) if said[cut] != "0"]
    likely = tuple(
        Option(f"vote {poll.number} #{place}", key="polls.button_meant", values=meant_by(poll, place))
        for poll, place in meant
        if poll and place <= len(poll.proposal.choices)
    )
    if likely and inbound.command and not inbound.command.rest:
        return Step(None, says=(Say("polls.meant", {"number": number}, (*likely, LIST), to=_me(inbound)),))
    raise Refused("polls.unknown", (LIST,), number=number)


# --- small readings ---------------------------------------------------------------------------------------------------


def _number(state: State | None, inbound: Inbound) -> int | None:
    """Which poll is spoken of: the one named, else the one whose question is open."""
    if inbound.command and inbound.command.word in words:
        return inbound.command.number
    return state.poll if state else None


def _votes(state: State | None, inbound: Inbound) -> bool:
    """Whether this chooses something, so that poll and roll must be held until the end of the turn."""
    command = inbound.command
    if command is None:
        return state is not None
    act = words.get(command.word, "")
    if act == "pick":  # 1、4 said at once is the whole choice; one alone is only ticked
        return len(_places(command.rest)) > 1
    return act == "cast" or (act in ("vote", "revote") and command.number is not None and bool(command.rest))


def _places(rest: str) -> tuple[int, ...]:
    """#1 #4 -> 1, 4"""
    return tuple(int(place) for place in rest.replace("#", "").split())


def _may_see(situation: Situation, inbound: Inbound, poll: Poll) -> bool:
    """A building's poll is for its people and officers; that of the whole community for everybody."""
    return bool(situation.voter and situation.voter.places) or _concerns(situation, inbound, poll)


def _concerns(situation: Situation, inbound: Inbound, poll: Poll) -> bool:
    if not inbound.private and inbound.kind is not Kind.CHOICE:  # what is said aloud depends on the group, not on who asks
        return situation.here is not None and covers(poll.path, situation.here)
    officer = any(role.name in (*who_can("newpoll"), "grid", "admin") and covers(role.path, poll.path) for role in inbound.who.roles)
    return not poll.path or officer or any(covers(poll.path, home) for home in situation.homes)


def _me(inbound: Inbound) -> To | None:
    return None if inbound.private else ToContact(inbound.who.contact)
