"""First contact: who runs this and what is kept, then 【同意】【先看看，不登记】. Nothing beyond the message is stored before.

What somebody said before they agreed is kept, through 先看看 too, and taken in its order the moment they agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from community.consents import VERSION, ConsentDeferred, ConsentGiven, ConsentWithdrawn
from dialogue.words import Inbound, Kind, Option, ResidentId, Say, Step, ToContact
from storage import consents
from storage.database import Tx

words = {"consent": "agree", "browse": "look", "consent_full": "full", "withdraw": "withdraw"}
open_to = "all"


@dataclass(frozen=True, slots=True)
class State:
    """The messages that wait for the answer, the oldest first; none when they only opened the chat. Version 1 knew one at most."""

    waiting: tuple[Inbound, ...] | Inbound | None = ()
    version: int = 2


@dataclass(frozen=True, slots=True)
class Situation:
    """The polls still open in which they have voted: 撤回同意 may mean one of those votes."""

    votes: tuple[int, ...] = ()


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    if inbound.command is None or words.get(inbound.command.word) != "withdraw" or inbound.who.resident is None:
        return Situation()
    return Situation(consents.open_votes(tx, inbound.who.community, inbound.who.resident))


def step(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    who = inbound.who
    act = words.get(inbound.command.word, "") if inbound.command else ""
    if act == "withdraw":
        return _withdraw(situation, inbound)
    if who.consent == "given":
        return Step(None, says=(Say("consents.already", options=(MENU,)),)) if act else Step(None)
    if act == "agree" and who.consent:
        return _agree(state, inbound)
    if act == "full" and who.consent:
        return Step(state or State(), says=(Say("consents.full", options=CHOICES),))
    if act == "look" and who.consent:
        deferred = ConsentDeferred(who.contact, "browsing", inbound.now)
        kept = _kept(state)
        return Step(State(kept) if kept else None, (deferred,), (Say("consents.look", {"kept": bool(kept)}, (MENU,)),))
    asked = (ConsentDeferred(who.contact, "asked", inbound.now),) if not who.consent else ()
    notice = Say("consents.notice", options=CHOICES, to=ToContact(who.contact))
    return Step(State(_kept(state) if act else _with(_kept(state), inbound)), asked, (notice,))


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


def _agree(state: State | None, inbound: Inbound) -> Step:
    who = inbound.who
    resident = who.resident or ResidentId(who.person)
    given = ConsentGiven(who.contact, resident, who.person, inbound.name, VERSION, inbound.now)
    kept = _kept(state)
    says = (Say("consents.thanks"),) if kept else (Say("consents.welcome", options=(MENU,)),)
    again = tuple(replace(one, id=f"{one.id}a", external_id=inbound.external_id, at=inbound.now) for one in kept)
    return Step(None, (given,), says, again)


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
