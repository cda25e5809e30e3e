"""What somebody's coming changes before their words are heard: their window opens, what waited may go, they are recognised."""

from __future__ import annotations

from bot import windows
from bot.speaking import PASSIVE, Voice
from bot.windows import Opening
from channels.contract import Capabilities
from community.unions import ContactRecognised
from dialogue.words import Inbound, Kind, Say
from handlers.unions import greeting
from storage import contacts, held, lending, record, unions
from storage.contacts import Met
from storage.database import Tx


def arrived(tx: Tx, voice: Voice, met: Met, inbound: Inbound) -> tuple[Met, tuple[Say, ...]]:
    """They wrote or did something in a chat: who they are now, and what they must be told of that."""
    contacts.seen(tx, met, inbound)
    if inbound.kind is Kind.LEFT:
        return met, ()
    if not inbound.private:
        held.reopened(tx, inbound.channel, inbound.chat, inbound.now)
        return met, ()
    known, told = _recognised(tx, met, inbound)
    if can := voice.can.get(inbound.channel):
        _opened(tx, can, known, inbound)
    return known, told


def _opened(tx: Tx, can: Capabilities, met: Met, inbound: Inbound) -> None:
    """What they did opens a window, and what waited for that may go."""
    who = met.speaker
    opening = Opening(met.window_until, met.window_left)
    if window := can.windows.get(inbound.kind):
        opening = windows.opened(opening, window, inbound.now)
        contacts.settle(tx, who.contact, window_until=opening.until, window_left=opening.left)
    body = (lending.answered(tx, inbound.channel, inbound.external_id), inbound.now + PASSIVE) if can.passive_reply else None
    most = windows.room(can, opening, inbound.now)
    held.release(tx, who.contact, (who.community, str(who.resident or "")), inbound.now, most, body)


def _recognised(tx: Tx, met: Met, inbound: Inbound) -> tuple[Met, tuple[Say, ...]]:
    """A chat that is new to us, of somebody who is not: theirs from now on, and told so."""
    union = unions.digest(tx, inbound.union) if inbound.union else None
    if union is None or union == met.union_hash:
        return met, ()
    who = met.speaker
    contacts.settle(tx, who.contact, union_hash=union)
    twin = unions.twin_of(tx, who.contact, union) if not who.consent and who.resident is None else None
    if twin is None:
        return met, ()
    recognised = ContactRecognised(who.contact, who.person, twin.contact, twin.resident, inbound.now)
    record.record(tx, twin.community, recognised)
    return contacts.lock(tx, who.contact), (greeting(tx, twin),)
