"""The way of each message where a platform lets us write only for a while: every cell of the table, and nothing is ever lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.windows import About, Chat, Opening, Way, about_poll, brief_for, is_open, opened, plan, room
from channels.contract import Capabilities, Window
from dialogue.words import Button, Kind, Purpose, Rendered

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
OPEN = Chat("c1", "wechat", True)
SHUT = Chat("c1", "wechat", False)
BRIEFED = Chat("c1", "wechat", False, frozenset({"result", "progress", "notice", "ballot"}))
OTHER_OPEN = Chat("c2", "telegram", True)
OTHER_SHUT = Chat("c3", "wechat_kf", False)
OTHER_BRIEFED = Chat("c4", "wechat", False, frozenset({"result", "progress", "notice", "ballot"}))

P = Purpose
# purpose: another chat is open · templates are ordered · their group is told · none of these, with a door · none, without a door
TABLE = {
    P.REPLY: ("held", "held", "held", "held", "held"),
    P.OWN_MATTER: ("other", "brief progress", "held", "held", "held"),
    P.INVITATION: ("other", "brief notice", "group", "door", "held"),
    P.REMINDER: ("other", "brief notice", "group", "held", "held"),
    P.RESULT: ("other", "brief result", "group", "door", "held"),
    P.NEWS: ("other", "brief notice", "group", "door", "held"),
    P.LEGAL: ("other", "brief notice", "door", "door", "held"),
    P.DUTY: ("other", "held", "held", "held", "held"),
    P.EMERGENCY: ("other", "brief notice", "door", "door", "held"),
}
CASES = ((SHUT, (OTHER_SHUT, OTHER_OPEN), True), (BRIEFED, (OTHER_SHUT,), True), (SHUT, (OTHER_SHUT,), True), (SHUT, (), False))


def said(purpose: Purpose, chat: Chat, others: tuple[Chat, ...], *, group: bool, home: bool = True, poll: bool = False) -> str:
    found = plan(About(purpose, poll, group, home), chat, others)
    return f"{found.way} {found.brief}".strip()


@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_cell(purpose: Purpose) -> None:
    cells = tuple(said(purpose, chat, others, group=group) for chat, others, group in CASES)
    assert (*cells, said(purpose, SHUT, (), group=False, home=False)) == TABLE[purpose]
    assert said(purpose, OPEN, (OTHER_OPEN,), group=True) == "now"


def test_a_vote_is_asked_for_by_the_ballots_own_template() -> None:
    assert [brief_for(p, poll=True) for p in (P.INVITATION, P.REMINDER, P.LEGAL)] == ["ballot"] * 3
    assert [brief_for(p, poll=True) for p in (P.RESULT, P.NEWS, P.OWN_MATTER, P.REPLY, P.DUTY)] == ["result", "notice", "progress", "", ""]
    assert about_poll(Rendered("投票1号", (Button("去投票", "vote 1"),)))
    assert not about_poll(Rendered("问卷1号", (Button("去填写", "survey 1"),)))


def test_a_template_ordered_in_another_chat_is_used_there() -> None:
    found = plan(About(P.RESULT), SHUT, (OTHER_SHUT, OTHER_BRIEFED))
    assert (found.way, found.contact) == (Way.OTHER, "c4")
    assert plan(About(P.RESULT), OTHER_BRIEFED, (SHUT,)).brief == "result", "and there it takes it, back to nowhere"


ordered = st.frozensets(st.sampled_from(["result", "progress", "notice", "ballot"]))
chats = st.builds(Chat, st.sampled_from(["c2", "c3", "c4"]), st.just("wechat"), st.booleans(), ordered)


@given(st.sampled_from(list(Purpose)), st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.lists(chats, max_size=3), ordered)
def test_nothing_is_lost_and_nothing_leaves_through_a_shut_window(
    purpose: Purpose, open_: bool, poll: bool, group: bool, home: bool, others: list[Chat], briefs: frozenset[str]
) -> None:
    found = plan(About(purpose, poll, group, home), Chat("c1", "wechat", open_, briefs), others)
    assert (found.way is Way.NOW) == open_
    assert (found.way is Way.BRIEF) == bool(found.brief) and found.brief in briefs | {""}
    if found.way is Way.OTHER:
        there = [o for o in others if o.contact == found.contact]
        assert any(o.open or brief_for(purpose, poll=poll) in o.briefs for o in there)
    else:
        assert not found.contact
    if purpose is P.REPLY:
        assert found.way in (Way.NOW, Way.HELD)
    if purpose in (P.OWN_MATTER, P.DUTY):
        assert found.way not in (Way.GROUP, Way.DOOR), "what concerns one of them is nobody else's business"


# --- the window -------------------------------------------------------------------------------------------------------

TWO_DAYS, MINUTE, NEVER = Window(5, 48 * 3600), Window(3, 60), Window(0, 0)
WECHAT = Capabilities(0, 600, False, True, False, windows={Kind.TEXT: TWO_DAYS, Kind.CHOICE: MINUTE})
PASSIVE_ONLY = Capabilities(0, 600, False, True, False, passive_reply=True, windows={Kind.TEXT: NEVER})
ALWAYS = Capabilities(8, 600, False, True, True)


def at(**later: int) -> datetime:
    return NOW + timedelta(**later)


OPENINGS = [
    ("the first word", Opening(), TWO_DAYS, Opening(at(hours=48), 5)),
    ("a word renews it", Opening(at(hours=10), 1), TWO_DAYS, Opening(at(hours=48), 5)),
    ("a tap does not shorten what lasts", Opening(at(hours=10), 1), MINUTE, Opening(at(hours=10), 1)),
    ("a tap helps where nothing is left", Opening(at(hours=10), 0), MINUTE, Opening(at(minutes=1), 3)),
    ("a tap helps where it is over", Opening(at(hours=-1), 4), MINUTE, Opening(at(minutes=1), 3)),
    ("an account that may only answer opens nothing", Opening(), NEVER, Opening()),
]


@pytest.mark.parametrize(("before", "window", "after"), [row[1:] for row in OPENINGS], ids=[row[0] for row in OPENINGS])
def test_what_opens_a_window(before: Opening, window: Window, after: Opening) -> None:
    assert opened(before, window, NOW) == after


@given(st.integers(-100, 100), st.integers(0, 5), st.sampled_from([TWO_DAYS, MINUTE]))
def test_writing_never_leaves_somebody_less_reachable(hours: int, left: int, window: Window) -> None:
    before = Opening(at(hours=hours), left)
    after = opened(before, window, NOW)
    assert is_open(WECHAT, after, NOW)
    if is_open(WECHAT, before, NOW):
        assert after.until and before.until and (after.until >= before.until and after.left >= 1)


ROOMS = [
    (ALWAYS, Opening(), True, 100),
    (WECHAT, Opening(), False, 0),
    (WECHAT, Opening(at(hours=1), 5), True, 3),
    (WECHAT, Opening(at(hours=1), 1), True, 0),
    (WECHAT, Opening(at(hours=-1), 5), False, 0),
    (PASSIVE_ONLY, Opening(), False, 1),
]


@pytest.mark.parametrize(("can", "opening", "open_", "most"), ROOMS)
def test_what_waited_leaves_room_for_the_talk(can: Capabilities, opening: Opening, open_: bool, most: int) -> None:
    assert (is_open(can, opening, NOW), room(can, opening, NOW)) == (open_, most)
