"""What a new list changes, what an empty building looks like, and how many people and square metres a roll makes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.rolls import Changed, HomeRow, Use, build, difference, heads_and_area
from dialogue.words import Refused


def home(room: str, area: int = 8000, *owners: str, use: Use = Use.HOME, ownership: str = "") -> HomeRow:
    return HomeRow("幸福里", "3号楼", "1单元", room, use, area, owners=owners, ownership=ownership)


def test_a_built_building() -> None:
    rows = build("幸福里/3号楼", 2, 15, 2)
    assert len(rows) == 60
    assert [r.path for r in rows[:3]] == ["幸福里/3号楼/1单元/101", "幸福里/3号楼/1单元/102", "幸福里/3号楼/1单元/201"]
    assert rows[-1].path == "幸福里/3号楼/2单元/1502"
    assert heads_and_area(rows, count_parking=False) == (60, 0)


@pytest.mark.parametrize("numbers", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (21, 1, 1), (1, 101, 1), (1, 1, 100)])
def test_no_building_is_like_that(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(Refused):
        build("3号楼", *numbers)


def test_a_new_list_shows_what_it_changes() -> None:
    old = [home("101", 8000, "张三", "李四"), home("102", 8000, "王五"), home("103")]
    new = [home("101", 8000, "李四", "张三"), home("102", 8950, "赵六"), home("104")]
    found = difference(old, new)
    assert [r.room for r in found.added] == ["104"]
    assert [r.room for r in found.gone] == ["103"]
    assert found.changed == (
        Changed("幸福里/3号楼/1单元/102", "area_centi", 8000, 8950),
        Changed("幸福里/3号楼/1单元/102", "owners", ("王五",), ("赵六",)),
    )


def test_where_it_stood_in_the_file_is_no_change() -> None:
    assert difference([home("101")], [replace(home("101"), sheet="3号楼", row=9)]) == difference([], [])


@pytest.mark.parametrize(
    ("rows", "heads", "area"),
    [
        ([], 0, 0),
        ([home("101", 8000, "张三"), home("102", 9000, "李四")], 2, 17000),
        ([home("101", 8000, "张三"), home("102", 9000, "张三")], 1, 17000),  # the same buyer of several is one
        ([home("101", 8000, "张三", "李四")], 1, 8000),  # co-owners of one home are one
        ([home("101", 8000, "张三", "李四"), home("102", 9000, "李四", "张三")], 1, 17000),
        ([home("101", 8000, "张三", "李四"), home("102", 9000, "张三")], 2, 17000),  # other owner sets are other people
        ([home("101", 8000, ownership="未售"), home("102", 9000, "张三", ownership="已售未交付")], 1, 17000),  # the developer's, together
        ([home("101", 8000), home("102", 9000)], 2, 17000),  # no name known: one each
        ([home("101", 8000, "張三"), home("102", 9000, "张三")], 1, 17000),  # one name, written twice
        ([home("B1", 1200, "张三", use=Use.PARKING), home("101", 8000, "张三")], 1, 8000),
        ([home("B1", 1200, "王五", use=Use.PARKING), home("101", 8000, "张三")], 1, 8000),
        ([home("铺1", 3000, "王五", use=Use.SHOP), home("101", 8000, "张三")], 2, 11000),
    ],
)
def test_people_and_area(rows: list[HomeRow], heads: int, area: int) -> None:
    assert heads_and_area(rows, count_parking=False) == (heads, area)


def test_parking_counts_where_the_owners_rules_say_so() -> None:
    rows = [home("B1", 1200, "张三", use=Use.PARKING), home("B2", 1200, "王五", use=Use.PARKING), home("101", 8000, "张三")]
    assert heads_and_area(rows, count_parking=True) == (2, 10400)


ROWS = st.lists(
    st.builds(
        home,
        st.from_regex(r"[1-9]0[1-4]", fullmatch=True),
        st.integers(1, 20000),
        st.sampled_from(["张三", "李四", "王五"]),
        use=st.sampled_from(Use),
        ownership=st.sampled_from(["", "未售"]),
    ),
    unique_by=lambda row: row.room,
    max_size=12,
)


@given(ROWS, st.booleans(), st.randoms())
def test_the_order_of_a_list_decides_nothing(rows: list[HomeRow], parking: bool, dice: object) -> None:
    mixed = list(rows)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    heads, area = heads_and_area(rows, count_parking=parking)
    assert (heads, area) == heads_and_area(mixed, count_parking=parking)
    assert heads <= len(rows)
    assert area <= sum(row.area_centi or 0 for row in rows)


@given(ROWS, ROWS)
def test_a_difference_carried_out_makes_the_new_list(old: list[HomeRow], new: list[HomeRow]) -> None:
    found = difference(old, new)
    now = {row.path: row for row in old if row not in found.gone}
    for change in found.changed:
        now[change.path] = replace(now[change.path], **{change.field: change.new})
    for row in found.added:
        now[row.path] = row
    assert now == {row.path: row for row in new}
