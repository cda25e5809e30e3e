"""How you want to be spoken to: 大字版 · 普通版, 中文 · English, 退订 · 订阅, 换社区."""

from __future__ import annotations

from dataclasses import dataclass, replace

from community.settings import CommunityChosen, LanguageChosen, LargeChosen, SubscriptionChanged
from dialogue.words import Command, Event, Inbound, Kind, Option, Refused, Say, Step
from storage import communities, residents
from storage.communities import Community
from storage.database import Tx

words = {
    "large": "large",
    "normal": "normal",
    "language": "language",
    "stop": "stop",
    "subscribe": "subscribe",
    "community": "community",
}
open_to = "all"
State = None
LANGUAGES = ("zh-CN", "en")


@dataclass(frozen=True, slots=True)
class Situation:
    """The communities in which they are known: only for 换社区."""

    here: tuple[Community, ...] = ()


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    who = inbound.who
    if inbound.command is None or inbound.command.word != "community" or who.resident is None:
        return Situation()
    return Situation(tuple(c for c in communities.everyone(tx) if residents.exists(tx, c.id, who.resident)))


def step(s: Situation, state: None, inbound: Inbound) -> Step:
    assert inbound.command is not None
    contact, act = inbound.who.contact, words[inbound.command.word]
    match act:
        case "large" | "normal":
            key = "settings.large" if act == "large" else "settings.normal"
            if inbound.who.consent in ("", "asked"):  # the question of first contact once more, as they can read it
                asked = replace(inbound, id=f"{inbound.id}a", kind=Kind.JOINED, text="", choice="", command=Command("menu"))
                return Step(None, (LargeChosen(contact, act == "large"),), (Say(key),), (asked,))
            return _done(LargeChosen(contact, act == "large"), Say(key, options=(MENU,)))
        case "language":
            return _language(inbound)
        case "stop":
            again = Option("subscribe", key="settings.button_subscribe", aside=True)
            return _done(SubscriptionChanged(contact, inbound.who.resident, False), Say("settings.stopped", options=(again,)))
        case "subscribe":
            return _done(SubscriptionChanged(contact, inbound.who.resident, True), Say("settings.subscribed", options=(MENU,)))
        case _:
            return _community(s, inbound)


def _language(inbound: Inbound) -> Step:
    assert inbound.command is not None
    wanted = inbound.command.rest
    if wanted not in LANGUAGES:
        options = (Option("language zh-CN", key="settings.chinese"), Option("language en", key="settings.english"))
        return Step(None, says=(Say("settings.which_language", options=options),))
    key = "settings.speaks_english" if wanted == "en" else "settings.speaks_chinese"  # the same words in both files
    return _done(LanguageChosen(inbound.who.contact, wanted), Say(key, options=(MENU,)))


def _community(s: Situation, inbound: Inbound) -> Step:
    assert inbound.command is not None
    if len(s.here) < 2:
        raise Refused("settings.one_community")
    chosen = next((c for c in s.here if c.id == inbound.command.number), None)
    if chosen is None:
        options = tuple(Option(f"community {c.id}", text=c.name) for c in s.here)
        return Step(None, says=(Say("settings.which_community", options=options),))
    moved = CommunityChosen(inbound.who.contact, chosen.id, inbound.who.resident)
    return _done(moved, Say("settings.now_in", {"name": chosen.name}, (MENU,)))


def _done(event: Event, say: Say) -> Step:
    return Step(None, (event,), (say,))


MENU = Option("menu", key="menu.button", aside=True)
