"""What a message is about: a wish, an idea, a request, a question or just talk. A proposal with its reasons; a person decides.

For now by words and their weights (texts/*/sorting.toml); whatever else may sort one day stands behind the same `sort`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from dialogue.numerals import narrow

# 诉求, 咨询, 微心愿, 金点子, 闲聊; where words say as much for one as for the other, the earlier
_KINDS = {kind: f"kind {kind}" for kind in ("request", "question", "wish", "idea", "chat")}
# 生产生活, 政策落实, 医疗卫生, 教育就业; without any word for one: "other", 其他
_CATEGORIES = {category: f"category {category}" for category in ("living", "policy", "health", "education")}

_LONGEST = 1000  # signs read of one message
_OUTRIGHT = ("idea", "wish")  # said outright, they outweigh a question mark or a fault in the same message
_SILENT_LONG = ("request", "chat", "question", "wish", "idea")
_SILENT_SHORT = ("chat", "request", "question", "wish", "idea")


@dataclass(frozen=True, slots=True)
class Sorted:
    """What the sorter proposes. `why` lists the words that decided.

    kind: wish | idea | request | question | chat; category: policy | living | health | education | other;
    urgency: critical | urgent | normal | low; three_way (三事分流): public 大事 | shared 小事 | private 私事 | none 不适用.
    """

    kind: str
    kind_top3: tuple[str, ...]
    category: str
    category_top2: tuple[str, ...]
    urgency: str
    three_way: str
    why: tuple[str, ...]


_Word = tuple[str, tuple[tuple[str, int], ...]]
"""A word and what it speaks for: ((class, weight), …)."""


class Sorter(Protocol):
    """Anything that sorts."""

    def sort(self, text: str) -> Sorted: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """Sorting by words alone: each word speaks for some classes, with a weight."""

    by_start: Mapping[str, tuple[_Word, ...]]  # the first two signs (one, where the word has no more) -> longest first

    def sort(self, text: str) -> Sorted:
        """Kind, category, urgency and 三事分流 of a message, each a proposal."""
        said = narrow(text[:_LONGEST]).lower()
        scores, words = self._scores(said)
        kinds = _kinds(said, scores)
        categories = _ranked(_CATEGORIES, scores)
        found = [category for category in categories if scores.get(_CATEGORIES[category])]
        likely = tuple([*found, "other"] if found else ["other", "living"])[:2]
        return Sorted(kinds[0], kinds[:3], likely[0], likely, _urgency(kinds[0], scores), _three_way(kinds[0], scores), tuple(words))

    def _scores(self, said: str) -> tuple[dict[str, int], dict[str, None]]:
        """Points per class and the words that gave them; a word within a longer one found there says nothing more."""
        scores: dict[str, int] = {}
        words: dict[str, None] = {}
        covered: dict[str, int] = {}
        by_start = self.by_start
        for place in range(len(said)):
            for start in (said[place : place + 2], said[place]):
                for word, classes in by_start.get(start, ()):
                    if not said.startswith(word, place):
                        continue
                    end = place + len(word)
                    for name, weight in classes:
                        if covered.get(name, 0) < end:
                            scores[name] = scores.get(name, 0) + weight
                            covered[name] = end
                            words[word] = None
        return scores, words


def build(tables: Mapping[str, Mapping[str, Any]]) -> Rules:
    """Make the words ready. `tables`: language -> its sorting.toml."""
    classes: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, weight, word in _entries(tables.values()):
        classes[narrow(word).lower()].append((name, weight))
    by_start: dict[str, list[_Word]] = defaultdict(list)
    for word in sorted(classes, key=len, reverse=True):
        by_start[word[:2]].append((word, tuple(classes[word])))
    return Rules(MappingProxyType({start: tuple(words) for start, words in by_start.items()}))


def spoken(found: Sorted, names: Mapping[str, Any]) -> dict[str, object]:
    """The proposal in people's own words, as `mulin sort` prints it. `names`: the sorting.toml of their language."""
    return {
        "kind": names[found.kind],
        "kind_top3": [names[kind] for kind in found.kind_top3],
        "category": names[found.category],
        "category_top2": [names[category] for category in found.category_top2],
        "urgency": names[found.urgency],
        "three_way": names[found.three_way],
        "why": list(found.why),
    }


def _entries(tables: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, int, str]]:
    for table in tables:
        for group, prefix in (("_kinds", "kind"), ("_categories", "category")):
            for name, weights in table[group].items():
                yield from ((f"{prefix} {name}", int(weight), word) for weight, words in weights.items() for word in words)
        for group, prefix in (("_urgency", "urgency"), ("_three_way", "three_way")):
            yield from ((f"{prefix} {name}", 1, word) for name, words in table[group].items() for word in words)


def _ranked(names: Mapping[str, str], scores: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: -scores.get(names[name], 0)))


def _kinds(said: str, scores: Mapping[str, int]) -> tuple[str, ...]:
    """All kinds, the likeliest first. A long message without any word of ours is something that bothers somebody."""
    ranked = _ranked(_KINDS, scores)
    if not any(_KINDS[kind] in scores for kind in ranked):
        return _SILENT_LONG if len(said) > 6 else _SILENT_SHORT
    fault = scores.get(_KINDS["request"], 0)
    outright = next((kind for kind in ranked if kind in _OUTRIGHT and scores.get(_KINDS[kind], 0) >= max(3, fault)), None)
    return (outright, *(kind for kind in ranked if kind != outright)) if outright else ranked


def _urgency(kind: str, scores: Mapping[str, int]) -> str:
    """Words of danger raise it whatever the kind; only a request can be urgent otherwise."""
    if "urgency critical" in scores:
        return "critical"
    if kind == "request":
        return "urgent" if "urgency urgent" in scores else "normal"
    return "low" if kind == "chat" or "urgency low" in scores else "normal"


def _three_way(kind: str, scores: Mapping[str, int]) -> str:
    """Whose affair it is: a suggestion only, 小事 where the words do not tell; questions and talk have none."""
    if kind in ("chat", "question"):
        return "none"
    public, shared, private = (scores.get(f"three_way {name}", 0) for name in ("public", "shared", "private"))
    if private > max(public, shared) or (kind == "wish" and private and private >= public):
        return "private"
    return "public" if public > shared else "shared"
