"""发起投票 as it is typed: what is understood, what is added, and that all faults are said at once."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from community.areas import Area, AreaId, Level
from dialogue.words import Role
from surveys import poll_drafts
from surveys.poll_drafts import Desk
from surveys.polls import Electorate, Secrecy, Stance

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday 10:00 there
AREAS = (
    Area(AreaId("c"), None, Level.COMMUNITY, "", ""),
    Area(AreaId("e"), AreaId("c"), Level.ESTATE, "幸福里", "幸福里"),
    Area(AreaId("b3"), AreaId("e"), Level.BUILDING, "3号楼", "幸福里/3号楼"),
    Area(AreaId("b5"), AreaId("e"), Level.BUILDING, "5号楼", "幸福里/5号楼"),
)
LEADER = Desk(NOW, ZONE, AREAS, (Role("leader", "b3", "幸福里/3号楼"),))
STAFF = Desk(NOW, ZONE, AREAS, (Role("staff", "c", ""),))


def at(day: int, hour: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZONE).astimezone(UTC)


def test_title_and_options_are_enough() -> None:
    draft, faults = poll_drafts.read("自行车棚建在哪里\n东门\n西门", LEADER)
    assert not faults
    assert (draft.title, draft.options) == ("自行车棚建在哪里", ("东门", "西门"))
    assert (draft.closes_at, draft.area) == (at(30, 20), "b3")
    assert (draft.electorate, draft.secrecy, draft.most) == (Electorate.HOMES, Secrecy.PRIVATE, 1)


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("截止 周日20:00", "closes_at", at(29, 20)),
        ("截止：12月1日", "closes_at", at(1, 20, 12)),
        ("截止周五晚8点", "closes_at", at(27, 20)),
        ("谁投 业主", "electorate", Electorate.OWNERS),
        ("谁投：每人", "electorate", Electorate.PEOPLE),
        ("公开 实名", "secrecy", Secrecy.OPEN),
        ("公开　不公开", "secrecy", Secrecy.PRIVATE),
        ("最多选2", "most", 2),
        ("最多选 两项", "most", 2),
        ("范围 3#", "area", "b3"),
        ("范围 本楼", "area", "b3"),
        ("说明 旧棚漏雨：今年重建", "explanation", "旧棚漏雨：今年重建"),
        ("依据 议事规则第8条", "basis", "议事规则第8条"),
        ("规则 征求意见", "title", "题"),
        ("who people", "electorate", Electorate.PEOPLE),
    ],
)
def test_a_line_sets_its_field(line: str, field: str, value: object) -> None:
    draft, faults = poll_drafts.read(f"题\n甲\n乙\n{line}", LEADER)
    assert not faults
    assert getattr(draft, field) == value
    assert draft.options == ("甲", "乙")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("截止 上周", "closes"),
        ("截止 2026-11-01", "closes"),
        ("谁投 大家", "electorate"),
        ("公开 半公开", "secrecy"),
        ("公开 无记名", "secret"),
        ("规则 业主重大事项", "rule"),
        ("纸质票 录到 12月1日", "paper"),
        ("监票 张三、李四", "watchers"),
        ("最多选 3", "most_more"),
        ("范围 9号楼", "area"),
        ("范围 5号楼", "area_not_yours"),
        ("范围 全社区", "area_not_yours"),
        ("说明", "empty"),
        ("甲", "options_twice"),
        ("长" * 61, "option_long"),
    ],
)
def test_a_line_that_cannot_be_is_a_fault(line: str, code: str) -> None:
    _, faults = poll_drafts.read(f"题\n甲\n乙\n{line}", LEADER)
    assert [f.code for f in faults] == [code]


def test_all_faults_are_said_at_once() -> None:
    _, faults = poll_drafts.read("题\n甲\n截止 昨天\n谁投 谁\n公开 无记名\n规则 居民会议", LEADER)
    assert [f.code for f in faults] == ["closes", "electorate", "secret", "rule", "options_few"]


def test_staff_ask_any_area_and_are_asked_which() -> None:
    draft, _ = poll_drafts.read("题\n甲\n乙\n范围 5号楼", STAFF)
    assert draft.area == "b5"
    draft, _ = poll_drafts.read("题\n甲\n乙\n范围 全社区", STAFF)
    assert draft.area == "c"


@pytest.mark.parametrize(
    ("options", "added"),
    [
        (("东门", "西门"), ["都不同意", "弃权"]),  # neither must be possible (civic.md §2.3)
        (("同意", "不同意"), ["弃权"]),
        (("装", "不装"), ["弃权"]),
        (("赞成", "反对"), ["弃权"]),
        (("甲", "乙", "以上都不要"), ["弃权"]),
        (("甲", "乙", "弃权"), ["都不同意"]),
        (("加装", "不装"), ["弃权"]),
        (("不锈钢的", "木头的"), ["都不同意", "弃权"]),
    ],
)
def test_a_ballot_can_always_be_refused_and_left_open(options: tuple[str, ...], added: list[str]) -> None:
    draft, _ = poll_drafts.read("题\n" + "\n".join(options), LEADER)
    choices = poll_drafts.proposal(draft).choices
    assert [c.text for c in choices] == [*options, *added]
    assert [c.number for c in choices] == list(range(1, len(choices) + 1))
    assert sum(c.stance is Stance.ABSTAIN for c in choices) == 1


@pytest.mark.parametrize("words", ["1. 甲\n2. 乙", "① 甲\n② 乙", "- 甲\n- 乙", "A、甲\nB、乙", "选项 甲、乙", "选项：甲/乙"])
def test_marks_before_options_are_not_part_of_them(words: str) -> None:
    draft, faults = poll_drafts.read(f"题\n{words}", LEADER)
    assert not faults
    assert draft.options == ("甲", "乙")


def test_an_option_may_begin_like_a_field() -> None:
    draft, faults = poll_drafts.read("怎么招标\n公开招标\n截止前再说", LEADER)
    assert not faults
    assert draft.options == ("公开招标", "截止前再说")


@pytest.mark.parametrize("title", ["3号楼加装电梯", "动用维修资金", "选聘新物业", "换业委会", "公共收益怎么花", "外墙广告", "车位怎么分"])
def test_what_owners_decide_together_is_told(title: str) -> None:
    assert poll_drafts.owners_decide(title)
    assert not poll_drafts.is_election(title)


@pytest.mark.parametrize("title", ["居委会换届选举", "选举居民委员会主任", "村委会补选", "选居委会主任", "换届选举 选谁当主任"])
def test_an_election_is_never_here(title: str) -> None:
    assert poll_drafts.is_election(title)


@pytest.mark.parametrize(
    "title", ["要不要把502赶走", "赶走3号楼2单元502的租户", "开除张三", "把老王撵走", "是否驱逐2单元301室", "赶走合租的那家"]
)
def test_nobody_is_voted_out(title: str) -> None:
    assert poll_drafts.against_a_person(poll_drafts.Draft(title=title))


@pytest.mark.parametrize(
    "title", ["怎么赶走流浪狗", "要不要赶走马蜂", "开除群里的广告号", "车棚清退废旧自行车", "赶走蚊子用什么药", "502的车位怎么划"]
)
def test_other_things_may_be_driven_away(title: str) -> None:
    assert not poll_drafts.against_a_person(poll_drafts.Draft(title=title))


@pytest.mark.parametrize("title", ["自行车棚建在哪里", "居委会办公时间改到几点", "选举楼里的歌唱队长"])
def test_other_titles_are_left_alone(title: str) -> None:
    assert not poll_drafts.owners_decide(title)
    assert not poll_drafts.is_election(title)
