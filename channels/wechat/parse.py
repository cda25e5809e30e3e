"""What a resident said to the 公众号, in no platform's words: the elements of one callback become an `Inbound` (facts/wecom.md §3.5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from channels.wechat.marks import payload_of
from channels.wechat.settings import NAME
from dialogue.words import Attachment, Inbound, Kind

SCENE = "qrscene_"
# so begin the platform's own words in place of a sticker, a red packet, a card: it does not hand those on
UNSUPPORTED = "【收到不支持的消息"
RECEIPT, ORDERED = "templatesendjobfinish", "subscribe_msg_sent_event"  # what became of a template, of a 订阅通知
SAME = ("FromUserName", "CreateTime", "Event", "EventKey", "TaskId", "ResponseCode", "MsgID")  # together they name an event


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for us, by rule: a page was opened from the menu, a position, an event nobody asked for."""

    why: str


def parse(fields: Mapping[str, Any], keys: Collection[str] = ()) -> Inbound | Ignored:
    """One callback, understood as far as the house needs it; `keys` are those of our own menu. Never raises."""
    said = {name: value for name, value in fields.items() if isinstance(value, str)}
    kind = said.get("MsgType", "").lower()
    if not said.get("FromUserName") or not kind:
        return Ignored("no message")
    if kind == "event":
        return _ordered(said, fields) if said.get("Event", "").lower() == ORDERED else _event(said, keys)
    if not said.get("MsgId"):
        return Ignored("no id")
    return _message(said, kind)


def _message(said: Mapping[str, str], kind: str) -> Inbound | Ignored:
    match kind:
        case "text":
            return _text(said)
        case "image":
            return _inbound(said, Kind.PHOTO, attachments=(Attachment(Kind.PHOTO, said.get("MediaId", ""), type="image/jpeg"),))
        case "voice" if heard := said.get("Recognition", "").strip():
            return _inbound(said, Kind.TEXT, text=heard)
        case "voice":
            return _inbound(said, Kind.VOICE, attachments=(Attachment(Kind.VOICE, said.get("MediaId", ""), type="audio/amr"),))
        case "location":
            return _inbound(said, Kind.PLACE, text=f"{said.get('Location_X', '')} {said.get('Location_Y', '')}")
        case "link":
            return _inbound(said, Kind.TEXT, text=f"{said.get('Title', '')} {said.get('Url', '')}".strip())
        case _:  # video, shortvideo, and what will come one day
            return _inbound(said, Kind.OTHER)


def _text(said: Mapping[str, str]) -> Inbound:
    content = said.get("Content", "")
    if tapped := payload_of(said.get("bizmsgmenuid", "")):
        return _inbound(said, Kind.CHOICE, choice=tapped)
    return _inbound(said, Kind.OTHER) if content.startswith(UNSUPPORTED) else _inbound(said, Kind.TEXT, text=content)


def _event(said: Mapping[str, str], keys: Collection[str]) -> Inbound | Ignored:
    name, key = said.get("Event", "").lower(), said.get("EventKey", "")
    match name:
        case "subscribe":
            return _inbound(said, Kind.JOINED, text=key.removeprefix(SCENE) if key.startswith(SCENE) else "")
        case "scan":
            return _inbound(said, Kind.JOINED, text=key)
        case "unsubscribe" | "user_cancellation":  # the second: their WeChat is no more
            return _inbound(said, Kind.LEFT)
        case "click" if key in keys:
            return _inbound(said, Kind.CHOICE, choice=key)
        case "user_authorization_revoke":  # they took back in WeChat what they allowed this account: our consent with it
            return _inbound(said, Kind.CHOICE, choice="withdraw data")
        case _ if name == RECEIPT:
            return _receipt(said)
        case _:
            return Ignored(f"event {name[:40]}")


def _receipt(said: Mapping[str, str]) -> Inbound:
    status = said.get("Status", "")
    became = "delivered" if status == "success" else "gone" if "user block" in status else "closed"
    return _inbound(said, Kind.RECEIPT, question=said.get("MsgID", ""), choice=became, text="" if became == "delivered" else status)


def _ordered(said: Mapping[str, str], fields: Mapping[str, Any]) -> Inbound | Ignored:
    """What became of a 订阅通知; we send them one by one, so that an event tells of one."""
    event = fields.get("SubscribeMsgSentEvent")
    listed = event.get("List") if isinstance(event, Mapping) else None
    told = next((one for one in listed if isinstance(one, Mapping)), None) if isinstance(listed, list) else None
    if told is None:
        return Ignored("event that tells nothing")
    fine = told.get("ErrorCode") == "0"
    status = "success" if fine else str(told.get("ErrorStatus") or told.get("ErrorCode") or "failed")
    return _receipt({**said, "MsgID": str(told.get("MsgID", "")), "Status": status})


def _inbound(said: Mapping[str, str], kind: Kind, **more: Any) -> Inbound:
    event = said["MsgType"].lower() == "event"
    return Inbound(
        channel=NAME,
        external_id="|".join(said.get(name, "") for name in SAME) if event else said["MsgId"],
        address=said.get("OpenID", "") or said["FromUserName"] if event else said["FromUserName"],
        kind=kind,
        **more,
    )
