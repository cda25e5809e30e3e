"""确认 N · 拒绝 N TEXT: the 楼栋长, the 网格员 or staff say who belongs to a home; what waits too long goes on to the next of them."""

from __future__ import annotations

from dataclasses import dataclass

from community import claims as rules
from community import staff
from community.claims import As, Claim, ClaimState
from dialogue.words import Inbound, Kind, Option, Purpose, Refused, Role, Say, Step, ToResident, ToRole
from handlers.claims import decide_buttons
from storage import areas, residents
from storage import claims as kept
from storage.areas import Household
from storage.database import Tx

words = {"confirm": "confirm", "refuse": "refuse", residents.TO_GRID: "grid", residents.TO_STAFF: "staff"}
open_to = "given"
MOST = 10  # claims shown in one list
DEED = "deed"  # staff have seen the title deed
REASONS = ("unknown", "wrong_room", "papers")
_PRECEDENCE = ("admin", "staff", "grid", "leader")  # whoever holds several offices speaks as the first of these


@dataclass(frozen=True, slots=True)
class State:
    """The claim whose refusal waits for its reason."""

    number: int
    version: int = 1

    @property
    def word(self) -> str:
        return "refuse"


@dataclass(frozen=True, slots=True)
class Situation:
    """The claim spoken of, locked, with its home; or all that wait. `named`: nothing on the roll speaks against an owner's name."""

    waiting: tuple[Claim, ...] = ()
    claim: Claim | None = None
    home: Household | None = None
    named: bool = True
    leaders_poll_open: bool = False


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    here = inbound.community
    if inbound.kind is Kind.TIMEOUT:
        assert inbound.command is not None
        late = kept.by_id(tx, here, inbound.command.rest)
        return Situation(claim=late, home=areas.household(tx, here, late.household) if late else None)
    number = inbound.command.number if inbound.command else None
    number = state.number if number is None and state else number
    if number is None:
        return load_waiting(tx, inbound)
    claim = residents.claim_by_number(tx, here, number)
    if claim is None:
        raise Refused("claims.no_such_claim")
    if claim.state is not ClaimState.WAITING and inbound.kind is Kind.TEXT and not state and not any(c.isdigit() for c in inbound.text):
        return load_waiting(tx, inbound)  # 确认 alone chose the button of a claim that is over: they mean what waits
    home = areas.household(tx, here, claim.household)
    listed = areas.owner_names(tx, here, home.id)
    named = claim.as_ is not As.OWNER or not listed or areas.is_owner(tx, here, home.id, claim.name)
    return Situation(claim=claim, home=home, named=named, leaders_poll_open=kept.leaders_poll_open(tx, here, home.path, inbound.now))


def load_waiting(tx: Tx, inbound: Inbound) -> Situation:
    """All claims that wait where they hold an office, oldest first."""
    paths = [role.path for role in inbound.who.roles if role.name in _PRECEDENCE]
    found = {claim.id: claim for path in paths for claim in residents.waiting_claims(tx, inbound.community, path)}
    return Situation(tuple(sorted(found.values(), key=lambda claim: claim.number)))


def step(s: Situation, state: State | None, inbound: Inbound) -> Step:
    act = words.get(inbound.command.word, "") if inbound.command else ""
    if inbound.kind is Kind.TIMEOUT:
        return pass_on(s, act)
    if s.claim is None:
        return _list(s.waiting)
    role = _role(s.claim, inbound.who.roles, s.leaders_poll_open)
    if act == "confirm":
        return confirm(s, role, inbound)
    reason = inbound.command.rest if inbound.command else inbound.text
    return refuse(s.claim, role, reason.strip(), inbound)


def confirm(s: Situation, role: str, inbound: Inbound) -> Step:
    """They belong there. An owner the roll does not name is one only once staff have seen the deed."""
    claim, who = s.claim, inbound.who.resident
    assert claim is not None and who is not None and inbound.command is not None
    chosen = inbound.command.rest
    is_staff = role in ("staff", "admin")
    as_ = As(chosen) if chosen in (As.FAMILY, As.TENANT) else claim.as_
    values = {"number": claim.number, "name": claim.name, "path": claim.path, "as_": as_.value}
    if as_ is As.OWNER and not s.named and not (is_staff and chosen == DEED) and claim.state is ClaimState.WAITING:
        also = (Option(f"confirm {claim.number} {DEED}", key="claims.button_deed_seen"),) if is_staff else ()
        options = (*also, _as(claim, As.FAMILY), _as(claim, As.TENANT), decide_buttons(claim.number)[1])
        asked = Say("claims.not_on_roll_staff" if is_staff else "claims.not_on_roll", values, options, about=(claim.resident,))
        return Step(None, says=(asked,))
    _, event = rules.confirm(rules.changed(claim, as_), who, role, inbound.now)
    done = Say("claims.confirmed_done", values, about=(claim.resident,))
    told = Say("claims.confirmed_you", values, (Option("menu", key="menu.button"),), ToResident(claim.resident), Purpose.OWN_MATTER)
    return Step(None, (event,), (done, told))


def refuse(claim: Claim, role: str, reason: str, inbound: Inbound) -> Step:
    """They do not belong there, with the reason; they hear who else decides."""
    values = {"number": claim.number, "name": claim.name, "path": claim.path}
    if not reason and claim.state is ClaimState.WAITING:
        options = tuple(Option(f"refuse {claim.number} {code}", key=f"claims.reason_{code}") for code in REASONS)
        return Step(State(claim.number), says=(Say("claims.ask_reason", values, options, asks=True, about=(claim.resident,)),))
    assert inbound.who.resident is not None
    _, event = rules.refuse(claim, inbound.who.resident, role, reason, inbound.now)
    heard = {**values, "reason": reason, "others": list(rules.others_who_decide(role))}
    told = Say("claims.refused_you", heard, (Option("human", key="menu.word_human"),), ToResident(claim.resident), Purpose.OWN_MATTER)
    return Step(None, (event,), (Say("claims.refused_done", values), told))


def pass_on(s: Situation, role: str) -> Step:
    """Nobody answered: the next of them is asked. Those asked earlier may still answer."""
    if s.claim is None or s.home is None or s.claim.state is not ClaimState.WAITING:
        return Step(None)
    claim = s.claim
    values = {"number": claim.number, "name": claim.name, "path": claim.path, "as_": claim.as_.value}
    to = ToRole(role, s.home.area)
    return Step(None, says=(Say("claims.passed_on", values, decide_buttons(claim.number), to, Purpose.DUTY, about=(claim.resident,)),))


def _list(waiting: tuple[Claim, ...]) -> Step:
    if not waiting:
        return Step(None, says=(Say("claims.nothing_waits", options=(Option("menu", key="menu.button", aside=True),)),))
    shown = waiting[:MOST]
    rows = [{"number": c.number, "name": c.name, "path": c.path, "as_": c.as_.value} for c in shown]
    buttons = tuple(
        Option(f"confirm {c.number}", key="claims.button_confirm_number", values={"number": c.number}, aside=True) for c in shown
    )
    return Step(None, says=(Say("claims.list", {"claims": rows}, buttons, about=tuple(c.resident for c in shown)),))


def _role(claim: Claim, roles: tuple[Role, ...], leaders_poll_open: bool) -> str:
    """The office in which they decide this claim. Refused where none of theirs reaches it."""
    mine = [role.name for role in roles if role.name in _PRECEDENCE and staff.covers(role.path, claim.path)]
    if not mine:
        raise Refused("claims.elsewhere", number=claim.number, path=claim.path)
    able = [name for name in _PRECEDENCE if name in mine and rules.may_decide(name, leaders_poll_open=leaders_poll_open)]
    if not able:
        raise Refused("claims.leaders_own_poll")
    return able[0]


def _as(claim: Claim, as_: As) -> Option:
    return Option(f"confirm {claim.number} {as_.value}", key=f"claims.button_as_{as_.value}")
