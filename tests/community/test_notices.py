"""A 公示 is up for its period and no longer; whoever it concerns may object while it is up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from community.areas import Level
from community.calendar import CALENDAR, Due, end_of
from community.notice_drafts import MINIMUMS, NoticeDraft, Period, Typed, amend, default_openness, ends, judge, read
from community.notices import (
    DISPUTE,
    Contested,
    Notice,
    NoticeCategory,
    NoticeEnded,
    NoticeId,
    NoticeState,
    NoticeText,
    Objection,
    ObjectionAnswered,
    ObjectionId,
    ObjectionRaised,
    ObjectionState,
    Openness,
    Voice,
    answer_objection,
    end,
    object_to_poll,
    raise_objection,
)
from dialogue.words import Refused, ResidentId

BEIJING = ZoneInfo("Asia/Shanghai")
WANG, ZHANG = ResidentId("小王"), ResidentId("张姐")
POSTED = datetime(2026, 9, 16, 1, tzinfo=UTC)
LAST = date(2026, 10, 8)
NOTICE = Notice(
    NoticeId("n1"),
    3,
    1,
    NoticeText("楼道修缮公示", "三季度修缮", NoticeCategory.AFFAIRS),
    "a3",
    "幸福里/3号楼",
    Openness.SCOPE,
    NoticeState.POSTED,
    POSTED,
    LAST,
    end_of(LAST, BEIJING),
)


def voice(number: int, text: str = "价格太高") -> Voice:
    return Voice(ObjectionId(f"o{number}"), number, ZHANG, "h502", text)


def refusal(act: object) -> str:
    with pytest.raises(Refused) as refused:
        act()  # type: ignore[operator]
    return refused.value.key


def test_objections_are_counted_and_get_their_number() -> None:
    after, event = raise_objection(NOTICE, voice(2), POSTED)
    assert (after.state, after.objections) == (NoticeState.OBJECTED, 1)
    assert event == ObjectionRaised(ObjectionId("o2"), 2, "notices", NoticeId("n1"), ZHANG, "h502", "价格太高", 1, POSTED)
    again, event = raise_objection(after, voice(3), POSTED)
    assert (again.objections, event.count) == (2, 2)


def test_an_objection_in_the_last_second_counts_and_a_second_later_does_not() -> None:
    last = end_of(LAST, BEIJING) - timedelta(seconds=1)
    assert raise_objection(NOTICE, voice(2), last)[0].objections == 1
    assert refusal(lambda: raise_objection(NOTICE, voice(2), last + timedelta(seconds=1))) == "notices.period_over"


@pytest.mark.parametrize("state", [NoticeState.DRAFT, NoticeState.ENDED, NoticeState.WITHDRAWN, NoticeState.IN_FORCE])
def test_only_what_is_up_is_objected_to(state: NoticeState) -> None:
    down = replace(NOTICE, state=state)
    assert refusal(lambda: raise_objection(down, voice(2), POSTED)) == "notices.not_up"
    assert end(down, 0, NOTICE.ends_at) == (down, ())


def test_an_objection_has_words() -> None:
    assert refusal(lambda: raise_objection(NOTICE, voice(2, " "), POSTED)) == "notices.objection_empty"


@pytest.mark.parametrize("state", [NoticeState.POSTED, NoticeState.OBJECTED])
def test_it_ends_at_its_time_and_once(state: NoticeState) -> None:
    notice = replace(NOTICE, state=state, objections=2)
    assert end(notice, 1, notice.ends_at - timedelta(seconds=1)) == (notice, ())
    after, events = end(notice, 1, notice.ends_at)
    assert after.state is NoticeState.ENDED
    assert events == (NoticeEnded(NoticeId("n1"), 2, 1, notice.ends_at),)
    assert end(after, 1, notice.ends_at) == (after, ())


def test_an_objection_is_answered_by_somebody_else() -> None:
    objection = Objection(ObjectionId("o2"), 2, "notices", "n1", 3, ZHANG, "h502", "价格太高", ObjectionState.RECEIVED, POSTED)
    after, event = answer_objection(objection, WANG, "附上报价单", POSTED)
    assert (after.state, after.answer) == (ObjectionState.ANSWERED, "附上报价单")
    assert event == ObjectionAnswered(ObjectionId("o2"), WANG, "附上报价单", POSTED)
    assert refusal(lambda: answer_objection(objection, ZHANG, "好", POSTED)) == "notices.own_objection"
    assert refusal(lambda: answer_objection(objection, WANG, "", POSTED)) == "notices.answer_empty"


# --- as staff type it --------------------------------------------------------------------------------------------

TYPED = """楼道修缮公示
三季度修缮3号楼楼道，共花费1200元。
请各位居民监督。

类别 居务
期限：15天
范围 幸福里/3号楼
公开　网上
落款 幸福里社区居委会
电话 0714-6221234
附件
审核 王主任"""


def draft(text: str, on: date = date(2026, 9, 16)) -> NoticeDraft:
    """As it would be if it were typed whole and posted that day."""
    typed, unread = read(text.splitlines())
    judged = judge(typed, on)
    return replace(judged, faults=(*unread, *judged.faults))


def faults(text: str) -> list[str]:
    return [fault.code for fault in draft(text).faults]


def test_a_whole_notice() -> None:
    assert draft(TYPED) == NoticeDraft(
        title="楼道修缮公示",
        body="三季度修缮3号楼楼道，共花费1200元。\n请各位居民监督。",
        category=NoticeCategory.AFFAIRS,
        period=Period(15),
        due=Due(LAST, False),
        area="幸福里/3号楼",
        openness=Openness.WEB,
        signed="幸福里社区居委会",
        phone="0714-6221234",
        attachments=True,
        approver="王主任",
        faults=(),
    )


def test_three_lines_are_enough() -> None:
    made = draft("停水通知\n周三停水\n落款 居委会")
    assert (made.category, made.period, made.openness, made.area, made.faults) == (NoticeCategory.PLAIN, Period(7), None, "", ())


@pytest.mark.parametrize("category", NoticeCategory)
def test_without_a_period_it_is_the_legal_minimum(category: NoticeCategory) -> None:
    words = {"affairs": "居务", "finance": "财务", "party": "党务", "owners": "业主", "award": "评选", "adoption": "认养"}
    line = f"\n类别 {words[category]}" if category in words else ""
    made = draft("标题\n内容" + line)
    assert (made.category, made.period, made.faults) == (category, MINIMUMS[category].period, ())


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("类别 居务\n期限 14天", ["too_short"]),
        ("类别 居务\n期限 15天", []),
        ("类别 居务\n期限 两周", ["too_short"]),
        ("类别 居务\n期限 三周", []),
        ("类别 评选\n期限 4个工作日", ["too_short"]),
        ("类别 评选\n期限 5个工作日", []),
        ("类别 业主\n期限 7", []),
        ("类别 党务\n期限 6天", ["too_short"]),
        ("期限 很久", ["bad_period"]),
        ("期限 0天", ["bad_period"]),
        ("期限 366天", ["bad_period"]),
        ("类别 卫生", ["unknown_value"]),
        ("公开 全世界", ["unknown_value"]),
        ("类别 居务\n类别 财务", ["said_twice"]),
        ("类别 居务\n期线 15天", ["unknown_line"]),
    ],
)
def test_what_must_be_put_right(lines: str, code: list[str]) -> None:
    assert faults(f"标题\n内容\n{lines}") == code


def test_all_faults_at_once_and_the_nearest_word() -> None:
    made = draft("标题\n类别 居务\n期线 15天\n期限 3天")
    assert [(f.code, dict(f.values)) for f in made.faults] == [
        ("unknown_line", {"line": "期线 15天", "nearest": "期限"}),
        ("no_body", {}),
        ("too_short", {"category": NoticeCategory.AFFAIRS, "days": 15, "workdays": 0}),
    ]
    assert faults("") == ["no_title"]


def test_a_week_off_does_not_shorten_five_working_days() -> None:
    made = draft("评选\n名单\n类别 评选\n期限 7天", date(2026, 9, 29))
    assert made.due.on == date(2026, 10, 8)
    assert [f.code for f in made.faults] == ["too_short"]  # five working days run to 10月12日
    assert ends(Period(5, workdays=True), date(2026, 9, 29), CALENDAR).on == date(2026, 10, 12)


def test_words_of_the_body_are_not_taken_for_lines() -> None:
    made = draft("标题\n电话费公示如下\n公开透明\n类别 财务")
    assert made.body == "电话费公示如下\n公开透明"
    assert made.phone == ""


def test_who_reads_it_by_default() -> None:
    assert default_openness(Level.COMMUNITY) is Openness.WEB
    assert default_openness(Level.BUILDING) is Openness.SCOPE


def test_lines_said_later_stand_in_place_of_the_first() -> None:
    typed, _ = read("标题\n内容\n期限 15天\n落款 居委会".splitlines())
    amended = amend(typed, "期限 30天\n附件")
    assert amended is not None
    assert amended[0] == Typed("标题", "内容", period="30天", signed="居委会", attachments="+")
    assert amended[1] == ()


@pytest.mark.parametrize("text", ["改一下内容", "期限", "3号楼"])
def test_what_names_no_line_changes_nothing_or_only_that_line(text: str) -> None:
    typed, _ = read(["标题", "内容", "期限 15天"])
    amended = amend(typed, text)
    assert amended is None if text != "期限" else amended is not None and amended[0].period == ""


def test_a_buttons_own_words_are_understood() -> None:
    made = judge(Typed("标题", "内容", category="finance", openness="web", period="15"), date(2026, 9, 16))
    assert (made.category, made.openness, made.period, made.faults) == (NoticeCategory.FINANCE, Openness.WEB, Period(15), ())


# --- objections to polls -----------------------------------------------------------------------------------------


def test_a_poll_may_be_objected_to_while_it_runs_and_in_the_days_after() -> None:
    running = Contested("p1", 3, None, 0)
    event = object_to_poll(running, voice(2), POSTED)
    assert (event.against, event.subject, event.count, event.text) == ("polls", "p1", 1, "价格太高")
    over = replace(running, until=POSTED + DISPUTE, count=4)
    assert object_to_poll(over, voice(3), POSTED + DISPUTE - timedelta(seconds=1)).count == 5
    assert refusal(lambda: object_to_poll(over, voice(3), POSTED + DISPUTE)) == "notices.dispute_over"
    assert refusal(lambda: object_to_poll(running, voice(3, " "), POSTED)) == "notices.objection_empty"
