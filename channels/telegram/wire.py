"""The few fields of Telegram's own shapes that we read. Everything else, and everything new, passes unseen.

Every field has a default and every enumeration is a plain string, so that a Telegram release never loses a vote.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Person(msgspec.Struct, kw_only=True):
    """A user or a bot."""

    id: int = 0
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    can_read_all_group_messages: bool = False  # of ourselves, from getMe

    @property
    def name(self) -> str:
        """The display name, as neighbours see it."""
        return f"{self.first_name} {self.last_name}".strip()


class Chat(msgspec.Struct, kw_only=True):
    """A private chat has the person's id; groups and channels have negative ones."""

    id: int = 0
    type: str = ""


class File(msgspec.Struct, kw_only=True):
    """Anything with bytes behind it: a photo size, a voice message, a document."""

    file_id: str = ""
    file_name: str = ""
    mime_type: str = ""
    file_size: int = 0
    duration: int = 0
    file_path: str = ""  # from getFile


class Location(msgspec.Struct, kw_only=True):
    """A place; decimals, so that nothing is rounded."""

    latitude: Decimal = Decimal(0)
    longitude: Decimal = Decimal(0)


class Message(msgspec.Struct, kw_only=True, rename={"from_": "from"}):
    """Something said in a chat, or a note of the chat itself (somebody joined, the group moved)."""

    message_id: int = 0
    date: int = 0
    chat: Chat = msgspec.field(default_factory=Chat)
    from_: Person | None = None
    sender_chat: Chat | None = None
    text: str | None = None
    caption: str = ""
    photo: list[File] = []
    voice: File | None = None
    animation: File | None = None
    document: File | None = None
    location: Location | None = None
    media_group_id: str = ""
    message_thread_id: int = 0
    is_topic_message: bool = False
    reply_to_message: Message | None = None
    migrate_to_chat_id: int = 0
    migrate_from_chat_id: int = 0


class Press(msgspec.Struct, kw_only=True, rename={"from_": "from"}):
    """A pressed button (callback query). Its message may be gone."""

    id: str = ""
    from_: Person = msgspec.field(default_factory=Person)
    message: Message | None = None
    data: str = ""


class Member(msgspec.Struct, kw_only=True):
    """What somebody is in a chat; `is_member` counts for the restricted."""

    status: str = ""
    is_member: bool = False


class MemberChange(msgspec.Struct, kw_only=True, rename={"from_": "from"}):
    """Our own place in a chat changed: added, removed, blocked, unblocked, promoted."""

    chat: Chat = msgspec.field(default_factory=Chat)
    from_: Person = msgspec.field(default_factory=Person)
    date: int = 0
    old_chat_member: Member = msgspec.field(default_factory=Member)
    new_chat_member: Member = msgspec.field(default_factory=Member)


class Update(msgspec.Struct, kw_only=True):
    """One thing that happened; exactly one of the kinds is set, or none that we know."""

    update_id: int
    message: Message | None = None
    callback_query: Press | None = None
    my_chat_member: MemberChange | None = None


class WebhookInfo(msgspec.Struct, kw_only=True):
    """Where Telegram delivers to, and how that goes."""

    url: str = ""
    pending_update_count: int = 0
    last_error_date: int = 0
    last_error_message: str = ""


class Parameters(msgspec.Struct, kw_only=True):
    """What Telegram adds to some refusals."""

    retry_after: int = 0
    migrate_to_chat_id: int = 0


class Answer(msgspec.Struct, kw_only=True):
    """The envelope of every answer."""

    ok: bool = False
    result: msgspec.Raw = msgspec.Raw(b"null")
    error_code: int = 0
    description: str = ""
    parameters: Parameters = msgspec.field(default_factory=Parameters)
