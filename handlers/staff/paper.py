"""代录: what came by telephone, at the counter, on a visit or in a meeting gets the same number; whose home it is hears of it."""

from __future__ import annotations

from dataclasses import dataclass

from community.areas import HomeAddress
from community.matters import Category, MatterId, MatterKind, MatterRaised
from community.on_behalf import OnBehalf, parse_on_behalf
from community.staff import may, who_can
from dialogue.words import Inbound, Purpose, Refused, ResidentId, Say, Step, ToHousehold
from handlers.matter_faces import as_raised, button, duty_new, face, known_resident
from storage import areas, claims, communities, residents
from storage.areas import Household
from storage.database import Tx

words = {"paper": "", "paper request": "request", "paper wish": "wish", "paper idea": "idea"}
open_to = "given"
State = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What was written down, for which home, and who lives there."""

    said: OnBehalf
    home: Household | None = None
    members: tuple[str, ...] = ()
    area: str = ""
    path: str = ""
    number: int = 0
    name: str = ""


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    assert inbound.command is not None
    said = parse_on_behalf(inbound.command.rest)
    if inbound.command.kind not in ("request", "wish", "idea") or not said.text:
        raise Refused("matters.paper_how")
    home = _home(tx, inbound, said.home) if said.home else None
    place = areas.by_id(tx, inbound.community, home.area) if home else _own(tx, inbound)
    path = home.path if home else place.path
    if not may(inbound.who.roles, "paper", path):
        raise Refused("matters.not_your_home", roles=who_can("paper"))
    members = tuple(residents.members(tx, inbound.community, home.id)) if home else ()
    number = communities.next_number(tx, inbound.community, "matters")
    return Situation(said, home, members, place.id, path, number, residents.name_of(tx, inbound.community, known_resident(inbound)))


def _home(tx: Tx, inbound: Inbound, address: HomeAddress) -> Household:
    homes = claims.homes_at(tx, inbound.community, address)
    mine = [home for home in homes if may(inbound.who.roles, "paper", home.path)] or homes
    if len(mine) != 1:
        raise Refused("matters.which_home" if mine else "matters.no_such_home", paths=[home.path for home in mine])
    return mine[0]


def _own(tx: Tx, inbound: Inbound) -> areas.AreaRow:
    """Nobody's home: it belongs to the officer's own place."""
    role = next(r for r in inbound.who.roles if may((r,), "paper", r.path))
    return areas.by_id(tx, inbound.community, role.area)


def step(situation: Situation, state: None, inbound: Inbound) -> Step:
    s, me = situation, known_resident(inbound)
    assert inbound.command is not None
    raised = MatterRaised(
        id=MatterId(f"{inbound.id}-0"),
        number=s.number,
        kind=MatterKind(inbound.command.kind),
        category=Category(inbound.findings.category or "other"),
        text=s.said.text,
        author=ResidentId(s.members[0]) if s.members else me,
        area=s.area,
        at=inbound.now,
        household=s.home.id if s.home else "",
        media=tuple(a.digest for a in inbound.attachments if a.digest),
        summary=_masked(inbound, s.said.text),
        origin=s.said.origin or "counter",
        entered_by=me,
    )
    matter = as_raised(raised, s.path)
    mine = Say("matters.paper_raised", {**face(matter), "told": bool(s.members)}, (button("accept", matter, "matters.button_accept"),))
    says = [mine, duty_new(raised, s.path, "staff" if inbound.who.holds("grid") else "grid")]
    if s.home and s.members:
        told = {**face(matter), "handler": s.name, "text": s.said.text}
        more = (button("add", matter, "matters.button_add"), button("withdraw_matter", matter, "matters.button_not_so"))
        says.append(Say("matters.paper_told", told, more, ToHousehold(s.home.id), Purpose.OWN_MATTER, about=(raised.author,)))
    return Step(None, (raised,), tuple(says))


def _masked(inbound: Inbound, text: str) -> str:
    begin = inbound.text.find(text)
    return inbound.findings.masked[begin : begin + len(text)] if begin >= 0 else ""
