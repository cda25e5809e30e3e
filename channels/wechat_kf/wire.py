"""The few fields of an item of kf/sync_msg that we read (facts/wecom.md §3.4). Everything else, and everything new, passes unseen."""

from __future__ import annotations

import msgspec


class Text(msgspec.Struct, kw_only=True):
    """What somebody wrote; `menu_id`: the id of the line of a menu that they tapped instead."""

    content: str = ""
    menu_id: str = ""


class Media(msgspec.Struct, kw_only=True):
    """Anything with bytes behind it."""

    media_id: str = ""


class Location(msgspec.Struct, kw_only=True):
    """A place somebody sent."""

    latitude: float = 0.0
    longitude: float = 0.0


class Event(msgspec.Struct, kw_only=True):
    """Something that happened in a chat. Who and where stand in here, and not in the item around it."""

    event_type: str = ""
    external_userid: str = ""
    scene_param: str = ""
    welcome_code: str = ""
    fail_msgid: str = ""
    fail_type: int = 0
    change_type: int = 0
    msg_code: str = ""
    recall_msgid: str = ""


class Item(msgspec.Struct, kw_only=True):
    """One line of a page: a message of a resident (origin 3), an event (4), a message of the office's own people (5)."""

    msgid: str
    external_userid: str = ""
    send_time: int = 0
    origin: int = 0
    msgtype: str = ""
    text: Text | None = None
    image: Media | None = None
    voice: Media | None = None
    file: Media | None = None
    location: Location | None = None
    event: Event | None = None
