"""What people can do with a matter (事项); what becomes of it then is decided in community/matters.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from community.matter_events import Category, MatterKind, Solved, Verdict


@dataclass(frozen=True, slots=True)
class ConfirmKind:
    """The author taps what it is and what it is about, as proposed or otherwise."""

    kind: MatterKind
    category: Category


@dataclass(frozen=True, slots=True)
class Second:
    """我家也这样."""

    household: str = ""


@dataclass(frozen=True, slots=True)
class Add:
    """补充: more words or pictures (media digests), by its author or a supporter."""

    text: str
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nudge:
    """催一催: its author asks for a word; `today` by the community's calendar."""

    today: date


@dataclass(frozen=True, slots=True)
class Accept:
    """接单: this officer takes it on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """答复: a word to the author; the matter stays open."""

    text: str


@dataclass(frozen=True, slots=True)
class Close:
    """办结: it is done, with what was done."""

    text: str


@dataclass(frozen=True, slots=True)
class Rate:
    """评价: solved?, then 1 to 5 (5 = 很满意)."""

    solved: Solved
    score: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """撤销: its author takes it back."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Judge:
    """采纳, 部分采纳, 暂不采纳: what becomes of an idea, always with the reason."""

    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class NotAccept:
    """不予受理: not for us, with the right door."""

    text: str


Act = ConfirmKind | Second | Add | Nudge | Accept | Answer | Close | Judge | Rate | Withdraw | NotAccept
