"""What page and server say to each other over the socket, as JSON."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Said(msgspec.Struct):
    """From the page: something typed, tapped or photographed. `id` is the page's own and stays the same when sent again."""

    id: str
    text: str = ""
    choice: str = ""  # payload of the pressed button
    question: str = ""  # id of our message that was pressed or replied to
    photo: str = ""  # what the upload answered


class Tap(msgspec.Struct, omit_defaults=True):
    """A button under a message: either its payload comes back, or it opens a page."""

    text: str
    payload: str = ""
    url: str = ""
    aside: bool = False


class Message(msgspec.Struct, omit_defaults=True, rename={"by": "from"}):
    """One bubble. `by` is `bot`, `me`, or in a room the name of who said it; `at` is when, in UTC."""

    id: str
    by: str
    text: str
    at: datetime
    chat: str = ""
    buttons: list[Tap] = []
    picture: str = ""  # where the page finds it
    large: bool = False


class Opened(msgspec.Struct):
    """To the page, first of all: what was said before, and by what name this person speaks."""

    messages: list[Message]
    you: str


class Spoken(msgspec.Struct):
    """To every open page of that person or room: one more message."""

    message: Message


class Kept(msgspec.Struct, omit_defaults=True):
    """To the page that said it: it is durably kept. `note` is a word to show at once."""

    ack: str
    note: str = ""


class NotKept(msgspec.Struct):
    """To the page that said it: this can never be taken, and why; it is not to be sent again."""

    refused: str
    note: str


class Wait(msgspec.Struct, omit_defaults=True):
    """To the page: say it again in that many seconds (the database is away, or too much came at once)."""

    again: int
    id: str = ""


Word = Opened | Spoken | Kept | NotKept | Wait
encode = msgspec.json.Encoder().encode
read_said = msgspec.json.Decoder(Said).decode
read_spoken = msgspec.json.Decoder(Spoken).decode
