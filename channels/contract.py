"""What every channel offers, and the words in which sending may fail. Channels know dialogue and nothing else of ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from aiohttp import web

from dialogue.words import Attachment, Inbound, Kind, Rendered


@dataclass(frozen=True, slots=True)
class Window:
    """How much a platform lets us say to somebody after they did something: `count` messages within `seconds`."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do; the rest of the house asks this and never the channel's name."""

    buttons: int  # how many a message carries; 0: options become numbered text
    max_text: int  # UTF-16 units a message carries; longer words are split by the channel
    groups: bool  # may speak in group chats
    pictures: bool
    first_word: bool  # may write to a person who has not written first
    passive_reply: bool = False  # the answer may be the body of the platform's own request
    hears_groups: bool = True  # what is said and tapped in a group there reaches us; if not, its posts carry links alone
    windows: Mapping[Kind, Window] = field(default_factory=lambda: MappingProxyType({}))  # what each kind of input opens; none: always open
    briefs: frozenset[str] = frozenset()  # outside the windows: result | progress | notice | ballot, as a template the person ordered


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in `seconds`, kept from our side (GCRA); `burst` of them may leave at once."""

    count: int
    seconds: int
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Rates:
    """A channel's limits, all of them side by side: over everything, to one person, to one group. All of a line must agree."""

    overall: tuple[Rate, ...] = ()
    person: tuple[Rate, ...] = ()
    group: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it; `id` is its own name for the message. `waits`: what it still waits for (`owner`: 等待群主发送).

    `count`: as so many messages of the platform's own, of a window that counts them.
    """

    id: str
    waits: str = ""
    count: int = 1


class SendError(Exception):
    """Why a send failed, in the only words delivery understands.

    retry: try the same again after `after` seconds (None: by our own backoff). gone: this address will never be reached
    again until it writes. moved: the address is now `to`. ours: our fault or our configuration; do not retry, tell the
    operator. closed: the window is shut after all; it waits until the person writes. `uncertain` marks a time-out after
    which the platform may have delivered all the same.
    """

    def __init__(
        self, verdict: str, reason: str, *, after: float | None = None, to: str = "", uncertain: bool = False, bulk: bool = False
    ) -> None:
        super().__init__(f"{verdict}: {reason}")
        self.verdict = verdict
        self.reason = reason
        self.after = after
        self.to = to
        self.uncertain = uncertain
        self.bulk = bulk  # the whole channel must rest, not this chat alone
        self.said = 0  # so many messages of long words had left when it broke off

    @classmethod
    def retry(cls, reason: str, after: float | None = None, *, uncertain: bool = False, bulk: bool = False) -> SendError:
        return cls("retry", reason, after=after, uncertain=uncertain, bulk=bulk)

    @classmethod
    def gone(cls, reason: str) -> SendError:
        return cls("gone", reason)

    @classmethod
    def moved(cls, to: str) -> SendError:
        return cls("moved", "moved", to=to)

    @classmethod
    def ours(cls, reason: str) -> SendError:
        return cls("ours", reason)

    @classmethod
    def closed(cls, reason: str) -> SendError:
        return cls("closed", reason)


@dataclass(frozen=True, slots=True)
class Answer:
    """Words that answer an input and may be the body of the platform's own request. `row` names them to whoever marks them sent.

    `key`: our own name for the message, the same that `send` is given where it leaves by itself.
    """

    row: int
    words: Rendered
    key: str = ""


Given = Callable[[Collection[int]], Awaitable[None]]
"""Says which answers went out as the request's body; the others leave at once by a message of their own."""


async def _nothing_given(rows: Collection[int]) -> None:
    """There was nothing to give."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an input: it is durably kept (`stored`, also when it was a duplicate), or the database is away.

    `answers` are kept for this request alone, for some seconds (bot/answers.py): a channel that can passive_reply puts of them
    what it can into its response and then awaits `given` with their rows. Said twice, the same answers come again. If the
    platform hung up, `given` is not called: its retry gets them, or they leave by themselves.
    """

    stored: bool
    duplicate: bool = False
    retry_after: int = 0  # seconds, when not stored
    alert: str = ""  # a short word to show the presser at once (≤ 200 characters), where the channel can
    answers: tuple[Answer, ...] = ()
    given: Given = _nothing_given


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a platform says has one of our pages open. `snapshot`: a preview's account (快照页), which is nobody and may not vote."""

    channel: str
    address: str
    union: str = ""
    snapshot: bool = False


class TooBig(Exception):
    """A file is larger than we keep; the person is told in one sentence."""


Take = Callable[[Inbound, bytes], Awaitable[Taken]]
"""Hand over an input with its raw bytes; returns once it is committed. Raw bytes are kept sealed for replay."""


class Cache(Protocol):
    """What all processes share and may lose: access tokens, and who of them holds a platform's only connection."""

    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str, seconds: int) -> None: ...

    async def drop(self, key: str, value: str) -> None:
        """Forget it if it still is `value`: what another process put there meanwhile stays."""

    async def hold(self, key: str, holder: str, seconds: int) -> bool:
        """Be the only holder for so long: takes it, or renews one's own. False: somebody else holds it."""

    async def release(self, key: str, holder: str) -> None:
        """Let go of what one holds."""


class Notebook(Protocol):
    """What a channel must not lose between two starts (a cursor, an id a platform gave us): short texts by name, in the database."""

    async def read(self, name: str) -> str: ...

    async def write(self, name: str, value: str) -> None: ...


class Channel(Protocol):
    """A channel is a class with two verbs, and what the house must know about it."""

    name: str
    can: Capabilities
    rates: Rates

    @property
    def ready(self) -> bool:
        """Whether it can send in this process now; if not, what is for it waits (a long connection another process holds)."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Configured values that must never reach a log."""

    def routes(self, take: Take) -> Sequence[web.RouteDef]: ...

    async def start(self, take: Take) -> None:
        """Begin loops of its own (polling, long connection); called in one process only. May do nothing."""

    async def stop(self) -> None: ...

    async def send(self, address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        """Send to a person (`123`) or to a group (`-100123` or `-100123/45` with a topic). Raises SendError.

        `key` is our own name for this very message (≤ 32 of A-Za-z0-9-), the same when it is tried again: where a platform
        refuses to take the same twice, a try whose answer was lost is not said twice.
        """

    async def fetch(self, attachment: Attachment) -> bytes:
        """The bytes of something a person sent. Raises SendError or TooBig."""

    async def check(self) -> list[tuple[bool, str, dict[str, str]]]:
        """For `mulin check`: (fine?, key in texts/channels, values) per thing an operator should know."""


@runtime_checkable
class Paced(Protocol):
    """A channel with groups that take a post a day or so, counted by what really stands there and not by what we tried."""

    def daily(self, address: str) -> bool:
        """Whether that group is one of them: what waits for it leaves as one post."""

    async def rests(self, address: str) -> float:
        """Seconds until it takes another post; 0: now."""
