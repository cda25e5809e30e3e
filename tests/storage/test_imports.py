"""The roll comes in batch by batch, is compared with what is there, and what is faulty waits apart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bot.cli import communities, invites, rolls
from community import codes
from community.rolls import HomeRow, Use
from storage import areas, claims, imports
from storage import communities as kept
from storage.database import Database, Tx

HEAD = ["小区", "楼栋", "单元", "房号", "用途", "面积", "产权人", "联系电话"]
FINE = [
    ["幸福里", "3号楼", "2单元", "501", "住宅", "89.50", "张三；李四", "13800001111"],
    ["幸福里", "3号楼", "2单元", "502", "住宅", "98.00", "王五", "13800002222"],
    ["幸福里", "1号楼", "", "101", "商铺", "45.20", "赵六", ""],
]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    kept_at = Database(database_url, "secret " * 5)
    await kept_at.transaction(kept.first, "幸福里社区", kept.Settings(phone="0566-1234567"))
    yield kept_at
    await kept_at.close()


def workbook(path: Path, rows: list[list[str]], heading: list[str] = HEAD) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [heading, *rows]:
        sheet.append(row)
    book.save(path)
    return path


async def homes(database: Database) -> dict[str, str]:
    return {row.path: row.state for row in await database.read(areas.households_in, 1, "")}


async def test_a_roll_comes_in_with_its_places_owners_and_telephones(database: Database, tmp_path: Path) -> None:
    assert await rolls.import_(database, "", rolls.Order(workbook(tmp_path / "roll.xlsx", FINE))) == 0
    assert await homes(database) == dict.fromkeys(("幸福里/1号楼/101", "幸福里/3号楼/2单元/501", "幸福里/3号楼/2单元/502"), "fine")
    assert {area.path: area.level for area in await database.read(areas.all_areas, 1)} == {
        "": "community",
        "幸福里": "estate",
        "幸福里/1号楼": "building",
        "幸福里/3号楼": "building",
        "幸福里/3号楼/2单元": "unit",
    }
    home = await database.read(areas.household_by_path, 1, "幸福里/3号楼/2单元/501")
    assert home is not None and home.area_centi == 8950
    assert await database.read(areas.owner_names, 1, home.id) == ["张三", "李四"]
    assert await database.read(areas.phone_matches, 1, home.id, "1111")
    assert not await database.read(areas.phone_matches, 1, home.id, "2222")


async def test_with_one_fault_nothing_comes_in_and_with_accept_good_it_waits(database: Database, tmp_path: Path) -> None:
    file = workbook(tmp_path / "roll.xlsx", [*FINE, ["幸福里", "3号楼", "2单元", "503", "住宅", "八十九", "钱七", ""]])
    marked = tmp_path / "marked.xlsx"
    assert await rolls.import_(database, "", rolls.Order(file, marked=marked)) == 1
    assert await homes(database) == {}
    assert load_workbook(marked).active is not None
    assert await rolls.import_(database, "", rolls.Order(file, accept_good=True)) == 0
    assert (await homes(database))["幸福里/3号楼/2单元/503"] == "unclear"
    assert (await homes(database))["幸福里/3号楼/2单元/502"] == "fine"


async def test_a_dry_run_says_what_would_change_and_changes_nothing(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await rolls.import_(database, "", rolls.Order(workbook(tmp_path / "roll.xlsx", FINE)))
    before = await database.read(imports.known, 1)
    changed = [[*FINE[0][:6], "张三", "13800001111"], FINE[1], ["幸福里", "3号楼", "2单元", "601", "住宅", "90", "", ""]]
    capsys.readouterr()
    assert await rolls.import_(database, "", rolls.Order(workbook(tmp_path / "new.xlsx", changed), dry_run=True)) == 0
    said = capsys.readouterr().out
    assert "新增1户，改动1户" in said and "1户（保留不动）" in said
    assert "张三 李四 → 张三" in said and "幸福里/1号楼/101 不在新名单里" in said
    assert await database.read(imports.known, 1) == before


async def test_the_same_roll_again_changes_nothing(database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = rolls.Order(workbook(tmp_path / "roll.xlsx", FINE))
    await rolls.import_(database, "", order)
    before = {row.path: row.id for row in await database.read(areas.households_in, 1, "")}
    capsys.readouterr()
    assert await rolls.import_(database, "", order) == 0
    said = capsys.readouterr().out
    assert "没有变化" in said
    assert "已导入" not in said
    assert {row.path: row.id for row in await database.read(areas.households_in, 1, "")} == before


# --- a list that comes again ------------------------------------------------------------------------------------------

WHOLE = ["小区", "楼栋", "单元", "房号", "用途", "面积", "面积来源", "产权人", "产权状态", "户主", "人数", "联系电话"]
THERE = ["幸福里", "1号楼", "", "101", "商铺", "45.20", "不动产登记簿", "赵六", "已售", "赵六", "3", "13800003333"]
PATH = "幸福里/1号楼/101"


@pytest.mark.parametrize(
    ("heading", "row", "changed"),
    [
        (["小区", "楼栋", "房号"], ["幸福里", "1号楼", "101"], {}),  # columns that are missing
        (WHOLE, ["幸福里", "1号楼", "", "101", *[""] * 8], {}),  # cells that are empty
        (WHOLE, [*THERE[:5], "50", *[""] * 6], {"area_centi": 5000}),
        (["小区", "楼栋", "房号", "用途", "产权人"], ["幸福里", "1号楼", "101", "办公", "钱七"], {"use": Use.OTHER, "owners": ("钱七",)}),
        (WHOLE, [*THERE[:5], "四十五", "测绘", "钱七", "未售", "钱七", "4", "13800004444"], {}),  # a fault: the whole row is left
        (WHOLE, [*THERE[:4], "飞机场", "50", *THERE[6:]], {}),
        (WHOLE, [*THERE[:11], "1380"], {}),
    ],
)
async def test_what_a_list_does_not_say_stays_as_it_was(
    database: Database, tmp_path: Path, heading: list[str], row: list[str], changed: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    await rolls.import_(database, "", rolls.Order(workbook(tmp_path / "roll.xlsx", [THERE], WHOLE)))
    [before] = await database.read(imports.known, 1)
    tails = await database.read(areas.phone_matches, 1, await home_id(database, PATH), "3333")
    assert (before.area_centi, before.owners, before.phones, before.people, tails) == (4520, ("赵六",), ("13800003333",), 3, True)
    capsys.readouterr()
    assert await rolls.import_(database, "", rolls.Order(workbook(tmp_path / "new.xlsx", [row], heading), accept_good=True)) == 0
    assert await database.read(imports.known, 1) == [replace(before, **changed)]  # type: ignore[arg-type]
    assert await database.read(areas.phone_matches, 1, await home_id(database, PATH), "3333")
    assert f"新增0户，改动{min(len(changed), 1)}户，名单里没有但已登记的0户" in capsys.readouterr().out


async def test_a_faulty_row_is_listed_and_a_new_home_from_one_waits_with_its_good_cells(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await rolls.import_(database, "", rolls.Order(workbook(tmp_path / "roll.xlsx", FINE)))
    faulty = [[*FINE[1][:5], "九十八", "钱七", ""], ["幸福里", "3号楼", "2单元", "503", "住宅", "90", "孙八", "1380"]]
    file = workbook(tmp_path / "new.xlsx", faulty)
    capsys.readouterr()
    assert await rolls.import_(database, "", rolls.Order(file, accept_good=True)) == 0
    said = capsys.readouterr().out
    assert "面积「九十八」不是数字" in said and "已导入1户，其中待核1户；1户已登记，这一行有问题，没有动。" in said
    there = {row.path: row for row in await database.read(imports.known, 1)}
    assert there["幸福里/3号楼/2单元/502"].owners == ("王五",) and there["幸福里/3号楼/2单元/502"].fine
    waiting = there["幸福里/3号楼/2单元/503"]
    assert (waiting.fine, waiting.area_centi, waiting.owners, waiting.phones) == (False, 9000, ("孙八",), ())
    mended = workbook(tmp_path / "mended.xlsx", [["503", "3号楼", "2单元", "13800005555"]], ["房号", "楼栋", "单元", "联系电话"])
    assert await rolls.import_(database, "", rolls.Order(mended)) == 0
    [now] = [row for row in await database.read(imports.known, 1) if row.path == waiting.path]
    assert now == replace(waiting, fine=True, phones=("13800005555",))


async def test_a_home_still_waiting_is_filled_from_a_faulty_row_and_goes_on_waiting(database: Database, tmp_path: Path) -> None:
    faulty = [["幸福里", "3号楼", "2单元", "503", "住宅", "九十", "孙八", ""], ["幸福里", "3号楼", "2单元", "503", "", "90", "", "1380"]]
    for row in faulty:
        await rolls.import_(database, "", rolls.Order(workbook(tmp_path / "roll.xlsx", [row]), accept_good=True))
    [home] = await database.read(imports.known, 1)
    assert (home.fine, home.area_centi, home.owners) == (False, 9000, ("孙八",))


async def test_the_difference_names_areas_in_square_metres(database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await rolls.take_in(database, 1, [HomeRow("幸福里", "1号楼", "", "101")])
    for area in ("45.20", "89.5"):
        await rolls.import_(database, "", rolls.Order(workbook(tmp_path / "roll.xlsx", [[*FINE[2][:5], area]])))
    said = capsys.readouterr().out
    assert "面积：- → 45.20㎡" in said and "面积：45.20㎡ → 89.50㎡" in said


async def home_id(database: Database, path: str) -> str:
    home = await database.read(areas.household_by_path, 1, path)
    assert home is not None
    return home.id


async def test_more_homes_than_a_batch_all_come_in(database: Database) -> None:
    rooms = [str(floor * 100 + door) for floor in range(1, 31) for door in (1, 2)]
    rows = [HomeRow("大院", "1号楼", unit, room) for unit in ("1单元", "2单元") for room in rooms]
    assert len(rows) > 2 * imports.BATCH
    assert await rolls.take_in(database, 1, rows) == len(rows)
    assert await database.read(areas.count_households, 1, "大院") == len(rows)


async def test_homes_are_built_without_a_list_and_those_that_are_there_keep_their_owners(database: Database, tmp_path: Path) -> None:
    await rolls.import_(database, "", rolls.Order(workbook(tmp_path / "roll.xlsx", FINE)))
    assert await rolls.build(database, "", "幸福里/3号楼", (2, 6, 2)) == 0
    assert await database.read(areas.count_households, 1, "幸福里/3号楼") == 24
    home = await database.read(areas.household_by_path, 1, "幸福里/3号楼/2单元/502")
    assert home is not None and await database.read(areas.owner_names, 1, home.id) == ["王五"]


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("3号楼2单元502", "幸福里/3号楼/2单元/502"),
        ("3-2-502", "幸福里/3号楼/2单元/502"),
        ("三号楼502", "幸福里/3号楼/2单元/502"),
        ("幸福里3号楼二单元501", "幸福里/3号楼/2单元/501"),
        ("1号楼101", "幸福里/1号楼/101"),
        ("4号楼101", None),
        ("3号楼2单元909", None),
    ],
)
async def test_an_address_finds_its_home(database: Database, said: str, path: str | None) -> None:
    from community.areas import parse_home

    there = (("3号楼", "2单元", "501"), ("3号楼", "2单元", "502"), ("1号楼", "", "101"))
    await rolls.take_in(database, 1, [HomeRow("幸福里", *place) for place in there])
    address = parse_home(said)
    assert address is not None
    found = await database.read(claims.homes_at, 1, address)
    assert [home.path for home in found] == ([path] if path else [])


# --- codes and communities at the command line ----------------------------------------------------------------------


async def test_codes_are_printed_one_a_line_and_each_opens_its_place(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await rolls.import_(database, "", rolls.Order(workbook(tmp_path / "roll.xlsx", FINE)))
    sheet = tmp_path / "slips.pdf"
    capsys.readouterr()
    assert await invites.invite(database, "", invites.Order("resident", "3号楼", sheet=sheet), invites.web_chat("https://x.example")) == 0
    lines = capsys.readouterr().out.split("\n")
    assert lines.pop() == "" and len(lines) == 2 and all(codes.valid(line) for line in lines)
    assert sheet.read_bytes().startswith(b"%PDF")
    assert await invites.invite(database, "", invites.Order("leader", "三栋", count=3), invites.web_chat("")) == 0
    assert len(set(capsys.readouterr().out.split())) == 3
    found = await database.transaction(_opens, lines[1])
    assert found == ("resident", "幸福里/3号楼/2单元/502")


def _opens(tx: Tx, code: str) -> tuple[str, str]:
    from storage import doors

    invite = doors.invite_by_code(tx, code)
    assert invite is not None
    return invite.role, areas.household(tx, 1, invite.household).path


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (invites.Order("boss", "3号楼"), "没有“boss”这个角色"),
        (invites.Order("leader", "9号楼"), "没有“9号楼”这个地方"),
        (invites.Order("leader", "3号楼2单元502"), "不能写到一户"),
        (invites.Order("resident", "3号楼", as_="guest"), "--as"),
        (invites.Order("resident", "3号楼", count=0), "大于0"),
    ],
)
async def test_what_cannot_be_invited_is_said_in_one_sentence(
    database: Database, order: invites.Order, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from bot.cli.console import complain
    from dialogue.words import Refused

    await rolls.take_in(database, 1, [HomeRow("幸福里", "3号楼", "2单元", "502")])
    try:
        code = await invites.invite(database, "", order, invites.web_chat(""))
    except Refused as refusal:  # bot/cli/console.py says it
        code = complain(refusal.key, **refusal.values)
    assert code == 1 and said in capsys.readouterr().err


async def test_a_second_community_has_its_own_place_and_keys(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert await communities.add(database, communities.Order("和平社区", kind="village")) == 0
    assert await communities.add(database, communities.Order("和平社区")) == 1
    assert await communities.set_(database, "和平社区", "phone", "0551-7654321") == 0
    assert await communities.set_(database, "和平社区", "count_parking", "yes") == 0
    assert await communities.set_(database, "和平社区", "phon", "1") == 1
    assert "是不是 phone" in capsys.readouterr().err
    assert await communities.set_(database, "幸福里社区", "phone", "1") == 1
    second = await database.read(kept.by_name, "和平社区")
    assert second is not None and second.settings.phone == "0551-7654321" and second.settings.count_parking is True
    assert (await database.read(areas.by_path, second.id, "")) is not None


@pytest.mark.parametrize(
    ("url", "enabled", "doors"),
    [
        ("http://127.0.0.1:8080", True, ()),
        ("http://localhost:8080", True, ()),
        ("https://mulin.example", True, ("webchat",)),
        ("https://mulin.example", False, ()),
    ],
)
async def test_a_web_chat_that_the_world_can_open_claims_homes_by_code_only(
    database: Database, url: str, enabled: bool, doors: tuple[str, ...]
) -> None:
    from bot.cli import installs
    from bot.config import make

    config = make({"server": {"public_url": url, "secret_key": "k" * 32}, "channels": {"webchat": {"enabled": enabled}}}, Path(), {})
    await database.transaction(kept.guard, ("test",))
    await database.transaction(kept.guard, installs.open_doors(config))
    assert (await database.read(kept.community, 1)).settings.doors_need_code == doors
