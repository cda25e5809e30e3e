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
        """A confirmed home of theirs in that place: whoever only says so is not among its residents yet."""
        return next((home for home in self.homes if home.state == "confirmed" and covers(path, home.path)), None)

    def waits(self, path: str) -> bool:
        """Whether a claim of theirs in that place still waits for its word."""
        return self.home_in(path) is None and any(covers(path, home.path) for home in self.homes)

    def concerned(self, inbound: Inbound, path: str) -> bool:
        """Whether what happens in that place is theirs to read: said aloud it depends on the group and not on who asks."""
        if aloud(inbound):
            return self.here is not None and covers(path, self.here)
        near = any(covers(role.path, path) or covers(path, role.path) for role in inbound.who.roles)
        return near or self.home_in(path) is not None


def standing(tx: Tx, inbound: Inbound) -> Standing:
    """Read it."""
    who = inbound.who
    homes = tuple(residents.homes_of(tx, who.community, who.resident)) if who.resident else ()
    return Standing(homes, here(tx, inbound))


def here(tx: Tx, inbound: Inbound) -> str | None:
    """In a bound group, the place it belongs to."""
    group = doors.group_at(tx, inbound.channel, inbound.chat) if inbound.chat else None
    return areas.by_id(tx, inbound.community, group.area).path if group else None


def aloud(inbound: Inbound) -> bool:
    """Typed in a group: answered there. A button under a group's post answers in private."""
    return not inbound.private and inbound.kind is not Kind.CHOICE


def privately(inbound: Inbound) -> To | None:
    """The speaker's own chat, wherever they spoke."""
    return None if inbound.private else ToContact(inbound.who.contact)
