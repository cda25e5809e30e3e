"""没看到的提醒: alarms and tasks whose officer cannot be written to now. Who and since when, never what they say."""

from __future__ import annotations

from datetime import datetime

from storage import door_list, residents
from storage.database import Tx
from web.console.rows import Cell, Row
from web.console.sitting import Officer

COLUMNS = ("console.name", "board.reason", "board.since")


def rows(tx: Tx, who: Officer, now: datetime) -> list[Row]:
    """The newest first: somebody has to ring them up."""
    here = who.here.id
    return [
        Row(
            (
                Cell(words=residents.name_of(tx, here, row.resident)),
                Cell(f"console.unread_{row.purpose}"),
                Cell("board.at", {"at": row.since}),
            )
        )
        for row in door_list.unread(tx, here, now)
    ]
