"""How a 公示 looks: its post, its list, and the buttons that go with it."""

from __future__ import annotations

from typing import Any

from community.notices import UP, Notice, Openness
from dialogue.words import Link, Option


def face(notice: Notice) -> dict[str, Any]:
    """What every text that shows a notice says of it."""
    return {
        "number": notice.number,
        "title": notice.text.title,
        "body": notice.text.body,
        "category": notice.text.category.value,
        "place": notice.path.replace("/", ""),
        "posted_at": notice.posted_at,
        "ends_on": notice.ends_on,
        "provisional": notice.provisional,
        "signed": notice.text.signed,
        "telephone": notice.text.phone,
        "attachments": len(notice.text.attachments),
    }


def buttons(notice: Notice) -> tuple[Option, ...]:
    """Under a post: none of them is a question, so an open one stays open."""
    read = Option(f"notices {notice.number}", key="notices.button_read", aside=True)
    return (read, *((disagree(notice),) if notice.state in UP else ()))


def disagree(notice: Notice) -> Option:
    """我有不同意见."""
    return Option(f"object notices {notice.number}", key="notices.button_object", aside=True)


def ask(notice: Notice) -> Option:
    """问一问."""
    return Option(f"ask_about notices {notice.number}", key="notices.button_ask", aside=True)


def board(notice: Notice) -> tuple[Option, ...]:
    """The page of what everybody may read."""
    link = Link("board", f"notices/{notice.number}")
    return (Option(key="notices.button_board", aside=True, link=link),) if notice.openness is Openness.WEB else ()


def named(kind: str, number: int, title: str, word: str) -> Option:
    """公示3号 标题, to choose from a list."""
    return Option(f"{word} {kind} {number}", key="notices.button_named", values={"kind": kind, "number": number, "title": title})
