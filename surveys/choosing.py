"""Which options of a question a reply means, in any language the question has. How each is said is dialogue's (choosing.py);
here is what an answer adds: several at once, 全部, and 13 for 1 and 3 where nothing else can be meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialogue.choosing import AskWhich, Chosen, NotAChoice, Several, choose, same
from dialogue.numerals import fold, number
from surveys.question_types.contract import Invalid
from surveys.questionnaires import Question

_ALL = ("全部", "全选", "都选", "都要", "全都要", "都有", "所有", "全都选", "all", "all of them")
_APART = re.compile(r"[\s,，、;；/&+]|和|跟|与|及")
_RUN = re.compile(r"[0-9]{2,9}|[一二三四五六七八九]{2,9}")


def labels(question: Question, language: str) -> tuple[str, ...]:
    """The options' texts for this reader."""
    return tuple(option.label.read(language) or option.name for option in question.choices)


def one_of(question: Question, said: str, language: str) -> str | Invalid:
    """The name of the one option that is meant."""
    found = _places(question, said, language)
    if isinstance(found, Invalid):
        return found
    return question.choices[found[0]].name if len(found) == 1 else Invalid("only_one")


def several_of(question: Question, said: str, language: str) -> str | Invalid:
    """The names of all options that are meant, in the order of the question, blanks between."""
    found = _run_together(question, said, language) or _places(question, _marked(said, labels(question, language)), language)
    if isinstance(found, Invalid):
        return found
    return " ".join(option.name for place, option in enumerate(question.choices) if place in found)


def _places(question: Question, said: str, language: str) -> Sequence[int] | Invalid:
    """In the reader's language first; whoever answers in another one of the question's is understood too."""
    shown = labels(question, language)
    first = choose(said, shown)
    if isinstance(first, NotAChoice) and first.reason != "out_of_range":
        others = {of for option in question.choices for of in option.label}
        read = (choose(said, labels(question, of.rpartition("(")[2].rstrip(")"))) for of in sorted(others))
        first = next((found for found in read if isinstance(found, Chosen | Several)), first)
    match first:
        case Chosen(index):
            return (index,)
        case Several(indices):
            return indices
        case AskWhich(indices):
            return Invalid("number_or_place", {"said": said.strip()[:40], "options": tuple(shown[place] for place in indices)})
    if not fold(said):
        return Invalid("empty")
    return Invalid("no_such_option" if first.reason == "out_of_range" else "not_an_option", {"said": said.strip()[:40], "of": len(shown)})


def _marked(said: str, shown: Sequence[str]) -> str:
    """The reply with options that hold a separator themselves (水和电) written as their number, where more is said than that one."""
    text = fold(said)
    for place, label in sorted(enumerate(map(fold, shown), 1), key=lambda pair: -len(pair[1])):
        if _APART.search(label) and label != text:
            text = text.replace(label, f" {place} ")
    return text


def _run_together(question: Question, said: str, language: str) -> Sequence[int] | Invalid | None:
    """全部; and 13, which is option 13 or options 1 and 3: taken only where one of the two can be."""
    if any(same(said, word) for word in _ALL):
        return range(len(question.choices))
    run = _RUN.fullmatch(fold(said).rstrip("。.!！"))
    shown = labels(question, language)
    if not run or said in shown:
        return None
    places = [(number(sign) or 0) - 1 for sign in run[0]]
    if len(set(places)) < len(places) or not all(0 <= place < len(shown) for place in places):
        return None
    whole = choose(said, shown)
    if isinstance(whole, NotAChoice):
        return places
    if not isinstance(whole, Chosen):
        return None
    return Invalid(
        "one_or_several", {"said": run[0], "one": shown[whole.index], "several": tuple(shown[place] for place in sorted(places))}
    )
