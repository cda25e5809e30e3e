"""What may stand behind a word: a number, a kind and a number, a choice, free words, a home, an area. See texts/zh-CN/words.toml.

Each shape is a function that reads what follows, and says None where that is talk and not what the contract's table shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dialogue.numerals import NUMBER, digits, narrow, number
from dialogue.words import Command

KINDS = ("polls", "surveys", "notices", "matters", "dispatches", "objections", "questions")
"""The series that count 1, 2, 3 … by themselves (matters: wishes, ideas, requests together)."""

_END = re.compile(r"[\s吧呀!。.~]*\Z")
_GAP = re.compile(r"[\s:]+")
_LOOSE_GAP = re.compile(r"[\s:,;。、]*")
_LONGEST_CLAIM = 60  # signs of a home, a name and what one is there
_AREA = r"[\w#\-/]{1,40}"
_RATED_AT_ONCE = re.compile(r"[0-9]+[1-5]")
_NO_NAME = re.compile(r"[了吗呢吧啊的呀么没不有着过在要来去修水电灯]")
_HOME = re.compile(
    rf"[\w/]{{0,12}}?(?:(?:{NUMBER}|[A-Za-z])\s*(?:号楼|号院|栋|幢|座|弄|组|期|号|#)[\s\-]*)"
    rf"(?:{NUMBER}\s*(?:单元|门|-)[\s\-]*)?(?:{NUMBER}\s*(?:楼|层)\s*)?(?:(?:{NUMBER})\s*(?:室|号|户)?)?"
    r"|[0-9]{1,3}-(?:[0-9]{1,2}-)?[0-9]{3,4}(?:室)?"
    rf"|{NUMBER}\s*单元\s*{NUMBER}\s*(?:室|号|户)?"  # where there is one building
)


@dataclass(frozen=True, slots=True)
class Unclear:
    """A word for certain, but it can be read in more than one way: the bot shows the candidates as buttons.

    `reason`: "rate" (评价125: matter 125, or matter 12 with a 5), "unknown" (a slash word we do not have).
    """

    reason: str
    candidates: tuple[Command, ...] = ()


Fits = Callable[[str, str], "Command | Unclear | None"]
"""Reads what follows a word, narrowed and as typed (same length); None: this is not what the table shows."""


@dataclass(frozen=True, slots=True)
class Guards:
    """What tells use from talk, of all languages together."""

    units: str
    asking: tuple[str, ...]
    attached: tuple[str, ...]
    area_ends: tuple[str, ...]
    relations: str
    stances: frozenset[str]
    talk: tuple[str, ...]


def guards(found: Sequence[Mapping[str, Sequence[str]]]) -> Guards:
    """The guards of all languages, as one."""

    def all_of(name: str) -> tuple[str, ...]:
        return tuple(narrow(s).lower() for g in found for s in g[name])

    units = "|".join(re.escape(u) + (r"\b" if u.isascii() else "") for u in sorted(all_of("units"), key=len, reverse=True))
    return Guards(
        units=units,
        asking=all_of("asking"),
        attached=all_of("attached"),
        area_ends=all_of("area_ends"),
        relations="|".join(map(re.escape, all_of("relations"))),
        stances=frozenset(all_of("stances")),
        talk=all_of("talk"),
    )


def nothing(after: str, typed: str) -> None:
    return None


def _rest(after: str, typed: str, begin: int) -> str:
    """The words as typed from `begin`, without the separators before them."""
    lead = _LOOSE_GAP.match(after, begin)
    return typed[lead.end() if lead else begin :].strip()


def numbered(name: str, takes: str, kinds: Mapping[str, str], guards: Guards, unit: str) -> Fits:
    """[kind] N, and what `takes` lets follow; a number before 号楼, 天 … counts something else."""
    nouns = "|".join(sorted(map(re.escape, kinds), key=len, reverse=True))
    kind_and_number = re.compile(
        rf"[\s:]*(?:(?P<kind>{nouns or '(?!)'})(?:[\s:#]*|\Z))?"
        rf"(?:(?:第|no\.?|#)?\s*(?P<n>{NUMBER})(?!\s*(?:{guards.units}))(?:\s*(?:号{'|' + unit if unit else ''}))?|\Z)",
        re.IGNORECASE,
    )

    def fits(after: str, typed: str) -> Command | Unclear | None:
        found = kind_and_number.match(after)
        if not found:
            return None
        kind = kinds.get((found["kind"] or "").lower(), "")
        count = number(found["n"]) if found["n"] else None
        if found["n"] and count is None:
            return None
        tail = after[found.end() :]
        if _END.match(tail):
            if takes == "rate" and not found[0][:1].isspace() and _RATED_AT_ONCE.fullmatch(found["n"] or ""):
                return Unclear("rate", (Command(name, kind, count), Command(name, kind, int(found["n"][:-1]), found["n"][-1])))
            return Command(name, kind, count) if kind or count is not None else None
        rest = _rest(after, typed, found.end())
        if count is None or not _may_follow(takes, tail, narrow(rest), guards):
            return None
        return Command(name, kind, count, rest)

    return fits


def _may_follow(takes: str, tail: str, rest: str, guards: Guards) -> bool:
    """May these words stand behind N? Only after a separator, or 选."""
    parted = tail[0] in " \t\r\n:,;。、"
    if takes in ("number_text", "rate"):
        return parted and not (takes == "rate" and re.match(r"[0-9]+[^\s0-9,;。]", rest) is not None)
    if takes != "choices" or not (parted or tail.startswith("选")):
        return False
    chosen = re.sub(r"[\s吧呀!。.~]+\Z", "", rest).lower()
    one = rf"(?:选|第)?\s*(?:{NUMBER}|[a-z])(?:\s*(?:号|项|个))?"
    if re.fullmatch(rf"{one}(?:[\s,;、和跟与+]+{one})*", chosen) or chosen in guards.stances:
        return True
    return re.fullmatch(r"[^\s,;。、!?]{1,10}", chosen) is not None and not any(t in chosen for t in guards.talk)


def text(name: str, guards: Guards) -> Fits:
    def fits(after: str, typed: str) -> Command | None:
        gap = _GAP.match(after)
        if not gap or gap.end() == len(after) or ("\n" not in after and after[gap.end() :].startswith(guards.asking)):
            return None
        return Command(name, rest=typed[gap.end() :].strip())

    return fits


def free(name: str, guards: Guards) -> Fits:
    def fits(after: str, typed: str) -> Command | None:
        gap = _LOOSE_GAP.match(after)
        begin = gap.end() if gap else 0
        if not begin and (after[0].isascii() or after.startswith((*guards.attached, *guards.asking))):
            return None
        return Command(name, rest=typed[begin:].strip())

    return fits


def code(name: str) -> Fits:
    def fits(after: str, typed: str) -> Command | None:
        said = typed[len(after) - len(after.lstrip(" \t\r\n:")) :].strip(" 。.!")
        return Command(name, rest=said) if 4 <= len(digits(said)) <= 12 else None

    return fits


def address(name: str, guards: Guards) -> Fits:
    """A home, and beside it at most one name and what one is there; a sentence that merely begins with a home is talk."""
    relation = re.compile(rf"(?:{guards.relations})", re.IGNORECASE)

    def fits(after: str, typed: str) -> Command | None:
        begin = len(after) - len(after.lstrip(" \t\r\n:"))
        said = after[begin:].rstrip(" 。.!")
        home = _HOME.search(said) if len(said) <= _LONGEST_CLAIM else None
        if not home:
            return None
        beside = [relation.sub(" ", part, count=1).strip(" \t\r\n,、;:的(（)）") for part in (said[: home.start()], said[home.end() :])]
        parts = [p for p in " ".join(beside).split() if p]
        if len(parts) > 3 or not all(_is_name(p) for p in parts) or sum(not p.isascii() for p in parts) > 1:
            return None
        if not begin and not re.search(r"[0-9一二三四五六七八九]\s*(?:室|户)?\Z", home[0].strip()):
            return None  # written together, only a whole home counts
        return Command(name, rest=typed[begin:].strip())

    return fits


def _is_name(part: str) -> bool:
    if part.isascii():
        return re.fullmatch(r"[A-Za-z][A-Za-z'.-]{0,30}", part) is not None
    return re.fullmatch(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff·]{4,20}", part) is not None and not _NO_NAME.search(part)


def area(name: str, guards: Guards, *, text: bool) -> Fits:
    """An area stands first. Before a text its name must look like one: 通知大家一下 is talk."""
    pattern = re.compile(rf"[\s:]+(?P<area>{_AREA})(?:[\s:]+(?P<text>.+))?\Z" if text else rf"[\s:]*(?P<area>{_AREA})\Z", re.DOTALL)

    def fits(after: str, typed: str) -> Command | None:
        found = pattern.match(after)
        if not found or found["area"].startswith(guards.asking) or (text and not found["text"]):
            return None
        looks_like_one = found["area"].lower().endswith(guards.area_ends) or "/" in found["area"]
        if not looks_like_one and (text or not after[0].isspace()):
            return None
        return Command(name, rest=typed[found.start("area") :].strip())

    return fits


def noun(name: str, kinds: Mapping[str, str], numbered: Fits) -> Fits:
    """代录 问卷 3 …, 代录 诉求 来电 …: one of its own kinds; those that count by themselves have their number next."""
    nouns = "|".join(sorted(map(re.escape, kinds), key=len, reverse=True))
    noun = re.compile(rf"[\s:]+(?P<kind>{nouns})(?=[\s:0-9]|\Z)", re.IGNORECASE)

    def fits(after: str, typed: str) -> Command | Unclear | None:
        found = noun.match(after)
        if not found:
            return None
        kind = kinds[found["kind"].lower()]
        return numbered(after, typed) if kind in KINDS else Command(name, kind, rest=_rest(after, typed, found.end()))

    return fits
