"""One message, one transaction: the heart. It should only ever lose lines.

lock the contact → seen before? → who speaks → which conversation → load, step → events, state and finished replies → commit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import ModuleType

import msgspec

import handlers
from bot import arrivals, routing
from bot.speaking import Voice, say, shown
from community import staff
from community.settings import HumanAsked
from dialogue.grammar import Words
from dialogue.words import Command, Inbound, Kind, Refused, Rendered, Say, Speaker, Step, ToAudience, ToContact
from storage import contacts, conversations, doors, inbox, journal, outbox, record, residents
from storage.contacts import Met
from storage.conversations import Open, Rest, Shown
from storage.database import Tx

ASIDES = 24  # of buttons beside the question so many may still be said by their words, the newest


@dataclass(frozen=True, slots=True)
class House:
    """What a turn needs besides its transaction: how to speak, and the words of every language."""

    voice: Voice
    words: Words


@dataclass(frozen=True, slots=True)
class Done:
    """What a turn did: whether the message was new, the words for its speaker, which conversation took it."""

    fresh: bool
    replies: tuple[Rendered, ...] = ()
    handler: str = ""
    events: int = 0
    alarm: str = ""  # what is said to the danger that was heard in a page's form, which is carried out all the same
    reachable: bool = True  # False: they pressed in a group and never wrote in private


def take(tx: Tx, house: House, inbound: Inbound) -> Done:
    """Take one message of one contact. Everything it changes is in this transaction or did not happen."""
    group = doors.group_at(tx, inbound.channel, inbound.chat) if inbound.chat else None
    wanted = inbound.community or (group.community if group else 1)
    met = contacts.meet(tx, inbound, wanted)
    if not inbox.first_time(tx, inbound, met.speaker.contact, met.speaker.person):
        return Done(fresh=False)
    if inbound.chat and not group and inbound.kind in (Kind.LEFT, Kind.MOVED, Kind.JOINED):
        return Done(fresh=True)
    if not group and inbound.question:  # a button carries its own community, also after 换社区
        met = contacts.there(tx, met, outbox.community_of(tx, met.speaker.contact, inbound.question))
    elif not group:  # so does an answer by words or number
        met = contacts.there(tx, met, routing.asked_by(met.open, inbound))
    here = group.community if group else met.speaker.community
    done = perform(tx, house, met, replace(inbound, community=here, placed=bool(inbound.community or group)))
    return replace(done, reachable=met.reached or inbound.private)


def perform(tx: Tx, house: House, met: Met, inbound: Inbound) -> Done:
    """The same for an input whose contact is locked already: a page's, an officer's, one kept until consent."""
    told: tuple[Say, ...] = ()
    if house.voice.aloud:  # who fills in a page has not written in the chat: it opens no window there
        met, told = arrivals.arrived(tx, house.voice, met, inbound)
        inbound = replace(inbound, community=met.speaker.community) if told else inbound
    inbound = replace(inbound, speaker=known(tx, met, inbound))
    if met.human_until and met.human_until > inbound.now and inbound.private and not inbound.findings.danger:
        inbound = replace(inbound, command=routing.understood(met.open, inbound, house.words))
        if inbound.command is None and not (met.open.name and met.open.free):  # what we asked since then is ours to hear
            inbound = replace(inbound, command=Command("handed", rest=inbound.text))
        elif inbound.command and inbound.command.word == "menu":
            contacts.settle(tx, met.speaker.contact, human_until=None)
    try:
        path = routing.route(met, inbound, house.words)
        step = path.module.step(path.module.load(tx, path.state, path.inbound), path.state, path.inbound)
    except Refused as refusal:
        for line in told:
            say(tx, house.voice, inbound, line)
        stays = ToContact(inbound.who.contact) if inbound.chat and refusal.key != "menu.privately" else None
        words = say(tx, house.voice, inbound, Say(refusal.key, refusal.values, refusal.options, to=stays))
        if words and house.voice.keeps and any(not o.aside for o in shown(words)):  # its buttons are the newest question now
            now_asked = replace(met.open, asked=shown(words, _elsewhere(inbound)), free=False)
            conversations.keep(tx, met.speaker.contact, met.speaker.person, now_asked, inbound.now)
        return Done(True, (words,) if words else (), "refused")
    return settle(tx, house, met, path, replace(step, says=(*told, *step.says)))


def settle(tx: Tx, house: House, met: Met, path: routing.Route, step: Step) -> Done:
    """Write what a step decided: events, replies, and where the conversation stands now."""
    inbound = path.inbound
    for event in step.events:
        record.record(tx, inbound.community, event)
    word = journal.officers_word(inbound, path.state)
    if word and word.word in staff.ROLES_FOR and (step.events or any(isinstance(line.to, ToAudience) for line in step.says)):
        journal.record_word(tx, inbound, word, step.events)
    said = [say(tx, house.voice, inbound, line) for line in (*rested(met.open, path, step), *step.says)]
    replies = tuple(words for words in said if words is not None)
    asked = tuple(option for words in replies for option in shown(words, _elsewhere(inbound)))
    place = after(met.open, path.module, step, replies, asked)
    if place != met.open and house.voice.keeps:
        conversations.keep(tx, met.speaker.contact, met.speaker.person, place, inbound.now)
    done = Done(True, replies, handlers.name_of(path.module), len(step.events))
    for kept in step.again:  # what they said before they agreed
        more = perform(tx, house, contacts.there(tx, contacts.lock(tx, met.speaker.contact), kept.community), kept)
        done = Done(True, done.replies + more.replies, more.handler, done.events + more.events)
    return done


def apologise(tx: Tx, house: House, met: Met, inbound: Inbound) -> None:
    """The turn failed: say that what they said is kept. Nothing of it may fail again, so nothing else is done."""
    known_here = replace(inbound, speaker=met.speaker, community=met.speaker.community, chat="")
    say(tx, house.voice, known_here, Say("menu.failed"))


def known(tx: Tx, met: Met, inbound: Inbound) -> Speaker:
    """The speaker with the offices they hold today; in another community's group they hold none."""
    if met.speaker.resident is None or inbound.community != met.speaker.community:
        return met.speaker
    return replace(met.speaker, roles=residents.roles_of(tx, met.speaker.community, met.speaker.resident, inbound.now.date()))


def _elsewhere(inbound: Inbound) -> int:
    return inbound.community if inbound.who.elsewhere else 0


def after(place: Open, module: ModuleType, step: Step, replies: tuple[Rendered, ...], asked: tuple[Shown, ...]) -> Open:
    """Where the conversation stands after a step that offered `asked`. What another conversation interrupts rests until 继续."""
    name = handlers.name_of(module)
    asks = any(not o.aside for o in asked) or any(words.asks for words in replies)
    if step.state is not None:
        resting = tuple(r for r in place.resting if r.name != name)
        if place.name and place.name != name:
            resting = (*(r for r in resting if r.name != place.name), Rest(place.name, place.state))
        state = msgspec.json.encode(step.state).decode()
        return Open(name, state, asked or place.asked, resting, place.version, _free(asked, replies, place))
    resting = tuple(r for r in place.resting if r.name != name)
    if name in (place.name, "leaving"):
        return Open("", "", asked, resting, place.version)
    if place.name and (asks or _handed(step)):  # another question stands now, or a person takes over: the open one rests
        return Open("", "", asked, (*resting, Rest(place.name, place.state)), place.version)
    # something else is on the screen now: a bare number must not choose from what stood there before (danger leaves it open)
    stands = place.asked if name == "danger" or not replies else tuple(o for o in place.asked if o.aside)
    beside = (*stands, *(o for o in asked if o not in stands))
    aside = [o for o in beside if o.aside][-ASIDES:]
    return replace(place, asked=asked if asks else tuple(o for o in beside if not o.aside or o in aside), resting=resting)


def rested(place: Open, path: routing.Route, step: Step) -> tuple[Say, ...]:
    """Another question comes between: the questionnaire that was open rests, and whoever answered it is told how to go on."""
    shows = any(line.asks or any(not o.aside for o in line.options) for line in step.says if line.to is None)
    asks = step.state is not None or shows or _handed(step)
    other = handlers.name_of(path.module) not in ("interviews", "danger")
    if place.name != "interviews" or not other or not asks:
        return ()
    return (Say("questionnaires.rests", to=ToContact(path.inbound.who.contact)),)


def _handed(step: Step) -> bool:
    """Whether a person takes over this chat from now on."""
    return any(isinstance(event, HumanAsked) for event in step.events)


def _free(asked: tuple[conversations.Shown, ...], replies: tuple[Rendered, ...], place: Open) -> bool:
    """Whether the newest question wants the resident's own words."""
    if any(words.asks for words in replies):
        return True
    return place.free if not replies else False

