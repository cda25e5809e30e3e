"""登录: a one-time link to the desk; 登录 123456 opens it on the computer that shows these digits, once 【是我】 is tapped."""

from __future__ import annotations

from dataclasses import dataclass

from community.invites import Tried
from community.logins import DIGITS, LoginConfirmed, LoginRefused, Waiting
from community.staff import OFFICES, who_can
from dialogue.numerals import digits
from dialogue.words import Inbound, Link, Option, Refused, Say, Step, ToContact
from storage import logins, tries
from storage.database import Tx

words = {"login": "login", "login_yes": "yes", "login_no": "no"}
open_to = "given"
State = None
MINUTES = 15  # as long as the link lasts (bot/speaking.py)


@dataclass(frozen=True, slots=True)
class Situation:
    """The computer that is spoken of, if any, and whether this chat guessed wrong too often."""

    code: str = ""
    waiting: Waiting | None = None
    rests: bool = False


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    assert inbound.command is not None
    rest = inbound.command.rest
    if words[inbound.command.word] != "login":
        return Situation(waiting=logins.waiting_by_id(tx, inbound.community, rest, inbound.now))
    code = digits(rest)
    if not code:
        return Situation()
    if tries.spent(tx, guesses(inbound), inbound.now):
        return Situation(code, rests=True)
    return Situation(code, logins.waiting_with(tx, inbound.community, code, inbound.now) if len(code) == DIGITS else None)


def step(situation: Situation, state: None, inbound: Inbound) -> Step:
    assert inbound.command is not None
    if not inbound.who.holds(*OFFICES):
        raise Refused("menu.not_yours", roles=who_can("login"))
    private = ToContact(inbound.who.contact)
    if words[inbound.command.word] != "login":
        return _answered(situation, inbound)
    if situation.rests:
        raise Refused("logins.rests")
    if not situation.code:
        enter = Option(key="logins.button_enter", aside=True, link=Link("login", ""))
        return Step(None, says=(Say("logins.link", {"minutes": MINUTES}, (enter,), to=private),))
    if situation.waiting is None:
        return Step(None, (Tried(guesses(inbound), inbound.now),), (Say("logins.wrong", to=private),))
    yes = Option(f"login_yes {situation.waiting.id}", key="logins.button_yes")
    no = Option(f"login_no {situation.waiting.id}", key="logins.button_no")
    return Step(None, says=(Say("logins.is_it_you", {"device": situation.waiting.device}, (yes, no), to=private),))


def _answered(situation: Situation, inbound: Inbound) -> Step:
    assert inbound.command is not None and inbound.who.resident is not None
    if situation.waiting is None or not inbound.private:
        raise Refused("logins.over")
    if words[inbound.command.word] == "no":
        return Step(None, (LoginRefused(situation.waiting.id),), (Say("logins.refused"),))
    return Step(None, (LoginConfirmed(situation.waiting.id, inbound.who.resident),), (Say("logins.confirmed"),))


def guesses(inbound: Inbound) -> str:
    """What is counted when somebody tries out digits."""
    return f"login:{inbound.who.contact}"
