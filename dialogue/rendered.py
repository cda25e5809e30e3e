"""What was said, in its reader's language and size: finished words and buttons, as a channel sends them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Button:
    """An option as the reader sees it. Exactly one of `payload` and `url` is set."""

    text: str
    payload: str = ""
    url: str = ""
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """Finished words for one address, in the reader's language and size. Stored sealed, sent by a channel."""

    text: str
    buttons: tuple[Button, ...] = ()
    picture: str = ""  # media digest
    reply_to: str = ""  # the platform's id of the message this answers, where the channel can show it
    answers: str = ""  # a press waits for its acknowledgement under this id (callback_query_id …)
    quiet: bool = False  # without a sound
    large: bool = False
    asks: bool = False
    most: int = 1  # so many of the buttons that are no aside may be chosen and sent in together, where a channel can show that
    brief: str = ""  # result | progress | notice | ballot: leaves as a template the person ordered, for the window is closed
    page: str = ""  # where that template leads, if no button is a page: nobody can choose in it
    noun: str = ""  # of an answer: what it is about; where it could not leave, a newer one about the same stands for it
