"""A 公示 being written: what was typed so far, which question about it is open, and what each further message makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from community import notice_drafts
from community.areas import Area
from community.notice_drafts import DraftFault, Typed
from dialogue.words import Inbound, Kind

WIZARD = ("title", "body", "category", "period", "area")
FIELDS = (*WIZARD, "openness", "signed", "phone", "attachments")
ATTACHED = 9  # files at most


@dataclass(frozen=True, slots=True)
class State:
    """What was typed, which question is open (a field, faults, personal, edit or preview), which of the wizard's are still to come."""

    typed: Typed = field(default_factory=Typed)
    asks: str = "title"
    ahead: tuple[str, ...] = ()
    files: tuple[str, ...] = ()  # media digests
    cleared: bool = False  # telephones, rooms … may stand there: said for these very words
    version: int = 1


@dataclass(frozen=True, slots=True)
class Desk:
    """Where and when it is written; `own` the one area of the officer, "" when there are several."""

    today: date
    zone: ZoneInfo
    places: tuple[Area, ...]
    own: str
    phone: str


def hear(desk: Desk, state: State | None, act: str, inbound: Inbound) -> tuple[State | None, tuple[DraftFault, ...]]:
    """The draft after this message, and the lines that cannot be read. None: it is dropped."""
    said = inbound.command.rest if inbound.command else inbound.text.strip()
    if act == "begin" and not said:
        return State(ahead=WIZARD[1:]), ()
    if act == "begin":
        typed, faults = notice_drafts.read(said.split("\n"))
        ahead = WIZARD[1:] if "\n" not in said else ()
        return following(desk, State(typed, "", ahead, _files(inbound))), faults
    if state is None or act == "cancel":
        return None, ()
    match act:
        case "anyway":
            return following(desk, replace(state, cleared=True)), ()
        case "skip":
            return following(desk, state), ()
        case "edit":
            return replace(state, asks="edit", ahead=()), ()
        case "ask" if said in FIELDS:
            return replace(state, asks=said, ahead=()), ()
        case "set":
            name, _, value = said.partition(" ")
            return following(desk, _put(state, name, value)), ()
        case "" if inbound.command is None:
            return _heard(desk, state, said, inbound)
    return state, ()


def following(desk: Desk, state: State) -> State:
    """The wizard's next question, else what nobody can do without, else the preview."""
    ahead = state.ahead
    while ahead:
        name, ahead = ahead[0], ahead[1:]
        if not (getattr(state.typed, name) or (name == "area" and desk.own)):
            return replace(state, asks=name, ahead=ahead)
    asks = "title" if not state.typed.title else "body" if not state.typed.body else ""
    asks = asks or ("area" if not state.typed.area and not desk.own else "preview")
    return replace(state, asks=asks, ahead=())


def _heard(desk: Desk, state: State, said: str, inbound: Inbound) -> tuple[State, tuple[DraftFault, ...]]:
    """Words in answer to the open question, lines that say themselves what they change, or files that belong to it."""
    if files := _files(inbound):
        asks = "attachments" if state.asks in ("attachments", "preview") else state.asks
        return replace(state, files=(*state.files, *files)[:ATTACHED], asks=asks), ()
    if state.asks in ("title", "faults") and "\n" in said:
        typed, faults = notice_drafts.read(said.split("\n"))
        return following(desk, replace(state, typed=typed, ahead=(), cleared=False)), faults
    if amended := notice_drafts.amend(state.typed, said):
        return following(desk, replace(state, typed=amended[0])), amended[1]
    if state.asks == "body" and said:
        typed, faults = notice_drafts.read((state.typed.title, *said.split("\n")))
        kept = {name: getattr(typed, name) or getattr(state.typed, name) for name in FIELDS}
        return following(desk, replace(state, typed=Typed(**kept), cleared=False)), faults
    if state.asks in FIELDS and state.asks != "attachments" and said:
        return following(desk, _put(state, state.asks, said)), ()
    return state, ()


def _put(state: State, name: str, value: str) -> State:
    if name not in (*FIELDS, "approver"):
        return state
    cleared = state.cleared and name not in ("title", "body")
    return replace(state, typed=replace(state.typed, **{name: value}), cleared=cleared)


def _files(inbound: Inbound) -> tuple[str, ...]:
    return tuple(a.digest for a in inbound.attachments if a.digest and inbound.kind in (Kind.PHOTO, Kind.FILE, Kind.TEXT))
