"""People type places as they say them; the same place is found, and where two fit, they are asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.areas import (
    Ambiguous,
    Area,
    AreaId,
    HomeAddress,
    Level,
    find_home,
    label,
    meant,
    named_in,
    parse_home,
    resolve,
    without_home,
)

HOMES = {
    "3号楼2单元502": ("3", "2", "502"),
    "3号楼2单元502室": ("3", "2", "502"),
    "3-2-502": ("3", "2", "502"),
    "３－２－５０２": ("3", "2", "502"),
    "3 - 2 - 502": ("3", "2", "502"),
    "3/2/502": ("3", "2", "502"),
    "三号楼二单元502": ("3", "2", "502"),
    "三号楼二单元五零二": ("3", "2", "502"),
    "三號樓二單元五〇二室": ("3", "2", "502"),
    "十二栋一单元一千二百零一": ("12", "1", "1201"),
    "3栋502": ("3", "", "502"),
    "3幢502室": ("3", "", "502"),
    "3-502": ("3", "", "502"),
    "3#2-502": ("3", "2", "502"),
    "3＃楼2单元502": ("3", "2", "502"),
    "3号楼2单元5楼502": ("3", "2", "502"),
    "3号楼2门0502": ("3", "2", "502"),
    "A座1203": ("A", "", "1203"),
    "a3栋12-01B": ("A3", "12", "1B"),
    "A区12号铺": ("A", "", "12"),
    "3号502": ("3", "", "502"),
    "3号楼2室": ("3", "", "2"),
    " 3号楼 2单元 502 。": ("3", "2", "502"),
}


@pytest.mark.parametrize("typed", HOMES)
def test_a_home_is_read_however_it_is_typed(typed: str) -> None:
    assert parse_home(typed) == HomeAddress(*HOMES[typed])


@pytest.mark.parametrize("typed", ["幸福里/3号楼/2单元/502", "幸福里3号楼2单元502", "幸福里 3-2-502", "幸福里三栋二单元502室"])
def test_the_estate_may_stand_before_it(typed: str) -> None:
    assert parse_home(typed) == HomeAddress("3", "2", "502", "幸福里")


def test_an_estate_with_a_number_in_its_name() -> None:
    assert parse_home("幸福里二期3号楼2单元502") == HomeAddress("3", "2", "502", "幸福里二期")
    assert parse_home("幸福里3区5号楼2单元502") == HomeAddress("5", "2", "502", "幸福里3区")


@pytest.mark.parametrize(
    ("typed", "rest"),
    [
        ("3号楼2单元502 张三 业主", "张三 业主"),
        ("3-2-502张三", "张三"),
        ("三号楼二单元五零二，张三", "张三"),
        ("我住3号楼2单元502室，李四", "李四"),
        ("3号楼2单元502 Alice", "Alice"),
        ("3号楼2单元502Alice", "Alice"),
    ],
)
def test_what_follows_the_home_is_kept_as_typed(typed: str, rest: str) -> None:
    assert find_home(typed) == (HomeAddress("3", "2", "502"), rest)


@pytest.mark.parametrize(
    "typed", ["", "李阿姨的女儿", "3号楼", "3号楼2单元", "3-2", "502", "三", "2026年12月1日", "13800138000", "电梯坏了"]
)
def test_what_names_no_home_is_none(typed: str) -> None:
    assert parse_home(typed) is None
    assert find_home(typed) is None


@given(
    st.integers(1, 99),
    st.integers(1, 9),
    st.integers(101, 3399),
    st.sampled_from(["{}号楼{}单元{}", "{}-{}-{}", "{}栋{}单元{}室", "{}#{}单元{}"]),
)
def test_every_form_of_a_home_means_the_same(building: int, unit: int, room: int, form: str) -> None:
    assert parse_home(form.format(building, unit, room)) == HomeAddress(str(building), str(unit), str(room))


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    find_home(text)
    resolve(text, TREE)


def _tree() -> tuple[Area, ...]:
    made: list[Area] = []

    def add(name: str, level: Level, parent: Area | None) -> Area:
        path = "" if level in (Level.STREET, Level.COMMUNITY) else "/".join(filter(None, (parent.path if parent else "", name)))
        made.append(Area(AreaId(f"a{len(made)}"), parent.id if parent else None, level, name, path))
        return made[-1]

    street = add("秋浦街道", Level.STREET, None)
    community = add("幸福里社区", Level.COMMUNITY, street)
    for estate_name in ("幸福里", "幸福里二期", "和成国际"):
        estate = add(estate_name, Level.ESTATE, community)
        for b in (1, 2, 3, 12):
            building = add(f"{b}号楼", Level.BUILDING, estate)
            for u in (1, 2):
                unit = add(f"{u}单元", Level.UNIT, building)
                add("502", Level.HOME, unit)
    garden = add("阳光花园", Level.ESTATE, community)
    grid = add("第一网格", Level.GRID, garden)
    add("5号楼", Level.BUILDING, grid)
    add("A座", Level.BUILDING, grid)
    return tuple(made)


TREE = _tree()
BY_PATH = {area.path: area for area in TREE if area.path}


def _home(path: str) -> AreaId:
    return BY_PATH[path].id


@pytest.mark.parametrize(
    "typed",
    [
        "幸福里/3号楼",
        "幸福里3号楼",
        "幸福里三号楼",
        "幸福里-3栋",
        "幸福里 3#",
        "幸福里小区3幢",
        "幸福里/3",
        "幸福里社区/幸福里/3号楼",
        "幸福里三號樓",
        "幸福里／３号楼",
    ],
)
def test_a_building_by_its_whole_name(typed: str) -> None:
    assert resolve(typed, TREE) == BY_PATH["幸福里/3号楼"]


@pytest.mark.parametrize("typed", ["3号楼", "3栋", "三号楼", "三栋", "3#", "3", "３号楼", "03号楼", "3号"])
def test_short_forms_mean_the_building_in_ones_own_estate(typed: str) -> None:
    assert resolve(typed, TREE, _home("幸福里/1号楼")) == BY_PATH["幸福里/3号楼"]
    assert resolve(typed, TREE, _home("和成国际")) == BY_PATH["和成国际/3号楼"]


def test_without_ones_own_area_several_places_fit() -> None:
    answer = resolve("3号楼", TREE)
    assert isinstance(answer, Ambiguous)
    assert [a.path for a in answer.areas] == ["幸福里/3号楼", "幸福里二期/3号楼", "和成国际/3号楼"]


def test_a_number_is_not_a_piece_of_a_longer_one() -> None:
    assert resolve("12号楼", TREE, _home("幸福里")) == BY_PATH["幸福里/12号楼"]
    assert resolve("2号楼", TREE, _home("幸福里")) == BY_PATH["幸福里/2号楼"]
    assert resolve("32号楼", TREE, _home("幸福里")) is None


@pytest.mark.parametrize(
    ("typed", "home", "path"),
    [
        ("2单元", "幸福里/3号楼", "幸福里/3号楼/2单元"),
        ("2单元", "幸福里/3号楼/1单元/502", "幸福里/3号楼/2单元"),
        ("3-2", "幸福里", "幸福里/3号楼/2单元"),
        ("3号楼二单元502", "幸福里", "幸福里/3号楼/2单元/502"),
        ("3-2-502室", "幸福里", "幸福里/3号楼/2单元/502"),
        ("幸福里/3号楼/2单元/502", "和成国际", "幸福里/3号楼/2单元/502"),
        ("和成国际", "幸福里/3号楼", "和成国际"),
        ("幸福里", "和成国际", "幸福里"),
        ("幸福里二期3栋", "幸福里", "幸福里二期/3号楼"),
        ("5号楼", "幸福里", "阳光花园/第一网格/5号楼"),
        ("阳光花园5号楼", "幸福里", "阳光花园/第一网格/5号楼"),
        ("A栋", "阳光花园", "阳光花园/第一网格/A座"),
        ("1网格", "幸福里", "阳光花园/第一网格"),
    ],
)
def test_places_of_every_level(typed: str, home: str, path: str) -> None:
    assert resolve(typed, TREE, _home(home)) == BY_PATH[path]


def test_community_and_street() -> None:
    assert resolve("幸福里社区", TREE) == TREE[1]
    assert resolve("秋浦", TREE) == TREE[0]


@pytest.mark.parametrize("typed", ["", "/", "大家一下", "9号楼", "3号楼停水通知", "502", "幸福", "2026"])
def test_what_is_no_place_is_none(typed: str) -> None:
    assert resolve(typed, TREE, _home("幸福里/1号楼")) is None


def test_a_building_in_two_staircases_of_ones_own_area_is_asked() -> None:
    answer = resolve("2单元", TREE, _home("幸福里"))
    assert isinstance(answer, Ambiguous)
    assert len(answer.areas) == 4


def test_labels_have_one_form() -> None:
    assert [label(t) for t in ("３", "三", "03", "a12", "A012", "十二", "①")] == ["3", "3", "3", "A12", "A12", "12", "1"]


def test_an_officer_may_also_mean_the_whole_community_their_own_area_or_a_button() -> None:
    own = _home("幸福里/3号楼")
    assert meant("全社区", TREE, own).level is Level.COMMUNITY  # type: ignore[union-attr]
    assert meant("本楼", TREE, own) == BY_PATH["幸福里/3号楼"]
    assert meant(own, TREE) == BY_PATH["幸福里/3号楼"]
    assert meant("三栋", TREE, own) == BY_PATH["幸福里/3号楼"]
    assert isinstance(meant("3号楼", TREE), Ambiguous)
    assert meant("大家", TREE, own) is None


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("我家3号楼2单元***，独居老人想要一台收音机", "我家3号楼独居老人想要一台收音机"),
        ("二单元 *** 想要个轮椅", "想要个轮椅"),
        ("2单元的老人想要收音机", "老人想要收音机"),
        ("第3单元***室想找人陪聊", "想找人陪聊"),
        ("想要一个单元门口的扶手", "想要一个单元门口的扶手"),
        ("想给外婆找一副老花镜", "想给外婆找一副老花镜"),
        ("想学用手机，找我139****4321", "想学用手机，找我139****4321"),
    ],
)
def test_a_wish_does_not_tell_whose_home_it_is(said: str, shown: str) -> None:
    assert without_home(said) == shown


GROUPS = {
    "幸福里3号楼群": "幸福里/3号楼",
    "幸福里三号楼邻居们": "幸福里/3号楼",
    "和成国际3栋业主群": "和成国际/3号楼",
    "❤️幸福里12号楼一家亲": "幸福里/12号楼",
}


@pytest.mark.parametrize("name", GROUPS)
def test_a_groups_name_names_its_place(name: str) -> None:
    assert named_in(name, TREE) == BY_PATH[GROUPS[name]]


@pytest.mark.parametrize("name", ["", "业主群", "2026业主群", "12月聚餐", "3期团购", "幸福里112号楼的人", "二十三号大群"])
def test_a_name_that_names_no_building_proposes_none(name: str) -> None:
    found = named_in(name, TREE)
    assert not isinstance(found, Area) or found.level is not Level.BUILDING


def test_a_name_that_fits_two_places_proposes_both() -> None:
    assert isinstance(named_in("3号楼群", TREE), Ambiguous)
