"""How a matter (事项) looks to whom: its words in short, its buttons, and who hears of what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from community.matters import Matter, MatterKind, MatterRaised, MatterState, answer_due
from dialogue.words import Inbound, Option, Purpose, Refused, ResidentId, Say, ToResident, ToRole
from storage import areas, communities, doors, matters, residents
from storage.database import Tx

SHORT, LONG = 40, 600  # signs of a matter's words in one line, and to whoever handles it
AGREE = Option("consent", key="consents.button_agree")
LIST = Option("progress", key="matters.button_mine", aside=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody lives, as far as they said; the whole community where they did not."""

    area: str
    path: str
    household: str = ""


def place_of(tx: Tx, inbound: Inbound) -> Place:
    """The speaker's home, the first of them where they have several; of a stranger in a bound group, its building."""
    who = inbound.who
    homes = residents.homes_of(tx, inbound.community, who.resident) if who.resident else []
    group = doors.group_at(tx, inbound.channel, inbound.chat) if inbound.chat and not homes else None
    if group is not None:
        return Place(group.area, areas.by_id(tx, inbound.community, group.area).path)
    if not homes:
        whole = areas.by_path(tx, inbound.community, "")
        assert whole is not None, "a community without its own place"
        return Place(whole.id, "")
    home = areas.household(tx, inbound.community, homes[0].household)
    return Place(home.area, home.path, home.id)


def zone(tx: Tx, inbound: Inbound) -> ZoneInfo:
    """The community's clock."""
    return ZoneInfo(communities.community(tx, inbound.community).settings.timezone)


def found(tx: Tx, inbound: Inbound, number: int | None, *, change: bool) -> Matter:
    """事项N号, locked where something is done with it. Refused matters.which, matters.unknown."""
    if number is None:
        raise Refused("matters.which", (LIST,))
    reads = matters.for_change if change else matters.by_number
    matter = reads(tx, inbound.community, number)
    if matter is None:
        raise Refused("matters.unknown", (LIST,), number=number)
    return matter


def known_resident(inbound: Inbound) -> ResidentId:
    """Whoever speaks, once they agreed to be known. Refused matters.consent_first."""
    if inbound.who.resident is None or inbound.who.consent != "given":
        raise Refused("matters.consent_first", (AGREE,))
    return inbound.who.resident


def short(words: str, most: int = SHORT) -> str:
    """The words on one line, cut where they are long."""
    line = " ".join(words.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def face(matter: Matter, shown: str | None = None) -> dict[str, Any]:
    """What every text that speaks of a matter says of it; `shown` in place of its own words."""
    return {
        "number": matter.number,
        "kind": f"sorting.{matter.kind}",
        "category": f"sorting.{matter.category}",
        "state": f"matters.state_{matter.state}",
        "said": short(matter.text if shown is None else shown).rstrip("。.!！"),
    }


def related(matter: Matter, sort: str, category: str) -> bool:
    """Whether words said soon after a matter may belong to it: of its kind or a complaint, and about nothing else; a question only
    to its answer."""
    if sort == "question":
        return matter.state == "answered"
    return sort in (matter.kind, "request") and category in ("other", matter.category)


def due(matter: Matter, here: ZoneInfo) -> datetime:
    """The evening by which its author is promised an answer."""
    day = answer_due(matter, here).on
    return datetime(day.year, day.month, day.day, 17, 30, tzinfo=here)


def button(word: str, matter: Matter, key: str, rest: str = "", *, aside: bool = True) -> Option:
    """A button that carries its matter along."""
    return Option(f"{word} matters {matter.number} {rest}".rstrip(), key=key, aside=aside)


def officers(matter: Matter, *, staff: bool = False) -> tuple[Option, ...]:
    """What an officer can do with a matter at once. Asides: a bare 接单 must never take on whatever came last."""
    verdicts = (
        button("adopt_idea", matter, "matters.button_adopt_idea"),
        button("adopt_part", matter, "matters.button_adopt_part"),
        button("not_now", matter, "matters.button_not_now"),
    )
    return (
        button("accept", matter, "matters.button_accept"),
        button("reply", matter, "matters.button_reply"),
        *(verdicts if staff and matter.kind is MatterKind.IDEA else ()),
        button("done", matter, "matters.button_done"),
        *((button("not_accept", matter, "matters.button_not_accept"),) if staff else ()),
    )


def to_owners(matter: Matter, key: str, values: Mapping[str, Any], options: tuple[Option, ...] = ()) -> tuple[Say, ...]:
    """The same words to everybody whose matter it is: its author, or the home it was written down for."""
    whose = sorted(matter.owners) or [matter.author]
    return tuple(Say(key, values, options, ToResident(ResidentId(who)), Purpose.OWN_MATTER) for who in whose)


def to_handler(matter: Matter, key: str, values: Mapping[str, Any], options: tuple[Option, ...] = (), media: tuple[str, ...] = ()) -> Say:
    """Words and the first picture to whoever sees to a matter, and before anybody does to whose post it is."""
    to = ToResident(matter.handler) if matter.handler else ToRole("grid", matter.area)
    return Say(key, values, options, to, Purpose.DUTY, picture=media[0] if media else "", about=(matter.author,))


def raised_says(raised: MatterRaised, path: str, *, staffed: bool) -> tuple[Say, ...]:
    """Its number and what we take it for, to its author; the words themselves to whose post it is."""
    matter = as_raised(raised, path)
    asked = (
        button("matter_ok", matter, "matters.button_right", aside=False),
        button("matter_other", matter, "matters.button_other", aside=False),
    )
    said = Say("matters.raised", {**face(matter), "photos": len(raised.media)}, asked)
    if matter.kind is MatterKind.QUESTION:
        said = Say("matters.question_raised", {**face(matter), "staffed": staffed})
    return said, duty_new(raised, path, "staff" if matter.kind is MatterKind.IDEA else "grid")


def duty_new(raised: MatterRaised, path: str, role: str) -> Say:
    """A new matter, to the officers whose post it is; ideas are for staff to judge."""
    matter = as_raised(raised, path)
    told = {**face(matter), "text": short(raised.text, LONG), "place": path, "photos": len(raised.media), "origin": raised.origin}
    to = ToRole(role, raised.area)
    buttons, picture = officers(matter, staff=role == "staff"), raised.media[0] if raised.media else ""
    return Say("matters.duty_new", told, buttons, to, Purpose.DUTY, picture=picture, about=(raised.author,))


def as_raised(raised: MatterRaised, path: str) -> Matter:
    """The matter as it stands the moment it is raised."""
    facts = (raised.id, raised.number, raised.kind, raised.category, raised.text, raised.author, raised.area, path)
    return Matter(*facts, MatterState.NEW, raised.at)
