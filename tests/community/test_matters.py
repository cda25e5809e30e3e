"""A matter goes on until its author is content: not solved is done again, the second time under supervision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.matters import (
    Accept,
    Act,
    Add,
    Answer,
    Category,
    Close,
    ConfirmKind,
    Matter,
    MatterId,
    MatterKind,
    MatterRated,
    MatterReopened,
    MatterSeconded,
    MatterState,
    NotAccept,
    Rate,
    Second,
    Solved,
    Withdraw,
    advance,
)
from dialogue.words import Event, Refused, ResidentId

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
ZHANG, LI, WANG = ResidentId("张姐"), ResidentId("李叔"), ResidentId("小王")
LAMP = Matter(
    MatterId("m1"), 45, MatterKind.REQUEST, Category.OTHER, "楼道灯不亮", ZHANG, "a3", "幸福里/3号楼", MatterState.NEW, NOW
)  # fmt: skip


def through(matter: Matter, *acts: tuple[ResidentId, Act]) -> tuple[Matter, list[Event]]:
    events: list[Event] = []
    for who, act in acts:
        matter, happened = advance(matter, act, who, NOW)
        events += happened
    return matter, events


def refusal(matter: Matter, who: ResidentId, act: Act) -> str:
    with pytest.raises(Refused) as refused:
        advance(matter, act, who, NOW)
    assert refused.value.values == {"number": 45}
    return refused.value.key


def test_from_raised_to_content() -> None:
    matter, events = through(
        LAMP,
        (ZHANG, ConfirmKind(MatterKind.REQUEST, Category.LIVING)),
        (LI, Second("h602")),
        (WANG, Accept()),
        (LI, Add("是三楼那盏", ("d1",))),
        (WANG, Answer("师傅下午来")),
        (WANG, Close("换了灯泡")),
        (ZHANG, Rate(Solved.YES, 5, "谢谢")),
    )
    assert (matter.state, matter.category, matter.handler, matter.in_review) == (MatterState.CLOSED, Category.LIVING, WANG, False)
    assert [type(e).__name__ for e in events] == [
        "MatterKindConfirmed",
        "MatterSeconded",
        "MatterAccepted",
        "MatterAdded",
        "MatterAnswered",
        "MatterClosed",
        "MatterRated",
    ]


def test_not_solved_reopens_once_then_is_supervised() -> None:
    matter, events = through(LAMP, (WANG, Close("换了")), (ZHANG, Rate(Solved.NO, 1)))
    assert (matter.state, matter.supervised) == (MatterState.REOPENED, False)
    assert events[-1] == MatterReopened(LAMP.id, 1, False, NOW)
    matter, events = through(matter, (WANG, Close("又换了")), (ZHANG, Rate(Solved.NO, 2)))
    assert (matter.state, matter.supervised, matter.reopened) == (MatterState.REOPENED, True, 2)
    assert events[-1] == MatterReopened(LAMP.id, 2, True, NOW)


@pytest.mark.parametrize(
    ("solved", "score", "review"),
    [(Solved.YES, 1, True), (Solved.YES, 2, True), (Solved.YES, 3, False), (Solved.PARTLY, 2, True), (Solved.PARTLY, 5, False)],
)
def test_solved_but_badly_goes_to_review(solved: Solved, score: int, review: bool) -> None:
    matter, events = through(LAMP, (WANG, Close("换了")), (ZHANG, Rate(solved, score)))
    assert (matter.state, matter.in_review) == (MatterState.CLOSED, review)
    assert events[-1] == MatterRated(LAMP.id, solved, score, "", MatterState.CLOSED, review, NOW)


def test_an_answer_may_be_enough() -> None:
    matter, _ = through(LAMP, (WANG, Answer("今天下午通水")), (ZHANG, Rate(Solved.YES, 4)))
    assert matter.state is MatterState.CLOSED


def test_neighbours_are_counted_once_each() -> None:
    matter, events = through(LAMP, (LI, Second("h602")), (WANG, Second()))
    assert events[-1] == MatterSeconded(LAMP.id, WANG, "", 2, NOW)
    assert refusal(matter, LI, Second()) == "matters.already_seconded"
    assert refusal(matter, ZHANG, Second()) == "matters.own_matter"
    assert refusal(replace(LAMP, kind=MatterKind.WISH), LI, Second()) == "matters.wishes_stand_alone"


@pytest.mark.parametrize("act", [ConfirmKind(MatterKind.WISH, Category.LIVING), Withdraw(), Rate(Solved.YES, 5)])
def test_only_its_author_may(act: Act) -> None:
    assert refusal(replace(LAMP, state=MatterState.ANSWERED), LI, act) == "matters.not_yours"


def test_only_its_author_and_supporters_may_add() -> None:
    assert refusal(LAMP, LI, Add("我家也是")) == "matters.supporters_only"
    assert refusal(LAMP, ZHANG, Add("  ")) == "matters.text_needed"


@pytest.mark.parametrize("act", [Answer(" "), Close(""), NotAccept("")])
def test_officers_say_what_was_done_and_why(act: Act) -> None:
    assert refusal(LAMP, WANG, act) == "matters.text_needed"


def test_rating_comes_after_an_answer_and_once() -> None:
    assert refusal(LAMP, ZHANG, Rate(Solved.YES, 5)) == "matters.not_done_yet"
    rated, _ = through(LAMP, (WANG, Close("换了")), (ZHANG, Rate(Solved.YES, 5)))
    assert refusal(rated, ZHANG, Rate(Solved.NO, 1)) == "matters.already_rated"


@pytest.mark.parametrize(
    ("act", "who", "state"),
    [
        (NotAccept("这件事请找供电所95598"), WANG, MatterState.NOT_ACCEPTED),
        (Withdraw("已经好了"), ZHANG, MatterState.WITHDRAWN),
    ],
)
def test_the_ways_aside_are_the_end(act: Act, who: ResidentId, state: MatterState) -> None:
    matter, _ = through(LAMP, (who, act))
    assert matter.state is state
    for later, by in ((Answer("x"), WANG), (Second(), LI), (Add("x"), ZHANG), (Withdraw(), ZHANG), (Accept(), WANG)):
        assert refusal(matter, by, later) == "matters.over"


def test_a_kind_is_confirmed_once() -> None:
    matter, _ = through(LAMP, (ZHANG, ConfirmKind(MatterKind.IDEA, Category.LIVING)))
    assert matter.kind is MatterKind.IDEA
    assert refusal(matter, ZHANG, ConfirmKind(MatterKind.WISH, Category.LIVING)) == "matters.already_confirmed"


ACTS: st.SearchStrategy[Act] = st.one_of(
    st.just(ConfirmKind(MatterKind.IDEA, Category.LIVING)),
    st.just(Second()),
    st.just(Add("补充")),
    st.just(Accept()),
    st.just(Answer("答复")),
    st.just(Close("办结")),
    st.builds(Rate, st.sampled_from(Solved), st.integers(1, 5)),
    st.just(NotAccept("请找")),
)


@given(st.lists(st.tuples(st.sampled_from([ZHANG, LI, WANG]), ACTS), max_size=40))
def test_whatever_people_do_it_holds_together(acts: Sequence[tuple[ResidentId, Act]]) -> None:
    matter, now, unsolved = LAMP, NOW, 0
    for who, act in acts:
        now += timedelta(minutes=1)
        before = matter
        try:
            matter, events = advance(matter, act, who, now)
        except Refused as refused:
            assert refused.key.startswith("matters.")  # noqa: PT017
            assert matter == before
            continue
        assert events
        unsolved += any(isinstance(e, MatterReopened) for e in events)
        assert matter.number == 45
        assert matter.author == ZHANG
        assert before.state not in (MatterState.NOT_ACCEPTED, MatterState.WITHDRAWN)
    assert matter.reopened == unsolved
    assert matter.supervised == (unsolved > 1)
    assert ZHANG not in matter.supporters
