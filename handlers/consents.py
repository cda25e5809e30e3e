"""First contact: who runs this and what is kept, then 【同意】【先看看，不登记】. Nothing beyond the message is stored before.

What somebody said before they agreed is kept, through 先看看 too, and taken in its order the moment they agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from community.consents import VERSION, ConsentDeferred, ConsentGiven, ConsentWithdrawn
from community.settings import CommunityChosen
from dialogue.words import Command, ContactId, Inbound, Kind, Option, ResidentId, Say, Step, ToContact
from handlers.invites import NOTHING, Behind, behind
from storage import communities, consents
from storage.communities import Community
from storage.database import Tx

words = {
    "consent": "agree",
    "consent_home": "agree_home",
    "consent_not_home": "not_home",
    "browse": "look",
    "consent_full": "full",
    "withdraw": "withdraw",
    "live_in": "place",
}
open_to = "all"


@dataclass(frozen=True, slots=True)
class State:
    """The messages that wait for the answer, the oldest first; none when they only opened the chat. Version 1 knew one at most.

    `home`: among them is the code of a home, and whether it is theirs was asked with the notice. `told`: the notice was said in
    their private chat (who only tapped in a group has not read it).
    """

    waiting: tuple[Inbound, ...] | Inbound | None = ()
    home: bool = False
    told: bool = False
    version: int = 4


@dataclass(frozen=True, slots=True)
class Situation:
    """The polls still open in which they have voted: 撤回同意 may mean one of those votes. Else what a first message brings along."""

    votes: tuple[int, ...] = ()
    behind: Behind = NOTHING
    communities: tuple[Community, ...] = ()  # where there are several: all that a newcomer may live in


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    who = inbound.who
    act = words.get(inbound.command.word, "") if inbound.command else ""
    if act == "withdraw" and who.resident is not None:
        return Situation(consents.open_votes(tx, who.community, who.resident))
    if act not in ("", "place") or who.consent == "given":
        return Situation()
    scanned = next((one for one in _kept(state) if state and state.home and one.command and one.command.word == "join"), inbound)
    brought = behind(tx, inbound if act or _brings(inbound) else replace(scanned, speaker=inbound.speaker, at=inbound.at))
    everyone = tuple(communities.everyone(tx)) if act == "place" or not (inbound.placed or who.consent or brought.community) else ()
    return Situation(behind=brought, communities=everyone)


def step(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    who = inbound.who
    act = words.get(inbound.command.word, "") if inbound.command else ""
    if act == "withdraw":
        return _withdraw(situation, inbound)
    if who.consent == "given":
        return Step(None, says=(Say("consents.already", options=(MENU,)),)) if act else Step(None)
    if act in ("agree", "agree_home") and who.consent:
        return _agree(state, inbound, mine=act == "agree_home")
    if act == "full" and who.consent:
        return Step(state or State(), says=(Say("consents.full", options=_choices(state, inbound)),))
    if act == "look" and who.consent:
        deferred = ConsentDeferred(who.contact, "browsing", inbound.now)
        kept = _kept(state)
        home = bool(state and state.home)
        return Step(State(kept, home, told=True) if kept else None, (deferred,), (Say("consents.look", {"kept": bool(kept)}, (MENU,)),))
    if act == "not_home":
        state = State(tuple(one for one in _kept(state) if not (one.command and one.command.word == "join")), told=True)
    return _notice(situation, state, inbound, act)


def _notice(s: Situation, state: State | None, inbound: Inbound, act: str) -> Step:
    """Who runs this and what is kept; with the code of a home also whether that is theirs: one scan, one tap."""
    who, kept = inbound.who, _kept(state) if act else _with(_kept(state), inbound)
    elsewhere = s.behind.community not in (0, who.community)
    if elsewhere or act == "place":
        there = s.behind.community if elsewhere else inbound.command.number if inbound.command else 0
        return _move(s, state, inbound, there or 0)
    if len(s.communities) > 1:  # the notice is that of their community
        return Step(State(kept), s.behind.tried, (_which(s, who.contact),))
    asked = (ConsentDeferred(who.contact, "asked", inbound.now),) if not who.consent else ()
    to = ToContact(who.contact)
    told = bool(state and state.told) or who.consent == "browsing"
    now = State(kept, bool(s.behind.home) or bool(state and state.home and act != "not_home"), told or inbound.private)
    choices = _choices(now, inbound)
    notice = Say("consents.notice", options=choices, to=to)
    if who.consent and told:  # they read it once; 【全文】 says it again
        notice = Say("consents.notice_again", {"kept": bool(kept)}, choices, to)
    if s.behind.home:
        notice = Say("consents.notice_home", {"path": s.behind.home}, choices, to)
    elif s.behind.place:
        notice = Say("consents.notice_poster", {"path": s.behind.place}, choices, to)
    return Step(now, (*s.behind.tried, *asked), (notice,))


def _move(s: Situation, state: State | None, inbound: Inbound, there: int) -> Step:
    """To the community their code is of, or that they live in: its own notice comes next, and what they said waits on."""
    if not s.behind.community and there not in {one.id for one in s.communities}:
        return Step(state or State(), says=(_which(s, inbound.who.contact),))
    moved = CommunityChosen(inbound.who.contact, there, None)
    opens = Command("menu") if not s.behind.community else inbound.command
    kind = inbound.kind if s.behind.community else Kind.JOINED
    again = replace(inbound, id=f"{inbound.id}a", kind=kind, text=inbound.text if s.behind.community else "", command=opens)
    return Step(State(_kept(state)), (moved,), again=(replace(again, community=there, placed=True),))


def _which(s: Situation, contact: ContactId) -> Say:
    """您住哪个社区？"""
    options = tuple(Option(f"live_in {one.id}", text=one.name) for one in s.communities)
    return Say("consents.which_community", options=options, to=ToContact(contact))


def _choices(state: State | None, inbound: Inbound) -> tuple[Option, ...]:
    choices = HOME_CHOICES if state and state.home else CHOICES
    return choices if inbound.who.large else (*choices, LARGE)


def _brings(inbound: Inbound) -> bool:
    return inbound.command is not None and inbound.command.word == "join"


def _kept(state: State | None) -> tuple[Inbound, ...]:
    waiting = state.waiting if state else ()
    return (waiting,) if isinstance(waiting, Inbound) else waiting or ()


def _with(kept: tuple[Inbound, ...], inbound: Inbound) -> tuple[Inbound, ...]:
    """This message waits too, unless it only opens the chat, says the same again, or ten wait already."""
    opens = inbound.kind is Kind.JOINED and not inbound.text  # a link may bring a code along
    if opens or (kept and inbound.command and inbound.command.word == "menu"):  # START: what they pressed in the group still waits
        return kept
    said = (inbound.kind, inbound.text, inbound.choice, inbound.attachments)
    return kept if any(said == (k.kind, k.text, k.choice, k.attachments) for k in kept) else (*kept, inbound)[:MOST]


def _agree(state: State | None, inbound: Inbound, *, mine: bool) -> Step:
    """What waited is taken now. `mine`: a home whose code was scanned is theirs, and is not asked about again."""
    who = inbound.who
    resident = who.resident or ResidentId(who.person)
    given = ConsentGiven(who.contact, resident, who.person, inbound.name, VERSION, inbound.now)
    kept = _kept(state)
    spoke = any(one.kind is not Kind.JOINED for one in kept)  # a code they scanned answers for itself
    says = (Say("consents.thanks"),) if spoke else () if kept else (Say("consents.welcome", options=(MENU,)),)
    again = tuple(_now(one, inbound, mine=mine) for one in kept)
    return Step(None, (given,), says, again)


def _now(one: Inbound, inbound: Inbound, *, mine: bool) -> Inbound:
    """A message that waited, taken in the community they agreed in."""
    code = mine and one.kind is Kind.JOINED
    here = one.community if one.chat else inbound.community
    taken = replace(one, id=f"{one.id}a", external_id=inbound.external_id, at=inbound.now, community=here)
    return replace(taken, kind=Kind.CHOICE) if code else taken


def _withdraw(situation: Situation, inbound: Inbound) -> Step:
    """撤回同意 takes back the consent of first contact; to whoever has voted it may mean the vote, so they are asked which."""
    who = inbound.who
    if who.resident is None or who.consent != "given":
        return Step(None, says=(Say("consents.nothing_to_withdraw", options=CHOICES),))
    if situation.votes and inbound.command and inbound.command.rest != MEANT:
        votes = tuple(Option(f"revote {n}", key="consents.button_vote", values={"number": n}) for n in situation.votes)
        which = (Option(f"withdraw {MEANT}", key="consents.button_data"), *votes)
        return Step(None, says=(Say("consents.which_withdrawal", options=which),))
    gone = ConsentWithdrawn(who.contact, who.resident, inbound.now)
    return Step(None, (gone,), (Say("consents.withdrawn"),))


MOST = 10  # messages that wait for one consent
MEANT = "data"  # what the button says that means the personal data
MENU = Option("menu", key="menu.button")
CHOICES = (
    Option("consent", key="consents.button_agree"),
    Option("browse", key="consents.button_look"),
    Option("consent_full", key="consents.button_full"),
)
LARGE = Option("large", key="consents.button_large", aside=True)
HOME_CHOICES = (
    Option("consent_home", key="consents.button_my_home"),
    Option("consent_not_home", key="consents.button_not_home"),
    *CHOICES[1:],
)
