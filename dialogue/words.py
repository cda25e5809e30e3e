"""What is said, as data: an `Inbound` comes in, a `Step` says what happened and what to answer.

Channels turn bytes into `Inbound` and `Rendered` into bytes; handlers see `Inbound` and return `Step`;
the turn renders each `Say` in its reader's language and size. Nothing in this file decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NewType

from dialogue.rendered import Button as Button
from dialogue.rendered import Rendered as Rendered

ContactId = NewType("ContactId", str)
ResidentId = NewType("ResidentId", str)
CommunityId = NewType("CommunityId", int)

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Kind(StrEnum):
    """What came in. `OTHER` is everything a channel delivers that nobody asked for (a sticker, a gift, …)."""

    TEXT = "text"
    CHOICE = "choice"  # a button was pressed: `choice` is its payload
    PHOTO = "photo"
    VOICE = "voice"
    FILE = "file"
    PLACE = "place"
    JOINED = "joined"  # opened the chat, subscribed, unblocked us, or the bot was added to a group
    LEFT = "left"  # blocked us, unsubscribed, or the bot was removed from a group
    MOVED = "moved"  # a group has a new address: `text` is the new one
    RECEIPT = "receipt"  # the platform tells what became of something we sent
    TIMEOUT = "timeout"  # a row of `due` came up; enters like any other message
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, sound or file that came with a message, before or after it was fetched.

    `reference` is the platform's own handle (file_id, MediaId, …); `digest` (SHA-256, hex) is set once its
    bytes are in `storage/media.py`. `size` in bytes, 0 when the platform does not say.
    """

    kind: Kind
    reference: str = ""
    digest: str = ""
    name: str = ""
    type: str = ""
    size: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """A word of the contract's table as somebody said it: typed, tapped or as a slash command.

    `word` is its key in texts/*/words.toml (`vote`), `kind` the noun said before the number (`polls`, or ""),
    `number` the N ("" said none: None), `rest` everything after it, as typed.
    """

    word: str
    kind: str = ""
    number: int | None = None
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was understood of a message before its turn, off the loop: danger, masked words, a proposal of sorting."""

    danger: str = ""  # key of the danger (fire, gas, …), "" for none
    category: str = ""  # policy | living | health | education | other, a proposal
    sort: str = ""  # wish | idea | request | question | chat, a proposal
    masked: str = ""  # the text as neighbours may read it, sign for sign as long as the text


@dataclass(frozen=True, slots=True)
class Role:
    """An office somebody holds: `name` (leader, grid, staff, admin, …) for the area with that id and path."""

    name: str
    area: str
    path: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, as the turn knows it once the contact is locked: the handlers' only source for it."""

    contact: ContactId
    community: CommunityId
    resident: ResidentId | None = None
    person: str = ""  # whose key seals what they wrote
    consent: str = ""  # "" not asked, "asked", "browsing" (先看看), "given", "withdrawn"
    language: str = "zh-CN"
    large: bool = False  # 大字版
    roles: tuple[Role, ...] = ()
    elsewhere: bool = False  # a link, a button or an answer of theirs belongs to another community than their chat speaks to now

    def holds(self, *names: str) -> bool:
        """True if any role with one of these names is held, anywhere in the community; admin may do all staff may."""
        return any(r.name in names or (r.name == "admin" and "staff" in names) for r in self.roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One thing somebody said or did, in no platform's words.

    A channel fills the first part; `bot` adds `id` and `at` (our clock on arrival), the turn adds `speaker` and
    what routing understood (`command`). Handlers read it and never change it.
    """

    channel: str
    external_id: str  # the platform's id of this very message: said twice, handled once
    address: str  # who speaks, on that channel
    kind: Kind = Kind.TEXT
    text: str = ""
    chat: str = ""  # the group it was said in; "" in private
    thread: str = ""  # a topic within that group
    addressed: bool = True  # in a group: is it meant for us (command, @, reply, button, # word)?
    choice: str = ""  # payload of the pressed button; of several sent in together (Rendered.most): each with a line break after it
    question: str = ""  # the platform's id of our message that was pressed or replied to
    attachments: tuple[Attachment, ...] = ()
    name: str = ""  # the display name, kept only after consent
    language: str = ""
    self_made: bool = False  # an address that costs whoever speaks nothing, such as a browser's
    union: str = ""  # the platform's name for this very person in all its doors (unionid), where it tells one
    ended: bool = False  # LEFT: the address itself is gone, and whoever comes by it next may be somebody else
    said_at: datetime | None = None
    community: int = 0  # set where the door itself knows it (/c/SLUG/…, a link, a group); 0: the contact's own
    placed: bool = False  # the turn: whether the door knew it
    id: str = ""  # from here on: the house's part
    at: datetime | None = None
    speaker: Speaker | None = None
    command: Command | None = None
    findings: Findings = field(default_factory=Findings)

    @property
    def private(self) -> bool:
        """Said where only the bot and the speaker hear it."""
        return not self.chat

    @property
    def now(self) -> datetime:
        """The moment this turn happens at; the only clock a step sees. Aware UTC."""
        assert self.at is not None
        return self.at

    @property
    def who(self) -> Speaker:
        """The speaker; the turn always sets it."""
        assert self.speaker is not None
        return self.speaker


# --- whom a Say is for ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToContact:
    """One chat of one person: used where the answer must go to that very channel."""

    contact: ContactId


@dataclass(frozen=True, slots=True)
class ToResident:
    """A person, wherever they are best reached."""

    resident: ResidentId


@dataclass(frozen=True, slots=True)
class ToHousehold:
    """Everybody bound to that home, but `without`."""

    household: str
    without: ResidentId | None = None


@dataclass(frozen=True, slots=True)
class ToGroups:
    """The chat groups bound to that area (not to those below it). `order`: the dispatch they belong to, held and stopped with it."""

    area: str
    order: str = ""


@dataclass(frozen=True, slots=True)
class ToRole:
    """Whoever holds that office nearest above `area` (leader of the building, else grid, else staff …)."""

    role: str
    area: str


@dataclass(frozen=True, slots=True)
class ToAudience:
    """Many people by a rule: the turn turns it into a dispatch when they are more than 50."""

    area: str  # everybody bound to homes in this area and below it
    voters_of: str = ""  # a poll's id: those on its roll instead
    unanswered: str = ""  # a poll's id: only those on the roll who have not voted


To = ToContact | ToResident | ToHousehold | ToGroups | ToRole | ToAudience


class Purpose(StrEnum):
    """Why something is sent: decides (community/promises.py) whether it may be, and when."""

    REPLY = "reply"
    OWN_MATTER = "own_matter"
    INVITATION = "invitation"  # asks to answer or vote
    REMINDER = "reminder"
    RESULT = "result"  # of something one took part in
    NEWS = "news"  # 公示, 通知
    LEGAL = "legal"  # meeting notices and ballots the law wants served
    DUTY = "duty"  # to officers, about their work
    EMERGENCY = "emergency"


# --- what is said ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """A page of ours, signed for its reader when the words are rendered. `kind` is a door of web/access.py."""

    kind: str  # form | ballot | login | board | door
    subject: str


@dataclass(frozen=True, slots=True)
class Option:
    """Something to tap. Its `payload` is a command said by tap: `vote 3 2`, `answer q_age 1`.

    `text` is the label itself (an answer's own words), or `key` names it in texts/. An `aside` (改, 上一题, 人工) is
    never counted as choice 1, 2, 3 … but may be said by its own words. With `link` it opens a page instead.
    """

    payload: str = ""
    text: str = ""
    key: str = ""
    values: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    aside: bool = False
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Something to say: a key of texts/ with its values, never a ready sentence. To the speaker unless `to` is set.

    `about` names others than speaker and reader whose words or name are in it: once one of them is forgotten nobody reads it any more.
    `picture` is a media digest, or a page of ours whose QR is the picture. `asks` marks a question whose answer is expected in the
    reader's own words although it offers no options; a Say with options always asks.
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    options: tuple[Option, ...] = ()
    to: To | None = None
    purpose: Purpose = Purpose.REPLY
    asks: bool = False
    picture: str | Link = ""
    once: str = ""  # two Says with the same `once` to one reader become one row: nothing is sent twice
    about: tuple[ResidentId, ...] = ()
    most: int = 1  # so many of the options may be chosen together


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in the past tense. Subclasses are frozen dataclasses; storage/record.py keeps each."""


@dataclass(frozen=True, slots=True)
class Step:
    """One conversation turn: the state to keep (None: this conversation is over), what happened, what to answer."""

    state: object | None = None
    events: tuple[Event, ...] = ()
    says: tuple[Say, ...] = ()
    again: tuple[Inbound, ...] = ()  # messages kept until now (until consent, …): they are taken in this order, in the same turn


class Refused(Exception):
    """A refusal with a code: `key` in texts/ says it to the person in one sentence that tells what to do or who can."""

    def __init__(self, key: str, options: tuple[Option, ...] = (), **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.options = options
        self.values = values
