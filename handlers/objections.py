"""异议 and 提问: whoever a 公示 or a poll concerns objects to it within its time, or asks about it; both get a number and an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from community.calendar import end_of
from community.notices import DISPUTE, UP, Contested, Notice, Objection, ObjectionId, Openness, Voice, object_to_poll, raise_objection
from community.questions import Question, QuestionAsked
from community.staff import may
from dialogue.words import Inbound, Option, Purpose, Refused, Say, Step, ToRole
from handlers.notice_faces import named
from handlers.standing import Standing, privately, standing
from storage import communities, notices, objections, polls, residents
from storage.database import Tx
from surveys.polls import Poll
from understanding.masking import mask

words = {"object": "object", "ask_about": "ask", "object_cancel": "cancel", "progress objections": "progress"}
open_to = "given"
LISTED = 8
_WORD = {"object": "object", "ask": "ask_about"}


@dataclass(frozen=True, slots=True)
class State:
    """What waits for its words or for its subject."""

    act: str = "object"
    kind: str = ""
    number: int | None = None
    said: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Subject:
    """A notice or a poll that is spoken of. `until`: the end of the time to object to it, None while a poll runs."""

    kind: str
    id: str
    number: int
    title: str
    area: str
    path: str
    until: datetime | None
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What may be meant, those against it already, and the number reserved for what is said now."""

    where: Standing
    heard: State
    subjects: tuple[Subject, ...] = ()
    before: tuple[Objection, ...] = ()
    number: int = 0
    name: str = ""
    mine: Objection | None = None
    answers: bool = False  # whether 异议N号 is theirs to answer


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    heard, where = hear(state, inbound), standing(tx, inbound)
    if heard.act == "cancel":
        return Situation(where, heard)
    if heard.act == "progress":
        mine = objections.by_number(tx, inbound.community, heard.number) if heard.number else None
        about = subject(tx, inbound.community, mine.against, mine.subject_number) if mine else None
        return Situation(where, heard, mine=mine, answers=bool(about and may(inbound.who.roles, "answer_objection", about.path)))
    if heard.number is None:
        return Situation(where, heard, tuple(s for s in _all(tx, inbound) if _may(s, heard.act, where, inbound)))
    kinds = (heard.kind,) if heard.kind else ("notices", "polls")
    found = [s for kind in kinds if (s := subject(tx, inbound.community, kind, heard.number, change=bool(heard.said)))]
    able = [s for s in found if _may(s, heard.act, where, inbound)]
    if len(able) != 1 or not heard.said:
        return Situation(where, heard, tuple(able or found))
    before = tuple(objections.of_subject(tx, inbound.community, able[0].kind, able[0].id))
    name = residents.name_of(tx, inbound.community, inbound.who.resident or "")
    if heard.act == "object" and _same(before, heard.said, inbound):
        return Situation(where, heard, tuple(able), before)
    series = "objections" if heard.act == "object" else "questions"
    return Situation(where, heard, tuple(able), before, communities.next_number(tx, inbound.community, series), name)


def step(s: Situation, state: State | None, inbound: Inbound) -> Step:
    if s.heard.act == "cancel":
        return Step(None, says=(Say("notices.cancelled", to=privately(inbound)),))
    if s.heard.act == "progress":
        return _progress(s, inbound)
    if not s.subjects:
        if s.heard.number is not None:
            raise Refused("notices.no_such_subject", number=s.heard.number, kind=s.heard.kind)
        raise Refused("notices.nothing_here", act=s.heard.act)
    if len(s.subjects) > 1 or (s.heard.number is None and s.heard.act == "ask"):
        options = tuple(named(one.kind, one.number, one.title, _WORD[s.heard.act]) for one in s.subjects[:LISTED])
        asked = Say("notices.which", {"act": s.heard.act, "number": s.heard.number}, (*options, _cancel()), privately(inbound))
        return Step(s.heard, says=(asked,))
    one = s.subjects[0]
    _check(one, s, inbound)
    if not s.heard.said or s.heard.number is None:
        told = {"kind": one.kind, "number": one.number, "title": one.title, "until": one.until}
        asked = Say(f"notices.words_{s.heard.act}", told, (_cancel(),), privately(inbound), asks=True)
        return Step(State(s.heard.act, one.kind, one.number), says=(asked,))
    return _object(one, s, inbound) if s.heard.act == "object" else _ask(one, s, inbound)


def hear(state: State | None, inbound: Inbound) -> State:
    """What they want, about what, in which words, put together from what was said before."""
    command = inbound.command
    if command is None or command.word == "resume":
        before = state or State()
        said = "" if command else inbound.text.strip()
        return State(before.act, before.kind, before.number, said or before.said)
    act = words.get(f"{command.word} {command.kind}") or words.get(command.word, "cancel")
    before_ = state.said if state and state.act == act else ""
    return State(act, command.kind, command.number, command.rest.strip() or before_)


def subject(tx: Tx, community: int, kind: str, number: int, *, change: bool = False) -> Subject | None:
    """公示N号 or 投票N号; with `change` held, so that objections come one after the other and none after its end."""
    if kind == "notices":
        notice = (notices.for_change if change else notices.by_number)(tx, community, number)
        return _of_notice(notice) if notice else None
    poll = (polls.for_change if change else polls.by_number)(tx, community, number)
    return _of_poll(poll, _zone(tx, community)) if poll else None


def _all(tx: Tx, inbound: Inbound) -> list[Subject]:
    zone = _zone(tx, inbound.community)
    return [*map(_of_notice, notices.up(tx, inbound.community)), *(_of_poll(poll, zone) for poll in polls.listed(tx, inbound.community))]


def _object(one: Subject, s: Situation, inbound: Inbound) -> Step:
    already = _same(s.before, s.heard.said, inbound)
    if already:
        raise Refused("notices.objection_already", number=already.number)
    assert inbound.who.resident is not None
    home = s.where.home_in(one.path)
    voice = Voice(ObjectionId(f"{inbound.id}-0"), s.number, inbound.who.resident, home.household if home else "", s.heard.said)
    if one.notice:
        _, event = raise_objection(one.notice, voice, inbound.now)
    else:
        event = object_to_poll(Contested(one.id, one.number, one.until, len(s.before)), voice, inbound.now)
    told = {"number": s.number, "kind": one.kind, "about": one.number, "title": one.title, "text": event.text, "count": event.count}
    progress = Option(f"progress objections {s.number}", key="notices.button_progress", aside=True)
    duty = {**told, "name": s.name, "home": home.path if home else ""}
    answer = Option(f"answer_objection objections {s.number}", key="notices.button_answer", aside=True)
    says = (
        Say("notices.objected", told, (progress,), privately(inbound)),
        Say("notices.duty_objection", duty, (answer,), ToRole("staff", one.area), Purpose.DUTY),
    )
    return Step(None, (event,), says)


def _ask(one: Subject, s: Situation, inbound: Inbound) -> Step:
    assert inbound.who.resident is not None
    public = mask(s.heard.said, [s.name] if s.name else ())
    asked = Question(f"{inbound.id}-0", s.number, one.kind, one.id, one.number, inbound.who.resident, s.heard.said, public, inbound.now)
    told = {"number": s.number, "kind": one.kind, "about": one.number, "title": one.title, "text": s.heard.said}
    answer = Option(f"answer_question {s.number}", key="notices.button_answer", aside=True)
    says = (
        Say("notices.asked", told, to=privately(inbound)),
        Say("notices.duty_question", {**told, "name": s.name}, (answer,), ToRole("staff", one.area), Purpose.DUTY),
    )
    return Step(None, (QuestionAsked(asked),), says)


def _progress(s: Situation, inbound: Inbound) -> Step:
    """异议N号: its author reads it, and whoever answers it."""
    mine = s.mine
    if mine is None or not (mine.resident == inbound.who.resident or s.answers):
        raise Refused("notices.not_your_objection", number=s.heard.number or 0)
    about = {"kind": mine.against, "about": mine.subject_number}
    told = {"number": mine.number, **about, "text": mine.text, "answer": mine.answer, "at": mine.at}
    return Step(None, says=(Say("notices.objection", told, to=privately(inbound), about=(mine.resident,)),))


def _check(one: Subject, s: Situation, inbound: Inbound) -> None:
    """Say at once why it cannot be, and not only after they wrote."""
    if not _may(one, s.heard.act, s.where, inbound, ever=True):
        if s.where.waits(one.path):
            raise Refused("notices.still_waits")
        raise Refused("notices.not_in_scope", (Option("iam", key="menu.word_iam"),), place=one.path.replace("/", ""))
    if s.heard.act == "object" and not _in_time(one, inbound.now):
        raise Refused("notices.not_up" if one.notice else "notices.dispute_over", number=one.number)


def _may(one: Subject, act: str, where: Standing, inbound: Inbound, *, ever: bool = False) -> bool:
    """Asking is for whoever may read it; objecting for whoever has a home there, in its time."""
    if act == "ask":
        public = one.notice.openness is Openness.WEB if one.notice else not one.path
        return public or where.concerned(inbound, one.path)
    return where.home_in(one.path) is not None and (ever or _in_time(one, inbound.now))


def _in_time(one: Subject, now: datetime) -> bool:
    return (one.notice is None or one.notice.state in UP) and (one.until is None or now < one.until)


def _same(before: tuple[Objection, ...], said: str, inbound: Inbound) -> Objection | None:
    return next((o for o in before if o.resident == inbound.who.resident and o.text == said), None)


def _of_notice(notice: Notice) -> Subject:
    return Subject("notices", notice.id, notice.number, notice.text.title, notice.area, notice.path, notice.ends_at, notice)


def _of_poll(poll: Poll, zone: ZoneInfo) -> Subject:
    until = end_of((poll.closed_at + DISPUTE).astimezone(zone).date(), zone) if poll.closed_at else None
    return Subject("polls", poll.id, poll.number, poll.proposal.title, poll.area, poll.path, until)


def _zone(tx: Tx, community: int) -> ZoneInfo:
    return ZoneInfo(communities.community(tx, community).settings.timezone)


def _cancel() -> Option:
    return Option("object_cancel", key="notices.button_drop", aside=True)
