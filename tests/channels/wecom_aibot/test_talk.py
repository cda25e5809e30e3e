"""What members and their groups see for what they say and tap over the long connection, and that nobody hears anything twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from channels.contract import SendError
from dialogue.rendered import Button, Rendered
from dialogue.words import Kind
from tests.fakes.openws import FakeOpenWs

from .conftest import ASKED, Stage

WORDS = Rendered("三号楼明天停水。")
OTHERS = Rendered("还有一句。")
PICTURE = b"\x89PNG" + bytes(range(256)) * 5000  # 1.2 MB: three parts


def seen(fake: FakeOpenWs, chat: str, reader: str = "") -> list[str]:
    return [m.words(reader or chat) for m in fake.chats[chat].messages if m.by_bot]


# --- answers -----------------------------------------------------------------------------------------------------------


async def test_an_answer_comes_by_the_connection_and_by_nothing_else(stage: Stage) -> None:
    stage.house.answers = (WORDS, ASKED)
    await stage.live()
    li = stage.fake.member("laoli")
    await li.says("菜单")
    await stage.quiet()
    assert stage.house.words == ["菜单"] and stage.house.raws == [b""]
    assert seen(stage.fake, "laoli") == ["三号楼明天停水。", "楼道要不要加装扶手？"]
    assert list(li.messages[-1].taps()) == ["要装", "不用装", "改"]
    assert (stage.house.given, stage.house.left) == ([10, 11], [])


async def test_who_calls_in_a_group_is_answered_there(stage: Stage) -> None:
    stage.house.answers = (ASKED,)
    await stage.live()
    li = stage.fake.member("laoli")
    group = stage.fake.group("wrG1", li)
    await li.says("今晚跳舞", group)
    await li.calls("投票 1", group)
    await stage.quiet()
    assert [(i.text, i.chat, i.address, i.addressed) for i in stage.house.heard] == [("投票 1", "group:wrG1", "laoli", True)]
    assert group.messages[-1].card, "an answer in a group may be tapped"
    assert li.messages == []


async def test_the_same_message_brought_twice_is_answered_once(stage: Stage) -> None:
    stage.house.answers = (WORDS,)
    await stage.live()
    li = stage.fake.member("laoli")
    for _ in range(3):
        await li.says("菜单", msgid="m7")
    await stage.quiet()
    assert len(stage.house.heard) == 1 and seen(stage.fake, "laoli") == ["三号楼明天停水。"]
    assert (stage.house.given, stage.house.left) == ([10], [])


async def test_a_picture_and_what_comes_behind_it_leave_by_themselves(stage: Stage) -> None:
    stage.house.answers = (WORDS, replace(WORDS, picture="d1"), OTHERS)
    await stage.live()
    await stage.fake.member("laoli").says("转发 1")
    await stage.quiet()
    assert seen(stage.fake, "laoli") == ["三号楼明天停水。"]
    assert (stage.house.given, stage.house.left) == ([10], [11, 12])


async def test_an_answer_whose_acknowledgement_never_comes_is_left_to_the_outbox(stage: Stage) -> None:
    stage.house.answers = (WORDS, OTHERS)
    await stage.live()
    stage.fake.acks = ["lose"]
    await stage.fake.member("laoli").says("菜单")
    await stage.fake.until(lambda: len(stage.fake.frames) == 2, "never answered")
    await stage.fake.clock.advance(8)
    assert (stage.house.given, stage.house.left) == ([], []), "as long as it is ours a late one is waited for"
    await stage.fake.clock.advance(1)
    await stage.quiet()
    assert (stage.house.given, stage.house.left) == ([], [10, 11]), "and the second is not said before the first"


async def test_an_answer_whose_acknowledgement_is_late_is_said_once(stage: Stage) -> None:
    stage.house.answers = (WORDS,)
    await stage.live()
    stage.fake.acks = ["hold"]
    await stage.fake.member("laoli").says("菜单")
    await stage.fake.until(lambda: len(stage.fake.frames) == 2, "never answered")
    await stage.fake.clock.advance(7)
    await stage.fake.member("wang").says("菜单")  # its acknowledgement brings the one held back
    await stage.quiet()
    assert stage.house.left == [] and sorted(stage.house.given) == [10, 20]


async def test_a_card_that_was_not_acknowledged_leaves_by_itself_under_the_same_name(stage: Stage) -> None:
    stage.house.answers = (ASKED,)
    bot = await stage.live()
    stage.fake.acks = ["lose"]
    await stage.fake.member("laoli").says("投票 1")
    await stage.fake.until(lambda: len(stage.fake.frames) == 2, "never answered")
    await stage.fake.clock.advance(9)
    await stage.quiet()
    assert stage.house.left == [10]
    assert (await bot.send("laoli", ASKED, key="m10-1")).id == "m10-1"
    assert len(seen(stage.fake, "laoli")) == 1, "the card is there already"


async def test_above_the_platforms_limit_the_answer_is_left_to_the_outbox(stage: Stage) -> None:
    stage.house.answers = (WORDS,)
    await stage.live()
    li = stage.fake.member("laoli")
    li.said_at = [stage.fake.clock.at] * 30
    await li.says("菜单")
    await stage.quiet()
    assert stage.house.left == [10] and stage.fake.refused == [("aibot_respond_msg", 45009)]


async def test_while_the_database_is_away_nothing_said_is_lost(stage: Stage) -> None:
    stage.house.answers, stage.house.away = (WORDS,), 2
    await stage.live()
    await stage.fake.member("laoli").says("诉求 灯不亮")
    await stage.fake.settled()
    assert stage.house.heard == []
    await stage.fake.clock.advance(14)
    await stage.quiet()
    assert stage.house.words == ["诉求 灯不亮"] and seen(stage.fake, "laoli") == ["三号楼明天停水。"]


async def test_what_was_heard_is_answered_before_we_leave(stage: Stage) -> None:
    bot = await stage.live()
    stage.house.answers = (WORDS,)
    go_on = asyncio.Event()
    stage.house.slow = go_on.wait
    await stage.fake.member("laoli").says("菜单")
    await stage.fake.settled()
    leaving = asyncio.create_task(bot.stop())
    await asyncio.sleep(0)
    go_on.set()
    await leaving
    assert seen(stage.fake, "laoli") == ["三号楼明天停水。"] and stage.fake.lines[0].over


# --- the chat is opened --------------------------------------------------------------------------------------------------


async def test_whoever_opens_the_chat_is_greeted_and_the_rest_follows(stage: Stage) -> None:
    stage.house.answers = (replace(WORDS, buttons=(Button("看公示栏", url="https://x/board"),)), OTHERS)
    await stage.live()
    await stage.fake.member("laoli").opens()
    await stage.quiet()
    assert stage.house.heard[0].kind is Kind.JOINED
    assert seen(stage.fake, "laoli") == ["三号楼明天停水。"]
    assert (stage.house.given, stage.house.left) == ([10], [11])


async def test_a_greeting_that_took_too_long_leaves_by_itself(stage: Stage) -> None:
    stage.house.answers = (WORDS,)
    stage.house.slow = lambda: stage.fake.clock.sleep(5)
    await stage.live()
    await stage.fake.member("laoli").opens()
    await stage.fake.settled()
    await stage.fake.clock.advance(5)
    await stage.quiet()
    assert stage.house.left == [10] and stage.fake.refused == []


# --- cards ------------------------------------------------------------------------------------------------------------


async def test_a_tapped_card_says_what_was_tapped_and_the_answer_leaves_at_once(stage: Stage) -> None:
    bot = await stage.live()
    li = stage.fake.member("laoli")
    li.spoken = True
    sent = await bot.send("laoli", ASKED, key="m5-1700000000")
    stage.house.answers = (WORDS,)
    assert await li.taps("不用装")
    await stage.quiet()
    tap = stage.house.heard[0]
    assert (tap.kind, tap.choice, tap.question, tap.chat) == (Kind.CHOICE, "vote 1 2", "m5-1700000000", "") and tap.question == sent.id
    assert seen(stage.fake, "laoli") == ["已选：不用装"]
    assert stage.house.left == [10]


async def test_several_ticked_options_come_together(stage: Stage) -> None:
    bot = await stage.live()
    li = stage.fake.member("laoli")
    li.spoken = True
    options = tuple(Button(f"选项{i}", f"answer q #{i}") for i in range(1, 9))
    await bot.send("laoli", Rendered("哪几样要修？", options, most=3), key="m6-1")
    assert await li.taps("选项2", with_=("选项7",))
    await stage.quiet()
    assert stage.house.heard[0].choice == "answer q #2\nanswer q #7"
    assert seen(stage.fake, "laoli") == ["已选：选项2、选项7"]


async def test_in_a_group_only_who_tapped_sees_that_it_came_and_nobody_what(stage: Stage) -> None:
    stage.house.answers = (ASKED,)
    await stage.live()
    li, wang = stage.fake.member("laoli"), stage.fake.member("wang")
    group = stage.fake.group("wrG1", li, wang)
    await li.calls("投票 1", group)
    await stage.quiet()
    stage.house.answers, stage.house.alert = (), "收到"
    assert await wang.taps("要装", group)
    await stage.quiet()
    assert (seen(stage.fake, "wrG1", "wang"), seen(stage.fake, "wrG1", "laoli")) == (["收到"], ["楼道要不要加装扶手？"])
    assert stage.house.heard[-1].chat == "group:wrG1"


async def test_a_card_of_before_a_restart_says_only_that_the_tap_came(stage: Stage) -> None:
    bot = await stage.live()
    li = stage.fake.member("laoli")
    li.spoken = True
    await bot.send("laoli", ASKED, key="m5-1")
    await bot.stop()
    await stage.live()
    assert await li.taps("要装")
    await stage.quiet()
    assert stage.house.words == ["vote 1 1"] and seen(stage.fake, "laoli") == ["收到"]


async def test_a_tap_whose_turn_took_too_long_counts_all_the_same(stage: Stage) -> None:
    bot = await stage.live()
    li = stage.fake.member("laoli")
    li.spoken = True
    await bot.send("laoli", ASKED, key="m5-1")
    stage.house.slow = lambda: stage.fake.clock.sleep(6)
    assert await li.taps("要装")
    await stage.fake.settled()
    await stage.fake.clock.advance(6)
    await stage.quiet()
    assert stage.house.words == ["vote 1 1"] and seen(stage.fake, "laoli") == ["楼道要不要加装扶手？"] and stage.fake.refused == []


async def test_a_card_sent_again_is_shown_once(stage: Stage) -> None:
    bot = await stage.live()
    stage.fake.member("laoli").spoken = True
    stage.fake.acks = ["lose"]
    sending = asyncio.create_task(bot.send("laoli", ASKED, key="m5-1"))
    await stage.fake.until(lambda: len(stage.fake.frames) == 2, "never sent")
    await stage.fake.clock.advance(5)
    with pytest.raises(SendError):
        await sending
    assert (await bot.send("laoli", ASKED, key="m5-1")).id == "m5-1"
    assert len(seen(stage.fake, "laoli")) == 1


# --- pushes ------------------------------------------------------------------------------------------------------------


async def test_a_post_in_a_group_is_words_and_links(stage: Stage) -> None:
    bot = await stage.live()
    group = stage.fake.group("wrG1")
    group.spoken = True
    words = Rendered("新公示：*电梯* # 维修 <@all> [点我](http://bad)", (Button("看公示", url="https://x/g/abc"),))
    await bot.send("group:wrG1", words, key="m1")
    assert group.messages[0].taps() == {"看公示": ("link", "https://x/g/abc")}, "a neighbour's own link is none"
    assert group.messages[0].words().startswith("新公示：*电梯* # 维修 <@all> [点我](http://bad)")
    assert "<@all>" not in group.messages[0].text


async def test_a_picture_goes_up_in_parts_and_before_its_words(stage: Stage) -> None:
    bot = await stage.live()
    li = stage.fake.member("laoli")
    li.spoken = True
    await bot.send("laoli", WORDS, PICTURE, "m1")
    assert [m.picture for m in li.messages] == [PICTURE, b""] and li.messages[1].words() == "三号楼明天停水。"


async def test_long_words_leave_in_parts_and_go_on_where_they_broke_off(stage: Stage) -> None:
    bot = await stage.live()
    li = stage.fake.member("laoli")
    li.spoken = True
    long = Rendered("\n".join(f"第{i}条：楼道里不得堆放杂物。" for i in range(700)))
    li.said_at = [stage.fake.clock.at] * 29
    with pytest.raises(SendError) as crowded:
        await bot.send("laoli", long, key="m1")
    assert (crowded.value.verdict, crowded.value.bulk) == ("retry", False), "another chat has its own limit"
    li.said_at = []
    await bot.send("laoli", long, key="m1")
    assert len(li.messages) == 2 and "\n".join(m.words() for m in li.messages).replace("\n\n", "\n") == long.text


@pytest.mark.parametrize(
    ("to", "verdict"),
    [("stranger", "gone"), ("group:nowhere", "gone"), ("group:wrG1", "gone")],
    ids=["who never spoke", "no such group", "a group the bot was taken out of"],
)
async def test_who_cannot_be_reached(stage: Stage, to: str, verdict: str) -> None:
    bot = await stage.live()
    group = stage.fake.group("wrG1")
    group.spoken, group.has_bot = True, False
    with pytest.raises(SendError) as error:
        await bot.send(to, WORDS, key="m1")
    assert error.value.verdict == verdict


# --- what people send ----------------------------------------------------------------------------------------------------


async def test_a_photo_with_words_is_opened_at_once_and_its_address_kept_nowhere(stage: Stage) -> None:
    await stage.live()
    await stage.fake.member("laoli").sends(PICTURE, words="微心愿 老花镜")
    await stage.quiet()
    heard = stage.house.heard[0]
    assert (heard.kind, heard.text) == (Kind.PHOTO, "微心愿 老花镜") and stage.house.files == [PICTURE]
    assert "http" not in repr(heard) and "sign" not in repr(heard)


async def test_what_lay_there_longer_than_five_minutes_is_not_fetched(stage: Stage) -> None:
    bot = await stage.live()
    await stage.fake.member("laoli").sends(b"photo")
    await stage.quiet()
    attachment = stage.house.heard[0].attachments[0]
    assert await bot.fetch(attachment) == b"photo"
    await stage.fake.clock.advance(301)
    with pytest.raises(SendError):
        await bot.fetch(attachment)
    with pytest.raises(SendError):
        await bot.fetch(replace(attachment, reference="never seen"))


async def test_a_voice_message_is_words(stage: Stage) -> None:
    await stage.live()
    await stage.fake.member("laoli").speaks("楼道灯不亮")
    await stage.quiet()
    assert [(i.kind, i.text) for i in stage.house.heard] == [(Kind.TEXT, "楼道灯不亮")]
