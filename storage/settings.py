"""How somebody wants to be spoken to: the writers of community/settings.py. The columns stand in storage/contacts.py."""

from __future__ import annotations

from sqlalchemy import update

from community.settings import CommunityChosen, HumanAsked, LanguageChosen, LargeChosen, SubscriptionChanged
from storage import contacts
from storage.database import Tx


def record_large(tx: Tx, community: int, event: LargeChosen) -> None:
    """One short line and one question at a time, or not."""
    contacts.settle(tx, event.contact, large=event.large)


def record_language(tx: Tx, community: int, event: LanguageChosen) -> None:
    """The next words are in that language."""
    contacts.settle(tx, event.contact, language=event.language)


def record_subscription(tx: Tx, community: int, event: SubscriptionChanged) -> None:
    """No invitations and reminders on any of their chats, or again."""
    contacts.settle(tx, event.contact, subscribed=event.subscribed)
    if event.resident:
        mine = (contacts.contacts.c.community_id == community, contacts.contacts.c.resident_id == event.resident)
        tx.execute(update(contacts.contacts).where(*mine).values(subscribed=event.subscribed))


def record_community(tx: Tx, community: int, event: CommunityChosen) -> None:
    """The chat moves; where they have not agreed to anything yet they are asked first."""
    consent = "given" if event.resident else ""
    contacts.settle(tx, event.contact, community_id=event.community, resident_id=event.resident, consent=consent)


def record_human(tx: Tx, community: int, event: HumanAsked) -> None:
    """The program keeps quiet in this chat until then."""
    contacts.settle(tx, event.contact, human_until=event.until)
