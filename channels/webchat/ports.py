"""What the web chat is told and what it is handed: its settings, the demonstration's cast, and the house's side of it.

Nothing here decides anything. `bot/app.py` fills `Settings` and `House`; the tests hand in small ones of their own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from channels.contract import Rate
from dialogue.words import Button

PHOTO_LIMIT = 10 * 1024 * 1024  # bytes of one uploaded picture
TEXT_LIMIT = 4000  # characters of one message that are kept
PER_PERSON = Rate(60, 60)  # messages and uploads of one address; the whole count may come at once
PER_IP = Rate(600, 60)  # the same and new pages, of all who share one address of the internet


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation as the mailbox keeps it, so that whoever comes back sees what was said.

    `id`: of what the bot said the id that `send` returned, of what the person said its `external_id`. `picture` is a media
    digest. In a room's mailbox only what the bot posted is read.
    """

    id: str
    at: datetime
    text: str
    mine: bool = False  # said by the person, not by the bot
    buttons: tuple[Button, ...] = ()
    picture: str = ""
    large: bool = False


class Fanout(Protocol):
    """Carries a message to whichever process holds the reader's page: memory for one process, Redis for several.

    It may lose what it carries (the mailbox is the truth, and every page looks into it again), so `publish` never raises.
    """

    async def publish(self, topic: str, data: bytes) -> None: ...

    async def subscribe(self, topic: str, heard: Callable[[bytes], None]) -> Callable[[], Awaitable[None]]:
        """Call `heard` with everything published on `topic`, until the returned function is awaited."""


class Shelf(Protocol):
    """Where an uploaded photo waits until its turn fetched it."""

    async def put(self, data: bytes) -> str:
        """Keep these bytes; returns the reference that later finds them."""

    async def get(self, reference: str) -> bytes | None:
        """The bytes, or None when they are no longer kept."""


Words = Callable[[str], Mapping[str, str]]
"""The words of texts/<language>/webchat.toml for a language tag ("" is Chinese)."""


@dataclass(frozen=True, slots=True)
class House:
    """What the house hands to the web chat.

    `history(address)`: the last lines with a person or in a room, oldest first; raises SendError.retry when the database is
    away. `picture(digest)`: bytes of a picture that was shown, None when there is none.
    """

    words: Words
    history: Callable[[str], Awaitable[Sequence[Line]]]
    picture: Callable[[str], Awaitable[bytes | None]]
    fanout: Fanout
    shelf: Shelf


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demonstration whom whoever opens the page may play. `address` is `demo:NAME`."""

    address: str
    name: str
    role: str  # one short line under the name
    letter: str  # on the avatar
    tint: str  # pine | persimmon | indigo | plum | ochre | slate
    large: bool = False  # the page starts in large type
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """A group chat of the demonstration. `address` is `room:NAME`."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone on the demonstration page: who can hold it, and the room it shows ("": each one's private chat)."""

    people: tuple[Person, ...]
    room: Room | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """Something worth saying next: clicking it types `text` into that person's phone (or into the room, as that person)."""

    person: Person
    text: str
    room: Room | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the steps a visitor is led through, with what can be tried in it."""

    title: str
    hints: tuple[Hint, ...]


@dataclass(frozen=True, slots=True)
class Demo:
    """The demonstration: phones side by side, and what to try in which order."""

    phones: tuple[Phone, ...]
    stages: tuple[Stage, ...]

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody on any phone, once."""
        return tuple({p.address: p for phone in self.phones for p in phone.people}.values())

    @property
    def rooms(self) -> tuple[Room, ...]:
        """The group chats on any phone, once."""
        return tuple({phone.room.address: phone.room for phone in self.phones if phone.room}.values())


@dataclass(frozen=True, slots=True)
class Settings:
    """How this web chat is run. Without `demo` nobody can choose who they are, and there are no rooms."""

    community: str  # its name, as it stands at the head of the page
    public_url: str
    secret_key: str
    demo: Demo | None = None
    foot: tuple[str, ...] = ()  # ICP and police record lines
    per_person: Rate = PER_PERSON
    per_ip: Rate = PER_IP
    look_again: float = 20.0  # seconds after which an open page looks into the mailbox again
