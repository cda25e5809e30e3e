"""What a resident said on Telegram, in no platform's words: the bytes of one update become an `Inbound`.

Pictures of one album arrive as separate updates; each becomes its own `Inbound`, and their attachments carry the same
`name` (`album:<id>`), so that one wish can be made of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from channels.telegram.wire import File, MemberChange, Message, Press, Update
from dialogue.words import Attachment, Inbound, Kind

NAME = "telegram"
# channel posts forwarded into a group, somebody writing as a channel, an anonymous admin: nobody in particular
NOBODY = frozenset({777000, 136817688, 1087968824})
COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?=\s|$)")
# notes of the chat itself; in private they are passed over, anything else that is unknown gets a helpful sentence
NOTES = frozenset(
    (
        "boost_added",
        "chat_background_set",
        "chat_shared",
        "connected_website",
        "message_auto_delete_timer_changed",
        "passport_data",
        "pinned_message",
        "proximity_alert_triggered",
        "successful_payment",
        "users_shared",
        "write_access_allowed",
    )
)

_update = msgspec.json.Decoder(Update)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself. `username` is "" as long as Telegram could not be asked."""

    id: int
    username: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """An update for the house. `press` is the id under which the pressed button waits for its acknowledgement."""

    inbound: Inbound
    press: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for us, by rule: another bot's command, a channel post, an anonymous admin, an edit, an unknown kind."""

    why: str
    press: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Not what we know as an update. `inbound` is all that could be made out: its number and who it is from, or nothing."""

    inbound: Inbound | None


def parse(raw: bytes, me: Me) -> Read | Ignored | Unreadable:
    """One update, understood as far as the house needs it. Never raises, whatever the bytes are."""
    try:
        update = _update.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return _made_out(raw)
    if update.callback_query is not None:
        return _press(update.update_id, update.callback_query)
    if update.my_chat_member is not None:
        return _membership(update.update_id, update.my_chat_member)
    if update.message is not None:
        return _message(update.update_id, update.message, me, raw)
    return Ignored("kind")


def _message(number: int, m: Message, me: Me, raw: bytes) -> Read | Ignored:
    if m.migrate_to_chat_id or m.migrate_from_chat_id:
        return Read(_moved(number, m))
    if m.from_ is None or m.from_.id in NOBODY or m.from_.is_bot or m.sender_chat is not None or m.chat.type == "channel":
        return Ignored("nobody")
    group = _group(m.chat.id)
    heard = _heard(m.caption if m.text is None else m.text, me, private=not group)
    if heard is None:
        return Ignored("other bot")
    text, meant = heard
    question = _replied(m, me)
    kind, text, attachments = _content(m, text)
    addressed = not group or meant or bool(question)
    if kind is Kind.OTHER and (group or _is_note(raw)):
        return Ignored("note or sticker")
    if kind is not Kind.TEXT and not addressed:
        return Ignored("not for us")
    return Read(
        Inbound(
            channel=NAME,
            external_id=str(number),
            address=str(m.from_.id),
            kind=kind,
            text=text,
            chat=group,
            thread=_topic(m),
            addressed=addressed,
            question=question,
            attachments=attachments,
            name=m.from_.name,
            language=m.from_.language_code,
            said_at=_instant(m.date),
        )
    )


def _heard(text: str, me: Me, *, private: bool) -> tuple[str, bool] | None:
    """The text without our own name, and whether it was meant for us; None for a command to another bot."""
    command = COMMAND.match(text)
    if command and command[2] and (private or not me.username or command[2].lower() == me.username.lower()):
        return f"/{command[1]}{text[command.end() :]}", True
    if command and command[2]:
        return None
    if command or text[:1] in ("#", "＃"):
        return text, True
    if not me.username:
        return text, False
    called = re.compile(rf"[ \t]*(?<![A-Za-z0-9_])@{re.escape(me.username)}(?![A-Za-z0-9_])[ \t]*", re.IGNORECASE)
    plain, times = called.subn(" ", text)
    return (plain.strip() if times else text), times > 0


def _replied(m: Message, me: Me) -> str:
    """The id of our message that was answered, or "". In a topic everything "replies" to the topic's root: that is none."""
    answered = m.reply_to_message
    if answered is None or answered.from_ is None or answered.from_.id != me.id:
        return ""
    if m.is_topic_message and answered.message_id == m.message_thread_id:
        return ""
    return str(answered.message_id)


def _content(m: Message, text: str) -> tuple[Kind, str, tuple[Attachment, ...]]:
    if m.text is not None:
        return Kind.TEXT, text, ()
    if m.photo:
        return Kind.PHOTO, text, (_attachment(Kind.PHOTO, m.photo[-1], m, "image/jpeg"),)  # sizes of one picture, largest last
    if m.voice is not None:
        return Kind.VOICE, text, (_attachment(Kind.VOICE, m.voice, m, "audio/ogg"),)
    if m.document is not None and m.animation is None:  # an animation is a document too, for old clients
        kind = Kind.PHOTO if m.document.mime_type.startswith("image/") else Kind.FILE
        return kind, text, (_attachment(kind, m.document, m, "application/octet-stream"),)
    if m.location is not None:
        return Kind.PLACE, f"{m.location.latitude} {m.location.longitude}", ()
    return Kind.OTHER, text, ()


def _attachment(kind: Kind, file: File, m: Message, usual: str) -> Attachment:
    album = f"album:{m.media_group_id}" if m.media_group_id and kind is Kind.PHOTO else ""
    return Attachment(
        kind=kind,
        reference=file.file_id,
        name=album or file.file_name,
        type=file.mime_type or usual,
        size=file.file_size,
        seconds=file.duration,
    )


def _press(number: int, q: Press) -> Read | Ignored:
    if q.from_.id in NOBODY or q.from_.is_bot or not q.from_.id or not q.data:
        return Ignored("press of nobody or nothing", q.id)
    m = q.message or Message()  # a message Telegram no longer shows: answer in private, where nothing personal can leak
    return Read(
        Inbound(
            channel=NAME,
            external_id=str(number),
            address=str(q.from_.id),
            kind=Kind.CHOICE,
            chat=_group(m.chat.id),
            thread=_topic(m),
            choice=q.data,
            question=str(m.message_id) if m.message_id else "",
            name=q.from_.name,
            language=q.from_.language_code,
        ),
        q.id,
    )


def _membership(number: int, change: MemberChange) -> Read | Ignored:
    was, now = (_inside(member.status, is_member=member.is_member) for member in (change.old_chat_member, change.new_chat_member))
    if was is None or now is None or was is now or change.chat.type == "channel":
        return Ignored("membership")
    # an anonymous admin acts as nobody; the group itself then stands for whoever did it
    known = change.from_.id not in NOBODY and change.from_.id != 0
    return Read(
        Inbound(
            channel=NAME,
            external_id=str(number),
            address=str(change.from_.id if known else change.chat.id),
            kind=Kind.JOINED if now else Kind.LEFT,
            chat=_group(change.chat.id),
            name=change.from_.name if known else "",
            language=change.from_.language_code,
            said_at=_instant(change.date),
        )
    )


def _inside(status: str, *, is_member: bool) -> bool | None:
    """Are we in that chat? None for a status that did not exist when this was written."""
    if status in ("creator", "administrator", "member"):
        return True
    if status == "restricted":
        return is_member
    return False if status in ("left", "kicked") else None


def _moved(number: int, m: Message) -> Inbound:
    """A basic group became a supergroup. Both of its notes say the same: `chat` is dead, `text` is the new address."""
    old, new = (m.chat.id, m.migrate_to_chat_id) if m.migrate_to_chat_id else (m.migrate_from_chat_id, m.chat.id)
    return Inbound(
        channel=NAME, external_id=str(number), address=str(old), kind=Kind.MOVED, chat=str(old), text=str(new), said_at=_instant(m.date)
    )


def _made_out(raw: bytes) -> Unreadable:
    """What can be said of an update that fits no shape: enough to keep it, if somebody can be told that it was not understood."""
    try:
        found: Any = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return Unreadable(None)
    if not isinstance(found, dict) or type(found.get("update_id")) is not int:
        return Unreadable(None)
    parts = [part for part in found.values() if isinstance(part, dict)]
    inner = parts[0] if parts else {}
    person, chat = _id_in(inner.get("from")), _id_in(inner.get("chat"))
    if person <= 0 or person in NOBODY:
        return Unreadable(None)
    inbound = Inbound(
        channel=NAME,
        external_id=str(found["update_id"]),
        address=str(person),
        kind=Kind.OTHER,
        chat=_group(chat),
        addressed=chat >= 0,
    )
    return Unreadable(inbound)


def _id_in(part: Any) -> int:
    number = part.get("id") if isinstance(part, dict) else 0
    return number if type(number) is int else 0


def _is_note(raw: bytes) -> bool:
    return not NOTES.isdisjoint(_fields.decode(_fields.decode(raw)["message"]))


def _group(chat: int) -> str:
    return str(chat) if chat < 0 else ""


def _topic(m: Message) -> str:
    return str(m.message_thread_id) if m.is_topic_message and m.message_thread_id else ""


def _instant(seconds: int) -> datetime | None:
    # a date of 0 marks a message that is no longer accessible
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 2**35 else None
