"""How a 接龙 looks once it is sorted: a table in words, what is not counted and why, and what it may be about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from community.jielong import Table
from dialogue.words import Option, Say
from surveys.polls import Electorate, Poll
from surveys.publications import Publication
from surveys.questionnaires import Question

STRAYS = 30  # lines shown that fit nowhere


@dataclass(frozen=True, slots=True)
class Subject:
    """The poll or questionnaire a 接龙 answers: its options as people read them; `question` of a questionnaire."""

    of: Poll | Publication
    options: tuple[str, ...]
    most: int = 1
    question: Question | None = None

    @property
    def kind(self) -> str:
        return "polls" if isinstance(self.of, Poll) else "surveys"

    @property
    def title(self) -> str:
        return self.of.proposal.title if isinstance(self.of, Poll) else self.of.title

    @property
    def owners(self) -> bool:
        """Whether only owners are asked."""
        return isinstance(self.of, Poll) and self.of.electorate is Electorate.OWNERS


def named(about: Subject) -> dict[str, Any]:
    """The poll or questionnaire by its kind, number and title."""
    return {"kind": about.kind, "number": about.of.number, "title": about.title}


def face(about: Subject, table: Table, fresh: Collection[str], own: Collection[str]) -> Say:
    """Who chose what, what is not counted and why. `fresh`: homes to be entered, `own`: homes that answered for themselves."""
    new = [answer for answer in table.answers if answer.home.id in fresh]
    theirs = sum(answer.home.id in own for answer in table.answers)
    base = _common([answer.home.path for answer in table.answers])
    groups = [
        {"chosen": [about.options[n - 1] for n in chosen], "homes": [_short(a.home.path, base) for a in new if a.choices == chosen]}
        for chosen in sorted({answer.choices for answer in new})
    ]
    told = {
        **named(about),
        "lines": sum(len(answer.lines) for answer in table.answers) + len(table.strays),
        "fits": len(table.answers),
        "place": base.replace("/", ""),
        "groups": groups,
        "own": theirs,
        "same": len(table.answers) - len(new) - theirs,
        "double": [_short(answer.home.path, base) for answer in table.double],
        "strays": [{"text": stray.line.text[:40], "why": stray.why.value} for stray in table.strays[:STRAYS]],
        "more": max(len(table.strays) - STRAYS, 0),
        "fresh": len(new),
    }
    go = (Option("jielong_go", key="jielong.button_go", values={"count": len(new)}),) if new else ()
    rest = (Option("jielong_again", key="jielong.button_again"), Option("jielong_cancel", key="jielong.button_cancel"))
    return Say("jielong.table", told, (*go, *rest))


def _common(paths: list[str]) -> str:
    """The building all these homes stand in, which need not be said of each; "" where they stand in several."""
    buildings = {"/".join(path.split("/")[:2]) for path in paths}
    return buildings.pop() if len(buildings) == 1 and all(path.count("/") > 1 for path in paths) else ""


def _short(path: str, base: str) -> str:
    return path.removeprefix(base).replace("/", "")
