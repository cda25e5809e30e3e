"""Who belongs to a home: somebody says so (a claim), the 楼栋长, else the 网格员, else staff, confirm it (users.md 2).

A claim unanswered for 24 hours goes to the 网格员, after 72 hours to staff, and the 楼栋长 is passed over while a poll of
their own is open in that building. Whoever was asked earlier may still answer; nobody confirms their own claim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from community.areas import HomeAddress, find_home
from dialogue.numerals import narrow
from dialogue.words import Event, Refused, ResidentId

ClaimId = NewType("ClaimId", str)

GRID_AFTER = timedelta(hours=24)
STAFF_AFTER = timedelta(hours=72)


class As(StrEnum):
    """As what somebody belongs to a home: 业主, 家属 or 租户. Only owners vote as owners."""

    OWNER = "owner"
    FAMILY = "family"
    TENANT = "tenant"


RELATIONS = {
    **dict.fromkeys(("业主", "房东", "产权人", "owner", "landlord"), As.OWNER),
    **dict.fromkeys(("家属", "家人", "family"), As.FAMILY),
    **dict.fromkeys(("租户", "租客", "承租人", "tenant"), As.TENANT),
}
_RELATION = re.compile("|".join(RELATIONS), re.IGNORECASE)
_I_AM = re.compile(r"(?:我是|我叫|我的名字是|姓名[是:：]?|i am |my name is )\s*", re.IGNORECASE)
_BESIDE = " \t\r\n,，、;；:：。.!！()（）的"
NAME_LENGTH = 20


class ClaimState(StrEnum):
    """待确认, 已确认, 已拒绝, 已终止."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody says that they belong to a home. `number` is spoken aloud (确认 3), `path` is that of the home's area."""

    id: ClaimId
    number: int
    household: str
    path: str
    resident: ResidentId
    as_: As
    name: str
    state: ClaimState
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimMade(Event):
    """A resident said that they belong to this home. `proof` is "" or what already proves it: code, phone (last four digits)."""

    id: ClaimId
    number: int
    household: str
    resident: ResidentId
    as_: As
    name: str
    at: datetime
    proof: str = ""


@dataclass(frozen=True, slots=True)
class ClaimConfirmed(Event):
    """The claim holds: this resident belongs to the home. `role` is the office that confirmed, or the proof (code, phone)."""

    id: ClaimId
    household: str
    resident: ResidentId
    as_: As
    by: ResidentId | None
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClaimRefused(Event):
    """The claim does not hold; the reason is told to whoever made it."""

    id: ClaimId
    household: str
    resident: ResidentId
    by: ResidentId
    role: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClaimEnded(Event):
    """A resident no longer belongs to a home: moved out (`by` themselves), or a member said 不是我家的."""

    id: ClaimId
    household: str
    resident: ResidentId
    by: ResidentId
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Introduction:
    """What 我是 3号楼2单元502 张三 业主 says: the home, the name, as what; each "" or None where it was not said."""

    home: HomeAddress | None
    name: str = ""
    as_: As | None = None


def introduced(text: str) -> Introduction:
    """Read what somebody says about themselves, in any order."""
    relation = _RELATION.search(narrow(text))
    as_ = RELATIONS[relation[0].lower()] if relation else None
    said = text[: relation.start()] + " " + text[relation.end() :] if relation else text
    found = find_home(said.lstrip(_BESIDE))
    if found is None:
        return Introduction(None, name_said(said), as_)
    return Introduction(found[0], name_said(found[1]), as_)


def name_said(text: str) -> str:
    """A name as it was typed, without what stands around it; "" for what is too long to be one."""
    name = " ".join(text.strip(_BESIDE).split())
    name = name[lead.end() :].strip(_BESIDE) if (lead := _I_AM.match(name)) else name
    return name if len(name) <= NAME_LENGTH else ""


def renamed(text: str) -> str:
    """我叫张三, said where something else was asked: the name; "" for other words."""
    return name_said(text) if _I_AM.match(text.strip(_BESIDE)) else ""


def may_decide(role: str, *, leaders_poll_open: bool) -> bool:
    """Whether somebody of this role may confirm or refuse: always grid and staff; the 楼栋长 unless their own poll is open there."""
    return role in ("grid", "staff", "admin") or (role == "leader" and not leaders_poll_open)


def others_who_decide(role: str) -> tuple[str, ...]:
    """Whom a refused person may still ask, nearest first: told with every refusal."""
    return tuple(r for r in ("grid", "staff") if r != role)


def changed(claim: Claim, as_: As) -> Claim:
    """The same claim, as something else than was said: an officer knows better."""
    return replace(claim, as_=as_)


def confirm(claim: Claim, by: ResidentId, role: str, at: datetime) -> tuple[Claim, ClaimConfirmed]:
    """Somebody who may decide says yes. Refused claims.* when it is no longer waiting or is their own."""
    _decidable(claim, by)
    return replace(claim, state=ClaimState.CONFIRMED), ClaimConfirmed(claim.id, claim.household, claim.resident, claim.as_, by, role, at)


def confirm_by_proof(claim: Claim, proof: str, at: datetime) -> tuple[Claim, ClaimConfirmed]:
    """A code or the telephone on the roll proves it at once; nobody has to be asked."""
    return replace(claim, state=ClaimState.CONFIRMED), ClaimConfirmed(claim.id, claim.household, claim.resident, claim.as_, None, proof, at)


def refuse(claim: Claim, by: ResidentId, role: str, reason: str, at: datetime) -> tuple[Claim, ClaimRefused]:
    """Somebody who may decide says no, always with the reason."""
    _decidable(claim, by)
    if not reason.strip():
        raise Refused("claims.reason_needed", number=claim.number)
    event = ClaimRefused(claim.id, claim.household, claim.resident, by, role, reason.strip(), at)
    return replace(claim, state=ClaimState.REFUSED), event


def end(claim: Claim, by: ResidentId, reason: str, at: datetime) -> tuple[Claim, ClaimEnded]:
    """It is over: moved out, taken back, or a member of the home says 不是我家的. Waiting and confirmed claims end alike."""
    if claim.state not in (ClaimState.WAITING, ClaimState.CONFIRMED):
        raise Refused("claims.already_over", number=claim.number)
    event = ClaimEnded(claim.id, claim.household, claim.resident, by, reason.strip(), at)
    return replace(claim, state=ClaimState.ENDED), event


def _decidable(claim: Claim, by: ResidentId) -> None:
    if claim.state is ClaimState.CONFIRMED:
        raise Refused("claims.already_confirmed", number=claim.number)
    if claim.state is not ClaimState.WAITING:
        raise Refused("claims.already_over", number=claim.number)
    if by == claim.resident:
        raise Refused("claims.own_claim", number=claim.number)
