"""The door that may lie in any group: room and telephone on the roll prove who lives behind it. Nothing is told of either."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from community import claims as rules
from community.areas import HomeAddress, parse_home
from community.claims import As
from community.invites import Tried
from dialogue.numerals import digits
from dialogue.words import Inbound, Refused, Say, Step
from handlers import claims
from storage import areas, communities, residents, tries
from storage import claims as kept
from storage.database import Tx

words = {"door_phone": "prove"}
open_to = "given"
State = None
PAGE = "page"  # only a page of ours brings this word: a chat proves by handlers/claims.py
NOBODY = "nobody"  # looked up where there is no such home, so that it takes as long


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody typed at the door; `around` is the path of what they came for: 2-502 is a room in its building."""

    room: str
    tail: str
    as_: str
    name: str
    around: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """Whether it fits (`claim` is what is then made), or the guesses for that home are used up."""

    claim: claims.Situation | None = None
    guessed: str = ""
    rests: bool = False


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    if inbound.channel != PAGE or inbound.command is None:
        raise Refused("door.only_there")
    said = msgspec.json.decode(inbound.command.rest, type=Proof)
    here = inbound.who.community
    found = next((homes for address in readings(said) if (homes := kept.homes_at(tx, here, address))), [])
    home = found[0] if len(found) == 1 else None
    number = home.id if home else NOBODY
    guessed = claims.phone_tries(home.id if home else tx.digest("room", said.room).hex())
    if tries.spent(tx, guessed, inbound.now):
        return Situation(rests=True)
    tail, name = digits(said.tail), rules.name_said(said.name)
    fits = areas.phone_matches(tx, here, number, tail) and len(tail) == claims.TAIL
    named = areas.is_owner(tx, here, number, name)
    if home is None or not fits or said.as_ not in list(As) or (said.as_ == As.OWNER and not named):
        return Situation(guessed=guessed)
    mine = tuple(residents.homes_of(tx, here, str(inbound.who.resident)))
    stated = claims.State(home.id, said.as_, name, True, tail)
    claim = claims.Situation(stated, home, mine=mine, name=name, proven=True)
    known = any(h.household == home.id and h.as_ == said.as_ and h.state == "confirmed" for h in mine)
    return Situation(claim if known else replace(claim, number=communities.next_number(tx, here, "claims")))


def step(situation: Situation, state: None, inbound: Inbound) -> Step:
    if situation.rests:
        raise Refused("door.rests")
    if situation.claim is None:
        return Step(None, (Tried(situation.guessed, inbound.now),), (Say("door.no_match"),))
    if not situation.claim.number:
        return Step(None, says=(Say("door.known"),))
    return claims.made(situation.claim, inbound)


def readings(said: Proof) -> list[HomeAddress]:
    """The homes the words may mean, likeliest first: within the building they came for (2-502 at 3号楼), else as they stand."""
    names = said.around.split("/")
    within = ["".join(names[1:cut]) + said.room for cut in range(len(names), 1, -1)]
    return [address for text in (*within, said.room) if (address := parse_home(text))]
