"""No sequence of messages breaks what residents were promised about nights, the weekly limit, 退订 and consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from community.promises import ASKS, Limits, Quiet, Reader, Verdict, is_quiet, may_post, may_send
from dialogue.words import Purpose

BEIJING = ZoneInfo("Asia/Shanghai")
NIGHT = Quiet(time(21), time(8), BEIJING)
LIMITS = Limits(NIGHT, 2)
GIVEN = Reader("given")
WEEK = timedelta(days=7)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=BEIJING).astimezone(UTC)


DAY, EVENING, NIGHTFALL = at("20T12:00"), at("20T20:59"), at("20T21:00")
MORNING = at("21T08:00")


@pytest.mark.parametrize("purpose", Purpose)
def test_by_day_everything_leaves(purpose: Purpose) -> None:
    assert may_send(purpose, GIVEN, LIMITS, DAY).now
    assert may_send(purpose, GIVEN, LIMITS, EVENING).now


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("now", [NIGHTFALL, at("21T03:00"), at("21T07:59")])
def test_at_night_only_replies_and_emergencies_leave(purpose: Purpose, now: datetime) -> None:
    expected = Verdict() if purpose in (Purpose.REPLY, Purpose.EMERGENCY) else Verdict(MORNING, "quiet_hours")
    assert may_send(purpose, GIVEN, LIMITS, now) == expected
    assert may_post(purpose, NIGHT, now) == expected


def test_a_poll_that_closes_at_night_is_told_in_the_morning() -> None:
    assert may_send(Purpose.RESULT, GIVEN, LIMITS, at("20T23:30")) == Verdict(MORNING, "quiet_hours")
    assert may_send(Purpose.RESULT, GIVEN, LIMITS, MORNING).now


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("consent", ["", "asked", "browsing", "withdrawn"])
def test_without_consent_only_replies(purpose: Purpose, consent: str) -> None:
    expected = Verdict() if purpose is Purpose.REPLY else Verdict(reason="no_consent")
    assert may_send(purpose, replace(GIVEN, consent=consent), LIMITS, DAY) == expected


@pytest.mark.parametrize("purpose", Purpose)
def test_after_unsubscribing_ones_own_matters_legal_service_and_emergencies_still_come(purpose: Purpose) -> None:
    verdict = may_send(purpose, replace(GIVEN, subscribed=False), LIMITS, DAY)
    stopped = purpose in (Purpose.INVITATION, Purpose.REMINDER, Purpose.NEWS)
    assert verdict == (Verdict(reason="unsubscribed") if stopped else Verdict())


def test_the_third_ask_of_a_week_waits_until_the_first_is_a_week_old() -> None:
    asked = replace(GIVEN, asked_at=(at("16T09:00"), at("18T09:00")))
    assert may_send(Purpose.INVITATION, asked, LIMITS, DAY) == Verdict(at("23T09:00"), "weekly_limit")
    assert may_send(Purpose.REMINDER, asked, LIMITS, at("23T09:00")).now
    thrice = replace(GIVEN, asked_at=(at("18T10:00"), *asked.asked_at))  # the limit was lowered since
    assert may_send(Purpose.REMINDER, thrice, LIMITS, DAY) == Verdict(at("25T09:00"), "weekly_limit")
    assert may_send(Purpose.INVITATION, replace(GIVEN, asked_at=asked.asked_at[:1]), LIMITS, DAY).now


@pytest.mark.parametrize("purpose", [p for p in Purpose if p not in ASKS])
def test_two_questionnaires_do_not_hold_back_the_gas_repair(purpose: Purpose) -> None:
    assert may_send(purpose, replace(GIVEN, asked_at=(DAY, DAY, DAY)), LIMITS, DAY).now


def test_what_waits_for_the_week_does_not_arrive_at_night() -> None:
    asked = replace(GIVEN, asked_at=(at("16T20:59"), at("18T09:00")))
    early = Limits(Quiet(time(20), time(8), BEIJING), 2)
    assert may_send(Purpose.INVITATION, asked, early, DAY) == Verdict(at("24T08:00"), "weekly_limit")


def test_what_could_only_come_too_late_never_comes() -> None:
    asked = replace(GIVEN, asked_at=(at("16T09:00"), at("18T09:00")))
    assert may_send(Purpose.REMINDER, asked, LIMITS, DAY, until=at("23T09:00")) == Verdict(reason="too_late")
    assert may_send(Purpose.REMINDER, asked, LIMITS, DAY, until=at("23T09:01")) == Verdict(at("23T09:00"), "weekly_limit")
    assert may_send(Purpose.INVITATION, GIVEN, LIMITS, NIGHTFALL, until=MORNING) == Verdict(reason="too_late")
    assert may_send(Purpose.INVITATION, GIVEN, LIMITS, DAY, until=DAY) == Verdict(reason="too_late")


def test_ones_own_matter_is_told_once_a_day() -> None:
    told = replace(GIVEN, own_matter_at=at("20T09:00"))
    assert may_send(Purpose.OWN_MATTER, told, LIMITS, DAY) == Verdict(MORNING, "one_a_day")
    assert may_send(Purpose.OWN_MATTER, told, LIMITS, MORNING).now
    assert may_send(Purpose.REPLY, told, LIMITS, DAY).now


def test_a_community_that_asks_nothing() -> None:
    assert may_send(Purpose.INVITATION, GIVEN, Limits(NIGHT, 0), DAY) == Verdict(reason="weekly_limit")


def test_verdicts_are_one_of_three() -> None:
    assert [(v.now, v.never) for v in (Verdict(), Verdict(DAY, "quiet_hours"), Verdict(reason="no_consent"))] == [
        (True, False),
        (False, False),
        (False, True),
    ]


# --- properties --------------------------------------------------------------------------------------------------

ZONES = st.sampled_from(["Asia/Shanghai", "America/Vancouver", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]).map(ZoneInfo)
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
QUIETS = st.builds(Quiet, TIMES, TIMES, ZONES)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
STEPS = st.lists(st.tuples(st.sampled_from(Purpose), st.integers(0, 60 * 40)), max_size=60)
VANCOUVER = ZoneInfo("America/Vancouver")


@given(QUIETS, INSTANTS, st.sampled_from(Purpose))
@example(Quiet(time(22), time(2, 30), VANCOUVER), datetime(2026, 3, 8, 9, 0, tzinfo=UTC), Purpose.NEWS)  # 02:30 does not exist
@example(Quiet(time(22), time(1, 30), VANCOUVER), datetime(2026, 11, 1, 9, 10, tzinfo=UTC), Purpose.NEWS)  # 01:10 for the second time
def test_nothing_leaves_at_night_nor_waits_more_than_a_night(quiet: Quiet, now: datetime, purpose: Purpose) -> None:
    verdict = may_send(purpose, GIVEN, Limits(quiet, 2), now)
    if verdict.now:
        assert purpose in (Purpose.REPLY, Purpose.EMERGENCY) or not is_quiet(now, quiet)
    else:
        assert verdict.at is not None
        assert now < verdict.at <= now + timedelta(hours=25)
        assert may_send(purpose, GIVEN, Limits(quiet, 2), verdict.at).now


@given(STEPS, QUIETS, st.integers(0, 4))
def test_no_sequence_breaks_the_week_the_night_or_the_day(steps: list[tuple[Purpose, int]], quiet: Quiet, most: int) -> None:
    """Messages are wanted at any time; each leaves when it may, asked again as the outbox does. Then the record is judged."""
    now, sent = datetime(2026, 3, 1, tzinfo=UTC), list[tuple[Purpose, datetime]]()
    for purpose, minutes in steps:
        now += timedelta(minutes=minutes)
        leaves_at: datetime | None = now
        while leaves_at is not None:
            verdict = may_send(purpose, _as_known(sent, leaves_at), Limits(quiet, most), leaves_at)
            if verdict.now:
                sent.append((purpose, leaves_at))
                now = leaves_at
                break
            leaves_at = verdict.at
    for _, when in sent:
        assert len([p for p, t in sent if p in ASKS and when - WEEK < t <= when]) <= most
    assert all(p in (Purpose.REPLY, Purpose.EMERGENCY) or not is_quiet(t, quiet) for p, t in sent)
    days = [t.astimezone(quiet.zone).date() for p, t in sent if p is Purpose.OWN_MATTER]
    assert len(days) == len(set(days))


def _as_known(sent: list[tuple[Purpose, datetime]], now: datetime) -> Reader:
    own = [t for p, t in sent if p is Purpose.OWN_MATTER]
    return Reader("given", True, tuple(t for p, t in sent if p in ASKS), max(own, default=None))
