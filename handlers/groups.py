"""绑定本群 AREA: this group belongs to that building from now on. And what happens to chats: the bot removed, a group moved, a block."""

from __future__ import annotations

from dataclasses import dataclass

from community import staff
from community.areas import Ambiguous, Area, AreaId, resolve
from community.groups import AddressEnded, ContactLeft, GroupBound, GroupLeft, GroupMoved
from dialogue.words import Inbound, Kind, Option, Refused, Say, Step, ToContact
from storage import areas
from storage.database import Tx

words = {"bindgroup": "bind", "chat_joined": "joined", "chat_left": "left", "chat_moved": "moved"}
open_to = "all"
State = None


@dataclass(frozen=True, slots=True)
class Situation:
    """The place that was meant, several of them, or none; and those to offer as buttons."""

    area: Area | None = None
    several: tuple[Area, ...] = ()
    unknown: str = ""  # what they called it, where nothing here is called so


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    if inbound.kind in (Kind.JOINED, Kind.LEFT, Kind.MOVED) or inbound.command is None or inbound.private:
        return Situation()
    known = areas.places(tx, inbound.who.community)
    mine = [area for area in known if staff.may(inbound.who.roles, "bindgroup", area.path)]
    said = inbound.command.rest.strip()
    own = next((role.area for role in inbound.who.roles if role.name == "leader"), None)
    found = resolve(said, known, AreaId(own) if own else None) if said else None
    if isinstance(found, Ambiguous):
        return Situation(several=tuple(area for area in found.areas if area in mine) or found.areas)
    if found is None:
        return Situation(several=tuple(area for area in mine if area.id in (own, *(role.area for role in inbound.who.roles))), unknown=said)
    return Situation(found)


def step(s: Situation, state: None, inbound: Inbound) -> Step:
    private = ToContact(inbound.who.contact)
    if inbound.kind is Kind.LEFT and inbound.ended:
        return Step(None, (AddressEnded(inbound.who.contact, inbound.union, inbound.now),))
    if inbound.kind is Kind.LEFT:
        left = GroupLeft(inbound.channel, inbound.chat, inbound.now) if inbound.chat else ContactLeft(inbound.who.contact, inbound.now)
        return Step(None, (left,))
    if inbound.kind is Kind.MOVED:
        return Step(None, (GroupMoved(inbound.channel, inbound.chat, inbound.text, inbound.now),))
    if inbound.kind is Kind.JOINED:
        return Step(None)
    if inbound.private:
        return Step(None, says=(Say("groups.say_it_there"),))
    if s.area is None:
        if not s.several:
            raise Refused("groups.no_such_area")
        options = tuple(Option(f"bindgroup {area.path}", text=area.path.replace("/", "")) for area in s.several if area.path)
        return Step(None, says=(Say("groups.which_area", {"unknown": s.unknown[:20]}, options),))
    if not staff.may(inbound.who.roles, "bindgroup", s.area.path):
        raise Refused("groups.not_your_area", path=s.area.path)
    assert inbound.who.resident is not None
    bound = GroupBound(f"{inbound.id}-0", inbound.channel, inbound.chat, s.area.id, inbound.who.resident, inbound.now)
    welcome = Say("groups.welcome", {"path": s.area.path}, (Option("iam", key="claims.button_register"), Option("menu", key="menu.button")))
    return Step(None, (bound,), (welcome, Say("groups.bound", {"path": s.area.path}, to=private)))
