"""What every channel offers, and the words in which sending may fail. Channels know dialogue and nothing else of ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from dialogue.words import Attachment, Inbound, Rendered


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do; the rest of the house asks this and never the channel's name."""

    buttons: int  # how many a message carries; 0: options become numbered text
    max_text: int  # UTF-16 units a message carries; longer words are split by the channel
    groups: bool  # may speak in group chats
    pictures: bool
    first_word: bool  # may write to a person who has not written first
    passive_reply: bool = False  # the answer may be the body of the platform's own request
    edits: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in `seconds`, kept from our side (GCRA, burst 1)."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Rates:
    """A channel's limits, all of them side by side: over everything, to one person, to one group."""

    overall: Rate | None = None
    person: Rate | None = None
    group: Rate | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it; `id` is its own name for the message."""

    id: str


class SendError(Exception):
    """Why a send failed, in the only words delivery understands.

    retry: try the same again after `after` seconds (None: by our own backoff). gone: this address will never be reached
    again until it writes. moved: the address is now `to`. ours: our fault or our configuration; do not retry, tell the
    operator. `uncertain` marks a time-out after which the platform may have delivered all the same.
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


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an input: it is durably kept (`stored`, also when it was a duplicate), or the database is away."""

    stored: bool
    duplicate: bool = False
    retry_after: int = 0  # seconds, when not stored
    alert: str = ""  # a short word to show the presser at once (≤ 200 characters), where the channel can


class TooBig(Exception):
    """A file is larger than we keep; the person is told in one sentence."""


Take = Callable[[Inbound, bytes], Awaitable[Taken]]
"""Hand over an input with its raw bytes; returns once it is committed. Raw bytes are kept sealed for replay."""


class Channel(Protocol):
    """A channel is a class with two verbs, and what the house must know about it."""

    name: str
    can: Capabilities
    rates: Rates

    @property
    def secrets(self) -> tuple[str, ...]:
        """Configured values that must never reach a log."""

    def routes(self, take: Take) -> Sequence[web.RouteDef]: ...

    async def start(self, take: Take) -> None:
        """Begin loops of its own (polling, long connection); called in one process only. May do nothing."""

    async def stop(self) -> None: ...

    async def send(self, address: str, words: Rendered, picture: bytes | None = None) -> Sent:
        """Send to a person (`123`) or to a group (`-100123` or `-100123/45` with a topic). Raises SendError."""

    async def fetch(self, attachment: Attachment) -> bytes:
        """The bytes of something a person sent. Raises SendError or TooBig."""

    async def check(self) -> list[tuple[bool, str, dict[str, str]]]:
        """For `mulin check`: (fine?, key in texts/channels, values) per thing an operator should know."""
