"""A 公示 that is up: passed on by hand into ordinary groups; and its end by the clock."""

from __future__ import annotations

from dataclasses import dataclass

from community.notices import UP, Notice, NoticePassedOn, end
from community.staff import may
from dialogue.words import Inbound, Link, Option, Purpose, Refused, Say, Step, ToGroups, ToRole
from handlers.notice_faces import named
from handlers.standing import privately
from storage import notices, objections, rolls
from storage.database import Tx

words = {notices.ENDS: "clock", "share notices": "share", "shared notices": "shared"}
open_to = "given"
State = None
LISTED = 8


@dataclass(frozen=True, slots=True)
class Situation:
    """The notice, how many objections to it are not answered, and where it was put up; or all that are up."""

    notice: Notice | None = None
    unanswered: int = 0
    posts: tuple[rolls.Post, ...] = ()
    listed: tuple[Notice, ...] = ()


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    command, here = inbound.command, inbound.community
    assert command is not None
    if command.word != notices.ENDS:
        notice = notices.by_number(tx, here, command.number) if command.number else None
        return Situation(notice, listed=tuple(notices.up(tx, here)) if not command.number else ())
    notice = notices.for_ending(tx, here, command.rest)
    if notice is None:
        return Situation()
    unanswered = sum(not o.answer for o in objections.of_subject(tx, here, "notices", notice.id))
    return Situation(notice, unanswered, tuple(rolls.posts(tx, here, notice.path)))


def step(s: Situation, state: None, inbound: Inbound) -> Step:
    assert inbound.command is not None
    if inbound.command.word == notices.ENDS:
        return _ended(s, inbound)
    if s.notice is None:
        return _which(s, inbound)
    notice = s.notice
    if not may(inbound.who.roles, "share", notice.path):
        raise Refused("notices.not_your_notice", number=notice.number)
    told = {"number": notice.number, "title": notice.text.title, "ends_on": notice.ends_on, "up": notice.state in UP}
    if inbound.command.word == "share":
        option = Option(f"shared notices {notice.number}", key="notices.button_shared")
        link = Link("door", f"notices/{notice.number}")
        text = Say("notices.share", {**told, "link": link}, (option,), privately(inbound), picture=link)
        return Step(None, says=(text,))
    assert inbound.who.resident is not None
    passed = NoticePassedOn(f"{inbound.id}-0", notice.id, "open" if notice.state in UP else "over", inbound.who.resident, inbound.now)
    return Step(None, (passed,), (Say("notices.passed_on", {"number": notice.number, "at": inbound.now}, to=privately(inbound)),))


def _ended(s: Situation, inbound: Inbound) -> Step:
    """Its period is over: how many objected and whether all are answered, to the groups it was put up in and to staff."""
    if s.notice is None:
        return Step(None)
    notice, events = end(s.notice, s.unanswered, inbound.now)
    if not events:
        return Step(None)
    told = {"number": notice.number, "title": notice.text.title, "objections": notice.objections, "unanswered": s.unanswered}
    groups = tuple(Say("notices.ended", told, to=ToGroups(post.area), purpose=Purpose.NEWS) for post in s.posts)
    answer = (Option("answer_objection", key="notices.button_answer", aside=True),) if s.unanswered else ()
    staff = Say("notices.ended", told, answer, ToRole("staff", notice.area), Purpose.DUTY)
    return Step(None, events, (*groups, staff))


def _which(s: Situation, inbound: Inbound) -> Step:
    """转发公示 without a number: those that are up, as buttons."""
    mine = [one for one in s.listed if may(inbound.who.roles, "share", one.path)][:LISTED]
    if not mine:
        raise Refused("notices.no_such_subject", number=inbound.command.number if inbound.command else None, kind="notices")
    options = tuple(named("notices", one.number, one.text.title, "share") for one in mine)
    return Step(None, says=(Say("notices.which", {"act": "share", "number": None}, options, privately(inbound)),))
