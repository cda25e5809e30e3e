"""绑定 CODE: an office, a home or one's own other chat, by eight digits on a slip. A wrong code is one sentence; after five it rests."""

from __future__ import annotations

from dataclasses import dataclass, replace

from community import claims as rules
from community import codes
from community.areas import masked
from community.claims import As, ClaimId, ClaimMade
from community.invites import DAYS, NEWCOMERS, OFFICE_DAYS, POSTER, SELF, ContactsJoined, InviteMade, InviteUsed, RoleTaken, Tried, lasts
from community.settings import CommunityChosen
from community.staff import covers
from dialogue.words import (
    Command,
    Inbound,
    Kind,
    Option,
    Purpose,
    Refused,
    ResidentId,
    Role,
    Say,
    Step,
    ToContact,
    ToHousehold,
    ToRole,
)
from handlers.claims import claim_of, decide_buttons, not_ours_button
from storage import areas, communities, doors, invites, residents, tries
from storage import claims as kept
from storage.areas import AreaRow, Household
from storage.database import Tx
from storage.doors import Invite
from storage.residents import Home

words = {"join": "join", "join_no": "not_mine"}
open_to = "given"
"""A code is looked at once they have agreed; what they said before waits (handlers/consents.py)."""


@dataclass(frozen=True, slots=True)
class State:
    """A home's code that does not say as what: what they chose, before the name an owner is asked for."""

    code: str
    as_: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """The code's invitation (None: no code, or not a good one) and everything it leads to."""

    code: str = ""
    invite: Invite | None = None
    rests: str = ""  # what they hear when no code is looked at now
    area: AreaRow | None = None
    home: Household | None = None
    mine: tuple[Home, ...] = ()
    as_: str = ""
    name: str = ""
    named: bool = False  # the roll has that owner, or names none
    number: int = 0
    fresh: str = ""  # the code that replaces one shown in a group
    known_there: bool = False  # they agreed in the code's community before
    free: bool = False  # this chat may become somebody's second one
    decider: str = "leader"


@dataclass(frozen=True, slots=True)
class Behind:
    """What a code opens, before anybody agreed to anything: whose community, which home (masked) or building; or a wrong guess."""

    community: int = 0
    home: str = ""
    place: str = ""
    tried: tuple[Tried, ...] = ()


NOTHING = Behind()


def behind(tx: Tx, inbound: Inbound) -> Behind:
    """The same for first contact (handlers/consents.py). Guesses count here as they do later."""
    who = inbound.who
    code = codes.parse(inbound.command.rest) if inbound.private and inbound.command and inbound.command.word == "join" else None
    rests = tries.spent(tx, code_tries(who.contact), inbound.now)
    newcomer = _newcomer(inbound, ())
    if not code or rests or (newcomer and tries.spent(tx, newcomers_tries(who.community), inbound.now, NEWCOMERS)):
        return NOTHING
    found = doors.invite_by_code(tx, code)
    if not _good(found, inbound):
        return Behind(tried=_counted(Situation(), inbound))
    assert found is not None
    if found.household:
        return Behind(found.community, home=masked(areas.household(tx, found.community, found.household).path))
    return Behind(found.community, place=_place(tx, found).path if found.role == POSTER else "")


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    if inbound.command and inbound.command.word == "join_no":
        return Situation(rests="invites.not_mine")
    who = inbound.who
    said = inbound.command.rest.split(" ") if inbound.command else []
    chosen = said.pop() if said and said[-1] in [a.value for a in As] else (state.as_ if state else "")
    code = codes.parse("".join(said)) if inbound.command else state.code if state else ""
    if tries.spent(tx, code_tries(who.contact), inbound.now):
        return Situation(rests="invites.rests")
    mine = tuple(residents.homes_of(tx, who.community, str(who.resident)))
    if _newcomer(inbound, mine) and tries.spent(tx, newcomers_tries(who.community), inbound.now, NEWCOMERS):
        return Situation(rests="invites.rests_for_newcomers")
    found = doors.invite_by_code(tx, code) if code else None
    if not _good(found, inbound):
        return Situation(code=code or "".join(said), mine=mine)
    assert found is not None
    s = Situation(code or "", found, as_=found.as_ or chosen, mine=mine)
    if not inbound.private:
        return s if found.role in (SELF, POSTER) else replace(s, area=_place(tx, found), fresh=doors.fresh_code(tx, inbound.id))
    if found.community != who.community:
        return replace(s, known_there=residents.exists(tx, found.community, str(who.resident)))
    if found.role == SELF:
        return replace(s, free=invites.person_free_to_join(tx, who.community, str(who.resident)))
    if not found.household:
        return replace(s, area=_place(tx, found))
    return _home(tx, inbound, replace(s, home=areas.household(tx, found.community, found.household)))


def _home(tx: Tx, inbound: Inbound, s: Situation) -> Situation:
    """A home's code: how they are called, and whether the roll has that owner."""
    assert s.home is not None and s.invite is not None
    here = inbound.who.community
    known = residents.name_of(tx, here, str(inbound.who.resident))
    name = rules.name_said(inbound.text) if inbound.command is None and inbound.kind is Kind.TEXT else s.invite.name or known
    listed = areas.owner_names(tx, here, s.home.id)
    named = not listed or bool(name and areas.is_owner(tx, here, s.home.id, name))
    number = communities.next_number(tx, here, "claims") if s.as_ else 0
    decider = kept.decider(tx, here, s.home.path, str(inbound.who.resident), inbound.now)
    return replace(s, name=name, named=named, number=number, decider=decider)


def _place(tx: Tx, invite: Invite) -> AreaRow:
    area = invite.area or areas.household(tx, invite.community, invite.household).area
    return areas.by_id(tx, invite.community, area)


def step(s: Situation, state: State | None, inbound: Inbound) -> Step:
    private = ToContact(inbound.who.contact)
    if not s.code and not s.rests:
        return Step(None, again=(replace(inbound, id=f"{inbound.id}a", kind=Kind.CHOICE, choice="iam", command=Command("iam")),))
    if s.rests:
        return Step(None, says=(Say(s.rests, options=(REGISTER,) if s.rests == "invites.not_mine" else (), to=private),))
    if s.invite is None:
        return Step(None, _counted(s, inbound), (Say("invites.wrong", to=private),))
    if not inbound.private:
        return Step(None, says=(Say("menu.privately"),)) if s.invite.role == POSTER else shown_in_group(s, inbound)
    if s.invite.community != inbound.who.community:
        moved = CommunityChosen(inbound.who.contact, s.invite.community, inbound.who.resident if s.known_there else None)
        return Step(None, (moved,), again=(replace(inbound, id=f"{inbound.id}a", community=s.invite.community),))
    if s.invite.role == SELF:
        return second_chat(s, inbound)
    if s.invite.role == POSTER:
        return scan_poster(s, inbound)
    return take_home(s, inbound, asked=inbound.command is None) if s.home else take_office(s, inbound)


def shown_in_group(s: Situation, inbound: Inbound) -> Step:
    """The neighbours have read the code: it is void, a new one goes to those who give codes out, and the speaker hears it in private."""
    assert s.invite is not None
    old, void = s.invite, InviteUsed(s.invite.id, void=True)
    says = (Say("menu.privately"), Say("invites.void", to=ToContact(inbound.who.contact)))
    if s.area is None:
        return Step(None, (void,), says)
    place = (old.role, old.area, old.household, old.as_)
    uses = max(old.uses_left, 1) if old.household else 1
    fresh = InviteMade(f"{inbound.id}-1", s.fresh, *place, uses, lasts(inbound.now, DAYS if old.household else OFFICE_DAYS))
    values = {"code": s.fresh, "path": s.area.path, "role": old.role}
    told = Say("invites.replaced", values, to=ToRole("staff", s.area.id), purpose=Purpose.DUTY)
    return Step(None, (void, fresh), (*says, told))


def scan_poster(s: Situation, inbound: Inbound) -> Step:
    """The sheet in the lift: to one's home in that building by taps, where somebody who knows them confirms it."""
    assert s.area is not None
    if any(covers(s.area.path, home.path) for home in s.mine):
        return Step(None, says=(Say("invites.at_home", {"path": s.area.path}, (MENU,)),))
    walk = Command("pick", rest=f"area {s.area.id}")
    return Step(None, again=(replace(inbound, id=f"{inbound.id}a", kind=Kind.JOINED, command=walk),))


def take_office(s: Situation, inbound: Inbound) -> Step:
    """A code for an office: it is theirs from today."""
    assert s.invite is not None and s.area is not None and inbound.who.resident is not None
    if any(role.name == s.invite.role and role.area == s.area.id for role in inbound.who.roles):
        raise Refused("invites.held_already", role=s.invite.role, path=s.area.path)
    role = Role(s.invite.role, s.area.id, s.area.path)
    taken = RoleTaken(f"{inbound.id}-0", inbound.who.resident, role, s.invite.name, inbound.now.date())
    welcome = Say("invites.office", {"role": role.name, "path": role.path}, (MENU,))
    return Step(None, (taken, InviteUsed(s.invite.id)), (welcome,))


def take_home(s: Situation, inbound: Inbound, *, asked: bool) -> Step:
    """A code for a home proves that they live there; that they own it, only if they gave a name the roll has."""
    assert s.invite is not None and s.home is not None and inbound.who.resident is not None
    home = s.home
    if any(h.household == home.id and h.state.value == "confirmed" and h.as_.value == (s.as_ or h.as_.value) for h in s.mine):
        raise Refused("claims.bound_already", path=home.path)
    if inbound.kind is Kind.JOINED:  # whoever scans a slip may have picked up a neighbour's
        mine = (Option(f"join {s.code}", key="invites.button_mine"), Option("join_no", key="invites.button_not_mine"))
        return Step(None, says=(Say("invites.is_home", {"path": masked(home.path)}, mine),))
    if not s.as_:
        options = tuple(Option(f"join {s.code} {a.value}", key=f"roles.{a.value}") for a in As)
        return Step(None, says=(Say("claims.ask_as", {"path": home.path}, options),))
    proven = bool(s.invite.as_) or s.as_ != As.OWNER or s.named
    if not proven and not asked:
        return Step(State(s.code, s.as_), says=(Say("invites.ask_owner_name", {"path": home.path}, asks=True),))
    made = ClaimMade(ClaimId(f"{inbound.id}-0"), s.number, home.id, inbound.who.resident, As(s.as_), s.name, inbound.now, "code")
    used = InviteUsed(s.invite.id)
    values = {"number": s.number, "path": home.path, "as_": s.as_, "name": s.name, "decider": s.decider}
    members = ToHousehold(home.id, inbound.who.resident)
    told = Say("claims.member_told", values, (not_ours_button(s.number),), members, Purpose.OWN_MATTER)
    if not proven:
        ask = Say("claims.please_confirm", values, decide_buttons(s.number), ToRole(s.decider, home.area), Purpose.DUTY)
        return Step(None, (made, used), (Say("claims.waits", values), ask, told))
    _, confirmed = rules.confirm_by_proof(claim_of(made, home), "code", inbound.now)
    welcome = Say("claims.bound", values, (MENU,))
    return Step(None, (made, confirmed, used), (welcome, told))


def second_chat(s: Situation, inbound: Inbound) -> Step:
    """The code from 我的资料 【在别的聊天里也用】: this chat is the same person's."""
    assert s.invite is not None
    if s.invite.resident == inbound.who.resident:
        raise Refused("invites.same_chat")
    if not s.free:
        raise Refused("invites.two_lives")
    into = ResidentId(s.invite.resident)
    joined = ContactsJoined(inbound.who.contact, inbound.who.person, inbound.who.resident, into, inbound.now)
    return Step(None, (joined, InviteUsed(s.invite.id)), (Say("invites.joined", options=(MENU,)),))


def _good(found: Invite | None, inbound: Inbound) -> bool:
    return found is not None and found.uses_left > 0 and found.expires_at > inbound.now


def _counted(s: Situation, inbound: Inbound) -> tuple[Tried, ...]:
    """A wrong code counts for its chat, and a newcomer's for all newcomers: a new address costs whoever guesses nothing."""
    mine = Tried(code_tries(inbound.who.contact), inbound.now)
    everybody = Tried(newcomers_tries(inbound.who.community), inbound.now)
    return (mine, everybody) if _newcomer(inbound, s.mine) else (mine,)


def _newcomer(inbound: Inbound, mine: tuple[Home, ...]) -> bool:
    """Whoever came by the open web chat, where one browser makes any number of addresses, and nobody has vouched for."""
    return inbound.self_made and not inbound.who.roles and not any(home.state.value == "confirmed" for home in mine)


def newcomers_tries(community: int) -> str:
    """What is counted when codes are guessed under ever new addresses."""
    return f"codes:{community}"


def code_tries(contact: str) -> str:
    """What is counted when somebody guesses codes."""
    return f"code:{contact}"


MENU = Option("menu", key="menu.button", aside=True)
REGISTER = Option("iam", key="claims.button_register")
