"""How a poll looks: its face before and while people vote, its result after; the buttons that go with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dialogue.words import Link, Option, Purpose, Say, To
from surveys.polls import Electorate, Poll, PollState

LIST = Option("vote", key="polls.button_list", aside=True)


def face(poll: Poll) -> dict[str, Any]:
    """What every text that shows a poll says of it."""
    return {
        "number": poll.number,
        "title": poll.proposal.title,
        "explanation": poll.proposal.explanation,
        "basis": poll.proposal.basis,
        "choices": [{"number": choice.number, "text": choice.text} for choice in poll.proposal.choices],
        "most": poll.proposal.most,
        "place": poll.place,
        "electorate": poll.electorate.value,
        "secrecy": poll.secrecy.value,
        "office": poll.office,
        "entitled": poll.entitled,
        "closes_at": poll.closes_at,
    }


def over(poll: Poll, to: To | None, purpose: Purpose = Purpose.REPLY, once: str = "") -> Say:
    """What came of a poll: its figures, that it is void, or that it is being counted."""
    named = {"number": poll.number, "title": poll.proposal.title}
    if poll.state is PollState.VOIDED:
        return Say("polls.voided", {**named, "reason": poll.reason}, to=to, purpose=purpose, once=once)
    if poll.figures is None:
        return Say("polls.over", named, to=to, purpose=purpose, once=once)
    figures = poll.figures
    told = {
        **named,
        "electorate": poll.electorate.value,
        "counts": [{"text": c.text, "votes": figures.votes[c.number]} for c in poll.proposal.choices if not poll.too_few],
        "most": poll.proposal.most,
        "entitled": figures.entitled,
        "voted": figures.voted,
        "conflicts": figures.conflicts,
        "waiting": figures.waiting,
        "early": poll.reason if poll.closed_at and poll.closed_at < poll.closes_at else "",
        "secrecy": poll.secrecy.value,
    }
    board = Option(key="polls.button_board", aside=True, link=Link("board", f"polls/{poll.number}"))
    return Say("polls.result", told, (board,), to, purpose, once=once)


def go(poll: Poll) -> Option:
    """去投票: in a group, too, it answers in private."""
    return Option(f"vote {poll.number}", key="polls.button_vote")


def share_button(poll: Poll) -> Option:
    """转发到微信群: its text, link and QR for an ordinary group."""
    return Option(f"share polls {poll.number}", key="polls.button_share", aside=True)


def pasted(poll: Poll, now: datetime) -> tuple[Option, ...]:
    """录群里的接龙, where neighbours may answer one under another: by household, and while it is open."""
    fits = poll.takes_votes(now) and poll.electorate is not Electorate.PEOPLE
    return (Option(f"jielong polls {poll.number}", key="polls.button_jielong", aside=True),) if fits else ()


def meant_by(poll: Poll, place: int) -> dict[str, Any]:
    """What 投票12 may have meant: poll and option."""
    return {"number": poll.number, "title": poll.proposal.title, "place": place, "text": poll.proposal.choices[place - 1].text}


def change(poll: Poll) -> Option:
    """改."""
    return Option(f"revote {poll.number}", key="polls.button_change", aside=True)


def named(poll: Poll) -> Option:
    """A poll by its number and title, in a list."""
    return Option(f"vote {poll.number}", key="polls.button_named", values={"number": poll.number, "title": poll.proposal.title})


def option(poll: Poll, number: int) -> Option:
    """One option as a button: it carries its place, whatever it is called."""
    return Option(f"vote {poll.number} #{number}", text=poll.proposal.choices[number - 1].text)


def options(poll: Poll, picked: tuple[int, ...]) -> tuple[Option, ...]:
    """The options as buttons; where several may be chosen they are ticked first and cast together."""
    if poll.proposal.most == 1:
        return tuple(option(poll, choice.number) for choice in poll.proposal.choices)
    ticks = tuple(
        Option(f"vote_pick {poll.number} #{choice.number}", text=("✓ " if choice.number in picked else "") + choice.text)
        for choice in poll.proposal.choices
    )
    return (*ticks, Option(f"vote_cast {poll.number}", key="polls.button_cast", aside=True)) if picked else ticks


def texts(poll: Poll, numbers: tuple[int, ...]) -> list[str]:
    """The words of these options, in order."""
    return [choice.text for choice in poll.proposal.choices if choice.number in numbers]
