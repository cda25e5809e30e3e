"""A 接龙 pasted from an ordinary WeChat group: which line is which home's, and what each chose. Paste the mess, get the table.

A line's home is found by its room first, and by a name that only one home there has second. Nothing is guessed: what fits no home,
several homes, no option or two is shown as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from community.areas import Level, is_name_of, label
from dialogue import choosing
from dialogue.numerals import fold, narrow, number

LONGEST = 20_000  # signs of what is read; a group has 500 members at most
_N = r"(?:[A-Za-z]?[0-9]{1,3}|[一二三四五六七八九十]{1,3}|[A-Za-z](?![A-Za-z]))"
_BUILDING = r"\s*(?P<w>号楼|号栋|号幢|#楼|栋|幢|座|#|楼)[\s,\-]*"
_UNIT = r"\s*(?:单元|号门|门)[\s,\-]*"
_DASH = r"\s*[-—–_/\\.·、]\s*"
_FLOOR = r"(?:[0-9一二三四五六七八九十]{1,3}\s*[层楼][\s,\-]*)?"
_SIGNS = r"[0-9]{1,4}[A-Za-z]?|[零〇一二三四五六七八九十百幺]{2,5}"
_END = r"(?:\s*(?:号房|号铺|室|房|铺|户|号))?(?![0-9]|\s*(?:号?楼|栋|幢|座|单元|[人个位份票辆元年月日点]))"
_PLACES = tuple(
    re.compile(rf"(?<![0-9A-Za-z\-]){pattern}{_END}")
    for pattern in (
        rf"(?P<b>{_N}){_BUILDING}(?:(?P<u>{_N})(?:{_UNIT}|{_DASH}))?{_FLOOR}(?P<r>{_SIGNS})",
        rf"(?P<u>{_N}){_UNIT}{_FLOOR}(?P<r>{_SIGNS})",
        rf"(?P<x>{_N}){_DASH}(?P<y>{_N}){_DASH}(?P<r>[0-9]{{1,4}})",
        rf"(?P<x>{_N})\s*[-—–_/]\s*(?P<r>[0-9]{{2,4}})",
        r"(?P<r>[0-9]{3,4}(?=\D|\Z)|[零〇一二三四五六七八九十百幺]{2,5}(?=\s*[室房]))",
    )
)
_DOTTED = re.compile(r"\s*[0-9]{1,2}[.·][0-9]{1,2}[.·][0-9]{3,4}(?![0-9])")
_NUMBERED = re.compile(
    r"\s*[\[(【（]?(?P<n>[0-9０-９]{1,3})(?:\ufe0f?\u20e3|[\])】）]?\s*[.．、,，:：)）\]】])\s*|\s*(?P<c>[①-⑳])\s*[.、]?\s*"
)
_SPACED = re.compile(r"\s*(?P<n>[0-9０-９]{1,3})\s+(?=\S)")
_HEAD = re.compile(r"\s*#?\s*接龙\s*[:：]?\s*")
_EXAMPLE = re.compile(r"\s*[\[(【（]?\s*(?:例|示例|样例|举例|格式|样式|模板|比如)")
_COUNTED = re.compile(r"[+＋]\s*[0-9]+|[0-9]{5,}|[0-9一二两三四五六七八九十]+\s*[人个位份票辆口名]")
_WORD = re.compile(r"[\w·]+")
_NOT = "不没未别非无"
_SUBJECT = re.compile(r"\s*(?:第)?\s*(?P<kind>投票|问卷)\s*(?P<n>[0-9]{1,5})\s*号?[\s:：]*")
_KINDS = {"投票": "polls", "问卷": "surveys"}


class Why(StrEnum):
    """Why a line is not counted."""

    NO_HOME = "no_home"  # neither a room nor a name that one home has
    UNKNOWN = "unknown"  # no such room here
    SEVERAL = "several"  # fits more than one home
    NO_CHOICE = "no_choice"
    TWO_CHOICES = "two_choices"  # more options than may be chosen
    DIFFER = "differ"  # the same home twice, with different choices
    NOT_OWNER = "not_owner"  # owners are asked, and the roll names nobody so called


@dataclass(frozen=True, slots=True)
class Room:
    """A home as a line names it. `first`, `second` are the numbers before the room where no word says what they are (2-502, 3-2-502)."""

    room: str
    building: str = ""
    unit: str = ""
    first: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: its place among them, from 1, as it was typed, the home it names, and its other words."""

    place: int
    text: str
    room: Room | None
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was pasted: its title, and its entries in order."""

    title: str
    lines: tuple[Line, ...]

    @property
    def names(self) -> frozenset[str]:
        """Every word that may be somebody's name."""
        return frozenset(word for line in self.lines for word in line.words if 2 <= len(word) <= 12)


@dataclass(frozen=True, slots=True)
class Home:
    """A home of the place whose 接龙 it is. `named`: the words of the paste that are its owners' or members' names; `owned`: owners'."""

    id: str
    path: str
    named: frozenset[str] = frozenset()
    owned: frozenset[str] = frozenset()

    @property
    def room(self) -> str:
        return label(self.path.rpartition("/")[2])

    def at(self, level: Level) -> str:
        """The number of its building or staircase; "" where it has none."""
        for part in self.path.split("/")[:-1]:
            found = re.match(r"[A-Za-z]?[0-9]+|[A-Za-z]", fold(part)) if is_name_of(level, part) else None
            if found:
                return label(found[0])
        return ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a home chose, by its lines: option numbers from 1."""

    home: Home
    choices: tuple[int, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Stray:
    """A line that is not counted, and why."""

    line: Line
    why: Why


@dataclass(frozen=True, slots=True)
class Table:
    """The 接龙 in order: homes with their answer (a home that stands there twice once), and the lines that fit nowhere."""

    answers: tuple[Answer, ...]
    strays: tuple[Stray, ...]

    @property
    def double(self) -> tuple[Answer, ...]:
        """The homes that stand there more than once, always with the same choice."""
        return tuple(answer for answer in self.answers if len(answer.lines) > 1)


# --- reading ----------------------------------------------------------------------------------------------------------


def subject(text: str) -> tuple[str, int, str]:
    """投票3 before a paste: ("polls", 3, the rest); ("", 0, text) where nothing is said."""
    found = _SUBJECT.match(narrow(text))
    return (_KINDS[found["kind"]], int(found["n"]), text[found.end() :]) if found else ("", 0, text)


def read(text: str) -> Pasted:
    """Title and entries of a paste. Before the first entry everything is heading; 例 lines and blank ones are nobody's."""
    titles: list[str] = []
    lines: list[Line] = []
    count = 0
    for typed in text[:LONGEST].splitlines():
        head = _HEAD.match(typed)
        said = typed[head.end() :].strip() if head and not lines else typed.strip()
        if not said or _EXAMPLE.match(said):
            continue
        body, numbered = _unnumbered(said, count)
        count = numbered or count
        if not lines and not numbered and not _begins_with_home(said):
            titles.append(said)
        elif body:
            lines.append(_line(len(lines) + 1, body))
    return Pasted(titles[0] if titles else "", tuple(lines))


def _unnumbered(said: str, before: int) -> tuple[str, int]:
    """An entry without its number, and the number; 0: it has none. 502: 同意 is a room, as no group is that long."""
    if _DOTTED.match(narrow(said)):
        return said, 0
    found = _NUMBERED.match(said)
    count = number(found["n"] or found["c"]) if found else None
    if found and count is not None and (count < 100 or count == before + 1):
        return said[found.end() :].strip(), count or 1
    spaced = _SPACED.match(said)
    if spaced and (number(spaced["n"]) == before + 1 or any(p.match(narrow(said), spaced.end()) for p in _PLACES[:3])):
        return said[spaced.end() :].strip(), number(spaced["n"]) or 1
    return said, 0


def _begins_with_home(said: str) -> bool:
    return any(pattern.match(narrow(said)) for pattern in _PLACES[:4])


def _line(place: int, typed: str) -> Line:
    said = narrow(typed)
    found = next((match for pattern in _PLACES if (match := pattern.search(said))), None)
    rest = f"{said[: found.start()]} {said[found.end() :]}" if found else said
    words = tuple(_WORD.findall(fold(_COUNTED.sub(" ", rest))))
    return Line(place, typed, _room(found.groupdict()) if found else None, words)


def _room(found: Mapping[str, str | None]) -> Room:
    said = {part: label(sign) for part, sign in found.items() if sign}
    room = Room(said["r"], said.get("b", ""), said.get("u", ""), said.get("x", ""), said.get("y", ""))
    if found.get("w") == "楼" and room.building == room.room[:-2]:  # 5楼502 is the fifth floor as likely
        return replace(room, building="", first="" if room.unit else room.building)
    return room


# --- sorting ----------------------------------------------------------------------------------------------------------


def sort(pasted: Pasted, homes: Sequence[Home], options: Sequence[str], most: int = 1, *, owners: bool = False) -> Table:
    """Which home each line is, and which of `options` it chose, at most `most`. With `owners` only an owner's line counts."""
    strays: list[Stray] = []
    found: dict[str, list[tuple[Line, Home, tuple[int, ...]]]] = {}
    for line in pasted.lines:
        home = _home(line, homes)
        choices = chosen(line.words, options)
        if isinstance(home, Why):
            strays.append(Stray(line, home))
        elif owners and not home.owned & set(line.words):
            strays.append(Stray(line, Why.NOT_OWNER))
        elif not choices or len(choices) > most:
            strays.append(Stray(line, Why.TWO_CHOICES if choices else Why.NO_CHOICE))
        else:
            found.setdefault(home.id, []).append((line, home, choices))
    answers = []
    for entries in found.values():
        if len({choices for _, _, choices in entries}) > 1:
            strays += [Stray(line, Why.DIFFER) for line, _, _ in entries]
        else:
            answers.append(Answer(entries[0][1], entries[0][2], tuple(line for line, _, _ in entries)))
    return Table(tuple(answers), tuple(sorted(strays, key=lambda stray: stray.line.place)))


def chosen(words: Collection[str], options: Sequence[str]) -> tuple[int, ...]:
    """The options these words choose, from 1: by number, letter or whole text, also behind a name (张三不同意).

    Nothing where an option is only spoken of: 西门都行, 东门不好, and 不同意 where there is only 同意.
    """
    found: set[int] = set()
    for word in words:
        match choosing.choose(word, options):
            case choosing.Chosen(index):
                found.add(index + 1)
            case choosing.Several(indices):
                found.update(index + 1 for index in indices)
            case choosing.NotAChoice("other") if mentioned := _mentioned(word, options):
                if len(mentioned) > 1 or 0 in mentioned:
                    return ()
                found |= mentioned
    return tuple(sorted(found))


def _mentioned(word: str, options: Sequence[str]) -> set[int]:
    """The options within a word, the longest first; 0: one that is not chosen by it, as the word goes on behind it or says no before it."""
    said, found = fold(word).lower(), set[int]()
    for place, option in sorted(enumerate(options, 1), key=lambda item: -len(item[1])):
        text = re.sub(r"\s+", "", fold(option).lower())
        if len(text) > 1 and text in said:
            before, _, behind = said.rpartition(text)
            found.add(0 if behind or before[-1:] in tuple(_NOT) else place)
            said = said.replace(text, "\n")
    return found


def _home(line: Line, homes: Sequence[Home]) -> Home | Why:
    if line.room is None:
        named = [home for home in homes if home.named & set(line.words)]
        return named[0] if len(named) == 1 else Why.SEVERAL if named else Why.NO_HOME
    room = line.room
    there = [home for home in homes if home.room == room.room and _within(home, room)]
    if len(there) > 1 and room.first and not room.second and len({home.at(Level.BUILDING) for home in homes}) == 1:
        there = [home for home in there if home.at(Level.UNIT) == room.first] or there
    if len(there) > 1:  # 502 张三: the name says in which staircase
        there = [home for home in there if home.named & set(line.words)] or there
    return there[0] if len(there) == 1 else Why.SEVERAL if there else Why.UNKNOWN


def _within(home: Home, room: Room) -> bool:
    building, unit = home.at(Level.BUILDING), home.at(Level.UNIT)
    if room.second:
        return (building, unit) == (room.first, room.second)
    if room.first:  # 2-502: a staircase or a building; of 5楼502 also the floor
        return room.first in (unit, building, room.room[:-2])
    return room.building in ("", building) and room.unit in ("", unit)
