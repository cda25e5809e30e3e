"""Polls: what was put to the vote, where it stands, its result, and where its text was put up by hand."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    select,
    update,
)

from community.staff import covers
from dialogue.words import ResidentId
from storage import ballots, due, keys, residents, rolls
from storage.database import Id, Instant, Personal, Tx, insert, metadata
from surveys.polls import (
    ClosingPutOff,
    Electorate,
    Figures,
    Poll,
    PollClosed,
    PollExtended,
    PollId,
    PollOpened,
    PollState,
    PollVoided,
    PostedByHand,
    Proposal,
    Secrecy,
)
from surveys.tally import Named, OpenResult, PrivateResult, Standing, by_entry, standing

polls = Table(
    "polls",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("area_id", String(32), nullable=False),
    Column("path", String(256), nullable=False),  # the area's, as it was called then
    Column("electorate", String(8), nullable=False),
    Column("secrecy", String(8), nullable=False),
    Column("rule", String(32), nullable=False),
    Column("proposal", Personal, nullable=False),
    Column("author_id", String(32), nullable=False),
    Column("office", String(16), nullable=False),
    Column("state", String(10), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),
    Column("closed_at", Instant, nullable=True),
    Column("entitled", Integer, nullable=False),
    Column("reason", Personal, nullable=True),
    Column("figures", Text, nullable=True),  # nobody's choice is in it
    ForeignKeyConstraint(["community_id", "area_id"], ["areas.community_id", "areas.id"]),
    UniqueConstraint("community_id", "number"),
    Index("ix_polls_state", "community_id", "state"),
)

postings = Table(
    "postings",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("kind", String(12), nullable=False),  # polls | surveys | notices
    Column("subject_id", String(64), nullable=False),
    Column("what", String(8), nullable=False),
    Column("by_id", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_postings_subject", "community_id", "kind", "subject_id"),
)

CLOSES = "poll_closes"  # the clock's word (handlers/staff/running_polls.py)

_OF = select(polls).where(polls.c.community_id == bindparam("c"))
_BY_NUMBER = _OF.where(polls.c.number == bindparam("n"))
_FOR_VOTE = _BY_NUMBER.with_for_update(read=True)
_FOR_CHANGE = _BY_NUMBER.with_for_update()
_FOR_CLOSING = _OF.where(polls.c.id == bindparam("i")).with_for_update()
_NEWEST = _OF.where(polls.c.state.in_(bindparam("states", expanding=True))).order_by(polls.c.number.desc()).limit(bindparam("most"))
_ONE = update(polls).where(polls.c.community_id == bindparam("c"), polls.c.id == bindparam("i"))


def by_number(tx: Tx, community: int, number: int) -> Poll | None:
    """投票N号, to be read only."""
    return _found(tx, tx.one(_BY_NUMBER, {"c": community, "n": number}))


def open_for_vote(tx: Tx, community: int, number: int) -> Poll | None:
    """投票N号 for somebody who votes: it cannot close before their turn is over (FOR SHARE)."""
    return _found(tx, tx.one(_FOR_VOTE, {"c": community, "n": number}))


def for_change(tx: Tx, community: int, number: int) -> Poll | None:
    """投票N号 for whoever extends, voids or ends it: every vote taken before is in, none comes after (FOR UPDATE)."""
    return _found(tx, tx.one(_FOR_CHANGE, {"c": community, "n": number}))


def for_closing(tx: Tx, community: int, poll: str) -> Poll | None:
    """The same by its id, for the clock."""
    return _found(tx, tx.one(_FOR_CLOSING, {"c": community, "i": poll}))


def listed(tx: Tx, community: int, paths: tuple[str, ...] | None = None, *, open_only: bool = False, most: int = 50) -> list[Poll]:
    """Polls, newest first; with `paths` those that concern any of these places: their own area or one above it."""
    states = ["open"] if open_only else ["open", "closed", "counted", "final"]
    found = [_poll(tx, row) for row in tx.all(_NEWEST, {"c": community, "states": states, "most": most})]
    return [p for p in found if paths is None or any(covers(p.path, path) for path in paths)]


def result(tx: Tx, community: int, number: int, reader: str = "") -> PrivateResult | None:
    """What is public of 投票N号 for its page and for tables; for a 实名 one read by a resident on its roll, with who chose what."""
    poll = by_number(tx, community, number)
    if poll is None:
        return None
    turnout = rolls.turnout(tx, community, poll.id)
    entitled = poll.secrecy is Secrecy.OPEN and poll.state is PollState.FINAL and reader
    if entitled and any(place.confirmed for place in rolls.entries_of(tx, community, poll, reader)):
        return OpenResult(poll, turnout, tuple(_named(tx, community, poll)))
    return PrivateResult(poll, turnout)


def has_open(tx: Tx, community: int, author: str, path: str) -> bool:
    """Whether a poll of this author is open where that place belongs: then they decide no claims there."""
    return any(p.author == author for p in listed(tx, community, (path,), open_only=True))


def record_opened(tx: Tx, community: int, event: PollOpened) -> None:
    """Keep the poll, freeze its roll, and let the clock come for its end."""
    poll = event.poll
    row = {
        "community_id": community,
        "id": poll.id,
        "number": poll.number,
        "area_id": poll.area,
        "path": poll.path,
        "electorate": poll.electorate.value,
        "secrecy": poll.secrecy.value,
        "rule": poll.rule,
        "proposal": keys.seal(tx, f"community:{community}", msgspec.json.encode(poll.proposal)),
        "author_id": poll.author,
        "office": poll.office,
        "state": poll.state.value,
        "opened_at": poll.opened_at,
        "closes_at": poll.closes_at,
        "entitled": 0,
    }
    tx.execute(insert(polls).values(**row))
    entitled = rolls.freeze(tx, community, poll)
    tx.execute(_ONE.values(entitled=entitled), {"c": community, "i": poll.id})
    due.remind(tx, community, CLOSES, poll.id, poll.closes_at)


def record_extended(tx: Tx, community: int, event: PollExtended) -> None:
    """It closes later. The clock still comes at the old time and is put off then: changing its row here could deadlock with it."""
    tx.execute(_ONE.values(closes_at=event.closes_at, reason=_reason(tx, community, event.reason)), {"c": community, "i": event.id})


def record_put_off(tx: Tx, community: int, event: ClosingPutOff) -> None:
    """The clock comes again at the new end."""
    due.remind(tx, community, CLOSES, event.id, event.at)


def record_voided(tx: Tx, community: int, event: PollVoided) -> None:
    """It counts for nothing; every ballot stays on record."""
    change = _ONE.values(state=PollState.VOIDED.value, closed_at=event.at, reason=_reason(tx, community, event.reason))
    tx.execute(change, {"c": community, "i": event.id})


def record_closed(tx: Tx, community: int, event: PollClosed) -> None:
    """It is over, with these figures."""
    figures = msgspec.json.encode(event.figures).decode()
    change = _ONE.values(state=PollState.FINAL.value, closed_at=event.at, figures=figures, reason=_reason(tx, community, event.reason))
    tx.execute(change, {"c": community, "i": event.id})
    if (poll := for_closing(tx, community, event.id)) is not None:
        ballots.settle(tx, community, poll)


def record_posted(tx: Tx, community: int, event: PostedByHand) -> None:
    """Proof of posting."""
    row = {"id": event.id, "kind": "polls", "subject_id": event.poll, "what": event.what, "by_id": event.by, "at": event.at}
    tx.execute(insert(postings).values(community_id=community, **row))


def _named(tx: Tx, community: int, poll: Poll) -> list[Named]:
    choices = {choice.number: choice for choice in poll.proposal.choices}
    paths = rolls.paths_of(tx, community, poll.id)
    found = []
    for entry, members in sorted(by_entry(ballots.of_poll(tx, community, poll)).items(), key=lambda item: paths[item[0]]):
        state, chosen = standing(members)
        if state is not Standing.WAITING:
            who = residents.name_of(tx, community, entry) if poll.electorate is Electorate.PEOPLE else paths[entry]
            found.append(Named(who, tuple(choices[number] for number in sorted(chosen))))
    return found


def _reason(tx: Tx, community: int, reason: str) -> bytes | None:
    return keys.seal(tx, f"community:{community}", reason) if reason else None


def _found(tx: Tx, row: Any) -> Poll | None:
    return _poll(tx, row) if row else None


def _poll(tx: Tx, row: Any) -> Poll:
    return Poll(
        id=PollId(row.id),
        number=row.number,
        proposal=msgspec.json.decode(keys.unseal(tx, row.proposal) or b"", type=Proposal),
        area=row.area_id,
        path=row.path,
        electorate=Electorate(row.electorate),
        secrecy=Secrecy(row.secrecy),
        author=ResidentId(row.author_id),
        office=row.office,
        opened_at=row.opened_at,
        closes_at=row.closes_at,
        state=PollState(row.state),
        entitled=row.entitled,
        rule=row.rule,
        closed_at=row.closed_at,
        reason=keys.read(tx, row.reason),
        figures=msgspec.json.decode(row.figures, type=Figures) if row.figures else None,
    )
