"""找人: a person takes over and the program keeps quiet until 菜单, or two office hours without a word. 回电: somebody calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from community import hours
from community.settings import HumanAsked
from dialogue.words import Inbound, Option, Purpose, Say, Step, ToRole
from storage import addressees, areas, communities, contacts, residents
from storage.communities import Community
from storage.database import Tx

words = {"human": "human", "to_human": "said", "handed": "handed", "callme": "call", "call_when": "when"}
open_to = "all"
PATIENCE = timedelta(hours=2)  # of office time
WHEN = ("now", "morning", "afternoon", "evening")


@dataclass(frozen=True, slots=True)
class State:
    """They were asked when a call suits them."""

    version: int = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """Who and where they are, and the office."""

    here: Community
    name: str
    home: str
    area: str
    staffed: bool
    until: datetime | None = None  # so long a person has this chat


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    who = inbound.who
    here = communities.community(tx, who.community)
    root = areas.by_path(tx, here.id, "")
    assert root is not None, "every community has its own place"
    until = contacts.human_until(tx, inbound.channel, inbound.address)
    if who.resident is None:
        return Situation(here, "", "", root.id, addressees.staffed(tx, here.id, root.id, inbound.now), until)
    homes = residents.homes_of(tx, here.id, who.resident)
    area = areas.household(tx, here.id, homes[0].household).area if homes else root.id
    staffed = addressees.staffed(tx, here.id, area, inbound.now)
    return Situation(here, residents.name_of(tx, here.id, who.resident), homes[0].path if homes else "", area, staffed, until)


def step(s: Situation, state: State | None, inbound: Inbound) -> Step:
    word = inbound.command.word if inbound.command else "call_when"
    if not s.staffed:  # nobody would read it: no promise, the telephone
        return Step(None, says=(Say("humans.nobody", options=(Option("menu", key="menu.button", aside=True),)),))
    match words.get(word, ""):
        case "human":
            return takes_over(s, inbound)
        case "said":
            assert inbound.command is not None
            return Step(None, says=(_tell("humans.said", s, text=inbound.command.rest),))
        case "handed":
            assert inbound.command is not None
            return Step(None, says=(_heard(s), _tell("humans.said", s, text=inbound.command.rest)))
        case "when":
            when = inbound.command.rest if inbound.command else inbound.text.strip()
            return Step(None, says=(Say("humans.will_call", {"when": when}), _tell("humans.call_them", s, text=when)))
        case _:  # 回电, and 继续 to its question
            options = tuple(Option(f"call_when {when}", key=f"humans.when_{when}") for when in WHEN)
            return Step(State(), says=(Say("humans.when", options=options, asks=True),))


def takes_over(s: Situation, inbound: Inbound) -> Step:
    """In office hours a person answers here; else the bot stays, says so, and staff find it in the morning."""
    office = hours.parse(s.here.settings.office_hours, ZoneInfo(s.here.settings.timezone))
    back = Option("menu", key="menu.button", aside=True)
    call = Option("callme", key="humans.button_call", aside=True)
    told = _tell("humans.wanted", s, text="")
    if office and not hours.is_open(office, inbound.now):
        return Step(None, says=(Say("humans.closed", options=(call, back)), told))
    until = hours.after(office, inbound.now, PATIENCE) if office else inbound.now + PATIENCE
    return Step(None, (HumanAsked(inbound.who.contact, until),), (Say("humans.coming", options=(call, back)), told))


def _heard(s: Situation) -> Say:
    """Said once for each time a person takes over: words that nobody seems to hear frighten."""
    once = f"handed-{s.until.isoformat()}" if s.until else ""
    return Say("humans.handed", options=(Option("menu", key="menu.button", aside=True),), once=once)


def _tell(key: str, s: Situation, *, text: str) -> Say:
    return Say(key, {"name": s.name, "home": s.home, "text": text}, to=ToRole("staff", s.area), purpose=Purpose.DUTY)
