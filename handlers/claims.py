"""Which home is yours: 我是 3号楼2单元502 张三 业主, or by taps; what is missing is asked, then somebody who knows you confirms."""

from __future__ import annotations

from dataclasses import dataclass, replace

from community import claims as rules
from community import walks
from community.areas import like_a_home
from community.claims import As, Claim, ClaimId, ClaimMade, ClaimState
from community.invites import Tried
from community.staff import covers
from dialogue.numerals import digits
from dialogue.words import Command, Event, Inbound, Kind, Option, Purpose, Refused, Say, Step, ToContact, ToHousehold, ToResident, ToRole
from handlers import ways
from storage import areas, communities, residents, tries
from storage import claims as kept
from storage.areas import Household
from storage.database import Tx
from storage.residents import Home

words = {
    "iam": "begin",
    "pick": "pick",
    "claim_as": "as",
    "claim_name": "name",
    "claim_skip": "skip",
    "notours": "not_ours",
}
open_to = "given"
TAIL = 4  # digits asked of the telephone on the roll


@dataclass(frozen=True, slots=True)
class State:
    """What has been said so far: the home, as what, how they are called, and (None: not asked yet) the telephone's last four digits."""

    household: str
    as_: str = ""
    name: str = ""
    named: bool = False
    tail: str | None = None
    poster: str = ""  # the place whose sheet they scanned: they look for their home there, and need no other code
    at: str = ""  # how far they have tapped
    version: int = 1

    @property
    def complete(self) -> bool:
        """Whether nothing is left to ask; a tenant's home has no telephone of theirs on the roll."""
        return bool(self.as_) and self.named and (self.tail is not None or self.as_ == As.TENANT)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known: where the claim stands after this message, its home, or the walk that looks for it; and what the roll proves."""

    said: State | None = None
    home: Household | None = None
    several: tuple[Household, ...] = ()
    by: State | None = None  # what was said before, where they are still looking
    walk: walks.Stop | None = None
    missing: bool = False  # they named a home that is not here
    mine: tuple[Home, ...] = ()
    name: str = ""  # how they are called already
    proven: bool = False
    left: int = 0  # the last four digits were wrong, and may be tried so often again
    number: int = 0
    decider: str = ""
    claim: Claim | None = None  # of 不是我家的
    member: bool = False


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    who = inbound.who
    act = words.get(inbound.command.word, "") if inbound.command else ""
    if act == "not_ours":
        return _accused(tx, inbound)
    state = _scanned(state, inbound)
    if inbound.channel in communities.community(tx, who.community).settings.doors_need_code and not (state and state.poster):
        raise Refused("claims.code_needed")
    mine = tuple(residents.homes_of(tx, who.community, str(who.resident)))
    name = residents.name_of(tx, who.community, str(who.resident))
    again = not act and inbound.kind is Kind.TEXT and rules.introduced(inbound.text).home is not None  # another home instead of an answer
    if act == "begin" or again or (act == "pick" and not (inbound.command and inbound.command.rest.startswith("home "))):
        return _looking(tx, inbound, act, Situation(mine=mine, name=name, by=state))
    if act == "pick":
        assert inbound.command is not None
        place = areas.household(tx, who.community, inbound.command.rest.removeprefix("home "))
        if state and state.poster and not covers(areas.by_id(tx, who.community, state.poster).path, place.path):
            raise Refused("claims.begin_again", (Option("iam", key="claims.button_register"),))
        said = replace(state or State(""), household=place.id)
    elif state and not state.household:
        walk = ways.walk(tx, who.community, state.at.split())
        homes = ways.typed(tx, who.community, inbound.text, walk.path)
        if len(homes) != 1:
            return Situation(mine=mine, name=name, by=state, walk=walk, several=tuple(homes[: walks.PAGE]))
        said = replace(state, household=homes[0].id)
    elif state is None:
        raise Refused("claims.begin_again", (Option("iam", key="claims.button_register"),))
    else:
        said = heard(state, act, inbound, name)
    return _weighed(tx, inbound, Situation(said, mine=mine, name=name))


def heard(state: State, act: str, inbound: Inbound, name: str) -> State:
    """What has been said after this answer; what fits nothing changes nothing and is asked again."""
    rest = inbound.command.rest if inbound.command else inbound.text
    if act == "as" and rest in [a.value for a in As]:
        return replace(state, as_=rest)
    if act == "name":
        return replace(state, name=name, named=True)
    if act == "skip":
        return replace(state, tail="")
    if inbound.kind is not Kind.TEXT or act:
        return state
    if not state.as_:
        said = rules.introduced(inbound.text).as_
        return replace(state, as_=said.value) if said else state
    if not state.named:
        called = rules.name_said(inbound.text)
        return replace(state, name=called, named=True) if called else state
    if called := rules.renamed(inbound.text):
        return replace(state, name=called)
    tail = digits(inbound.text)
    return replace(state, tail=tail[-TAIL:]) if len(tail) >= TAIL else state


def step(s: Situation, state: State | None, inbound: Inbound) -> Step:
    private = None if inbound.private else ToContact(inbound.who.contact)
    if s.claim is not None:
        return not_ours(s, inbound)
    wrong_room = inbound.command is None and inbound.kind is Kind.TEXT and like_a_home(inbound.text)
    short = wrong_room or bool(s.by and s.by.poster and len(inbound.text) <= TAIL)
    if s.said is None and inbound.command is None and not (short or s.several or s.missing):  # no room: something they want to say
        return Step(None, again=(replace(inbound, id=f"{inbound.id}a", command=Command("free", rest=inbound.text)),))
    if s.said is None:
        look = replace(_look(s, hello=inbound.kind is Kind.JOINED, wrong=wrong_room), to=private)
        return Step(s.by if s.walk else None, says=(look,))
    assert s.home is not None
    for home in s.mine:
        if home.household == s.said.household and (home.state is ClaimState.WAITING or home.as_ == s.said.as_):
            key = "claims.waits_already" if home.state is ClaimState.WAITING else "claims.bound_already"
            return Step(None, says=(Say(key, {"path": home.path}, to=private),))
    if s.said.complete:
        return made(s, inbound)
    wrong = (Tried(phone_tries(s.home.id), inbound.now),) if s.left else ()
    repeated = s.said == state and not s.left
    return Step(s.said, wrong, (replace(_ask(s.said, s, repeated=repeated), to=private),))


def made(s: Situation, inbound: Inbound) -> Step:
    """The claim stands: proven at once, or waiting for somebody who knows them. The home's members are told in either case."""
    assert s.said is not None and s.home is not None and inbound.who.resident is not None
    said, home, as_ = s.said, s.home, As(s.said.as_)
    name = said.name or s.name
    proof = "phone" if s.proven else ""
    event = ClaimMade(ClaimId(f"{inbound.id}-0"), s.number, home.id, inbound.who.resident, as_, name, inbound.now, proof)
    values = {"number": s.number, "path": home.path, "as_": as_.value, "name": name, "decider": s.decider}
    private = ToContact(inbound.who.contact)
    told = Say("claims.member_told", values, (not_ours_button(s.number),), ToHousehold(home.id, inbound.who.resident), Purpose.OWN_MATTER)
    if s.proven:
        waiting = claim_of(event, home)
        _, confirmed = rules.confirm_by_proof(waiting, "phone", inbound.now)
        return Step(None, (event, confirmed), (Say("claims.bound", values, (MENU,), to=private), told))
    wrong: tuple[Event, ...] = (Tried(phone_tries(home.id), inbound.now),) if said.tail else ()
    asked = Say("claims.please_confirm", values, decide_buttons(s.number), ToRole(s.decider, home.area), Purpose.DUTY)
    return Step(None, (event, *wrong), (Say("claims.waits", values, (MENU,), to=private), asked, told))


def claim_of(event: ClaimMade, home: Household) -> Claim:
    """The claim an event makes, as it stands at that moment."""
    place = (event.household, home.path, event.resident, event.as_, event.name)
    return Claim(event.id, event.number, *place, ClaimState.WAITING, event.at)


def not_ours(s: Situation, inbound: Inbound) -> Step:
    """A member says 不是我家的: a waiting claim ends, a confirmed one is looked at by staff."""
    claim, home = s.claim, s.home
    assert claim is not None and home is not None
    if not s.member or inbound.who.resident in (None, claim.resident):
        raise Refused("claims.not_a_member")
    assert inbound.who.resident is not None
    values = {"number": claim.number, "path": claim.path, "name": claim.name, "as_": claim.as_.value}
    if claim.state is ClaimState.CONFIRMED:
        flag = Say("claims.flagged", values, to=ToRole("staff", home.area), purpose=Purpose.DUTY, about=(claim.resident,))
        return Step(None, says=(Say("claims.not_ours_looked_at", values), flag))
    _, ended = rules.end(claim, inbound.who.resident, "", inbound.now)
    told = Say("claims.ended_by_member", values, to=ToResident(claim.resident), purpose=Purpose.OWN_MATTER)
    return Step(None, (ended,), (Say("claims.not_ours_ended", values), told))


def decide_buttons(number: int) -> tuple[Option, ...]:
    """【确认】【拒绝】 of claim N."""
    return (Option(f"confirm {number}", key="claims.button_confirm"), Option(f"refuse {number}", key="claims.button_refuse"))


def not_ours_button(number: int) -> Option:
    """【不是我家的】 of claim N."""
    return Option(f"notours {number}", key="claims.button_not_ours", aside=True)


def phone_tries(household: str) -> str:
    """What is counted when somebody guesses the telephone of a home."""
    return f"phone:{household}"


def _accused(tx: Tx, inbound: Inbound) -> Situation:
    assert inbound.command is not None
    claim = residents.claim_by_number(tx, inbound.who.community, inbound.command.number or 0)
    if claim is None:
        raise Refused("claims.no_such_claim")
    member = inbound.who.resident in kept.of_household(tx, inbound.who.community, claim.household)
    return Situation(claim=claim, member=member, home=areas.household(tx, inbound.who.community, claim.household))


def _scanned(state: State | None, inbound: Inbound) -> State | None:
    """They came by the sheet in the lift: only handlers/invites.py, which looked at its code, says `pick` as an opened chat."""
    if inbound.kind is not Kind.JOINED or inbound.command is None:
        return state
    return State("", poster=inbound.command.rest.removeprefix("area "))


def _looking(tx: Tx, inbound: Inbound, act: str, s: Situation) -> Situation:
    """They name a home, or look for it by taps."""
    rest = inbound.command.rest if inbound.command else inbound.text
    if act == "pick":
        return replace(s, by=replace(s.by or State(""), household="", at=rest), walk=ways.walk(tx, inbound.who.community, rest.split()))
    said = rules.introduced(rest)
    s = replace(s, by=s.by if s.by and s.by.poster else State(""))
    if said.home is None:
        walk = ways.walk(tx, inbound.who.community, [])
        there = ways.typed(tx, inbound.who.community, rest, walk.path)  # 我家是2单元301, where there is one building
        if len(there) == 1:
            return _weighed(tx, inbound, replace(s, said=State(there[0].id)))
        return replace(s, walk=walk, several=tuple(there[: walks.PAGE]))
    name = said.name
    if not name and not kept.is_estate(tx, inbound.who.community, said.home.estate):
        name = said.home.estate  # 张三 3号楼2单元502: a name stands before the home
    found = kept.homes_at(tx, inbound.who.community, said.home)
    state = State("", said.as_.value if said.as_ else "", name, bool(name))
    if len(found) == 1:
        return _weighed(tx, inbound, replace(s, said=replace(state, household=found[0].id)))
    if found:
        return replace(s, several=tuple(found[: walks.PAGE]))
    return replace(s, missing=True, walk=ways.walk(tx, inbound.who.community, []))


def _weighed(tx: Tx, inbound: Inbound, s: Situation) -> Situation:
    """With the home, and once nothing is left to ask, with what the roll proves and who is asked."""
    assert s.said is not None
    community, said = inbound.who.community, s.said
    home = areas.household(tx, community, said.household)
    if said.as_ and said.named and said.tail is None and not areas.has_phone(tx, community, home.id):
        said = replace(said, tail="")  # there is nothing to compare with
        s = replace(s, said=said)
    if not said.complete or any(h.household == home.id and h.state is ClaimState.WAITING for h in s.mine):
        return replace(s, home=home)
    named = said.as_ != As.OWNER or areas.is_owner(tx, community, home.id, said.name)
    left = tries.left(tx, phone_tries(home.id), inbound.now)
    fits = bool(said.tail) and left > 0 and areas.phone_matches(tx, community, home.id, str(said.tail))
    if said.tail and not fits and left > 1:
        return replace(s, home=home, said=replace(said, tail=None), left=left - 1)
    proven = fits and named
    decider = kept.decider(tx, community, home.path, str(inbound.who.resident), inbound.now)
    return replace(s, home=home, proven=proven, number=communities.next_number(tx, community, "claims"), decider=decider)


def _look(s: Situation, *, hello: bool, wrong: bool = False) -> Say:
    """Where is your home? as buttons."""
    if s.several:
        homes = tuple(Option(f"pick home {home.id}", text=home.path.replace("/", "")) for home in s.several)
        return Say("claims.which_home", options=homes)
    assert s.walk is not None
    taps = tuple(ways.tap(way) for way in s.walk.ways)
    if not taps:
        raise Refused("claims.no_homes_yet")
    more = (Option(f"pick {s.walk.more}", key="claims.button_more", aside=True),) if s.walk.more else ()
    key = "claims.no_such_home" if s.missing else "claims.no_such_room" if wrong else "claims.where_here" if hello else "claims.where"
    return Say(key, {"path": s.walk.path}, taps + more)


def _ask(said: State, s: Situation, *, repeated: bool = False) -> Say:
    """The next thing that is missing, as one question with buttons."""
    assert s.home is not None
    values = {"path": s.home.path}
    if not said.as_:
        return Say("claims.ask_as", values, tuple(Option(f"claim_as {a.value}", key=f"roles.{a.value}") for a in As))
    if not said.named:
        key = "claims.button_this_name" if s.name else "claims.button_no_name"
        return Say("claims.ask_name", values, (Option("claim_name", key=key, values={"name": s.name}, aside=True),), asks=True)
    key = "claims.phone_wrong" if s.left else "claims.phone_digits" if repeated else "claims.ask_phone"
    # digits are no words of their own: any command still counts here
    return Say(key, {**values, "left": s.left}, (Option("claim_skip", key="claims.button_let_confirm", aside=True),))


MENU = Option("menu", key="menu.button", aside=True)
