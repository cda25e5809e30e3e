"""What somebody wants to say: a 微心愿, 金点子 or 诉求 gets its number at once; free words are sorted, never refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from community.answering import of_us
from community.matters import Add, Category, ConfirmKind, Matter, MatterId, MatterKind, MatterRaised, advance
from dialogue.numerals import number as as_number
from dialogue.words import Command, Inbound, Kind, Option, Refused, Say, Step
from handlers.matter_drafts import Draft, album_of, courtesy, draft_of, pictures_of
from handlers.matter_faces import (
    LONG,
    Place,
    button,
    due,
    face,
    found,
    known_resident,
    officers,
    place_of,
    raised_says,
    related,
    short,
    to_handler,
    zone,
)
from storage import addressees, communities, inbox, matters
from storage.database import Tx

words = {
    "free": "free",
    "wish": "raise",
    "idea": "raise",
    "request": "raise",
    "matter_ask": "raise",
    "free_given": "free",
    "matter_file": "file",
    "matter_ok": "ok",
    "matter_other": "other",
    "matter_set": "set",
    "matter_add": "add",
    "matter_new": "new",
    "matter_talk": "talk",
}
open_to = "given"

KINDS = (MatterKind.REQUEST, MatterKind.WISH, MatterKind.IDEA)
LATELY = timedelta(minutes=30)  # words or pictures so soon after a matter most likely belong to it
SAME = timedelta(days=1)
MENU = Option("menu", key="menu.button", aside=True)


@dataclass(frozen=True, slots=True)
class State:
    """A question that waits: what `said` (the id of a message) is to become, the words of a `kind` that was named alone, or the
    words for a `picture` (the id of its message)."""

    said: str = ""
    kind: str = ""
    picture: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """What might be raised or added, what was said before, and the matter spoken of."""

    place: Place
    draft: Draft | None = None
    number: int = 0
    same: Matter | None = None
    lately: Matter | None = None
    album: Matter | None = None
    matter: Matter | None = None
    due: datetime | None = None
    staffed: bool = False  # whether anybody reads what is passed on
    repeated: bool = False  # another picture of an album that was asked about already


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    me, act, place = known_resident(inbound), _act(inbound), place_of(tx, inbound)
    number = inbound.command.number if inbound.command else None
    if act in ("ok", "other", "set"):
        matter = found(tx, inbound, number, change=True)
        staffed = bool(addressees.reached(tx, inbound.community, "grid", matter.area, inbound.now))
        return Situation(place, matter=matter, due=due(matter, zone(tx, inbound)), staffed=staffed)
    kind = state.kind if state and inbound.private and not courtesy(inbound.text) else ""
    draft = draft_of(tx, inbound, kind, act, state.picture if state else "")
    if act == "add":
        return Situation(place, draft, matter=found(tx, inbound, number, change=True))
    same = matters.said_before(tx, inbound.community, me, draft.text, inbound.now - SAME) if draft.kind and draft.text else None
    fresh = bool(draft.kind and draft.text and not same)
    bare = as_number(inbound.text) if act == "free" and len(inbound.text) < 8 else None
    mark = album_of(inbound) if act == "free" else ""
    return Situation(
        place,
        draft,
        number=communities.next_number(tx, inbound.community, "matters") if fresh else 0,
        same=same,
        lately=matters.lately(tx, inbound.community, me, inbound.now - LATELY) if act == "free" else None,
        album=matters.with_album(tx, inbound.community, me, mark) if mark else None,
        matter=matters.by_number(tx, inbound.community, bare) if bare else None,
        staffed=fresh and bool(addressees.reached(tx, inbound.community, "grid", place.area, inbound.now)),
        repeated=bool(mark) and pictures_of(tx, inbound).begun,
    )


def step(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    if inbound.command and inbound.command.word == "resume":
        return _asked_again(state)
    match _act(inbound):
        case "raise" | "file":
            return _with(_raise(situation, inbound), _not_kept(inbound))
        case "ok" | "other" | "set":
            return _sort(situation, inbound)
        case "add":
            return _add(situation, inbound)
        case "new":
            return _propose(situation, inbound) if situation.draft and situation.draft.text else _which_words(situation.draft)
        case "talk":
            return Step(None, says=(Say("matters.only_talk", options=(MENU,)),))
    if not inbound.private:
        if not inbound.text.strip():
            return Step(None)
        raise Refused("menu.privately")
    return _free(situation, state, inbound) if inbound.text.strip() else _wordless(situation, state, inbound)


def _act(inbound: Inbound) -> str:
    return words.get(inbound.command.word, "free") if inbound.command else "free"


# --- raising it -------------------------------------------------------------------------------------------------------


def _raise(s: Situation, inbound: Inbound) -> Step:
    """It has its number from now on; what it is and whom it concerns is proposed, its author says."""
    me, draft = known_resident(inbound), s.draft
    if draft is None or not draft.text:
        return _words_wanted(draft.kind if draft else "request")
    if s.same:
        return Step(None, says=(Say("matters.same", face(s.same), (button("progress", s.same, "matters.button_progress"),)),))
    raised = MatterRaised(
        id=MatterId(f"{inbound.id}-0"),
        number=s.number,
        kind=MatterKind(draft.kind),
        category=Category(draft.category or "other"),
        text=draft.text,
        author=me,
        area=s.place.area,
        at=inbound.now,
        household=s.place.household,
        media=draft.media,
        summary=draft.summary,
        album=draft.album,
    )
    return Step(None, (raised,), raised_says(raised, s.place.path, staffed=s.staffed))


def _words_wanted(kind: str) -> Step:
    asked = {"wish": Say("matters.ask_wish", asks=True), "idea": Say("matters.ask_idea", asks=True)}
    return Step(State(kind=kind), says=(asked.get(kind, Say("matters.ask_request", asks=True)),))


def _sort(s: Situation, inbound: Inbound) -> Step:
    """【对】, 【换一类】, and what it is instead."""
    matter, me = s.matter, known_resident(inbound)
    assert matter is not None
    assert inbound.command is not None
    if inbound.command.word == "matter_other":
        classes = [button("matter_set", matter, f"sorting.{c}", c.value, aside=False) for c in Category if c is not matter.category]
        kinds = [button("matter_set", matter, f"sorting.{k}", k.value, aside=False) for k in KINDS if k is not matter.kind]
        return Step(None, says=(Say("matters.choose", face(matter), (*classes, *kinds)),))
    kind, category, said = matter.kind, matter.category, inbound.command.rest
    if said in set(KINDS):
        kind = MatterKind(said)
    elif said in set(Category):
        category = Category(said)
    after, events = advance(matter, ConfirmKind(kind, category), me, inbound.now)
    shown = (button("progress", after, "matters.button_progress"), button("add", after, "matters.button_add"))
    return Step(None, events, (Say("matters.confirmed", {**face(after), "due": s.due, "staffed": s.staffed}, shown),))


def _add(s: Situation, inbound: Inbound) -> Step:
    """【是】: those words or pictures belong to it."""
    assert s.matter is not None
    assert s.draft is not None
    after, events = advance(s.matter, Add(s.draft.text, s.draft.media), known_resident(inbound), inbound.now)
    told = {**face(after), "text": short(s.draft.text, LONG), "photos": len(s.draft.media)}
    hears = to_handler(after, "matters.duty_added", told, officers(after), s.draft.media)
    return Step(None, events, (Say("matters.added", face(after)), hears))


# --- free words and pictures ------------------------------------------------------------------------------------------


def _free(s: Situation, state: State | None, inbound: Inbound) -> Step:
    """Sorted, never refused: to be raised, to be added to what they spoke of just now, to be answered, or only talk."""
    us, lost = of_us(inbound.text), _not_kept(inbound)
    sort = "chat" if courtesy(inbound.text) else "question" if us else inbound.findings.sort
    if s.draft and s.draft.kind:
        return _with(_raise(s, inbound), lost)
    if s.matter:
        see = button("progress", s.matter, "matters.button_see", aside=False)
        return Step(state, says=(Say("matters.number_meant", face(s.matter, ""), (see,)),))
    if sort == "chat":
        return _asked_again(state) if state and state.said else _with(_chat(state, inbound), lost)
    if s.lately and not us and related(s.lately, sort, inbound.findings.category):
        return _with(_belongs(s.lately, inbound, "matters.add_words"), lost)
    if sort == "question":
        return Step(None, says=lost, again=(replace(inbound, id=f"{inbound.id}a", command=Command("ask_free", rest=inbound.text)),))
    return _with(_propose(s, inbound), lost)


def _chat(state: State | None, inbound: Inbound) -> Step:
    """One friendly sentence; words that may have been meant otherwise can still be taken down."""
    meant = Option(f"matter_file request {inbound.id[: inbox.ID]}", key="matters.button_request", aside=True)
    options = (MENU,) if courtesy(inbound.text) or len(inbound.text) < 4 else (meant, MENU)
    return Step(state, says=(Say("matters.chat", options=options),))


def _wordless(s: Situation, state: State | None, inbound: Inbound) -> Step:
    """A picture is asked about or joined to its matter; for what we cannot read there is one sentence and a person."""
    if inbound.kind is Kind.VOICE:
        return _unread(state, inbound)
    if lost := _not_kept(inbound):
        return Step(state, says=lost)
    if not (s.draft and s.draft.media):
        return _unread(state, inbound)
    if s.album:
        _, events = advance(s.album, Add("", s.draft.media), known_resident(inbound), inbound.now)
        return Step(state, events)
    if s.repeated:
        return Step(state)
    if state and state.kind:
        return Step(state, says=(Say("matters.words_too", asks=True),))
    if state and state.said:
        return _asked_again(state, "matters.propose_picture")
    return _belongs(s.lately, inbound, "matters.add_picture") if s.lately else _which_words(s.draft)


def _unread(state: State | None, inbound: Inbound) -> Step:
    if inbound.kind is Kind.VOICE:
        people = (Option("callme", key="humans.button_call"), Option("human", key="menu.word_human"), MENU)
        return Step(state, says=(Say("matters.voice", options=people),))
    if inbound.kind is Kind.PLACE:
        return Step(state, says=(Say("matters.place", options=(MENU,)),))
    return Step(state, says=(Say("matters.chat", options=(MENU,)),))


def _propose(s: Situation, inbound: Inbound) -> Step:
    assert s.draft is not None
    return Step(
        State(said=s.draft.message, picture=s.draft.picture),
        says=(Say("matters.propose", {"said": short(s.draft.text, 60)}, proposals(s.draft)),),
    )


def proposals(draft: Draft) -> tuple[Option, ...]:
    """What free words could become, the likeliest first."""
    likely = sorted(KINDS, key=lambda kind: kind.value != draft.sort)
    filed = [Option(f"matter_file {kind} {draft.message} {draft.picture}".rstrip(), key=f"matters.button_{kind}") for kind in likely]
    return (*filed, Option("matter_talk", key="matters.button_talk"))


def _asked_again(state: State | None, key: str = "matters.propose_again") -> Step:
    if state and state.kind:
        return _words_wanted(state.kind)
    if state and state.picture and not state.said:
        return Step(state, says=(Say("matters.picture_of_what"),))
    draft = Draft(message=state.said, picture=state.picture) if state else Draft()
    return Step(state, says=(Say(key, options=proposals(draft)),))


def _belongs(matter: Matter, inbound: Inbound, key: str) -> Step:
    """补充到事项45号？"""
    yes = button("matter_add", matter, "matters.button_yes_add", inbound.id, aside=False)
    other = (Option(f"matter_new {inbound.id}", key="matters.button_another"), Option("matter_talk", key="matters.button_talk"))
    return Step(None, says=(Say(key, face(matter), (yes, *other)),))


def _which_words(draft: Draft | None) -> Step:
    """A picture without words: what is it about? Its words may also come as 诉求 …, so nothing else is kept from being said."""
    return Step(State(picture=draft.message if draft else ""), says=(Say("matters.picture_of_what"),))


def _not_kept(inbound: Inbound) -> tuple[Say, ...]:
    """Why a picture or file could not be kept, once each."""
    reasons = dict.fromkeys(a.name for a in inbound.attachments if not a.digest and a.name.startswith("media."))
    return tuple(Say(reason) for reason in reasons)


def _with(done: Step, before: tuple[Say, ...]) -> Step:
    return replace(done, says=(*before, *done.says))
