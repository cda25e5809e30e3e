"""Where somebody stands: the homes they belong to, the group they speak in; whether something in a place concerns them."""

from __future__ import annotations

from dataclasses import dataclass

from community.staff import covers
from dialogue.words import Inbound, Kind, To, ToContact
from storage import areas, doors, residents
from storage.database import Tx
from storage.residents import Home


@dataclass(frozen=True, slots=True)
class Standing:
    """`here`: in a bound group, the place it belongs to."""

    homes: tuple[Home, ...] = ()
    here: str | None = None

    def home_in(self, path: str) -> Home | None:
        """A home of theirs in that place, a confirmed one first; one that still waits for its word counts too."""
        there = [home for home in self.homes if covers(path, home.path)]
        return min(there, key=lambda home: home.state != "confirmed", default=None)

    def concerned(self, inbound: Inbound, path: str) -> bool:
        """Whether what happens in that place is theirs to read: said aloud it depends on the group and not on who asks."""
        if aloud(inbound):
            return self.here is not None and covers(path, self.here)
        return not path or self.home_in(path) is not None or any(covers(role.path, path) for role in inbound.who.roles)


def standing(tx: Tx, inbound: Inbound) -> Standing:
    """Read it."""
    who = inbound.who
    homes = tuple(residents.homes_of(tx, who.community, who.resident)) if who.resident else ()
    group = doors.group_at(tx, inbound.channel, inbound.chat) if inbound.chat else None
    return Standing(homes, areas.by_id(tx, inbound.community, group.area).path if group else None)


def aloud(inbound: Inbound) -> bool:
    """Typed in a group: answered there. A button under a group's post answers in private."""
    return not inbound.private and inbound.kind is not Kind.CHOICE


def privately(inbound: Inbound) -> To | None:
    """The speaker's own chat, wherever they spoke."""
    return None if inbound.private else ToContact(inbound.who.contact)
