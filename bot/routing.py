"""Which conversation takes this message: danger, the question shown last, words, the open conversation, then sorting.

Contract §5: the newest question comes before the table; a word is a command only as the table shows; everything else is what
the resident wants to say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import ModuleType

import msgspec

import handlers
from community import codes, media, staff
from community.ratings import parse_rating
from dialogue import arguments, choosing, grammar
from dialogue.words import Command, Inbound, Kind, Refused
from storage.contacts import Met
from storage.conversations import Open, Rest

LEAVE = {"menu", "quit", "pause", "back", "skip", "edit", "human", "resume", "withdraw", "stop"}

LEAVES = {
    "answer_cancel",
    "forget_no",
    "login_no",
    "matter_talk",
    "jielong_cancel",
    "join_no",
    "notice_cancel",
    "object_cancel",
    "poll_cancel",
    "send_cancel",
    "survey_drop",
}


@dataclass(frozen=True, slots=True)
class Route:
    """The conversation, the message as it should see it, and its state (None: begins anew)."""

    module: ModuleType
    inbound: Inbound
    state: object | None


def route(met: Met, inbound: Inbound, words: grammar.Words) -> Route:
    """Decide who answers. Raises Refused when the person may not do it, or not here."""
    if inbound.findings.danger:
        return _to("danger", replace(inbound, command=Command("danger", rest=inbound.findings.danger)), met.open)
    if inbound.kind in (Kind.LEFT, Kind.MOVED) or (inbound.kind is Kind.JOINED and inbound.chat):
        return _to("groups", replace(inbound, command=Command(f"chat_{inbound.kind}")), met.open)
    said = replace(inbound, command=understood(met.open, inbound, words))
    if said.command and said.command.word in handlers.CLOCK:  # nobody can press what only the clock may say
        said = replace(said, command=Command("menu"))
    if said.command and said.command.word not in ("resume",) and (module := handlers.by_word(said.command.word, said.command.kind)):
        _allowed(module, said, words)
        return _consented(module, said, met.open)
    if said.command and said.command.word == "resume":
        return _resume(said, met.open)
    looks = met.speaker.consent == "browsing" and met.open.name == "consents"  # what they said waits; what they ask now does not
    if met.open.name and said.private and not looks:
        return _consented(handlers.by_name(met.open.name), said, met.open)
    if rests := _rated(met.open, said):
        return _consented(handlers.by_name(rests.name), said, Open(rests.name, rests.state))
    free, word = ("answers", "ask_free") if met.speaker.consent == "browsing" and said.private and said.text else ("matters", "free")
    return _consented(handlers.by_name(free), replace(said, command=Command(word, rest=said.text)), met.open)


def _rated(place: Open, said: Inbound) -> Rest | None:
    """5, said when 满意吗 was asked and 进度 was read in between: the rating that rests."""
    rests = next((rest for rest in reversed(place.resting) if rest.name == "rating"), None)
    fits = rests is not None and said.private and said.kind is Kind.TEXT and parse_rating(said.text)
    return rests if fits and (fits.score or fits.solved) else None


def understood(place: Open, inbound: Inbound, words: grammar.Words) -> Command | None:
    """The command somebody said or tapped, or chose by number or words from the question shown last; None: free words."""
    if inbound.command is not None:
        return inbound.command
    if inbound.kind is Kind.CHOICE:
        return _tapped(inbound.choice)
    if inbound.kind is Kind.JOINED:
        return Command("join", rest=inbound.text) if inbound.text else Command("menu")
    if _workbook(place, inbound):
        return Command("workbook")
    if inbound.kind not in (Kind.TEXT, Kind.PHOTO, Kind.FILE, Kind.VOICE):
        return None
    command = grammar.parse(inbound.text, words, in_group=not inbound.private, reply=bool(inbound.question))
    numbered = isinstance(command, Command) and command.number is not None  # 确认 1 is claim 1, whatever 【确认】 stands there
    whole = any(choosing.same(o.text, inbound.text) for o in place.asked)
    if inbound.private and inbound.kind is Kind.TEXT and (whole or not numbered) and (chosen := _chosen(place, inbound.text)):
        return chosen
    if isinstance(command, arguments.Unclear):
        return _unclear(command, inbound)
    if command and command.word == "leave":
        return _leaves(place, command.rest) if inbound.private else None
    free = bool(place.name) and place.free and inbound.private
    again = command is not None and command.word == "iam" and place.name == "claims"  # another home, or the name put right
    if command and free and not (command.word in LEAVE or command.number is not None or again):
        return None
    if command is None and not free and codes.parse(inbound.text):
        return Command("join", rest=inbound.text)  # the slip's eight digits alone; one in ten numbers passes the check digit
    return command


def _leaves(place: Open, how: str) -> Command | None:
    """取消, 算了, 没事: what stands is left, by its own button where it has one; a questionnaire rests. Else they are only words."""
    if how in ("no", "decline") and place.name == "consents":
        return Command("browse")
    if how == "decline":  # anywhere else an answer like any other
        return None
    alarm = next((o for o in reversed(place.asked) if o.payload.startswith("calm ")), None)
    if how == "fine" and alarm:
        return Command("fine", rest=alarm.payload.removeprefix("calm "))
    mains = [o for o in place.asked if not o.aside]
    for option in reversed(place.asked):
        said = grammar.from_payload(option.payload)
        if said.word in LEAVES and (not option.aside or handlers.name_of(handlers.by_word(said.word) or handlers.leaving) == place.name):
            return said
        if said.word == "matter_ok" and not option.aside and how != "no":  # 记下了 … 对吗？ 点错了
            return Command("withdraw_matter", said.kind, said.number)
    if how == "no" or not (place.name or mains) or (place.name == "interviews" and how and place.free):
        return None
    return Command("pause" if place.name == "interviews" else "leave")


def _unclear(said: arguments.Unclear, inbound: Inbound) -> Command:
    """评价125 is asked about where it is known which matters there are."""
    if said.candidates and said.candidates[0].number is not None:
        return Command(f"which_{said.reason}", rest=str(said.candidates[0].number))
    return Command("unclear", rest=inbound.text)


def _workbook(place: Open, inbound: Inbound) -> bool:
    """Whether this is a questionnaire sent by an officer, and no file that an open conversation waits for."""
    waited_for = place.name not in ("", "staff.questionnaires")
    sheet = any(a.type == media.SPREADSHEET and a.digest for a in inbound.attachments)
    return sheet and inbound.private and not waited_for and inbound.who.holds("staff")


def _chosen(place: Open, text: str) -> Command | None:
    """What a typed answer chooses from the options shown last."""
    main = [o for o in place.asked if not o.aside]
    found = choosing.choose(text, [o.text for o in main])
    if isinstance(found, choosing.Chosen):
        return grammar.from_payload(main[found.index].payload)
    if isinstance(found, choosing.Several):
        return _together([main[place].payload for place in found.indices])
    if isinstance(found, choosing.AskWhich) and not place.name:  # an open conversation asks for itself
        return Command("unclear", rest=text)
    beside = [o for o in place.asked if o.aside]
    aside = next((o for o in reversed(beside) if choosing.same(o.text, text)), None)  # the newest one of that name
    return grammar.from_payload(aside.payload) if aside else None


def _tapped(choice: str) -> Command:
    """What a button says; or what several say that were chosen and sent in together: that is the whole choice, even of one alone."""
    if "\n" not in choice:
        return grammar.from_payload(choice)
    chosen = [payload for payload in choice.split("\n") if payload]
    return _together(chosen if len(chosen) > 1 else chosen * 2) or Command("menu")


def asked_by(place: Open, inbound: Inbound) -> int:
    """The community whose question this answers, where it is another than the chat's own (换社区); 0: its own."""
    theirs = [o for o in place.asked if o.community]
    if not theirs or not inbound.private:
        return 0
    if inbound.kind is Kind.CHOICE:
        return next((o.community for o in theirs if o.payload == inbound.choice), 0)
    if inbound.kind is not Kind.TEXT:
        return 0
    main = [o for o in place.asked if not o.aside]
    found = choosing.choose(inbound.text, [o.text for o in main])
    if isinstance(found, choosing.Chosen | choosing.Several):
        return main[found.index if isinstance(found, choosing.Chosen) else found.indices[0]].community
    aside = next((o.community for o in reversed(place.asked) if o.aside and choosing.same(o.text, inbound.text)), 0)
    return aside or (place.asked[-1].community if place.name and place.free else 0)


def _together(payloads: list[str]) -> Command | None:
    """1、4 of one question: `vote 3 1` and `vote 3 4` say together `vote 3 1 4`."""
    heads = {payload.rpartition(" ")[0] for payload in payloads}
    if len(heads) != 1:
        return None
    return grammar.from_payload(" ".join([heads.pop(), *(payload.rpartition(" ")[2] for payload in payloads)]))


def _allowed(module: ModuleType, inbound: Inbound, words: grammar.Words) -> None:
    """In a group only what may be heard there; an officer's word only from officers."""
    assert inbound.command is not None
    word = inbound.command.word
    if not inbound.private and inbound.kind is not Kind.CHOICE and not words.in_group(word):
        raise Refused("menu.privately")
    if word in staff.ROLES_FOR and not inbound.who.holds(*staff.who_can(word)):
        raise Refused("menu.not_yours", roles=staff.who_can(word))


def _consented(module: ModuleType, inbound: Inbound, place: Open) -> Route:
    consent = inbound.who.consent  # "" is first contact: whoever writes for the first time hears who runs this, whatever they said
    opened = consent == "given" or (consent and module.open_to == "all") or (consent == "browsing" and module.open_to == "browsing")
    if not opened:
        return _to("consents", inbound, place)
    return Route(module, inbound, _state(module, place))


def _resume(inbound: Inbound, place: Open) -> Route:
    """继续: the open conversation shows its question again, else the one that rests since last; else a questionnaire, begun anywhere."""
    if place.name:
        return _consented(handlers.by_name(place.name), inbound, place)
    if place.resting:
        rest: Rest = place.resting[-1]
        return _consented(handlers.by_name(rest.name), inbound, Open(rest.name, rest.state))
    return _consented(handlers.by_name("interviews"), inbound, place)


def _to(name: str, inbound: Inbound, place: Open) -> Route:
    module = handlers.by_name(name)
    return Route(module, inbound, _state(module, place))


def _state(module: ModuleType, place: Open) -> object | None:
    name = handlers.name_of(module)
    kept = place.state if place.name == name else ""
    if name == "consents":  # what waits for 同意 is not lost under another question
        kept = kept or next((rest.state for rest in place.resting if rest.name == name), "")
    if module.State is None or not kept:
        return None
    found: object = msgspec.json.decode(kept, type=module.State)
    return found
