"""接龙: what neighbours wrote one under another in an ordinary WeChat group, pasted here, sorted to homes, entered after a look.

Only 征求意见 by household and questionnaires with one choice. Whoever of a home answers for themselves is heard instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from community import jielong
from community.jielong import Home, Pasted, Table
from community.staff import covers, may
from dialogue.words import Inbound, Kind, Option, Purpose, Refused, Say, Step, ToContact, ToHousehold
from handlers.jielong_faces import Subject, face, named
from handlers.poll_faces import change
from storage import areas, ballots, claims, polls, questionnaires, residents, responses, rolls
from storage.database import Tx
from surveys.ballots import ENTERED, BallotsEntered
from surveys.polls import CONSULTATIVE, Electorate, Poll
from surveys.publications import Publication, one_choice
from surveys.questionnaires import Question
from surveys.responses import ResponsesEntered

words = {
    "jielong": "begin",
    "jielong_about": "about",
    "jielong_go": "enter",
    "jielong_again": "again",
    "jielong_cancel": "cancel",
}
open_to = "given"
LISTED = 8


@dataclass(frozen=True, slots=True)
class State:
    """What it is about (polls | surveys and its number, once known), and what was pasted so far."""

    kind: str = ""
    number: int = 0
    pasted: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """What has been said, what it may be about, and once that is clear the table: what is new of it, and what homes answered before."""

    said: State
    pasted: Pasted
    open: tuple[Subject, ...] = ()
    about: Subject | None = None
    table: Table | None = None
    own: frozenset[str] = frozenset()  # homes of which somebody answered for themselves
    before: Mapping[str, tuple[int, ...]] | None = None  # what was entered from a 接龙 before
    lived_in: frozenset[str] = frozenset()  # homes with somebody who can be told

    @property
    def fresh(self) -> dict[str, tuple[int, ...]]:
        """Home -> options, of those that are to be entered."""
        answers = self.table.answers if self.table else ()
        before = self.before or {}
        new = {a.home.id: a.choices for a in answers if a.home.id not in self.own}
        return {home: choices for home, choices in new.items() if before.get(home) != choices}


# --- reading ----------------------------------------------------------------------------------------------------------


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    said = _said(state, inbound)
    pasted = jielong.read(said.pasted)
    if _act(inbound) in ("again", "cancel"):
        return Situation(said, pasted)
    open_ = tuple(_open(tx, inbound))
    about = _about(tx, inbound, said, pasted, open_)
    s = Situation(said, pasted, open_, about)
    if about is None or not pasted.lines:
        return s
    homes = _homes(tx, inbound, about, pasted)
    table = jielong.sort(pasted, homes, about.options, about.most, owners=about.owners)
    there = [answer.home.id for answer in table.answers]
    own, before = _answered(tx, inbound.community, about, there)
    lived_in = (
        frozenset(home for home in there if residents.members(tx, inbound.community, home)) if _act(inbound) == "enter" else frozenset()
    )
    return replace(s, table=table, own=own, before=before, lived_in=lived_in)


def _said(state: State | None, inbound: Inbound) -> State:
    """What has been said after this message: a paste may come in several pieces."""
    command = inbound.command
    match _act(inbound):
        case "begin":
            assert command is not None
            kind, number, pasted = jielong.subject(command.rest)
            named = (command.kind or kind, command.number or number)
            return replace(state or State(), pasted=pasted) if not all(named) else State(*named, pasted)
        case "about":
            assert command is not None
            return replace(state or State(), kind=command.kind, number=command.number or 0)
        case "again":
            return replace(state or State(), pasted="")
        case "" if state is not None and command is None and inbound.kind is Kind.TEXT:
            return replace(state, pasted=f"{state.pasted}\n{inbound.text}"[: jielong.LONGEST])
    if state is None:
        raise Refused("jielong.nothing_pasted")
    return state


def _open(tx: Tx, inbound: Inbound) -> list[Subject]:
    """What a 接龙 of this officer's can be about now: newest first."""
    paths = tuple(role.path for role in inbound.who.roles if may((role,), "jielong", role.path))
    here, now = inbound.community, inbound.now
    found = [_poll(p) for p in polls.listed(tx, here, open_only=True) if p.takes_votes(now) and _near(p.path, paths) and _by_home(p)]
    for one in questionnaires.listed(tx, here):
        question = one_choice(one.questionnaire) if one.takes_answers(now) and _near(one.path, paths) else None
        if question:
            found.append(_survey(one, question))
    return found


def _near(path: str, paths: tuple[str, ...]) -> bool:
    return any(covers(path, mine) or covers(mine, path) for mine in paths)


def _by_home(poll: Poll) -> bool:
    return poll.rule == CONSULTATIVE and poll.electorate is not Electorate.PEOPLE


def _poll(poll: Poll) -> Subject:
    return Subject(poll, tuple(choice.text for choice in poll.proposal.choices), poll.proposal.most)


def _survey(publication: Publication, question: Question) -> Subject:
    return Subject(publication, tuple(option.label.read("zh-CN") for option in question.choices), 1, question)


def _about(tx: Tx, inbound: Inbound, said: State, pasted: Pasted, open_: tuple[Subject, ...]) -> Subject | None:
    """The one that was named, else the only one, else the one whose title stands over it. None: it must be asked."""
    if said.number:
        found = next((s for s in open_ if s.kind == said.kind and s.of.number == said.number), None)
        if found is None:
            _refuse(tx, inbound, said)
        if _act(inbound) == "enter" and found:  # nobody votes, answers or enters beside us until this turn is over
            read = polls.for_change if found.kind == "polls" else questionnaires.for_change
            held: Poll | Publication | None = read(tx, inbound.community, said.number)
            assert held is not None
            if not (held.takes_votes(inbound.now) if isinstance(held, Poll) else held.takes_answers(inbound.now)):
                _refuse(tx, inbound, said)  # it closed while we waited
        return found
    if not open_:
        raise Refused("jielong.nothing_open")
    titled = [s for s in open_ if pasted.title and (s.title in pasted.title or pasted.title in s.title)]
    likely = titled or list(open_)
    return likely[0] if len(likely) == 1 else None


def _refuse(tx: Tx, inbound: Inbound, said: State) -> None:
    """Why a 接龙 cannot be entered there."""
    poll = polls.by_number(tx, inbound.community, said.number) if said.kind == "polls" else None
    which: dict[str, Any] = {"kind": said.kind, "number": said.number}
    if poll is not None and poll.rule != CONSULTATIVE:
        raise Refused("jielong.legal", **which)
    if poll is not None and poll.electorate is Electorate.PEOPLE and poll.takes_votes(inbound.now):
        raise Refused("jielong.by_person", **which)
    raise Refused("jielong.not_open", **which)


def _homes(tx: Tx, inbound: Inbound, about: Subject, pasted: Pasted) -> list[Home]:
    """The homes that are asked and are this officer's, with the names of the paste that are theirs."""
    if isinstance(about.of, Poll):
        paths = rolls.paths_of(tx, inbound.community, about.of.id)
    else:
        there = areas.households_in(tx, inbound.community, about.of.path)
        paths = {home.id: home.path for home in there if home.use not in rolls.NOT_LIVED_IN}
    mine = {home: path for home, path in paths.items() if may(inbound.who.roles, "jielong", path)}
    known = claims.named(tx, inbound.community, list(mine), pasted.names)
    nobody = frozenset[str]()
    return [
        Home(home, path, known.owners.get(home, nobody) | known.members.get(home, nobody), known.owners.get(home, nobody))
        for home, path in mine.items()
    ]


def _answered(tx: Tx, community: int, about: Subject, homes: list[str]) -> tuple[frozenset[str], dict[str, tuple[int, ...]]]:
    """Which of these homes answered for themselves; and what was entered for them before."""
    if not isinstance(about.of, Poll):
        assert about.question is not None
        places = {option.name: place for place, option in enumerate(about.question.choices, 1)}
        said = responses.entered(tx, community, about.of.id, about.question.path, homes)
        before: dict[str, tuple[int, ...]] = {home: (places[name],) for home, name in said.items() if name in places}
        return responses.by_themselves(tx, community, about.of.id, homes), before
    cast = ballots.of_entries(tx, community, about.of, homes)
    own = frozenset(ballot.entry for ballot in cast if ballot.origin != ENTERED and ballot.confirmed)
    return own, {ballot.entry: ballot.choices for ballot in cast if ballot.origin == ENTERED}


def _act(inbound: Inbound) -> str:
    return words.get(inbound.command.word, "") if inbound.command else ""


# --- deciding ---------------------------------------------------------------------------------------------------------


def step(s: Situation, state: State | None, inbound: Inbound) -> Step:
    if _act(inbound) == "cancel":
        return Step(None, says=(Say("jielong.dropped"),))
    if not s.pasted.lines:
        number = s.about.of.number if s.about else 0
        return Step(s.said, says=(Say("jielong.paste", {"kind": s.about.kind if s.about else "", "number": number}, asks=True),))
    if s.about is None:
        which = tuple(
            Option(f"jielong_about {one.kind} {one.of.number}", key="jielong.button_about", values=named(one)) for one in s.open[:LISTED]
        )
        return Step(s.said, says=(Say("jielong.which", {"lines": len(s.pasted.lines)}, which),))
    if _act(inbound) == "enter" and s.fresh:
        return _enter(s, s.about, inbound)
    assert s.table is not None
    return Step(replace(s.said, kind=s.about.kind, number=s.about.of.number), says=(face(s.about, s.table, s.fresh, s.own),))


def _enter(s: Situation, about: Subject, inbound: Inbound) -> Step:
    """They count from now on. Whoever of these homes can be reached hears it and may answer for themselves."""
    by = inbound.who.resident
    assert by is not None and s.table is not None
    number, ident = about.of.number, f"{inbound.id}-0"
    if isinstance(about.of, Poll):
        event: BallotsEntered | ResponsesEntered = BallotsEntered(ident, about.of.id, s.fresh, by, inbound.now)
        own = change(about.of)
    else:
        assert about.question is not None
        names = {home: about.question.choices[choices[0] - 1].name for home, choices in s.fresh.items()}
        event = ResponsesEntered(ident, about.of.id, about.question.path, names, by, inbound.now)
        own = Option(f"survey {number}", key="jielong.button_answer")
    office = next(role.name for role in inbound.who.roles if may((role,), "jielong", role.path))
    told = [
        Say(
            "jielong.told",
            {**named(about), "path": answer.home.path, "chosen": [about.options[n - 1] for n in answer.choices], "office": office},
            (own,),
            ToHousehold(answer.home.id),
            Purpose.OWN_MATTER,
        )
        for answer in s.table.answers
        if answer.home.id in s.fresh and answer.home.id in s.lived_in
    ]
    share = Option(f"share {about.kind} {number}", key="polls.button_share", aside=True)
    left = {"count": len(s.fresh), "told": len(told), "strays": len(s.table.strays)}
    mine = Say("jielong.entered", {**named(about), **left}, (share,), ToContact(inbound.who.contact))
    return Step(None, (event,), (mine, *told))
