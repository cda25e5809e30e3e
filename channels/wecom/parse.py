"""What a member said or tapped in WeCom, in no platform's words: the elements of one opened callback become an `Inbound`.

A member's address is their userid in small letters: WeCom takes it in any case and gives it back in another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from channels.tencent.cards import MANY
from channels.wecom.settings import NAME
from dialogue.words import Attachment, Inbound, Kind

Fields = Mapping[str, Any]
SYSTEM = "sys"  # whom events about the directory come from
# several events of one second are told apart by what is in them
DISTINCT = ("FromUserName", "CreateTime", "Event", "ChangeType", "EventKey", "TaskId", "ResponseCode", "UserID", "ChatId")
CUSTOMERS = ("change_external_chat", "change_external_contact")


@dataclass(frozen=True, slots=True)
class Clicked:
    """A card that was clicked: its task, which payloads, and the key by which it may be changed once."""

    task: str
    payloads: tuple[str, ...]
    response: str


@dataclass(frozen=True, slots=True)
class Read:
    """A callback for the house. `entered`: they merely opened the application. `clicked`: the card to be greyed."""

    inbound: Inbound
    entered: bool = False
    clicked: Clicked | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """An event about 客户 or 客户群, for those who see to them."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for us."""

    why: str


def parse(fields: Fields, corp: str, agent: int) -> Read | Customer | Ignored:
    """One callback, understood as far as the house needs it. Never raises, whatever its elements are."""
    if _text(fields, "AgentID").isdecimal() and int(_text(fields, "AgentID")) not in (0, agent):
        return Ignored("another application's")
    if _text(fields, "MsgType").lower() == "event":
        return _event(fields, corp)
    return _message(fields, corp)


def _message(fields: Fields, corp: str) -> Read | Ignored:
    address, number = _text(fields, "FromUserName").lower(), _text(fields, "MsgId")
    if not address or address == SYSTEM or not number:
        return Ignored("from nobody")
    kind, text, attachments = _content(fields)
    return Read(_inbound(fields, corp, address, number, kind=kind, text=text, attachments=attachments))


def _content(fields: Fields) -> tuple[Kind, str, tuple[Attachment, ...]]:
    sort, media = _text(fields, "MsgType").lower(), _text(fields, "MediaId")
    if sort == "text":
        return Kind.TEXT, _text(fields, "Content"), ()
    if sort == "image" and media:
        return Kind.PHOTO, "", (Attachment(Kind.PHOTO, media, type="image/jpeg"),)
    if sort == "voice" and media:  # WeCom turns no voice into text
        return Kind.VOICE, "", (Attachment(Kind.VOICE, media, type="audio/amr"),)
    if sort == "video" and media:
        return Kind.FILE, "", (Attachment(Kind.FILE, media, type="video/mp4"),)
    if sort == "file" and media:
        return Kind.FILE, "", (Attachment(Kind.FILE, media, name=_text(fields, "FileName")),)
    if sort == "location" and _place(fields):
        return Kind.PLACE, _place(fields), ()
    if sort == "link":
        return Kind.TEXT, "\n".join(filter(None, (_text(fields, "Title"), _text(fields, "Description"), _text(fields, "Url")))), ()
    return Kind.OTHER, "", ()


def _place(fields: Fields) -> str:
    return f"{_text(fields, 'Location_X')} {_text(fields, 'Location_Y')}".strip()


def _event(fields: Fields, corp: str) -> Read | Customer | Ignored:
    event, address = _text(fields, "Event").lower(), _text(fields, "FromUserName").lower()
    if event in CUSTOMERS:
        return Customer()
    if event == "change_contact":
        return _directory(fields, corp)
    if not address or address == SYSTEM:
        return Ignored("from nobody")
    number = _number(fields)
    if event in ("subscribe", "enter_agent"):
        return Read(_inbound(fields, corp, address, number, kind=Kind.JOINED), entered=event == "enter_agent")
    if event == "unsubscribe":
        return Read(_inbound(fields, corp, address, number, kind=Kind.LEFT))
    key = _text(fields, "EventKey")
    if event in ("click", "template_card_menu_event") and key:
        task = _text(fields, "TaskId")
        return Read(_inbound(fields, corp, address, number, kind=Kind.CHOICE, choice=key, question=task))
    if event == "template_card_event":
        return _click(fields, corp, address, number)
    return Ignored(event)


def _click(fields: Fields, corp: str, address: str, number: str) -> Read | Ignored:
    """A tap on a card: a button's key, or the options ticked; where several could be, each with a line break after it."""
    ticked, several = _ticked(fields)
    button = _text(fields, "CardType").lower() == "button_interaction"
    payloads = (_text(fields, "EventKey"),) if button else ticked
    if not any(payloads):
        return Ignored("nothing was chosen")
    choice = "".join(f"{payload}\n" for payload in payloads) if several and not button else payloads[0]
    task = _text(fields, "TaskId")
    inbound = _inbound(fields, corp, address, number, kind=Kind.CHOICE, choice=choice, question=task)
    return Read(inbound, clicked=Clicked(task, payloads, _text(fields, "ResponseCode")))


def _ticked(fields: Fields) -> tuple[tuple[str, ...], bool]:
    """The ids of the options, and whether more than one could have been sent in."""
    chosen: list[str] = []
    rows = _each(_inside(fields, "SelectedItems").get("SelectedItem"))
    for row in rows:
        if isinstance(row, Mapping):
            chosen += [one for one in _each(_inside(row, "OptionIds").get("OptionId")) if isinstance(one, str) and one]
    many = len(rows) > 1 or len(chosen) > 1 or any(isinstance(row, Mapping) and row.get("QuestionKey") == MANY for row in rows)
    return tuple(chosen), many


def _directory(fields: Fields, corp: str) -> Read | Ignored:
    """Whoever was taken out of the directory, or goes by another userid now, is reached by the old one no more: it may be given away."""
    change, address = _text(fields, "ChangeType").lower(), _text(fields, "UserID").lower()
    renamed = change == "update_user" and _text(fields, "NewUserID").lower() not in ("", address)
    if address and (change == "delete_user" or renamed):
        return Read(_inbound(fields, corp, address, _number(fields), kind=Kind.LEFT, ended=True))
    return Ignored(change)


def _inbound(fields: Fields, corp: str, address: str, number: str, **what: Any) -> Inbound:
    union = f"{NAME}:{corp}:{address}"
    return Inbound(channel=NAME, external_id=number, address=address, union=union, said_at=_instant(_text(fields, "CreateTime")), **what)


def _number(fields: Fields) -> str:
    """An event has no id of its own: what distinguishes it is one. A retry carries the same."""
    parts = "\n".join(_text(fields, name) for name in DISTINCT)
    return f"event-{hashlib.sha256(parts.encode()).hexdigest()[:40]}"


def _instant(seconds: str) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.isascii() and seconds.isdigit() and len(seconds) < 12 else None


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _inside(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
