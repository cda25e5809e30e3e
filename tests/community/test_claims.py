"""Who says they belong to a home is confirmed by somebody who can know, in time, and never by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from community.claims import (
    As,
    Claim,
    ClaimConfirmed,
    ClaimEnded,
    ClaimId,
    ClaimRefused,
    ClaimState,
    confirm,
    confirm_by_proof,
    end,
    may_decide,
    others_who_decide,
    refuse,
)
from dialogue.words import Refused, ResidentId

MADE = datetime(2026, 11, 20, 10, tzinfo=UTC)
NOW = MADE + timedelta(hours=1)
LI, ZHANG = ResidentId("老李"), ResidentId("张姐")
CLAIM = Claim(ClaimId("c1"), 3, "h502", "幸福里/3号楼/2单元", ZHANG, As.OWNER, "张三", ClaimState.WAITING, MADE)


def hours(n: float) -> datetime:
    return MADE + timedelta(hours=n)


@pytest.mark.parametrize(
    ("role", "poll_open", "may"),
    [
        ("leader", False, True),
        ("leader", True, False),
        ("grid", True, True),
        ("staff", True, True),
        ("admin", True, True),
        ("volunteer", False, False),
    ],
)
def test_who_may_answer(role: str, poll_open: bool, may: bool) -> None:
    assert may_decide(role, leaders_poll_open=poll_open) is may


def test_confirmed() -> None:
    after, event = confirm(CLAIM, LI, "leader", NOW)
    assert after.state is ClaimState.CONFIRMED
    assert event == ClaimConfirmed(ClaimId("c1"), "h502", ZHANG, As.OWNER, LI, "leader", NOW)


def test_a_code_proves_it_at_once() -> None:
    after, event = confirm_by_proof(CLAIM, "code", NOW)
    assert after.state is ClaimState.CONFIRMED
    assert (event.by, event.role) == (None, "code")


def test_refused_with_a_reason_and_who_else_decides() -> None:
    after, event = refuse(CLAIM, LI, "leader", " 502不姓张 ", NOW)
    assert after.state is ClaimState.REFUSED
    assert event == ClaimRefused(ClaimId("c1"), "h502", ZHANG, LI, "leader", "502不姓张", NOW)
    assert others_who_decide("leader") == ("grid", "staff")
    assert others_who_decide("grid") == ("staff",)


@pytest.mark.parametrize("state", [ClaimState.WAITING, ClaimState.CONFIRMED])
def test_ended_by_moving_out_or_by_the_home(state: ClaimState) -> None:
    after, event = end(replace(CLAIM, state=state), ZHANG, "搬走了", NOW)
    assert after.state is ClaimState.ENDED
    assert event == ClaimEnded(ClaimId("c1"), "h502", ZHANG, ZHANG, "搬走了", NOW)


def _refusal(act: object) -> str:
    with pytest.raises(Refused) as refused:
        act()  # type: ignore[operator]
    assert refused.value.values == {"number": 3}
    return refused.value.key


@pytest.mark.parametrize("state", [ClaimState.CONFIRMED, ClaimState.REFUSED, ClaimState.ENDED])
def test_only_a_waiting_claim_is_decided(state: ClaimState) -> None:
    claim = replace(CLAIM, state=state)
    expected = "claims.already_confirmed" if state is ClaimState.CONFIRMED else "claims.already_over"
    assert _refusal(lambda: confirm(claim, LI, "leader", NOW)) == expected
    assert _refusal(lambda: refuse(claim, LI, "leader", "不是", NOW)) == expected


def test_nobody_decides_their_own_claim() -> None:
    assert _refusal(lambda: confirm(CLAIM, ZHANG, "leader", NOW)) == "claims.own_claim"


def test_a_refusal_needs_its_reason() -> None:
    assert _refusal(lambda: refuse(CLAIM, LI, "leader", "  ", NOW)) == "claims.reason_needed"


@pytest.mark.parametrize("state", [ClaimState.REFUSED, ClaimState.ENDED])
def test_what_is_over_does_not_end_again(state: ClaimState) -> None:
    assert _refusal(lambda: end(replace(CLAIM, state=state), ZHANG, "", NOW)) == "claims.already_over"
