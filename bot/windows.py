"""Which way a message takes where a platform lets us write only for a while after somebody did something. Decides; touches nothing.

Now, another chat of the same person, a template they ordered, their building's group, when they write again, or by a knock at
the door: each message takes one of these ways, and none is ever lost (contract §6, Delivery).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from channels.contract import Capabilities, Window
from dialogue.words import Purpose, Rendered

HOUR = timedelta(hours=1)  # a group that must wait longer than this takes what waited as one message
RESERVED = 2  # of each window so many stay free for the talk itself when what waited is let go
ALL = 100  # let go at once where no window counts them

BRIEFS = {
    Purpose.RESULT: "result",
    Purpose.OWN_MATTER: "progress",
    Purpose.NEWS: "notice",
    Purpose.EMERGENCY: "notice",
    Purpose.INVITATION: "notice",
    Purpose.REMINDER: "notice",
    Purpose.LEGAL: "notice",
}
ASKS_TO_VOTE = frozenset({Purpose.INVITATION, Purpose.REMINDER, Purpose.LEGAL})  # about a poll these leave as "ballot"
PUBLIC = frozenset({Purpose.NEWS, Purpose.RESULT, Purpose.INVITATION, Purpose.REMINDER})
BY_DOOR = frozenset({Purpose.LEGAL, Purpose.NEWS, Purpose.INVITATION, Purpose.RESULT, Purpose.EMERGENCY})
ANYWHERE = frozenset(Purpose) - {Purpose.REPLY}  # an answer belongs to the chat it was asked in


class Way(StrEnum):
    """now · in another chat of theirs · as a template · told by the group · when they write again · 上门告知."""

    NOW = "now"
    OTHER = "other"
    BRIEF = "brief"
    GROUP = "group"
    HELD = "held"
    DOOR = "door"


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat of the reader: whether it can be written to now, and the templates ordered there."""

    contact: str
    channel: str
    open: bool
    briefs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class About:
    """What is to be said: why, whether it asks to vote, whether their building's group is told too, whether the 上门名单 has it."""

    purpose: Purpose
    poll: bool = False
    group: bool = False
    home: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """The way, with the chat it leads to (OTHER) or the template it takes (BRIEF)."""

    way: Way
    contact: str = ""
    channel: str = ""
    brief: str = ""


NOW = Plan(Way.NOW)


def plan(about: About, chat: Chat, others: Sequence[Chat]) -> Plan:
    """The way this message takes from that chat; `others` are the same person's, the one they used last first."""
    purpose = about.purpose
    if chat.open:
        return NOW
    elsewhere = others if purpose in ANYWHERE else ()
    if ready := next((other for other in elsewhere if other.open), None):
        return Plan(Way.OTHER, ready.contact, ready.channel)
    brief = brief_for(purpose, poll=about.poll)
    if brief and brief in chat.briefs:
        return Plan(Way.BRIEF, brief=brief)
    if ready := next((other for other in elsewhere if brief and brief in other.briefs), None):
        return Plan(Way.OTHER, ready.contact, ready.channel)
    if purpose in PUBLIC and about.group:
        return Plan(Way.GROUP)
    return Plan(Way.DOOR if purpose in BY_DOOR and about.home else Way.HELD)


def brief_for(purpose: Purpose, *, poll: bool) -> str:
    """The template that says this much: result | progress | notice | ballot; "" where none may."""
    return "ballot" if poll and purpose in ASKS_TO_VOTE else BRIEFS.get(purpose, "")


def about_poll(words: Rendered) -> bool:
    """Whether these words lead to a poll."""
    return any(b.payload.startswith(("vote ", "vote_")) for b in words.buttons)


# --- the window itself ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """Until when somebody may be written to unasked, and how often."""

    until: datetime | None = None
    left: int = 0


def opened(before: Opening, window: Window, now: datetime) -> Opening:
    """The window after somebody did what opens this one. What lasts longer and has messages left is kept."""
    fresh = Opening(now + timedelta(seconds=window.seconds), window.count)
    lasting = before.until is not None and before.until > (fresh.until or now) and before.left > 0
    return before if lasting or fresh.left < 1 else fresh


def is_open(can: Capabilities | None, opening: Opening, now: datetime) -> bool:
    """Whether one may write there now; always where the platform knows no windows."""
    if can is None or not can.windows:
        return True
    return opening.until is not None and now < opening.until and opening.left > 0


def room(can: Capabilities, opening: Opening, now: datetime) -> int:
    """How much of what waited may go now that they wrote: what the window holds beyond the talk, or the body of their request."""
    if not can.windows:
        return ALL
    within = opening.left - RESERVED if is_open(can, opening, now) else 0
    return max(within, int(can.passive_reply), 0)
