"""Several communities in one installation: no statement reads or changes one without naming it, but the lobby and the loops."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.tables import metadata
from tests.house import Hall, play

LOBBY = {  # finds the community, or belongs to none
    "communities": "the communities themselves",
    "contacts": "one row per address of the outside world: it says which community this chat speaks to",
    "inbox": "a message is seen before by its channel and number",
    "keys": "a key belongs to a person",
    "conversations": "one row per contact, read with it",
    "spent": "a one-time link is spent wherever it is pressed",
}
CLAIMED = {"outbox", "due", "dispatches"}  # the loops take what is due, whose ever it is
TAKEN_BY = r"claimed_until|made_at <|\.at <=|\.id = |\.id IN|\.state|\.contact_id =|\.group_id =|resident_id =|name ="
BY_UNGUESSABLE = {  # look-ups by something that nobody can guess or that names one chat of the outside world
    "invites": "code_hash",
    "groups": "address_hash",
    "links": "code",
    "media": "digest",
    "media_pieces": "digest",
}
TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.chat"))


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement executed meanwhile, by any engine of this process."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def wrong(statement: str) -> str:
    """The table a statement reads or changes without naming a community; "" if it names one, or need not."""
    if statement.startswith("INSERT") or not statement.startswith(("SELECT", "UPDATE", "DELETE")):
        return ""  # an inserted row names its community: the column is never null
    _, _, condition = statement.partition(" WHERE ")
    for name in re.findall(r"(?:FROM|JOIN|UPDATE) (\w+)", statement):
        table = metadata.tables.get(name)
        if table is None or "community_id" not in table.c or name in LOBBY:
            continue
        if "community_id" in condition or re.search(rf"{name}\.community_id = \w+\.community_id", statement):
            continue
        if name in CLAIMED and re.search(TAKEN_BY, condition):
            continue
        if name in BY_UNGUESSABLE and BY_UNGUESSABLE[name] in condition:
            continue
        return name
    return ""


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
async def test_every_statement_names_its_community(path: Path, sqlite_url: str) -> None:
    hall = await Hall.open(sqlite_url)
    try:
        with statements() as seen:
            await play(hall, path.read_text("utf-8"))
    finally:
        await hall.close()
    assert len(seen) > 10
    assert {s: wrong(s) for s in seen if wrong(s)} == {}


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("SELECT polls.id FROM polls WHERE polls.number = ?", "polls"),
        ("SELECT polls.id FROM polls WHERE polls.community_id = ? AND polls.number = ?", ""),
        ("UPDATE claims SET state=? WHERE claims.id = ?", "claims"),
        ("SELECT contacts.id FROM contacts WHERE contacts.id = ?", ""),
    ],
)
def test_the_reader_of_statements_reads(statement: str, table: str) -> None:
    assert wrong(statement) == table
