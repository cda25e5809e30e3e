"""What happened in a 客服 chat, in no platform's words: one item of kf/sync_msg becomes what the house hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

import msgspec

from channels.wechat_kf.wire import Event, Item
from dialogue.words import Attachment, Command, Inbound, Kind

NAME = "wechat_kf"
RESIDENT, OFFICE = 3, 5  # origin
TAKEN_OVER, ENDED = (1, 2, 4), 3  # change_type: from the queue, to a colleague, once more; ended
SHUT = (4, 5, 6)  # fail_type: 48 hours are over; so is the session; five were sent
REFUSES_US = 10  # fail_type: the resident wants to hear nothing more from us
CODE_SECONDS = 18  # Tencent takes the answer to an event within 20


@dataclass(frozen=True, slots=True)
class Read:
    """One item. `inbounds` go to the house; the rest is for the door itself.

    `code`: until `code_ends` (seconds since 1970) one answer to `address` may go out with it, window or no window.
    `attended`: the office's own people took the chat over (True), or let go of it (False). `recalls`: the id of the message
    that its author took back.
    """

    id: str = ""
    address: str = ""
    at: int = 0
    inbounds: tuple[Inbound, ...] = ()
    code: str = ""
    attended: bool | None = None
    recalls: str = ""
    understood: bool = True

    @property
    def code_ends(self) -> int:
        """Seconds since 1970."""
        return self.at + CODE_SECONDS


def parse(found: Mapping[str, Any], reasons: Mapping[str, str]) -> Read:
    """One item as the house needs it; `reasons`: why a message did not arrive, `failed_N` by Tencent's number. Never raises."""
    try:
        item = msgspec.convert(found, Item, strict=False)
    except msgspec.ValidationError:
        return _made_out(found)
    if not item.msgid:  # taken once or a hundred times: nobody could tell
        return Read(understood=False)
    if item.event is not None:
        return _event(item, item.event, reasons)
    read = Read(item.msgid, item.external_userid, item.send_time)
    if item.origin == OFFICE:
        return replace(read, attended=True)
    if item.origin != RESIDENT or not item.external_userid:
        return read
    return replace(read, inbounds=(_message(item),))


def for_a_person(inbound: Inbound) -> Inbound:
    """The same, said while somebody of the office has the chat: theirs to answer; nothing in it is a choice or a command of ours."""
    return replace(inbound, command=Command("to_human", rest=inbound.text))


def _message(item: Item) -> Inbound:
    said = Inbound(channel=NAME, external_id=item.msgid, address=item.external_userid)
    if item.text is not None:
        if item.text.menu_id:
            return replace(said, kind=Kind.CHOICE, choice=item.text.menu_id, text=item.text.content)
        return replace(said, text=item.text.content)
    if item.location is not None:
        return replace(said, kind=Kind.PLACE, text=f"{item.location.latitude} {item.location.longitude}")
    for kind, media, usual in (
        (Kind.PHOTO, item.image, "image/jpeg"),
        (Kind.VOICE, item.voice, "audio/amr"),
        (Kind.FILE, item.file, "application/octet-stream"),
    ):
        if media is not None:
            return replace(said, kind=kind, attachments=(Attachment(kind, media.media_id, type=usual),))
    return replace(said, kind=Kind.OTHER)


def _event(item: Item, event: Event, reasons: Mapping[str, str]) -> Read:
    read = Read(item.msgid, event.external_userid, item.send_time)
    if not event.external_userid:
        return read  # of the office's own people: who is at their desk, who takes no messages
    said = Inbound(channel=NAME, external_id=item.msgid, address=event.external_userid)
    match event.event_type:
        case "enter_session" if event.welcome_code or event.scene_param:  # else they were here within two days: no greeting
            joined = replace(said, kind=Kind.JOINED, text=unquote(event.scene_param))
            return replace(read, inbounds=(joined,), code=event.welcome_code)
        case "msg_send_fail":
            return replace(read, inbounds=_failed(said, event, reasons))
        case "session_status_change" if event.change_type in TAKEN_OVER:
            return replace(read, attended=True)
        case "session_status_change" if event.change_type == ENDED:  # the bot is there again, and says so
            return replace(read, inbounds=(replace(said, kind=Kind.JOINED),), code=event.msg_code, attended=False)
        case "user_recall_msg":
            return replace(read, recalls=event.recall_msgid)
    return read


def _failed(said: Inbound, event: Event, reasons: Mapping[str, str]) -> tuple[Inbound, ...]:
    reason = reasons.get(f"failed_{event.fail_type}", reasons.get("failed_0", ""))
    # long words leave in parts named key_1, key_2 …: whichever is lost, the whole did not arrive
    became = "closed" if event.fail_type in SHUT else "refused"
    receipt = replace(said, kind=Kind.RECEIPT, question=event.fail_msgid.partition("_")[0], choice=became, text=reason)
    if event.fail_type != REFUSES_US:
        return (receipt,)
    return receipt, replace(said, kind=Kind.LEFT, external_id=f"{said.external_id}:left")


def _made_out(found: Mapping[str, Any]) -> Read:
    """What can be said of an item in no shape we know: enough to tell its author, if it has one, that it was not understood."""
    number, address = found.get("msgid"), found.get("external_userid")
    if not (isinstance(number, str) and isinstance(address, str) and number and address) or found.get("origin") != RESIDENT:
        return Read(understood=False)
    said = Inbound(channel=NAME, external_id=number, address=address, kind=Kind.OTHER)
    return Read(number, address, inbounds=(said,), understood=False)
