"""From a `Say` to finished words in its reader's language and size, queued in the turn's own transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import texts
from bot.config import Config
from channels.contract import Capabilities
from community import promises
from dialogue.words import Button, Inbound, Link, Option, Purpose, Rendered, Say, ToAudience, ToContact, ToGroups
from storage import addressees, communities, dispatches, doors, outbox, residents
from storage.addressees import Addressee
from storage.communities import Community
from storage.conversations import Shown
from storage.database import Tx
from web import access

LINK_DAYS = 30  # a form or ballot link; a console link lives for minutes
LOGIN_MINUTES = 15
BULK = {Purpose.INVITATION, Purpose.REMINDER, Purpose.NEWS, Purpose.RESULT, Purpose.LEGAL}


@dataclass(frozen=True, slots=True)
class Voice:
    """What speaking needs of the house: its settings, and what each channel can do."""

    config: Config
    can: Mapping[str, Capabilities]
    aloud: bool = True  # False: the answer is shown on the page that asked, and not sent into the chat

    @property
    def limits(self) -> promises.Limits:
        """What the community promised about nights and invitations."""
        q = self.config.quiet
        return promises.Limits(promises.Quiet(q.from_, q.to, ZoneInfo(self.config.community.timezone)), q.asks_per_week)


def say(tx: Tx, voice: Voice, inbound: Inbound, line: Say) -> Rendered | None:
    """Queue one `Say` for everybody it is for; returns the words if they are for the speaker, else None."""
    here = communities.community(tx, inbound.community)
    if line.to is None or (isinstance(line.to, ToContact) and inbound.speaker and line.to.contact == inbound.speaker.contact):
        return _answer(tx, voice, inbound, here, line)
    if isinstance(line.to, ToAudience):
        dispatches.record_spoken(tx, here.id, inbound, line)
        return None
    readers = addressees.resolve(tx, here.id, line.to, inbound.now)
    if inbound.speaker and inbound.who.resident and not isinstance(line.to, ToGroups):
        line = replace(line, about=(*line.about, inbound.who.resident))
    for reader in readers:
        push(tx, voice, here, reader, line, inbound.now)
    return None


def push(tx: Tx, voice: Voice, here: Community, reader: Addressee, line: Say, now: datetime, dispatch: str = "") -> bool:
    """Queue words nobody asked for, as far as their reader's promises allow. False: they may never be sent to them."""
    known = promises.Reader(reader.consent, reader.subscribed, _asked(tx, reader, line.purpose, now))
    verdict = promises.may_send(line.purpose, known, voice.limits, now) if reader.contact else promises.may_post(line.purpose, voice.limits.quiet, now)
    if verdict.never and not dispatch:
        return False
    words = render(tx, voice, here, reader, line, now)
    row = {
        "community_id": here.id,
        "lane": outbox.BULK if line.purpose in BULK or dispatch else outbox.REPLIES,
        "contact_id": reader.contact or None,
        "group_id": reader.group or None,
        "resident_id": reader.resident or None,
        "dispatch_id": dispatch or None,
        "channel": reader.channel,
        "purpose": line.purpose.value,
        "state": "refused" if verdict.never else "queued",
        "reason": verdict.reason if verdict.never else "",
        "not_before": verdict.at or now,
        "made_at": now,
        "once": f"{line.once}:{reader.contact or reader.group}" if line.once else None,
    }
    return outbox.queue(tx, _persons(tx, here, reader, line), words, row) and not verdict.never


def render(tx: Tx, voice: Voice, here: Community, reader: Addressee, line: Say, now: datetime) -> Rendered:
    """The finished words of one line for one reader."""

    def words(key: str, values: Mapping[str, object]) -> str:
        common = {"community": here.name, "phone": here.settings.phone, "office_hours": here.settings.office_hours}
        zone = here.settings.timezone
        return texts.render(key, {**common, **values}, reader.language, large=reader.large, zone=zone)

    def button(option: Option) -> Button:
        label = option.text or words(option.key, option.values)
        url = _link(tx, voice, here, reader, option.link, now) if option.link else ""
        return Button(label, "" if url else option.payload, url, option.aside)

    links = {name: _link(tx, voice, here, reader, value, now) for name, value in line.values.items() if isinstance(value, Link)}
    text = words(line.key, {**line.values, **links})
    return Rendered(text, tuple(button(o) for o in line.options), line.picture, large=reader.large, asks=line.asks)


def shown(words: Rendered) -> tuple[Shown, ...]:
    """What of these words can be chosen, as the conversation remembers it."""
    return tuple(Shown(b.payload, b.text, b.aside) for b in words.buttons if b.payload)


def _answer(tx: Tx, voice: Voice, inbound: Inbound, here: Community, line: Say) -> Rendered:
    who = inbound.who
    reader = Addressee(who.contact, who.person, who.resident or "", channel=inbound.channel, language=who.language, large=who.large)
    public = bool(inbound.chat) and line.to is None
    if public:
        reader = replace(reader, person=f"community:{here.id}", large=False, resident="")
    words = render(tx, voice, here, reader, line, inbound.now)
    if not voice.aloud:
        return words
    row = {
        "community_id": here.id,
        "lane": outbox.REPLIES,
        "contact_id": None if public else who.contact,
        "resident_id": who.resident,
        "channel": inbound.channel,
        "purpose": Purpose.REPLY.value,
        "not_before": inbound.now,
        "made_at": inbound.now,
    }
    place = inbound.chat + (f"/{inbound.thread}" if inbound.thread else "")
    outbox.queue(tx, _persons(tx, here, reader, line), words, row, address=place if public else "")
    return words


def _persons(tx: Tx, here: Community, reader: Addressee, line: Say) -> list[str]:
    """Whose keys seal these words: their reader's, and those of whom they tell about."""
    return [reader.person, *(residents.person_of(tx, here.id, resident) for resident in line.about)]


def _asked(tx: Tx, reader: Addressee, purpose: Purpose, now: datetime) -> tuple[datetime, ...]:
    if purpose not in promises.ASKS or not reader.resident:
        return ()
    return tuple(outbox.asked_at(tx, reader.resident, sorted(promises.ASKS), now - timedelta(days=7)))


def _link(tx: Tx, voice: Voice, here: Community, reader: Addressee, link: Link, now: datetime) -> str:
    server = voice.config.server
    first = communities.everyone(tx)[0].id == here.id if here.id != 1 else True
    prefix = "" if first else f"/c/{here.slug}"
    if link.kind == "board":
        return f"{server.public_url.rstrip('/')}{prefix}/board/{link.subject}"
    if link.kind == "door":  # polls/ID, surveys/ID, notices/ID
        kind, _, subject = link.subject.partition("/")
        code = doors.link_to(tx, here.id, kind, subject, secrets.token_urlsafe(9))
        return f"{server.public_url.rstrip('/')}{prefix}/g/{code}"
    until = now + (timedelta(minutes=LOGIN_MINUTES) if link.kind == "login" else timedelta(days=LINK_DAYS))
    ticket = access.Pass(link.kind, here.id, link.subject, reader.contact, reader.resident, until)
    return access.address(server.public_url, prefix, link.kind, access.sign(server.secret_key, ticket))
