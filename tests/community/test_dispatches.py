"""An order to send can be held, resumed and stopped; what is over stays over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from community.dispatches import Dispatch, DispatchId, DispatchState, approve, finish, pause, resume, stop
from dialogue.words import Purpose, Refused, ResidentId, Say, ToAudience

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
WANG, LI = ResidentId("小王"), ResidentId("小李")
SAY = Say("dispatches.news", {"text": "周三停水"}, to=ToAudience("a3"), purpose=Purpose.NEWS)
ORDER = Dispatch(DispatchId("d1"), 7, SAY, "a3", 120, DispatchState.ORDERED, WANG, NOW)

ACTS: dict[str, Callable[[Dispatch], tuple[Dispatch, object]]] = {
    "pause": lambda d: pause(d, WANG, NOW),
    "resume": lambda d: resume(d, WANG, NOW),
    "stop": lambda d: stop(d, WANG, NOW),
    "finish": lambda d: finish(d, NOW),
    "approve": lambda d: approve(d, LI, NOW),
}
TABLE = """
          pause    resume   stop     finish   approve
asked     -        -        stopped  -        ordered
ordered   paused   -        stopped  done     -
sending   paused   -        stopped  done     -
paused    -        sending  stopped  -        -
stopped   -        -        -        -        -
done      -        -        -        -        -
"""
_HEAD, *_ROWS = (line.split() for line in TABLE.strip().splitlines())
CASES = [(row[0], act, after) for row in _ROWS for act, after in zip(_HEAD, row[1:], strict=True)]


@pytest.mark.parametrize(("before", "act", "after"), CASES)
def test_every_state_and_every_act(before: str, act: str, after: str) -> None:
    order = replace(ORDER, state=DispatchState(before))
    if after == "-":
        with pytest.raises(Refused) as refused:
            ACTS[act](order)
        assert (refused.value.key, refused.value.values) == (f"dispatches.{before}", {"number": 7})
    else:
        moved, event = ACTS[act](order)
        assert moved == replace(order, state=DispatchState(after))
        assert getattr(event, "id", None) == "d1"


def test_what_waits_in_the_outbox_can_still_be_held_and_stopped() -> None:
    """At night everybody has their row at once and nothing leaves before the morning: the order is done, and not too late."""
    done = replace(ORDER, state=DispatchState.DONE, waiting=120)
    assert pause(done, WANG, NOW)[0].state is DispatchState.PAUSED
    assert stop(done, WANG, NOW)[0].state is DispatchState.STOPPED


def test_nobody_is_their_own_second_officer() -> None:
    with pytest.raises(Refused) as refused:
        approve(replace(ORDER, state=DispatchState.ASKED), WANG, NOW)
    assert refused.value.key == "dispatches.own_order"
