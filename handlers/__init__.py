"""What can be said or done, one file per noun. To add a conversation, add a line; the order is the order of asking."""

from __future__ import annotations

from types import ModuleType

from handlers import (
    answers,
    claims,
    consents,
    danger,
    doors,
    following,
    groups,
    humans,
    interviews,
    invites,
    leaving,
    matters,
    menu,
    mydata,
    notices,
    objections,
    polls,
    rating,
    settings,
    unions,
)
from handlers.staff import claims as staff_claims
from handlers.staff import (
    dispatches,
    jielong,
    logins,
    paper,
    questionnaires,
    running_dispatches,
    running_notices,
    running_polls,
    running_questionnaires,
)
from handlers.staff import matters as staff_matters
from handlers.staff import notices as staff_notices
from handlers.staff import objections as staff_objections
from handlers.staff import polls as staff_polls
from storage import erasure, residents
from storage import notices as notices_kept
from storage import polls as polls_kept
from storage import questionnaires as questionnaires_kept

CONVERSATIONS: tuple[ModuleType, ...] = (
    consents,
    danger,
    answers,
    claims,
    dispatches,
    doors,
    following,
    groups,
    humans,
    interviews,
    invites,
    jielong,
    leaving,
    logins,
    matters,
    mydata,
    notices,
    objections,
    paper,
    polls,
    questionnaires,
    rating,
    running_dispatches,
    running_notices,
    running_polls,
    running_questionnaires,
    settings,
    staff_claims,
    staff_matters,
    staff_notices,
    staff_objections,
    staff_polls,
    unions,
    menu,
)


CLOCK = frozenset(  # what only the clock may say
    {
        *(polls_kept.CLOSES, questionnaires_kept.CLOSES, notices_kept.ENDS),
        *(erasure.LAST_WORD, erasure.TERM, residents.TO_GRID, residents.TO_STAFF),
    }
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
