"""What somebody said, ready to become a matter: the words of one message, and the pictures sent with it or right beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from dialogue import choosing
from dialogue.words import Inbound
from storage import inbox
from storage.database import Tx

BESIDE = timedelta(minutes=30)
READ = 12  # messages looked at for pictures: an album has at most ten


@dataclass(frozen=True, slots=True)
class Draft:
    """Words and pictures (media digests) of a message, and what it was taken for; `kind` "" where nobody said yet."""

    message: str = ""
    kind: str = ""
    text: str = ""
    media: tuple[str, ...] = ()
    category: str = ""
    sort: str = ""
    summary: str = ""
    album: str = ""
    picture: str = ""  # the message with the pictures, where that is another one


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a message and of its neighbours without words; `begun`: an earlier one of its album was here already."""

    digests: tuple[str, ...]
    begun: bool


def courtesy(text: str) -> bool:
    """好的, 谢谢: never a wish; nor is what has no letter in it."""
    said = choosing.choose(text, ())
    polite = isinstance(said, choosing.NotAChoice) and said.reason == "courtesy"
    return polite or not any(sign.isalnum() for sign in text)


def draft_of(tx: Tx, inbound: Inbound, kind: str, act: str, picture: str = "") -> Draft:
    """What might be raised: by its word, by a button under free words (which names the message), or the free words themselves.

    `picture`: the message whose pictures these words were asked for.
    """
    draft = _said(tx, inbound, kind, act)
    asked = inbox.by_id(tx, inbound.who.contact, picture) if picture and draft.text and act in ("raise", "free") else None
    if asked is None:
        return draft
    return replace(draft, media=_both(pictures_of(tx, inbound, asked).digests, draft.media), picture=picture)


def _both(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *after)))


def _said(tx: Tx, inbound: Inbound, kind: str, act: str) -> Draft:
    command = inbound.command
    rest = command.rest if command else ""
    if act == "file":
        kind, message, *shown = rest.split(" ")
        said = _of(tx, inbound, inbox.by_id(tx, inbound.who.contact, message), kind)
        asked = inbox.by_id(tx, inbound.who.contact, shown[0]) if shown else None
        return replace(said, media=_both(pictures_of(tx, inbound, asked).digests, said.media)) if asked else said
    if act in ("add", "new"):
        return _of(tx, inbound, inbox.by_id(tx, inbound.who.contact, rest), "")
    if act == "raise" and command:
        return _of(tx, inbound, inbound, "question" if command.word == "matter_ask" else command.word, rest)
    return _of(tx, inbound, inbound, kind if inbound.text.strip() else "")


def _of(tx: Tx, inbound: Inbound, said: Inbound | None, kind: str, text: str | None = None) -> Draft:
    if said is None:
        return Draft(kind=kind)
    words = (said.text if text is None else text).strip()
    begin = said.text.find(words)
    masked = said.findings.masked[begin : begin + len(words)] if begin >= 0 else ""
    found = (said.findings.category, said.findings.sort, masked, album_of(said))
    return Draft(said.id[: inbox.ID], kind, words, pictures_of(tx, inbound, said).digests, *found)


def pictures_of(tx: Tx, inbound: Inbound, said: Inbound | None = None) -> Pictures:
    """The pictures of a message, with those sent directly before and after it without a word."""
    message = said or inbound
    there = inbox.said(tx, inbound.who.contact, READ)
    place = next((n for n, m in enumerate(there) if m.id == message.id[: inbox.ID]), None)
    own = _digests(message)
    if place is None:
        return Pictures(own, False)
    worded = {album_of(m) for m in there if m.text.strip() and m is not there[place]} - {""}
    before, after = _run(there[:place][::-1], message, worded), _run(there[place + 1 :], message, worded)
    digests = [d for m in before[::-1] for d in _digests(m)] + [*own] + [d for m in after for d in _digests(m)]
    mark = album_of(message)
    return Pictures(tuple(dict.fromkeys(digests)), bool(mark) and any(album_of(m) == mark for m in there[:place]))


def _run(messages: list[Inbound], message: Inbound, worded: set[str]) -> list[Inbound]:
    """Pictures without words, as long as nothing else comes; those of an album that has its own words belong there."""
    run: list[Inbound] = []
    for m in messages:
        if m.chat or m.text.strip() or not _digests(m) or album_of(m) in worded or abs(m.now - message.now) > BESIDE:
            break
        run.append(m)
    return run


def album_of(inbound: Inbound) -> str:
    """The mark of the album a picture belongs to, "" for none."""
    return next((a.name[:80] for a in inbound.attachments if a.name.startswith("album:")), "")


def _digests(inbound: Inbound) -> tuple[str, ...]:
    return tuple(a.digest for a in inbound.attachments if a.digest)
