"""Where people live: one tree of areas of any depth, and what people type for a place in it (3号楼, 三栋, 3#, 幸福里/3号楼, 3-2-502)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, NewType

from dialogue.numerals import NUMBER, fold, narrow, number

AreaId = NewType("AreaId", str)


class Level(StrEnum):
    """街道, 社区, 小区, 网格, 楼栋, 单元, 户."""

    STREET = "street"
    COMMUNITY = "community"
    ESTATE = "estate"
    GRID = "grid"
    BUILDING = "building"
    UNIT = "unit"
    HOME = "home"


@dataclass(frozen=True, slots=True)
class Area:
    """A place in the tree. `path` joins the names from the 小区 down with / (幸福里/3号楼); that of the community itself is ""."""

    id: AreaId
    parent: AreaId | None
    level: Level
    name: str
    path: str


_UNIT_AND_ROOM = re.compile(
    r"(?:第?(?:[0-9]{1,2}|[一二三四五六七八九十]{1,2})\s*单元[\s,，、-]*(?:[0-9*]{1,5}\s*(?:室|号房|房间|号|户)?)?"
    r"|(?<![0-9*])\*{2,5}(?![0-9*])\s*(?:室|号房|房间|户)?)[\s,，的]*"  # a masked telephone keeps its stars
)


def without_home(text: str) -> str:
    """Masked words without unit and room, which together with a wish would tell whose it is; the building stays."""
    return _UNIT_AND_ROOM.sub("", text)


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """What was typed fits several places: ask by buttons."""

    areas: tuple[Area, ...]


@dataclass(frozen=True, slots=True)
class HomeAddress:
    """A home as numbers: 3号楼2单元502 is ("3", "2", "502"). `unit` is "" where the house has none, `estate` "" when not said."""

    building: str
    unit: str
    room: str
    estate: str = ""


# --- numbers of houses, as people write them ---------------------------------------------------------------------

_LABEL = rf"(?:[A-Za-z]?[0-9]+(?:[A-Za-z](?![A-Za-z]))?|{NUMBER}|[A-Za-z](?![A-Za-z]))"
_WORDS = {
    Level.BUILDING: r"(?:号楼|号栋|号幢|#楼|楼|栋|幢|座|#|区|号)",
    Level.UNIT: r"(?:单元|号门|门)",
    Level.HOME: r"(?:号房|号铺|室|房|户|铺|号)",
    Level.GRID: r"(?:号?网格)",
}
_SUFFIX = {Level.STREET: "街道", Level.COMMUNITY: "社区", Level.ESTATE: "小区"}
_GAP = r"[\s/\\\-—–_,、>·]*"
_NEAREST = (Level.ESTATE, Level.COMMUNITY, Level.STREET, Level.BUILDING, Level.UNIT, Level.HOME, Level.GRID)
_NUMBERED = {level: re.compile(rf"第?({_LABEL})\s*({words})?") for level, words in _WORDS.items()}
_SPACE = re.compile(_GAP)

_DASH = r"\s*[-—–_/]\s*"
_HOME = re.compile(
    r"\s*(?:我?(?:是|家?住|家)在?\s*)?"
    rf"(?:(?P<estate>[\w·]{{2,20}}?){_GAP})??"
    rf"(?P<building>{_LABEL})(?:\s*{_WORDS[Level.BUILDING]}{_GAP}|{_DASH})"
    rf"(?:(?P<unit>{_LABEL})(?:\s*{_WORDS[Level.UNIT]}{_GAP}|{_DASH}))?"
    rf"(?:{NUMBER}\s*[层楼]{_GAP})?"
    rf"(?P<room>{_LABEL})\s*(?P<word>{_WORDS[Level.HOME]}(?![楼栋幢房铺]))?"
    rf"(?![0-9]|\s*(?:{_WORDS[Level.BUILDING]}|{_WORDS[Level.UNIT]}))"
)
_PART = re.compile(
    rf"(?:{NUMBER}\s*(?:{_WORDS[Level.BUILDING]}|{_WORDS[Level.UNIT]}|[层楼]|{_WORDS[Level.HOME]}|{_DASH})?{_GAP})+[吧呀。.!]?"
)


def label(text: str) -> str:
    """A number of a house in its one form: ３ 三 03 -> 3, a12 -> A12. What is no number stays as it is, in capitals."""
    value = number(text)
    if value is not None:
        return str(value)
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", fold(text)).upper()


def building_name(text: str) -> str:
    """A building's one name, however a list writes it: 3, ３栋, 三号楼 -> 3号楼; A座 and A区 stay, and so does 综合楼."""
    found = _NUMBERED[Level.BUILDING].fullmatch(fold(text))
    if not found:
        return fold(text)
    number_ = label(found[1])
    if number_[-1].isdigit():
        return f"{number_}号楼"
    return number_ + (found[2] if found[2] in ("座", "区") else "座")


def is_name_of(level: Level, text: str) -> bool:
    """Whether this is a number with the word for its level: 3号楼 for a building, 2单元 for a staircase."""
    found = _NUMBERED[level].fullmatch(fold(text))
    return found is not None and bool(found[2])


def unit_name(text: str) -> str:
    """A staircase's one name: 2, 二单元, 02门 -> 2单元; anything else stays."""
    found = _NUMBERED[Level.UNIT].fullmatch(fold(text))
    return f"{label(found[1])}单元" if found else fold(text)


def find_home(text: str) -> tuple[HomeAddress, str] | None:
    """The home a text begins with, and what stands behind it (`3号楼2单元502 张三` -> 张三); None if it begins with none."""
    found = _HOME.match(narrow(text))
    if found is None:
        return None
    building, unit, room = (label(found[part] or "") for part in ("building", "unit", "room"))
    if not unit and not found["word"] and len(room) < 2:  # 3-2 is a staircase rather than a home
        return None
    return HomeAddress(building, unit, room, found["estate"] or ""), text[found.end() :].lstrip(" \t\n,，、:：;；")


def parse_home(text: str) -> HomeAddress | None:
    """The home a text names and nothing else (3号楼2单元502, 3-2-502, 三号楼二单元五零二室, 3栋502)."""
    found = find_home(text)
    return found[0] if found is not None and not found[1].strip(" 。.!！") else None


def like_a_home(text: str) -> bool:
    """3楼, 2单元999, 301: meant as a home or a part of one, and nothing else."""
    return _PART.fullmatch(narrow(text).strip()) is not None


def masked(path: str) -> str:
    """A home as somebody may read it who only scanned its code: 幸福里/3号楼/2单元/502 is 幸福里3号楼2单元5**."""
    place, _, room = path.rpartition("/")
    return place.replace("/", "") + room[: max(1, len(room) - 2)] + "**"


# --- a place in the tree -----------------------------------------------------------------------------------------

_WHOLE = ("全社区", "整个社区", "本社区", "全体", "全体居民", "全体业主")
_NAME = 24  # signs of a name that are read
_OWN = ("本楼", "本栋", "我们楼", "我们小区", "本小区", "本网格")


def meant(text: str, areas: Sequence[Area], own: AreaId | None = None) -> Area | Ambiguous | None:
    """The area an officer means: an area's id (from a button), their own, the whole community, or a place as `resolve` reads it."""
    said = fold(text)
    by_id = {area.id: area for area in areas}
    if said in by_id:
        return by_id[AreaId(said)]
    if said in _OWN and own in by_id:
        return by_id[own]
    if said in _WHOLE:
        return next((area for area in areas if area.level is Level.COMMUNITY), None)
    return resolve(said, areas, own)


def named_in(text: str, areas: Sequence[Area]) -> Area | Ambiguous | None:
    """The place that the name of a group names: 3号楼邻居群, 幸福里三号楼. A number alone (2026业主群) names none."""
    said = fold(text)[:_NAME]
    for start in range(len(said)):
        if start and number(said[start - 1]) is not None and number(said[start]) is not None:
            continue  # 112号楼 is not 12号楼
        for end in range(len(said), start + 1, -1):
            part = said[start:end]
            whole = end == len(said) or number(part[-1]) is None  # neither is 3期 building 3
            if whole and number(part) is None and (found := resolve(part, areas)):
                return found
    return None


class _Reading(NamedTuple):
    """How far a text has been read: up to `at`, with any area named yet, and so many left out since the first one named."""

    at: int
    begun: bool
    skipped: int


_Readings = tuple[set[_Reading], int | None]  # after this area; and if the text names it last: how many were left out


def resolve(text: str, areas: Sequence[Area], home: AreaId | None = None) -> Area | Ambiguous | None:
    """The area somebody means, short forms first within their own area `home` and then further up; None: no such place."""
    said = fold(text).strip(" /，,。")
    if not said:
        return None
    by_id = {area.id: area for area in areas}
    readings: dict[AreaId, _Readings] = {}
    for area in areas:
        _read(said, area, by_id, readings)
    fitting = {key: skipped for key, (_, skipped) in readings.items() if skipped is not None}
    fewest = min(fitting.values(), default=0)
    nearest = _nearest([area for area in areas if fitting.get(area.id) == fewest], by_id, home)
    first = min((_NEAREST.index(area.level) for area in nearest), default=0)
    chosen = tuple(area for area in nearest if _NEAREST.index(area.level) == first)
    return chosen[0] if len(chosen) == 1 else Ambiguous(chosen) if chosen else None


def _nearest(fitting: list[Area], by_id: Mapping[AreaId, Area], home: AreaId | None) -> list[Area]:
    """Those within the smallest area around `home` that holds any; all of them where nobody's home is known."""
    around = by_id.get(home) if home is not None else None
    while around is not None and fitting:
        inside = [area for area in fitting if _within(area, around, by_id)]
        if inside:
            return inside
        around = by_id.get(around.parent) if around.parent is not None else None
    return fitting


def _within(area: Area, around: Area, by_id: Mapping[AreaId, Area]) -> bool:
    here: Area | None = area
    while here is not None and here != around:
        here = by_id.get(here.parent) if here.parent is not None else None
    return here is not None


def _read(said: str, area: Area, by_id: Mapping[AreaId, Area], readings: dict[AreaId, _Readings]) -> set[_Reading]:
    """How far the text may have got with this area, once for each area; fills `readings` for it and those above it."""
    if area.id in readings:
        return readings[area.id][0]
    parent = by_id.get(area.parent) if area.parent is not None else None
    before = _read(said, parent, by_id, readings) if parent else {_Reading(0, False, 0)}
    named = set()
    for reading in before:
        end = _said_at(said, area, reading)
        if end is not None:
            gap = _SPACE.match(said, end)
            named.add(_Reading(gap.end() if gap else end, True, reading.skipped))
    left_out = {_Reading(r.at, r.begun, r.skipped + r.begun) for r in before}
    fits = min((reading.skipped for reading in named if reading.at == len(said)), default=None)
    readings[area.id] = (named | left_out, fits)
    return readings[area.id][0]


def _said_at(said: str, area: Area, reading: _Reading) -> int | None:
    """Where the words for this one area end, if they come next. A bare number is a building, or what follows something named."""
    at = reading.at
    pattern = _NUMBERED.get(area.level)
    own = pattern.fullmatch(fold(area.name)) if pattern else None
    if pattern and own:
        found = pattern.match(said, at)
        if found is None or label(found[1]) != label(own[1]):
            return None
        return found.end() if found[2] or reading.begun or area.level is Level.BUILDING else None
    suffix = _SUFFIX.get(area.level, "")
    name = fold(area.name).removesuffix(suffix)
    if not name or not said.startswith(name, at):
        return None
    end = at + len(name)
    return end + len(suffix) if said.startswith(suffix, end) else end
