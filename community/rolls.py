"""The household roll: which homes there are, how large, whose; what a new list changes; how many people and how much floor that makes.

Reading it from a workbook is community/roll_files.py. Areas are whole hundredths of a square metre.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dialogue.numerals import fold
from dialogue.words import Refused

COLUMNS = ("小区", "楼栋", "单元", "房号", "用途", "面积", "面积来源", "产权人", "产权状态", "户主", "人数", "联系电话")


class Use(StrEnum):
    """What a home is used for, in a roll's own words."""

    HOME = "住宅"
    SHOP = "商铺"
    PARKING = "车位"
    STORAGE = "储藏"
    OTHER = "其他"


UNSOLD = ("未售", "开发商", "建设单位", "未交付", "已售未交付")
"""产权状态 that leave a home with the developer, all of whose homes count as one owner (civic.md §2.2)."""


@dataclass(frozen=True, slots=True)
class HomeRow:
    """One home as a roll lists it. `estate` and `unit` may be "", `area_centi` and `people` None: not known.

    `sheet` and `row` say where it stands; not `fine` means 待核: kept apart until somebody has looked at it. `use_named` is False
    where the list does not say what the home is used for (住宅 is then only assumed).
    """

    estate: str
    building: str
    unit: str
    room: str
    use: Use = Use.HOME
    area_centi: int | None = None
    area_source: str = ""
    owners: tuple[str, ...] = ()
    ownership: str = ""
    head: str = ""
    people: int | None = None
    phones: tuple[str, ...] = ()
    sheet: str = ""
    row: int = 0
    fine: bool = True
    use_named: bool = True

    @property
    def path(self) -> str:
        """幸福里/3号楼/2单元/502, without the parts that are not there."""
        return "/".join(filter(None, (self.estate, self.building, self.unit, self.room)))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a roll file that somebody has to look at. `rolls.fault_<code>` says it, with the values of `says`.

    `column` is Excel's letter, "" where the whole row is meant; `row` 0 means the whole sheet.
    """

    sheet: str
    row: int
    column: str
    code: str
    value: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"rolls.fault_{self.code}"

    @property
    def says(self) -> dict[str, str | int]:
        return {"sheet": self.sheet, "row": self.row, "column": self.column, "value": self.value, **self.values}


@dataclass(frozen=True, slots=True)
class Understood:
    """How one column of a file was read: what stood above it, and which of ours it is."""

    sheet: str
    column: str
    header: str
    meaning: str


@dataclass(frozen=True, slots=True)
class RollFile:
    """What a file says: every home it places (those with a fault are not fine), all faults at once, and how its columns were read."""

    rows: tuple[HomeRow, ...]
    faults: tuple[Fault, ...]
    columns_understood: tuple[Understood, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that is different about a home."""

    path: str
    field: str
    old: object
    new: object


@dataclass(frozen=True, slots=True)
class Difference:
    """What importing a new list would change."""

    added: tuple[HomeRow, ...]
    changed: tuple[Changed, ...]
    gone: tuple[HomeRow, ...]


_COMPARED = ("use", "area_centi", "area_source", "owners", "ownership", "head", "people", "phones")


def difference(old: Iterable[HomeRow], new: Iterable[HomeRow]) -> Difference:
    """Home by home, in the new list's order; owners and phones in another order are no change."""
    before = {row.path: row for row in old}
    after = {row.path: row for row in new}
    changed = [
        Changed(path, name, getattr(before[path], name), getattr(row, name))
        for path, row in after.items()
        if path in before
        for name in _COMPARED
        if _plain(getattr(before[path], name)) != _plain(getattr(row, name))
    ]
    return Difference(
        tuple(row for path, row in after.items() if path not in before),
        tuple(changed),
        tuple(row for path, row in before.items() if path not in after),
    )


def settled(known: HomeRow | None, said: HomeRow) -> HomeRow:
    """What a home is after a list has said `said` of it: what the list does not name stays as it is known.

    A faulty row says nothing against a home that is there and fine. A new home from a faulty row waits, and so does one that waits.
    """
    if known is None:
        return said
    if known.fine and not said.fine:
        return known
    named = {name: value for name in _COMPARED if (value := getattr(said, name)) not in (None, "", ())}
    if not said.use_named:
        del named["use"]
    return replace(known, **named, fine=said.fine)


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, tuple) else value


def build(area_path: str, units: int, floors: int, per_floor: int) -> tuple[HomeRow, ...]:
    """Homes without owners and areas, enough to ask by household: 1单元 101, 102, 201 … Refused rolls.build_range."""
    if not (1 <= units <= 20 and 1 <= floors <= 100 and 1 <= per_floor <= 99):
        raise Refused("rolls.build_range")
    estate, _, building = area_path.rpartition("/")
    return tuple(
        HomeRow(estate, building, f"{unit}单元", str(floor * 100 + k))
        for unit in range(1, units + 1)
        for floor in range(1, floors + 1)
        for k in range(1, per_floor + 1)
    )


def heads_and_area(rows: Iterable[HomeRow], *, count_parking: bool) -> tuple[int, int]:
    """How many people and how much floor (hundredths of m²) a roll makes, by 司法解释 art. 8 and 9 (civic.md §2.2).

    One home is one person and so are its co-owners; the same owners of several homes are one; what the developer has not sold or
    not handed over is one together; homes without a name are one each. Floor is all summed. Parking only with `count_parking`.
    """
    counted = [row for row in rows if count_parking or row.use is not Use.PARKING]
    heads = {_head(row) for row in counted}
    return len(heads), sum(row.area_centi or 0 for row in counted)


def _head(row: HomeRow) -> tuple[str, ...]:
    if row.ownership in UNSOLD:
        return ("developer",)
    return ("owners", *_people(row)) if row.owners else ("home", row.path)


def _people(row: HomeRow) -> tuple[str, ...]:
    """A home's owners, however their names are written and ordered."""
    return tuple(sorted({fold(name) for name in row.owners}))
