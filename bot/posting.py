"""A post in a group whose channel hears nothing there: what would be tapped becomes the way to the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dialogue.words import Link, Option

DOORS = {"vote": "polls", "survey": "surveys", "notices": "notices"}  # the word a button says -> what lies behind /g/CODE


def as_links(options: Iterable[Option]) -> tuple[Option, ...]:
    """The options that are a link, or lead to a page of their own; one for each page. The others have no place in such a group."""
    found: dict[Link, Option] = {}
    for option in options:
        word, _, number = option.payload.partition(" ")
        link = option.link or (Link("door", f"{DOORS[word]}/{number}") if word in DOORS and number.isdecimal() else None)
        if link and link not in found:
            found[link] = replace(option, link=link)
    return tuple(found.values())
