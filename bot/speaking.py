"""From a `Say` to finished words in its reader's language and size, queued in the turn's own transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import texts
from bot import posting
from bot.config import Config
from channels.contract import Capabilities
from community import promises
from dialogue.words import Button, Inbound, Link, Option, Purpose, Rendered, Say, ToAudience, ToContact, ToGroups
from pictures import codes
from storage import addressees, communities, dispatches, doors, held, lending, media, outbox, residents
from storage.addressees import Addressee
from storage.communities import Community
from storage.conversations import Shown
from storage.database import Tx
from web import access

BOARD_DAYS = 7  # a board link of one's own chat: whoever has it reads what its owner's place may read
LINK_DAYS = 30  # a form or ballot link; a console link lives for minutes
LOGIN_MINUTES = 15
PASSIVE = timedelta(seconds=6)  # so long an answer is kept for the request it may be the body of: platforms wait five seconds
BULK = {Purpose.INVITATION, Purpose.REMINDER, Purpose.NEWS, Purpose.RESULT, Purpose.LEGAL}
AT_ONCE = {Purpose.EMERGENCY, Purpose.DUTY}  # an office that cannot read it now is not the only one that is told


@dataclass(frozen=True, slots=True)
class Voice:
    """What speaking needs of the house: its settings, and what each channel can do."""

    config: Config
    can: Mapping[str, Capabilities]
    aloud: bool = True  # False: the answer is shown on the page that asked, and not sent into the chat
    keeps: bool = True  # False: what a page does leaves the chat's own question standing

    @property
    def windowed(self) -> tuple[str, ...]:
        """The channels where one may not always write."""
        return tuple(name for name, can in self.can.items() if can.windows)

    def limits(self, here: Community) -> promises.Limits:
        """What is promised about invitations, and about nights by the clock of that community."""
        q = self.config.quiet
        return promises.Limits(promises.Quiet(q.from_, q.to, ZoneInfo(here.settings.timezone)), q.asks_per_week)


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and when something is said: the house's voice, the community, the moment, the order it belongs to."""

    voice: Voice
    here: Community
    now: datetime
    dispatch: str = ""
    also: tuple[str, ...] = ()  # persons whose words these are


def say(tx: Tx, voice: Voice, inbound: Inbound, line: Say) -> Rendered | None:
    """Queue one `Say` for everybody it is for; returns the words if they are for the speaker, else None."""
    scene = Scene(voice, communities.community(tx, inbound.community), inbound.now)
    if line.to is None or (isinstance(line.to, ToContact) and inbound.speaker and line.to.contact == inbound.speaker.contact):
        return _answer(tx, scene, inbound, line)
    if isinstance(line.to, ToAudience):
        dispatches.record_spoken(tx, inbound.community, inbound, line)
        return None
    windowed = voice.windowed if line.purpose in AT_ONCE else ()
    readers = addressees.resolve(tx, inbound.community, line.to, inbound.now, windowed)
    if inbound.speaker and inbound.who.resident and not isinstance(line.to, ToGroups):
        scene = replace(scene, also=(inbound.who.person,))
    for reader in readers:
        push(tx, scene, reader, line)
    return None


def push(tx: Tx, scene: Scene, reader: Addressee, line: Say) -> bool:
    """Queue words nobody asked for, as far as their reader's promises allow. False: they may never be sent to them."""
    verdict = _verdict(tx, scene, reader, line)
    if verdict.never and not scene.dispatch:
        return False
    row = {
        "community_id": scene.here.id,
        "lane": outbox.BULK if line.purpose in BULK or scene.dispatch else outbox.REPLIES,
        "contact_id": reader.contact or None,
        "group_id": reader.group or None,
        "resident_id": reader.resident or None,
        "dispatch_id": scene.dispatch or (line.to.order if isinstance(line.to, ToGroups) else "") or None,
        "channel": reader.channel,
        "purpose": line.purpose.value,
        "state": "refused" if verdict.never else "queued",
        "reason": verdict.reason if verdict.never else "",
        "not_before": verdict.at or scene.now,
        "made_at": scene.now,
        "once": f"{line.once}:{reader.contact or reader.group}" if line.once else None,
    }
    return outbox.queue(tx, _persons(tx, scene, reader, line), render(tx, scene, reader, line), row) and not verdict.never


def _persons(tx: Tx, scene: Scene, reader: Addressee, line: Say) -> list[str]:
    """Whose keys seal these words: their reader's, and those of whom they tell about."""
    return [reader.person, *scene.also, *(residents.person_of(tx, scene.here.id, resident) for resident in line.about)]


def _verdict(tx: Tx, scene: Scene, reader: Addressee, line: Say) -> promises.Verdict:
    limits = scene.voice.limits(scene.here)
    if not reader.contact:
        return promises.may_post(line.purpose, limits.quiet, scene.now)
    asked: list[datetime] = []
    if line.purpose in promises.ASKS and reader.resident:
        asked = outbox.asked_at(tx, reader.resident, sorted(promises.ASKS), scene.now - timedelta(days=7))
    return promises.may_send(line.purpose, promises.Reader(reader.consent, reader.subscribed, tuple(asked)), limits, scene.now)


def render(tx: Tx, scene: Scene, reader: Addressee, line: Say) -> Rendered:
    """The finished words of one line for one reader."""
    here = scene.here

    def words(key: str, values: Mapping[str, object]) -> str:
        common = {"community": here.name, "phone": here.settings.phone, "office_hours": here.settings.office_hours}
        zone = here.settings.timezone
        return texts.render(key, {**common, **values}, reader.language, large=reader.large, zone=zone)

    def button(option: Option) -> Button:
        label = option.text or words(option.key, option.values)
        url = _link(tx, scene, reader, option.link) if option.link else ""
        return Button(label, "" if url else option.payload, url, option.aside)

    def spoken(value: object) -> object:
        """A link becomes its address; a Say within a Say becomes its words."""
        match value:
            case Link():
                return _link(tx, scene, reader, value)
            case Say():
                return words(value.key, {name: spoken(inner) for name, inner in value.values.items()})
            case list() | tuple():
                return [spoken(inner) for inner in value]
            case dict():
                return {name: spoken(inner) for name, inner in value.items()}
        return value

    text = words(line.key, {name: spoken(value) for name, value in line.values.items()})
    text = words("settings.elsewhere", {"words": text}) if reader.elsewhere else text
    picture = line.picture if isinstance(line.picture, str) else _scan(tx, scene, _link(tx, scene, reader, line.picture))
    options = (*line.options, *_call(reader, line)) if reader.contact or _heard(scene, reader) else posting.as_links(line.options)
    page = _page(tx, scene, reader, line)
    return Rendered(text, tuple(button(o) for o in options), picture, large=reader.large, asks=line.asks, most=line.most, page=page)


def _page(tx: Tx, scene: Scene, reader: Addressee, line: Say) -> str:
    """The door behind what would be tapped, where this may have to leave as a template, in which nothing can be."""
    can = scene.voice.can.get(reader.channel)
    if line.purpose is Purpose.REPLY or not reader.contact or can is None or not can.briefs:
        return ""
    link = next((option.link for option in posting.as_links(line.options)), None)
    return _link(tx, scene, reader, link) if link else ""


def _heard(scene: Scene, reader: Addressee) -> bool:
    """Whether what is tapped in that reader's group reaches us."""
    can = scene.voice.can.get(reader.channel)
    return can is None or can.hears_groups


def _scan(tx: Tx, scene: Scene, address: str) -> str:
    """The picture with the QR of a page, kept as the community's own; its digest."""
    return media.record_media(tx, scene.here.id, f"community:{scene.here.id}", "image/png", codes.png(address), scene.now)


def _call(reader: Addressee, line: Say) -> tuple[Option, ...]:
    """In 大字版 a call from a person is one tap away, under whatever is said."""
    there = any(option.payload.startswith("callme") for option in line.options)
    private = reader.large and bool(reader.contact) and reader.consent == "given"
    return (Option("callme", key="humans.button_call", aside=True),) if private and not there else ()


def shown(words: Rendered, elsewhere: int = 0) -> tuple[Shown, ...]:
    """What of these words can be chosen, as the conversation remembers it; `elsewhere`: the community, if it is not the chat's own."""
    return tuple(Shown(b.payload, b.text, b.aside, elsewhere) for b in words.buttons if b.payload)


def _answer(tx: Tx, scene: Scene, inbound: Inbound, line: Say) -> Rendered | None:
    who = inbound.who
    reader = Addressee(who.contact, who.person, who.resident or "", "", inbound.channel, who.language, who.large, consent=who.consent)
    reader = replace(reader, elsewhere=who.elsewhere and scene.voice.aloud)
    public = bool(inbound.chat) and line.to is None
    if public:
        reader = replace(reader, person=f"community:{scene.here.id}", large=False, resident="")
    words = render(tx, scene, reader, line)
    if not scene.voice.aloud:
        return words
    group = doors.group_at(tx, inbound.channel, inbound.chat) if public else None
    row: dict[str, Any] = {
        "community_id": scene.here.id,
        "lane": outbox.REPLIES,
        "contact_id": None if public else who.contact,
        "group_id": group.id if group else None,
        "resident_id": who.resident,
        "channel": inbound.channel,
        "purpose": Purpose.REPLY.value,
        "not_before": inbound.now,
        "made_at": inbound.now,
    }
    can = scene.voice.can.get(inbound.channel)
    if can and can.passive_reply and public == bool(inbound.chat):  # the body of a group's request is read by the whole group
        row |= {"answers": lending.answered(tx, inbound.channel, inbound.external_id), "not_before": inbound.now + PASSIVE}
    if line.once:
        row["once"] = f"{line.once}:{who.contact}"
    place = inbound.chat + (f"/{inbound.thread}" if inbound.thread else "")  # its topic, which the group's own address has not
    kept = replace(words, noun=line.key.partition(".")[0])
    if not public:
        held.answered_anew(tx, who.contact, kept.noun)
    fresh = outbox.queue(tx, _persons(tx, scene, reader, line), kept, row, address=place if public else "")
    return words if fresh else None


def _link(tx: Tx, scene: Scene, reader: Addressee, link: Link) -> str:
    server = scene.voice.config.server
    first = communities.everyone(tx)[0].id == scene.here.id
    prefix = "" if first else f"/c/{scene.here.slug}"
    if link.kind == "board":  # in a group it opens this one page and no more, as the sheet in the stairwell does
        who = (reader.contact, reader.resident) if reader.resident else ("", "")
        days = BOARD_DAYS if reader.resident else LINK_DAYS
        seen = access.Pass("board", scene.here.id, link.subject, *who, scene.now + timedelta(days=days))
        return f"{server.public_url.rstrip('/')}{prefix}/board/{link.subject}?k={access.sign(server.secret_key, seen)}"
    if link.kind == "door":  # polls/3, surveys/3, notices/3
        kind, _, subject = link.subject.partition("/")
        code = doors.link_to(tx, scene.here.id, kind, subject, secrets.token_urlsafe(9))
        return f"{server.public_url.rstrip('/')}{prefix}/g/{code}"
    until = scene.now + (timedelta(minutes=LOGIN_MINUTES) if link.kind == "login" else timedelta(days=LINK_DAYS))
    ticket = access.Pass(link.kind, scene.here.id, link.subject, reader.contact, reader.resident, until)
    return access.address(server.public_url, prefix, link.kind, access.sign(server.secret_key, ticket))
