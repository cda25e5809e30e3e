"""Where the long connection stands and what happens to it, without any line: a table that can be read and tried by hand.

idle → connecting → subscribing → live → resting → idle …; kicked and refused are ends: only a restart tries again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

MISSED = 2  # pings without an answer after which the line is dead, whatever TCP believes
LONGEST = 60.0  # seconds between two tries


class Phase(StrEnum):
    """Where it stands. `KICKED`: another programme connected as our bot. `REFUSED`: the bot's id or secret is wrong."""

    IDLE = "idle"
    CONNECTING = "connecting"
    SUBSCRIBING = "subscribing"
    LIVE = "live"
    RESTING = "resting"
    KICKED = "kicked"
    REFUSED = "refused"


class What(StrEnum):
    """What happens to it."""

    LED = "led"  # this process may hold the connection
    LOST_LEAD = "lost_lead"  # another process of ours holds it
    OPENED = "opened"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    PINGED = "pinged"
    PONGED = "ponged"
    KICKED = "kicked"
    CLOSED = "closed"  # every end of reading: a close of any code, a broken line, a fault
    RESTED = "rested"


ENDS = (Phase.KICKED, Phase.REFUSED)
_OPEN = (Phase.CONNECTING, Phase.SUBSCRIBING, Phase.LIVE)


@dataclass(frozen=True, slots=True)
class Link:
    """`tries`: how often in a row it did not hold; `missed`: pings without an answer."""

    phase: Phase = Phase.IDLE
    tries: int = 0
    missed: int = 0

    @property
    def dead(self) -> bool:
        """Nobody answers any more."""
        return self.missed >= MISSED


def after(link: Link, what: What) -> Link:
    """Where it stands after that. What cannot happen where it stands changes nothing."""
    match link.phase, what:
        case (Phase.KICKED | Phase.REFUSED), _:
            return link
        case _, What.LOST_LEAD:
            return Link()
        case Phase.IDLE, What.LED:
            return replace(link, phase=Phase.CONNECTING)
        case Phase.CONNECTING, What.OPENED:
            return replace(link, phase=Phase.SUBSCRIBING)
        case Phase.SUBSCRIBING, What.ACCEPTED:
            return replace(link, phase=Phase.LIVE, missed=0)
        case Phase.SUBSCRIBING, What.REFUSED:
            return replace(link, phase=Phase.REFUSED)
        case (Phase.SUBSCRIBING | Phase.LIVE), What.KICKED:  # to connect again would throw out whoever threw us out, for ever
            return replace(link, phase=Phase.KICKED)
        case Phase.LIVE, What.PINGED:
            return replace(link, missed=link.missed + 1)
        case Phase.LIVE, What.PONGED:  # only now it holds: one that is closed right after its greeting must not be tried ever faster
            return replace(link, missed=0, tries=0)
        case _, What.CLOSED if link.phase in _OPEN:
            return Link(Phase.RESTING, link.tries + 1)
        case Phase.RESTING, What.RESTED:
            return replace(link, phase=Phase.IDLE)
    return link


def rest(link: Link, chance: float) -> float:
    """Seconds until the next try: longer each time up to a minute; `chance` (0–1) keeps many of us from coming at once."""
    return min(LONGEST, 2.0 ** min(link.tries - 1, 6)) * (1 + chance) / 2
