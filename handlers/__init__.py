"""What can be said or done, one file per noun. To add a conversation, add a line; the order is the order of asking."""

from __future__ import annotations

from types import ModuleType

from handlers import claims, consents, danger, doors, groups, humans, interviews, invites, matters, menu, mydata, polls, settings
from handlers.staff import claims as staff_claims
from handlers.staff import logins, questionnaires, running_polls, running_questionnaires
from handlers.staff import polls as staff_polls

CONVERSATIONS: tuple[ModuleType, ...] = (
    consents,
    danger,
    claims,
    doors,
    groups,
    humans,
    interviews,
    invites,
    logins,
    matters,
    mydata,
    polls,
    questionnaires,
    running_polls,
    running_questionnaires,
    settings,
    staff_claims,
    staff_polls,
    menu,
)


def by_name(name: str) -> ModuleType:
    """The conversation of that name (its module's last word, below staff/ with its folder)."""
    return _BY_NAME[name]


def by_word(word: str, kind: str = "") -> ModuleType | None:
    """The conversation that a word of texts/*/words.toml belongs to; one word may be several nouns' (`share polls`, `share surveys`)."""
    return _BY_WORD.get(f"{word} {kind}") or _BY_WORD.get(word)


def name_of(module: ModuleType) -> str:
    """handlers.staff.polls -> staff.polls"""
    return module.__name__.removeprefix("handlers.")


_BY_NAME = {name_of(module): module for module in CONVERSATIONS}
_BY_WORD = {word: module for module in reversed(CONVERSATIONS) for word in module.words}
