"""What somebody said to the 智能机器人, in no platform's words. Both of its modes speak the same JSON (facts/wecom.md §3.3)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from dialogue.words import Attachment, Inbound, Kind

NAME = "wecom_aibot"
GROUP = "group:"  # a group's address; a person's is their userid
SUBMIT = "submit"  # the key of a card's own button; what was chosen stands beside it
OPAQUE = re.compile(r"w[om][A-Za-z0-9_-]{22,}")  # open_userid: no name another door would know them by

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Me:
    """The bot: the name people call it by ("" not configured), and the corp whose members it knows ("": unknown)."""

    name: str = ""
    corp: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """Where a picture or file lies for five minutes, and the key it is sealed with ("": that of the callback). Kept nowhere."""

    url: str = field(repr=False)
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Read:
    """Something for the house. `media`: what its attachments' references stand for; `reply`: an address to answer to, once."""

    inbound: Inbound
    media: Mapping[str, Media] = field(default_factory=dict)
    reply: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for the house, by rule. `stream`: the platform asks how an answer of ours goes on."""

    why: str
    stream: str = ""


def read(raw: bytes) -> Body | None:
    """The JSON of a frame or callback; None: none. Not strict: names come with raw control characters in them."""
    try:
        found = json.loads(raw.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def event_of(body: Body) -> str:
    """Which event it is ("": a message)."""
    return _text(_part(body, "event"), "eventtype") if body.get("msgtype") == "event" else ""


def parse(body: Body, me: Me) -> Read | Ignored:
    """One message or event. Never raises, whatever stands in it."""
    kind = _text(body, "msgtype")
    if kind == "stream":
        return Ignored("refresh", _text(_part(body, "stream"), "id"))
    sender = _part(body, "from")
    who, chat = _text(sender, "userid"), _text(body, "chatid")
    group = _text(body, "chattype") == "group"
    if not who or (group and not chat):
        return Ignored("nobody")
    made = _seconds(body.get("create_time"))
    said = Inbound(
        channel=NAME,
        external_id=_text(body, "msgid") or _fingerprint(body),
        address=who,
        chat=GROUP + chat if group else "",
        said_at=datetime.fromtimestamp(made, UTC) if made else None,
        union=_union(who, _text(sender, "corpid"), me),
    )
    reply = _text(body, "response_url")
    if kind == "event":
        return _event(said, body, reply)
    return _message(said, kind, body, me, reply)


def _event(said: Inbound, body: Body, reply: str) -> Read | Ignored:
    event = _part(body, "event")
    name = _text(event, "eventtype")
    if name == "enter_chat":
        return Read(replace(said, kind=Kind.JOINED), reply=reply)
    if name != "template_card_event":
        return Ignored(name[:40] or "event")
    card = _part(event, name) or event
    chosen = _chosen(card)
    if not chosen:
        return Ignored("nothing chosen")
    return Read(replace(said, kind=Kind.CHOICE, choice="\n".join(chosen), question=_text(card, "task_id")), reply=reply)


def _chosen(card: Body) -> list[str]:
    """The options chosen on a card, else the button or the line of its menu that was tapped: each is a payload."""
    items = _many(_part(card, "selected_items").get("selected_item"))
    options = [option for item in items for option in _many(_part(item, "option_ids").get("option_id")) if isinstance(item, dict)]
    found = [clean(option) for option in options if isinstance(option, str) and option]
    key = _text(card, "event_key")
    return found or ([key] if key and key != SUBMIT else [])


def _message(said: Inbound, kind: str, body: Body, me: Me, reply: str) -> Read | Ignored:
    parts = _many(_part(body, "mixed").get("msg_item")) if kind == "mixed" else [body]
    words: list[str] = []
    media: dict[str, Media] = {}
    attached: list[Attachment] = []
    for part in (p for p in parts if isinstance(p, dict)):
        name = _text(part, "msgtype")
        if name in ("text", "voice"):  # what was spoken comes as words
            words.append(_text(_part(part, name), "content"))
        elif name in ("image", "file") and (url := _text(_part(part, name), "url")):
            handle = f"{said.external_id}/{len(attached)}"  # the address itself is kept nowhere
            media[handle] = Media(url, _text(_part(part, name), "aeskey"))
            what = Kind.PHOTO if name == "image" else Kind.FILE
            attached.append(Attachment(what, handle, name=_text(_part(part, name), "name")))
    text = "\n".join(words)
    text = without_name(text, me.name) if said.chat else text.strip()
    if attached:
        return Read(replace(said, kind=attached[0].kind, text=text, attachments=tuple(attached)), media, reply)
    if kind not in ("text", "voice", "mixed") and said.chat:
        return Ignored("kind")
    spoken = kind == "voice" and not text
    return Read(replace(said, kind=Kind.TEXT if words and not spoken else Kind.VOICE if spoken else Kind.OTHER, text=text), reply=reply)


def without_name(text: str, name: str) -> str:
    """What was said, without the @ that called us: by our name wherever it stands, else the first word that is one."""
    if name:
        rest = re.sub(rf"@{re.escape(name)}(?=\s|$)[^\S\n]?", "", text, count=1)
        if rest != text:
            return rest.strip()
    return re.sub(r"^\s*@\S+\s*", "", text).strip()


def clean(text: str) -> str:
    """Without half characters, which no database takes."""
    return text.encode("utf-8", "replace").decode()


def _union(who: str, corp: str, me: Me) -> str:
    """The member's name behind the 自建应用 too; none for members of other corps and for ids made up for this bot."""
    if not me.corp or corp not in ("", me.corp) or OPAQUE.fullmatch(who):
        return ""
    return f"wecom:{me.corp}:{who.lower()}"


def _fingerprint(body: Body) -> str:
    kept = {name: value for name, value in body.items() if name != "response_url"}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _part(body: Any, name: str) -> dict[str, Any]:
    found = body.get(name) if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def _text(body: Body, name: str) -> str:
    found = body.get(name)
    return clean(found) if isinstance(found, str) else ""


def _many(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [] if found is None else [found]


def _seconds(found: Any) -> int:
    return found if type(found) is int and 0 < found < 2**35 else 0
