"""What stands in the cells of a real roll: 3-2-502 in one, 89.5㎡, 张三、李四, two telephones. What makes no sense is a fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from community.areas import building_name, label, parse_home, unit_name
from community.rolls import Fault, HomeRow, Use
from dialogue.numerals import fold, number

_BETWEEN = re.compile(r"[、，,；;/\n]+")
_AREA = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)(?:平方米|平方|平米|平|m2|m²|M2)?")
_PHONE = re.compile(r"(?:1[3-9][0-9]{9}|0[0-9]{2,3}[1-9][0-9]{6,7}|[2-8][0-9]{6,7}|400[0-9]{7})")
_PEOPLE = re.compile(r"(.+?)(?:人|口|个)?")
_ROOM = re.compile(r"(.+?)(?:号房|号铺|室|房|户|铺|号)?")
_USES: Mapping[str, Use] = {
    **dict.fromkeys(("住宅", "居住", "民宅", "住房", "住户", "成套住宅", "普通住宅"), Use.HOME),
    **dict.fromkeys(("商铺", "商户", "店铺", "商业", "门面", "门面房", "门市", "铺面", "商业服务", "底商"), Use.SHOP),
    **dict.fromkeys(("车位", "车库", "停车位", "停车", "产权车位", "地下车位"), Use.PARKING),
    **dict.fromkeys(("储藏", "储藏室", "储藏间", "储物间", "杂物间", "地下室", "仓库"), Use.STORAGE),
    **dict.fromkeys(("其他", "其它", "办公", "办公室", "公用", "物业用房"), Use.OTHER),
}
_ANYWHERE = (Use.PARKING, Use.STORAGE)  # may belong to no building


@dataclass(slots=True)
class Reading:
    """One row while it is read: the cells by meaning, their column letters, and the faults found so far."""

    sheet: str
    row: int
    cells: Mapping[str, str]
    columns: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)

    def cell(self, meaning: str) -> str:
        return self.cells.get(meaning, "").strip()

    def fault(self, code: str, meaning: str, **values: str | int) -> None:
        self.faults.append(Fault(self.sheet, self.row, self.columns.get(meaning, ""), code, self.cell(meaning), values))


def read_row(reading: Reading, sheet_building: str) -> HomeRow | None:
    """The home a row is about; None where the row does not say which. `sheet_building` is used where there is no such column."""
    named = _use(reading)
    use = named or (Use.OTHER if reading.cell("用途") else Use.HOME)
    building, unit, room = _place(reading, use, sheet_building)
    row = HomeRow(
        estate=reading.cell("小区"),
        building=building,
        unit=unit,
        room=room,
        use=use,
        area_centi=_area(reading),
        area_source=fold(reading.cell("面积来源")),
        owners=_names(reading.cell("产权人")),
        ownership=fold(reading.cell("产权状态")),
        head=_name(reading.cell("户主")),
        people=_people(reading),
        phones=_phones(reading),
        sheet=reading.sheet,
        row=reading.row,
        fine=not reading.faults,
        use_named=named is not None,
    )
    return row if room and (building or use in _ANYWHERE) else None


def _use(reading: Reading) -> Use | None:
    """What the row says; None where it says nothing, or nothing that we know."""
    said = fold(reading.cell("用途")).replace(" ", "")
    if said and said not in _USES:
        reading.fault("unknown_use", "用途", known="、".join(Use))
    return _USES.get(said)


def _place(reading: Reading, use: Use, sheet_building: str) -> tuple[str, str, str]:
    """Building, staircase and room, from their own columns or from one cell (3-2-502)."""
    building = building_name(reading.cell("楼栋")) if reading.cell("楼栋") else sheet_building
    unit = unit_name(reading.cell("单元")) if reading.cell("单元") else ""
    room = reading.cell("房号")
    whole = parse_home(room) if use is Use.HOME or not (building or use in _ANYWHERE) else None
    if whole is not None:
        if building and building_name(whole.building) != building:
            reading.fault("building_differs", "房号", building=building)
        return building_name(whole.building), unit_name(whole.unit) if whole.unit else unit, whole.room
    if not room:
        reading.fault("missing_room", "房号")
    if not building and use not in _ANYWHERE:
        reading.fault("missing_building", "楼栋")
    return building, unit, _room(reading, use, room)


def _room(reading: Reading, use: Use, room: str) -> str:
    said = re.sub(r"\s+", "", fold(room))
    if use is not Use.HOME or not said:  # parking and shops are numbered as somebody liked
        return said
    found = _ROOM.fullmatch(said)
    name = label(found[1]) if found else said
    if not re.fullmatch(r"[0-9A-Z]+", name):
        reading.fault("bad_room", "房号")
    return name


def _area(reading: Reading) -> int | None:
    said = re.sub(r"[\s,]+", "", fold(reading.cell("面积")))
    if not said:
        return None
    found = _AREA.fullmatch(said)
    if found is None or len(found[1]) > 15:
        reading.fault("area_not_a_number", "面积")
        return None
    centi = int((Decimal(found[1]) * 100).quantize(Decimal(1), ROUND_HALF_UP))
    if centi <= 0:
        reading.fault("area_not_positive", "面积")
        return None
    return centi


def _people(reading: Reading) -> int | None:
    said = fold(reading.cell("人数"))
    if not said:
        return None
    found = _PEOPLE.fullmatch(said)
    count = number(found[1].strip()) if found else None
    if count is None or count > 99:
        reading.fault("people_not_a_number", "人数")
        return None
    return count


def _phones(reading: Reading) -> tuple[str, ...]:
    phones: list[str] = []
    for piece in _BETWEEN.split(fold(reading.cell("联系电话"))):
        for said in [piece] if _phone(piece) else piece.split():
            phone = _phone(said)
            if phone:
                phones.append(phone)
            else:
                reading.fault("bad_phone", "联系电话")
                return ()
    return tuple(dict.fromkeys(phones))


def _phone(said: str) -> str:
    """A telephone number as digits, or ""."""
    compact = re.sub(r"[\s\-()+]", "", said)
    compact = re.sub(r"^(?:0086|86)(?=1[3-9])", "", compact)
    return compact if _PHONE.fullmatch(compact) else ""


def _names(said: str) -> tuple[str, ...]:
    """Several owners in one cell, each once."""
    return tuple(dict.fromkeys(filter(None, (_name(piece) for piece in _BETWEEN.split(said)))))


def _name(said: str) -> str:
    """张　三 and 张三 are one name; John Smith keeps its space. Otherwise as it is written: it is somebody's name."""
    return re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", said).strip()
