"""A poll that is open: put off its end, end it early, declare it void, remind, pass it on by hand; and its end by the clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from community.staff import covers, may
from community.times import parse_closing
from dialogue.words import Inbound, Kind, Link, Option, Purpose, Refused, Say, Step, To, ToAudience, ToContact, ToGroups, ToResident
from handlers.poll_faces import face, go, named, over, pasted, share_button
from storage import ballots, communities, matters, polls, rolls
from storage.database import Tx
from storage.rolls import Post
from surveys.ballots import Ballot
from surveys.polls import ClosingPutOff, Poll, PollState, PostedByHand, close, end_early, extend, may_extend, must_be_open, void
from surveys.tally import tally

words = {
    "extendpoll": "extend",
    "voidpoll": "void",
    "closepoll": "end",
    "remind": "remind",
    "share": "share",
    "shared": "posted",
    polls.CLOSES: "clock",
}
open_to = "given"
LONGER = (1, 3, 7)  # days, as buttons
SHORT = 60  # signs of options and figures in what is passed on by hand: the whole stays within 150


@dataclass(frozen=True, slots=True)
class State:
    """Which of the acts waits for its reason (and the new end, once said)."""

    word: str
    poll: int
    until: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """The poll, held against votes where it ends; the groups that are told; who has not voted; the officer's other polls."""

    zone: ZoneInfo
    poll: Poll | None = None
    ballots: tuple[Ballot, ...] = ()
    posts: tuple[Post, ...] = ()
    turnout: int = 0
    silent: int = 0  # people who can still be reminded
    listed: tuple[Poll, ...] = ()
    matter: bool = False  # 催办 12 may mean matter 12 as well


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    community, act = inbound.community, _act(state, inbound)
    zone = ZoneInfo(communities.community(tx, community).settings.timezone)
    if act == "clock":
        assert inbound.command is not None
        poll = polls.for_closing(tx, community, inbound.command.rest)
    else:
        number = _number(state, inbound)
        changes = act in ("extend", "void", "end")
        poll = (polls.for_change if changes else polls.by_number)(tx, community, number) if number else None
    matter = _unsure(inbound) and matters.by_number(tx, community, _number(state, inbound) or 0) is not None
    if poll is None or matter:
        return Situation(zone, poll, listed=tuple(polls.listed(tx, community)), matter=matter)
    counted = tuple(ballots.of_poll(tx, community, poll)) if act in ("clock", "end") else ()
    silent = len(rolls.people_of(tx, community, poll.id, unanswered=True)) if act == "remind" else 0
    posts = tuple(rolls.posts(tx, community, poll.path))
    return Situation(zone, poll, counted, posts, rolls.turnout(tx, community, poll.id), silent)


def step(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    act, poll = _act(state, inbound), situation.poll
    if inbound.command and inbound.command.kind not in ("", "polls"):
        raise Refused("menu.unclear", said=inbound.text)
    if act == "clock":
        return _clock(situation, inbound)
    if situation.matter:
        return _poll_or_matter(poll, inbound)
    if poll is None:
        return _which(situation, state, inbound)
    _allowed(poll, inbound, act)
    match act:
        case "remind":
            return _remind(situation, poll, inbound)
        case "share":
            return _share(situation, poll, inbound)
        case "posted":
            return _posted(poll, inbound)
        case "extend":
            return _extend(situation, poll, state, inbound)
    reason = _said(state, inbound)
    if act == "end":
        must_be_open(poll, inbound.now)
    if not reason:
        return _ask_reason(poll, State(_word(state, inbound), poll.number), inbound)
    assert inbound.who.resident is not None
    if act == "void":
        poll, voided = void(poll, reason, inbound.who.resident, inbound.now)
        return Step(None, (voided,), (_say(inbound, Say("polls.done", {"number": poll.number})), *_announce(situation, poll)))
    figures = tally((c.number for c in poll.proposal.choices), situation.ballots, poll.entitled)
    poll, ended = end_early(poll, figures, reason, inbound.who.resident, inbound.now)
    return Step(None, (ended,), (_say(inbound, Say("polls.done", {"number": poll.number})), *_announce(situation, poll)))


def _clock(situation: Situation, inbound: Inbound) -> Step:
    """Its time has come: every vote taken before is counted, none comes after."""
    poll = situation.poll
    if poll is None or poll.state is not PollState.OPEN:
        return Step(None)
    if inbound.now < poll.closes_at:
        return Step(None, (ClosingPutOff(poll.id, poll.closes_at),))
    figures = tally((c.number for c in poll.proposal.choices), situation.ballots, poll.entitled)
    poll, closed = close(poll, figures, inbound.now)
    return Step(None, (closed,), _announce(situation, poll))


def _announce(situation: Situation, poll: Poll) -> tuple[Say, ...]:
    """What came of it, to the groups, to those on the roll, and to whoever began it; at night it waits for the morning."""
    once = f"{poll.state}-{poll.id}"
    groups = tuple(over(poll, ToGroups(post.area), Purpose.RESULT, once) for post in situation.posts)
    voters = over(poll, ToAudience(poll.area, voters_of=poll.id), Purpose.RESULT, once)
    return (*groups, voters, over(poll, ToResident(poll.author), Purpose.RESULT, once))


def _extend(situation: Situation, poll: Poll, state: State | None, inbound: Inbound) -> Step:
    assert inbound.who.resident is not None
    if state and state.until and not inbound.command:
        until, reason = state.until, inbound.text.strip()
    else:
        found, reason = _until(_said(state, inbound), inbound.now, situation.zone)
        if found is None:
            must_be_open(poll, inbound.now)
            return _ask_until(poll, situation.zone, inbound)
        until = found
    if not reason:
        may_extend(poll, until, inbound.now)
        return _ask_reason(poll, State("extendpoll", poll.number, until), inbound)
    poll, extended = extend(poll, until, reason, inbound.who.resident, inbound.now)
    told = {"number": poll.number, "title": poll.proposal.title, "closes_at": until, "reason": reason}
    groups = tuple(Say("polls.extended", told, (go(poll),), ToGroups(post.area), Purpose.NEWS) for post in situation.posts)
    voters = Say("polls.extended", told, (go(poll),), ToAudience(poll.area, voters_of=poll.id), Purpose.NEWS)
    return Step(None, (extended,), (_say(inbound, Say("polls.done", {"number": poll.number})), *groups, voters))


def _until(said: str, now: datetime, zone: ZoneInfo) -> tuple[datetime | None, str]:
    """到 12月5日 20:00 人还没齐: the longest beginning that is a time, and the reason behind it."""
    words_ = said.split()
    for cut in range(len(words_), 0, -1):
        if until := parse_closing(" ".join(words_[:cut]), now, zone):
            return until, " ".join(words_[cut:])
    return None, ""


def _remind(situation: Situation, poll: Poll, inbound: Inbound) -> Step:
    if not poll.takes_votes(inbound.now):
        raise Refused("polls.over", number=poll.number, title=poll.proposal.title)
    told = {**face(poll), "turnout": situation.turnout}
    unanswered = ToAudience(poll.area, unanswered=poll.id)
    left = poll.entitled - situation.turnout
    mine = {"number": poll.number, "people": situation.silent, "left": left, "electorate": poll.electorate.value}
    says = [_say(inbound, Say("polls.reminded", mine, (share_button(poll),)))]
    if situation.silent:
        says.append(Say("polls.reminder", told, (go(poll),), unanswered, Purpose.REMINDER))
    return Step(None, says=tuple(says))


def _share(situation: Situation, poll: Poll, inbound: Inbound) -> Step:
    """The text to put into an ordinary WeChat group by hand; whoever did so presses 已转发."""
    figures, counts = poll.figures, list[dict[str, Any]]()
    for choice in poll.proposal.choices if figures and not poll.too_few else ():
        counts.append({"text": choice.text, "votes": figures.votes[choice.number] if figures else 0})
    if sum(len(c["text"]) + 4 for c in counts) > SHORT:
        counts = []
    told = {
        **face(poll),
        "what": _what(poll, inbound),
        "turnout": figures.voted if figures else situation.turnout,
        "counts": counts,
        "few": poll.too_few,
        "link": Link("door", f"polls/{poll.number}"),
    }
    done = Option(f"shared polls {poll.number}", key="polls.button_shared")
    return Step(None, says=(_say(inbound, Say("polls.share", told, (done,), picture=told["link"])),))


def _posted(poll: Poll, inbound: Inbound) -> Step:
    assert inbound.who.resident is not None
    posted = PostedByHand(f"{inbound.id}-0", poll.id, _what(poll, inbound), inbound.who.resident, inbound.now)
    told = {"number": poll.number, "at": inbound.now}
    return Step(None, (posted,), (_say(inbound, Say("polls.posted", told, pasted(poll, inbound.now))),))


def _what(poll: Poll, inbound: Inbound) -> str:
    if poll.state is PollState.VOIDED:
        return "voided"
    return "open" if poll.takes_votes(inbound.now) else "result"


# --- asking for what was not said -------------------------------------------------------------------------------------


def _which(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    """催票 without a number: the polls it may be about, as buttons."""
    number, word = _number(state, inbound), _word(state, inbound)
    if number:
        raise Refused("polls.unknown", number=number)
    running = word in ("extendpoll", "closepoll", "remind")
    mine = [p for p in situation.listed if _may(p, inbound, word) and (not running or p.takes_votes(inbound.now))]
    if not mine:
        raise Refused("polls.none_to_act_on")
    options = tuple(replace(named(p), payload=f"{word} polls {p.number}") for p in mine[:8])
    return Step(None, says=(_say(inbound, Say("polls.which_poll", options=options)),))


def _poll_or_matter(poll: Poll | None, inbound: Inbound) -> Step:
    assert inbound.command is not None
    number = {"number": inbound.command.number}
    remind = (Option(f"remind polls {inbound.command.number}", key="polls.button_remind", values=number),) if poll else ()
    see = Option(f"progress matters {inbound.command.number}", key="polls.button_matter", values=number)
    return Step(None, says=(_say(inbound, Say("polls.poll_or_matter", number, (*remind, see))),))


def _ask_until(poll: Poll, zone: ZoneInfo, inbound: Inbound) -> Step:
    longer = (poll.closes_at + timedelta(days=days) for days in LONGER)
    word = f"extendpoll polls {poll.number}"
    options = tuple(Option(f"{word} {at.astimezone(zone):%Y-%m-%d %H:%M}", key="polls.button_until", values={"at": at}) for at in longer)
    told = {"number": poll.number, "closes_at": poll.closes_at}
    return Step(State("extendpoll", poll.number), says=(_say(inbound, Say("polls.ask_until", told, options, asks=True)),))


def _ask_reason(poll: Poll, state: State, inbound: Inbound) -> Step:
    told = {"number": poll.number, "title": poll.proposal.title, "word": state.word}
    return Step(state, says=(_say(inbound, Say("polls.ask_reason", told, asks=True)),))


# --- small readings ---------------------------------------------------------------------------------------------------


def _allowed(poll: Poll, inbound: Inbound, act: str) -> None:
    """A leader acts on polls of their own; staff on every poll of their area. Passing on is for everybody who leads there."""
    if not _may(poll, inbound, _acts()[act]):
        raise Refused("polls.not_author", number=poll.number)


def _may(poll: Poll, inbound: Inbound, word: str) -> bool:
    who = inbound.who
    act = "share" if word == "shared" else word
    if act == "share" and any(covers(poll.path, role.path) and may((role,), "share", role.path) for role in who.roles):
        return True  # a poll of everybody is also for the leader of a building to pass on
    if not may(who.roles, act, poll.path):
        return False
    staff = any(role.name in ("staff", "admin") and covers(role.path, poll.path) for role in who.roles)
    return staff or act in ("share", "remind") or poll.author == who.resident


def _acts() -> dict[str, str]:
    return {"extend": "extendpoll", "void": "voidpoll", "end": "closepoll", "remind": "remind", "share": "share", "posted": "share"}


def _word(state: State | None, inbound: Inbound) -> str:
    if inbound.command and inbound.command.word != "resume":
        return inbound.command.word
    return state.word if state else ""


def _act(state: State | None, inbound: Inbound) -> str:
    return words.get(_word(state, inbound), "")


def _number(state: State | None, inbound: Inbound) -> int | None:
    if inbound.command and inbound.command.word != "resume":
        return inbound.command.number
    return state.poll if state else None


def _said(state: State | None, inbound: Inbound) -> str:
    """The words behind the number, or those that answer our question."""
    if inbound.command:
        return inbound.command.rest.strip() if inbound.command.word != "resume" else ""
    return inbound.text.strip() if state and inbound.kind is Kind.TEXT else ""


def _unsure(inbound: Inbound) -> bool:
    return inbound.command is not None and inbound.command.word == "remind" and not inbound.command.kind


def _say(inbound: Inbound, line: Say) -> Say:
    """The officer's own answer: in private, also when it was said in the group."""
    to: To | None = None if inbound.private else ToContact(inbound.who.contact)
    return replace(line, to=to)
