"""Options chosen together and sent in at once, as some doors show them: the whole choice, even where it is one alone."""

from __future__ import annotations

import msgspec
import pytest

from bot.routing import understood
from dialogue.grammar import Words
from dialogue.words import Button, Command, Inbound, Kind, Rendered
from storage import contacts, outbox
from storage.conversations import Open
from tests.house import Hall

SENT_IN = [
    ("vote_pick 3 #1\nvote_pick 3 #4", Command("vote_pick", number=3, rest="#1 #4")),
    ("vote_pick 3 #1\nvote_pick 3 #4\n", Command("vote_pick", number=3, rest="#1 #4")),
    ("vote_pick 3 #2\n", Command("vote_pick", number=3, rest="#2 #2")),  # one, and no other
    ("vote_pick 3 #2", Command("vote_pick", number=3, rest="#2")),  # one that was tapped: ticked
    ("answer 1 3 2\nanswer 1 3 5\n", Command("answer", number=1, rest="3 2 5")),
    ("answer 1 3 2\nvote 3 #1\n", Command("menu")),  # of two questions: nobody can mean that
]


@pytest.mark.parametrize(("choice", "said"), SENT_IN)
def test_what_was_sent_in_together_is_one_choice(choice: str, said: Command) -> None:
    inbound = Inbound(channel="test", external_id="1", address="李叔", kind=Kind.CHOICE, choice=choice)
    assert understood(Open(), inbound, Words({}, {}, {}, {})) == said


def test_words_stored_before_are_read_as_they_were() -> None:
    old = b'{"text":"\xe5\xa5\xbd","buttons":[{"text":"\xe5\xa5\xbd","payload":"ok","url":"","aside":false}],"large":true}'
    assert msgspec.json.decode(old, type=Rendered) == Rendered("好", (Button("好", "ok"),), large=True, most=1, brief="")


async def test_two_of_a_poll_sent_in_at_once_are_cast(database_url: str) -> None:
    hall = await Hall.open(database_url)
    await hall.known()
    await hall.says("老李", "发起投票 春节活动办什么\n包饺子\n写春联\n猜灯谜\n最多选2项\n截止 周日20:00\n公开 不公开")
    await hall.taps("老李", "发布")
    await hall.says("李叔", "投票1")
    asked = hall.hears("李叔")[-1]
    ticks = [b.payload for b in asked.buttons if not b.aside]
    me = await hall.database.read(lambda tx: contacts.find(tx, "test", "李叔"))
    kept = await hall.database.read(lambda tx: outbox.said(tx, me or "", 1))
    assert kept[0][0].words and kept[0][0].words.most == 2
    await hall.says("李叔", kind=Kind.CHOICE, choice=f"{ticks[0]}\n{ticks[2]}\n")
    assert "您选：包饺子、猜灯谜" in hall.hears("李叔")[-1].text
    await hall.says("李叔", "改投 1")
    await hall.says("李叔", kind=Kind.CHOICE, choice=f"{ticks[1]}\n")
    assert "您选：写春联" in hall.hears("李叔")[-1].text
    await hall.close()
