"""A word asked for once a working day, a verdict on ideas with its reason, one officer at a time, and a home that shares its matter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from community.matters import (
    Accept,
    Act,
    Category,
    IdeaJudged,
    Judge,
    Matter,
    MatterId,
    MatterKind,
    MatterNudged,
    MatterState,
    Nudge,
    Rate,
    Second,
    Solved,
    Verdict,
    Withdraw,
    advance,
    answer_due,
)
from dialogue.words import Refused, ResidentId

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
ZHANG, CHEN, WANG, ZHAO = ResidentId("张阿姨"), ResidentId("陈先生"), ResidentId("小王"), ResidentId("小赵")
SHED = Matter(
    MatterId("m1"), 45, MatterKind.IDEA, Category.LIVING, "南门装雨棚", ZHANG, "a3", "幸福里/3号楼", MatterState.CONFIRMED, NOW
)  # fmt: skip


def refused(matter: Matter, who: ResidentId, act: Act) -> str:
    with pytest.raises(Refused) as refusal:
        advance(matter, act, who, NOW)
    return refusal.value.key


def test_a_word_is_asked_for_once_a_working_day() -> None:
    friday, saturday, monday = date(2026, 11, 27), date(2026, 11, 28), date(2026, 11, 30)
    pressed, events = advance(SHED, Nudge(friday), ZHANG, NOW)
    assert events == (MatterNudged(SHED.id, friday, NOW),)
    assert refused(pressed, ZHANG, Nudge(friday)) == "matters.already_nudged"
    weekend, _ = advance(pressed, Nudge(saturday), ZHANG, NOW)
    assert weekend.nudged_on == monday
    assert refused(weekend, ZHANG, Nudge(monday)) == "matters.already_nudged"
    assert refused(SHED, CHEN, Nudge(friday)) == "matters.not_yours"


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_has_a_reason_and_is_for_ideas(verdict: Verdict) -> None:
    judged, events = advance(SHED, Judge(verdict, " 明年装 "), WANG, NOW)
    assert events == (IdeaJudged(SHED.id, verdict, WANG, "明年装", NOW),)
    assert (judged.verdict, judged.state, judged.handler) == (verdict, MatterState.ANSWERED, WANG)
    assert refused(SHED, WANG, Judge(verdict, "  ")) == "matters.text_needed"
    assert refused(replace(SHED, kind=MatterKind.REQUEST), WANG, Judge(verdict, "明年装")) == "matters.ideas_only"


def test_one_officer_takes_it_on() -> None:
    taken, _ = advance(SHED, Accept(), ZHAO, NOW)
    assert refused(taken, WANG, Accept()) == "matters.already_accepted"


def test_the_home_it_was_written_down_for_shares_it() -> None:
    shared = replace(SHED, owners=frozenset({ZHANG, CHEN}), state=MatterState.CLOSED)
    rated, _ = advance(shared, Rate(Solved.YES, 5), CHEN, NOW)
    assert rated.score == 5
    assert refused(replace(shared, state=MatterState.NEW), CHEN, Second()) == "matters.own_matter"
    assert refused(shared, WANG, Withdraw()) == "matters.not_yours"


@pytest.mark.parametrize(
    ("raised", "kind", "on"),
    [
        ("2026-11-23 10:00", MatterKind.REQUEST, date(2026, 11, 30)),
        ("2026-11-23 17:31", MatterKind.REQUEST, date(2026, 12, 1)),  # after office hours it is tomorrow's
        ("2026-11-28 10:00", MatterKind.QUESTION, date(2026, 12, 1)),  # a Saturday: received on Monday
        ("2026-09-24 10:00", MatterKind.WISH, date(2026, 10, 9)),  # over both autumn holidays
    ],
)
def test_until_when_an_answer_is_promised(raised: str, kind: MatterKind, on: date) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    at = datetime.strptime(raised, "%Y-%m-%d %H:%M").replace(tzinfo=zone)
    assert answer_due(replace(SHED, kind=kind, raised_at=at.astimezone(UTC)), zone).on == on
