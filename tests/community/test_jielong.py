"""A 接龙 as it is pasted: every line is some home's answer, or stands there as it was typed with the reason why not. None is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.jielong import Home, Line, Why, chosen, read, sort, subject

ROOMS = ("101", "102", "201", "202", "301", "501", "502", "1203")
HOMES = tuple(Home(f"{u}-{room}", f"幸福里/3号楼/{u}单元/{room}") for u in (1, 2) for room in ROOMS)
GATES = ("东门", "西门", "都不同意", "弃权")
YES_NO = ("同意", "不同意", "弃权")


def one(line: str, options: tuple[str, ...] = GATES, homes: tuple[Home, ...] = HOMES) -> tuple[str, tuple[int, ...]] | Why:
    """What becomes of one numbered line."""
    table = sort(read(f"1. {line}"), homes, options)
    assert len(table.answers) + len(table.strays) == 1, line
    return (table.answers[0].home.id, table.answers[0].choices) if table.answers else table.strays[0].why


LINES = [
    ("3-2-502 张三 东门", ("2-502", (1,))),
    ("3号楼2单元502 张三 西门", ("2-502", (2,))),
    ("3号楼2-502西门", ("2-502", (2,))),
    ("3栋1单元101室，选1", ("1-101", (1,))),
    ("３－１－１０１　东门👍", ("1-101", (1,))),
    ("三号楼一单元五零二室 弃权", ("1-502", (4,))),
    ("李四 2单元301 参加 2人 西门", ("2-301", (2,))),
    ("2-1203 ② 谢谢", ("2-1203", (2,))),
    ("2單元502 東門", ("2-502", (1,))),
    ("5楼2单元501 西门", ("2-501", (2,))),
    ("3.2.502 东门", ("2-502", (1,))),
    ("2单元101刘洋西门", ("2-101", (2,))),
    ("东门 2-101 刘洋 13800001234", ("2-101", (1,))),
    ("502 东门", Why.SEVERAL),
    ("3-2-999 东门", Why.UNKNOWN),
    ("4号楼2单元502 东门", Why.UNKNOWN),
    ("王五 东门", Why.NO_HOME),
    ("+1", Why.NO_HOME),
    ("3-2-502 +1", Why.NO_CHOICE),
    ("3-2-502 好的收到", Why.NO_CHOICE),
    ("3-2-502 东门 西门都行", Why.NO_CHOICE),
    ("3-2-502 东门不好", Why.NO_CHOICE),
    ("3-2-502 东门 西门", Why.TWO_CHOICES),
    ("3-2-502 2026年再说", Why.NO_CHOICE),
]


@pytest.mark.parametrize(("line", "becomes"), LINES, ids=[line for line, _ in LINES])
def test_a_line_is_a_home_and_its_choice_or_stands_as_typed(line: str, becomes: tuple[str, tuple[int, ...]] | Why) -> None:
    assert one(line) == becomes


@pytest.mark.parametrize(
    ("words", "options", "found"),
    [
        ("张三同意", YES_NO, (1,)),
        ("张三不同意", YES_NO, (2,)),
        ("不同意", ("同意", "弃权"), ()),
        ("没同意", ("同意", "弃权"), ()),
        ("A", ("A地", "B地", "弃权"), (1,)),
        ("b", ("A地", "B地", "弃权"), (2,)),
        ("好的", YES_NO, ()),
        ("同意反对", ("同意", "反对"), ()),
        ("同意建棚", ("同意", "反对"), ()),
    ],
)
def test_an_option_is_said_whole_also_grown_together_with_a_name(words: str, options: tuple[str, ...], found: tuple[int, ...]) -> None:
    assert chosen((words,), options) == found


REAL = """#接龙
自行车棚建在哪里？东门还是西门
12月1日前报名
例 3-2-502 张三 东门

1. 3-2-502 张三 东门
2、李四 2单元301 参加 2人 西门

3-1-101 李建国 东门
4 3-1-201 西门🌹
5） 3-1-201 西门
6. 3-1-202 东门
⑦3-1-202 西门
8. 王五 +1
"""


def test_headings_examples_and_blank_lines_are_nobodys() -> None:
    pasted = read(REAL)
    assert pasted.title == "自行车棚建在哪里？东门还是西门"
    assert [line.text.split()[0] for line in pasted.lines] == [
        "3-2-502", "李四", "3-1-101", "3-1-201", "3-1-201", "3-1-202", "3-1-202", "王五",
    ]  # fmt: skip


def test_the_same_home_twice_counts_once_and_not_at_all_where_it_contradicts_itself() -> None:
    table = sort(read(REAL), HOMES, GATES)
    assert [(a.home.id, a.choices, len(a.lines)) for a in table.answers] == [
        ("2-502", (1,), 1), ("2-301", (2,), 1), ("1-101", (1,), 1), ("1-201", (2,), 2),
    ]  # fmt: skip
    assert [a.home.id for a in table.double] == ["1-201"]
    assert [(s.why, s.line.place) for s in table.strays] == [(Why.DIFFER, 6), (Why.DIFFER, 7), (Why.NO_HOME, 8)]


NAMED = (
    Home("a", "幸福里/3号楼/1单元/101", frozenset({"张三", "李梅"}), frozenset({"张三"})),
    Home("b", "幸福里/3号楼/2单元/101", frozenset({"王芳"})),
)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("王芳 东门", "b"),  # nobody else here is called so
        ("101 王芳 东门", "b"),  # two 101, but she lives in one of them
        ("张三 王芳 东门", Why.SEVERAL),
        ("赵六 东门", Why.NO_HOME),
    ],
)
def test_a_name_finds_the_home_where_the_room_does_not(line: str, found: str | Why) -> None:
    became = one(line, homes=NAMED)
    assert (became if isinstance(became, Why) else became[0]) == found


def test_of_owners_only_an_owners_line_counts() -> None:
    table = sort(read("1. 1单元101 张三 东门\n2. 1单元101 李梅 东门\n3. 2单元101 东门"), NAMED, GATES, owners=True)
    assert [len(a.lines) for a in table.answers] == [1]
    assert [s.why for s in table.strays] == [Why.NOT_OWNER, Why.NOT_OWNER]


def test_several_may_be_chosen_where_the_poll_allows_it() -> None:
    assert sort(read("1. 3-2-502 东门 西门"), HOMES, GATES, most=2).answers[0].choices == (1, 2)


def test_its_poll_may_be_named_before_it() -> None:
    assert subject("投票3\n1. 3-2-502 东门") == ("polls", 3, "1. 3-2-502 东门")
    assert subject("问卷 2号：\n1. a") == ("surveys", 2, "1. a")
    assert subject("1. 投票3号楼") == ("", 0, "1. 投票3号楼")


entry = st.one_of(
    st.sampled_from([f"{u}-{r} {o}" for u in ("3-1", "3-2", "1", "2") for r in ("101", "502", "999") for o in ("东门", "西门", "+1", "")]),
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=30),
)


@given(st.lists(entry, max_size=12))
def test_no_line_is_lost_and_none_counts_twice(entries: list[str]) -> None:
    pasted = read("\n".join(f"{n}. {text}" for n, text in enumerate(entries, 1)))
    table = sort(pasted, HOMES, GATES)
    shown: list[Line] = [line for answer in table.answers for line in answer.lines] + [stray.line for stray in table.strays]
    assert sorted(line.place for line in shown) == list(range(1, len(pasted.lines) + 1))
    assert len({answer.home.id for answer in table.answers}) == len(table.answers)
