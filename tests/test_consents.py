"""What is said before 同意 is not lost: it waits, in order, at most ten of it; also what a version before this one kept."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from dialogue.words import CommunityId, ContactId, Inbound, Speaker
from handlers.consents import MOST, Situation, State, step

SPEAKER = Speaker(ContactId("c"), CommunityId(1), consent="asked", person="p")


def said(text: str) -> Inbound:
    """One message of somebody who has been asked and has not agreed."""
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return Inbound(channel="test", external_id=text, address="a", text=text, id=text, at=at, speaker=SPEAKER)


def kept(*texts: str) -> list[str]:
    """What waits after these messages."""
    state: State | None = None
    for text in texts:
        after = step(Situation(), state, said(text)).state
        assert isinstance(after, State)
        state = msgspec.json.decode(msgspec.json.encode(after), type=State)
    assert state is not None and isinstance(state.waiting, tuple)
    return [one.text for one in state.waiting]


def test_several_messages_wait_in_their_order_and_the_oldest_stay() -> None:
    assert kept("三楼的灯坏了", "在2单元门口", "三楼的灯坏了") == ["三楼的灯坏了", "在2单元门口"]
    assert kept(*map(str, range(MOST + 3))) == [str(n) for n in range(MOST)]


def test_a_message_kept_by_the_version_before_still_waits() -> None:
    old = b'{"waiting": ' + msgspec.json.encode(said("诉求 灯坏了")) + b', "version": 1}'
    after = step(Situation(), msgspec.json.decode(old, type=State), said("在门口")).state
    assert isinstance(after, State) and isinstance(after.waiting, tuple)
    assert [one.text for one in after.waiting] == ["诉求 灯坏了", "在门口"]
    nothing = msgspec.json.decode(b'{"waiting": null, "version": 1}', type=State)
    assert step(Situation(), nothing, said("在门口")).state == State((said("在门口"),), told=True)
