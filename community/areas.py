"""Where people live: one tree of areas of any depth, and what people type for a place in it (3号楼, 三栋, 3#, 幸福里/3号楼, 3-2-502)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

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


def resolve(text: str, areas: Sequence[Area], home: AreaId | None = None) -> Area | Ambiguous | None:
    """The area somebody means, short forms first within their own area `home` and then further up; None: no such place."""
    raise NotImplementedError


def find_home(text: str) -> tuple[HomeAddress, str] | None:
    """The home a text begins with, and what stands behind it (`3号楼2单元502 张三` -> 张三); None if it begins with none."""
    raise NotImplementedError


def parse_home(text: str) -> HomeAddress | None:
    """The home a text names and nothing else (3号楼2单元502, 3-2-502, 三号楼二单元五零二室, 3栋502)."""
    raise NotImplementedError
