"""What becomes of a matter (事项), and what its author and neighbours can do about it: ask, join, add, press, take back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from community.matters import Add, Matter, MatterState, Nudge, Second, Withdraw, advance
from community.staff import may
from dialogue.words import Command, Inbound, Kind, Option, Refused, Say, Step, ToContact
from handlers.matter_faces import LIST, LONG, button, due, face, found, known_resident, officers, place_of, short, to_handler, zone
from storage import addressees, doors, matters, outbox, residents
from storage.database import Tx
from storage.matters import Public, Word

words = {
    "progress": "progress",
    "second": "second",
    "add": "add",
    "withdraw_matter": "withdraw",
    "matter_withdraw": "withdraw",
    "nudge": "nudge",
}
open_to = "browsing"
LISTED = 8
ELSEWHERE = {"polls": "vote", "surveys": "survey", "notices": "notices"}  # 进度 投票3 is 投票 3
DONE = (MatterState.ANSWERED, MatterState.CLOSED)


@dataclass(frozen=True, slots=True)
class State:
    """The matter whose owner was asked for the words or pictures to add."""

    number: int
    version: int = 1


@dataclass(frozen=True, slots=True)
class Handler:
    """Who sees to a matter: their office ("" where nobody can be written to), and how they are called ("" before anybody took it on)."""

    role: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """The matter spoken of as its owner sees it and as neighbours do, or the lists of what concerns the speaker."""

    matter: Matter | None = None
    public: Public | None = None
    handler: Handler = Handler("grid")
    said: tuple[Word, ...] = ()
    due: datetime | None = None
    today: Any = None
    household: str = ""
    mine: tuple[Matter, ...] = ()
    joined: tuple[Matter, ...] = ()
    waiting: tuple[Matter, ...] = ()


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    act, number, who = _act(inbound), _number(tx, state, inbound), inbound.who
    if act == "elsewhere":
        return Situation()
    if number is None and act == "progress":
        mine = matters.of_resident(tx, inbound.community, who.resident) if who.resident else []
        joined = matters.supported_by(tx, inbound.community, who.resident) if who.resident else []
        return Situation(mine=tuple(mine), joined=tuple(joined), waiting=tuple(matters.open_for(tx, inbound.community, who.roles)))
    matter = found(tx, inbound, number, change=act != "progress")
    here = zone(tx, inbound)
    return Situation(
        matter,
        matters.public_by_number(tx, inbound.community, matter.number),
        _handler(tx, inbound, matter),
        tuple(matters.thread(tx, inbound.community, matter.id)) if act == "progress" else (),
        due(matter, here),
        inbound.now.astimezone(here).date(),
        place_of(tx, inbound).household,
    )


def step(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    act = _act(inbound)
    if act == "elsewhere":
        assert inbound.command is not None
        if inbound.command.kind not in ELSEWHERE:
            raise Refused("matters.which", (LIST,))
        there = Command(ELSEWHERE[inbound.command.kind], "", inbound.command.number)
        return Step(None, again=(replace(inbound, id=f"{inbound.id}a", command=there),))
    if situation.matter is None:
        return _list(situation, inbound)
    match act:
        case "progress":
            return _progress(situation, inbound)
        case "second":
            return _second(situation, inbound)
        case "withdraw":
            return _withdraw(situation, inbound)
        case "nudge":
            return _nudge(situation, inbound)
    return _add(situation, inbound)


def _act(inbound: Inbound) -> str:
    """The act; words without a command answer the open question: what is to be added?"""
    if inbound.command is None or inbound.command.word == "resume":
        return "add"
    if inbound.command.word == "progress" and inbound.command.kind not in ("", "matters"):
        return "elsewhere"
    return words[inbound.command.word]


def _number(tx: Tx, state: State | None, inbound: Inbound) -> int | None:
    """Which matter: the one named, the one replied to, the one asked about, else the one spoken of just now."""
    command = inbound.command
    if command and command.number is not None and command.word != "resume":
        return command.number
    if inbound.question and command:
        group = doors.group_at(tx, inbound.channel, inbound.chat) if inbound.chat else None
        if payload := outbox.button_of(tx, inbound, group.id if group else "", " matters "):
            return int(payload.split(" ")[2])
    if command is None or command.word == "resume":
        return state.number if state else None
    if command.word in ("add", "nudge", "withdraw_matter") and inbound.who.resident:
        mine = [m for m in matters.of_resident(tx, inbound.community, inbound.who.resident) if m.open]
        return mine[0].number if len(mine) == 1 else None
    return None


def _handler(tx: Tx, inbound: Inbound, matter: Matter) -> Handler:
    if matter.handler is None:
        return Handler(addressees.reached(tx, inbound.community, "grid", matter.area, inbound.now))
    roles = residents.roles_of(tx, inbound.community, matter.handler, inbound.now.date())
    return Handler(roles[0].name if roles else "staff", residents.name_of(tx, inbound.community, matter.handler))


# --- where it stands --------------------------------------------------------------------------------------------------


def _list(s: Situation, inbound: Inbound) -> Step:
    if not inbound.private:
        raise Refused("menu.privately")
    shown = dict.fromkeys([*s.mine[:LISTED], *s.joined[:3], *s.waiting[:LISTED]])
    if not shown:
        return Step(None, says=(Say("matters.none_yet", options=(Option("menu", key="menu.button"),)),))
    listed = {"mine": _rows(s.mine), "joined": _rows(s.joined[:3]), "waiting": _rows(s.waiting), "waits": len(s.waiting)}
    options = tuple(Option(f"progress matters {m.number}", key="matters.button_number", values={"number": m.number}) for m in shown)
    about = tuple({m.author for m in shown} - {inbound.who.resident})
    return Step(None, says=(Say("matters.list", listed, options, about=about),))


def _rows(found: tuple[Matter, ...]) -> list[dict[str, Any]]:
    return [face(matter) for matter in found[:LISTED]]


def _progress(s: Situation, inbound: Inbound) -> Step:
    matter, me = s.matter, inbound.who.resident
    assert matter is not None
    aloud = not inbound.private and inbound.kind is not Kind.CHOICE
    near = matter.belongs_to(me) or me in matter.supporters or me == matter.handler
    handles = may(inbound.who.roles, "accept", matter.path)
    if aloud or not (near or handles):
        return Step(None, says=(_aloud(s, inbound),))
    inside = matter.belongs_to(me) or me == matter.handler or handles  # neighbours who joined see masked words only
    shown = matter.text if inside else s.public.summary if s.public else ""
    last = next((w for w in reversed(s.said) if w.what in ("answered", "closed", "judged", "not_accepted") and w.text), None)
    told = {
        **face(matter, shown),
        "text": short(shown, LONG),
        "role": s.handler.role,
        "handler": s.handler.name,
        "due": s.due,
        "late": s.due is not None and inbound.now > s.due,
        "asked": matter.open and matter.state not in DONE,
        "answer": short(last.text, LONG) if last else "",
        "answered_at": last.at if last else None,
        "verdict": f"matters.verdict_{matter.verdict}" if matter.verdict else "",
        "joined": len(matter.supporters),
        "added": [short(w.text, 120) for w in s.said if w.what == "added" and w.text][-3:] if inside else [],
        "photos": sum(len(w.media) for w in s.said) if inside else 0,
        "supervised": matter.supervised,
    }
    about = tuple({matter.author, *([matter.handler] if matter.handler else [])} - {me})
    to = None if inbound.private else ToContact(inbound.who.contact)
    return Step(None, says=(Say("matters.progress", told, _buttons(matter, inbound, handles), to, about=about),))


def _buttons(matter: Matter, inbound: Inbound, handles: bool) -> tuple[Option, ...]:
    mine = matter.belongs_to(inbound.who.resident)
    found: list[Option] = []
    if mine and matter.state in DONE and matter.solved is None:
        found.append(button("rate", matter, "matters.button_rate"))
    if matter.open and (mine or inbound.who.resident in matter.supporters):
        found.append(button("add", matter, "matters.button_add"))
    if matter.open and mine:
        found += [button("nudge", matter, "matters.button_nudge"), button("withdraw_matter", matter, "matters.button_withdraw")]
    return (*found, *(officers(matter, staff=inbound.who.holds("staff")) if handles and matter.open else ()))


def _aloud(s: Situation, inbound: Inbound) -> Say:
    """What anybody may hear: number, kind, place, how far; the masked words of wishes and ideas. Never who."""
    matter, seen = s.matter, s.public
    assert matter is not None
    assert seen is not None
    if not matter.public:
        raise Refused("matters.not_public", number=matter.number)
    told = {
        **face(matter, seen.summary),
        "place": seen.place,
        "joined": seen.supporters,
        "verdict": f"matters.verdict_{seen.verdict}" if seen.verdict else "",
    }
    join = matter.kind == "idea" and matter.open
    return Say("matters.progress_aloud", told, (button("second", matter, "matters.button_second"),) if join else ())


# --- what can be done about it ----------------------------------------------------------------------------------------


def _second(s: Situation, inbound: Inbound) -> Step:
    matter = s.matter
    assert matter is not None
    if not matter.public:
        raise Refused("matters.not_public", number=matter.number)
    after, events = advance(matter, Second(s.household), known_resident(inbound), inbound.now)
    told = {**face(after, s.public.summary if s.public else ""), "joined": len(after.supporters)}
    more = button("progress", after, "matters.button_progress") if inbound.private else button("second", after, "matters.button_second")
    return Step(None, events, (Say("matters.seconded", told, (more,)),))


def _add(s: Situation, inbound: Inbound) -> Step:
    matter, me = s.matter, known_resident(inbound)
    assert matter is not None
    text = inbound.command.rest if inbound.command else inbound.text.strip()
    media = tuple(a.digest for a in inbound.attachments if a.digest)
    if not text and not media:
        if not (matter.belongs_to(me) or me in matter.supporters):
            raise Refused("matters.supporters_only", number=matter.number)
        return Step(State(matter.number), says=(Say("matters.what_to_add", face(matter), asks=True),))
    after, events = advance(matter, Add(text, media), me, inbound.now)
    told = {**face(after), "text": short(text, LONG), "photos": len(media)}
    return Step(None, events, (Say("matters.added", face(after)), to_handler(after, "matters.duty_added", told, officers(after), media)))


def _withdraw(s: Situation, inbound: Inbound) -> Step:
    """Said with a reason or tapped twice it is taken back; the bare word asks first."""
    matter, me = s.matter, known_resident(inbound)
    assert matter is not None
    assert inbound.command is not None
    after, events = advance(matter, Withdraw(inbound.command.rest), me, inbound.now)
    if inbound.command.word == "withdraw_matter" and not inbound.command.rest:
        sure = (
            button("matter_withdraw", matter, "matters.button_sure", aside=False),
            button("progress", matter, "matters.button_keep", aside=False),
        )
        return Step(None, says=(Say("matters.withdraw_sure", face(matter), sure),))
    told = {**face(after), "text": short(inbound.command.rest, LONG)}
    return Step(None, events, (Say("matters.withdrawn", face(after)), to_handler(after, "matters.duty_withdrawn", told)))


def _nudge(s: Situation, inbound: Inbound) -> Step:
    matter = s.matter
    assert matter is not None
    after, events = advance(matter, Nudge(s.today), known_resident(inbound), inbound.now)
    told = {**face(after), "text": short(after.text, LONG), "raised_at": after.raised_at, "due": s.due}
    hears = {**face(after), "role": s.handler.role, "handler": s.handler.name}
    about = (after.handler,) if after.handler and after.handler != inbound.who.resident else ()
    return Step(None, events, (Say("matters.nudged", hears, about=about), to_handler(after, "matters.duty_nudged", told, officers(after))))
