"""The ways on which residents are reached, and what each of them cannot do: said plainly to whoever plans a poll or a notice."""

from __future__ import annotations

from datetime import datetime

from storage import addressees
from storage.database import Tx
from web.console.rows import Cell, Row
from web.console.sitting import Officer

WAYS = ("wechat", "wechat_kf", "wecom", "wecom_aibot", "wecom_robot", "telegram", "webchat")
COLUMNS = ("ways.way", "ways.people", "ways.hears", "ways.says", "ways.never")


def rows(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    """A way a line: how many people of the community are reached by it today, what it hears, what it says, what it never can."""
    people = dict(addressees.reach(tx, who.here.id, "", now).ways)
    return [_row(name, people.get(name, 0)) for name in WAYS]


def _row(name: str, people: int) -> Row:
    return Row((Cell(f"ways.{name}"), Cell(words=str(people)), *(Cell(f"ways.{name}_{what}") for what in ("hears", "says", "never"))))
