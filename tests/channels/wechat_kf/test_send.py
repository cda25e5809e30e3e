"""What residents see in 客服, how often, and what becomes of what Tencent does not let through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from channels.contract import SendError
from channels.wechat_kf import WechatKf
from dialogue.words import Button, Kind, Rendered
from tests.channels.wechat_kf.conftest import Opened, World
from tests.fakes.qyapi import Ask, Refused
from tests.fakes.qyapi_kf_people import ENDED, NEW, OURS, QUEUE, Resident, Shown

ASK = Rendered("楼道要不要加装扶手？", (Button("要装", "vote 1 1"), Button("不用装", "vote 1 2"), Button("菜单", "menu", aside=True)))
PNG = b"\x89PNG\r\n\x1a\n picture"
CLOSED = "closed"


def seen(resident: Resident) -> list[Shown]:
    """What we said to them."""
    return [m for m in resident.messages if m.by == "us"]


async def wrote(world: World, text: str = "你好") -> Resident:
    zhang = world.kf.resident("张阿姨")
    await zhang.says(text)
    await world.rests()
    return zhang


async def refused(door: WechatKf, to: Resident, words: Rendered = ASK) -> str:
    with pytest.raises(SendError) as error:
        await door.send(to.address, words, key="m1-1")
    return error.value.verdict


async def test_a_question_is_a_menu_and_a_tapped_line_is_its_command(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    sent = await door.send(zhang.address, ASK, key="m7-1795600000")
    (shown,) = seen(zhang)
    assert (shown.text, shown.labels, sent.id) == ("楼道要不要加装扶手？", ["要装", "不用装", "菜单"], "m7-1795600000")
    assert [label for label, _ in shown.lines] == ["1. 要装", "2. 不用装", "菜单"], "whoever would rather type sees what"
    await zhang.taps("要装")
    heard = (await world.house.hears(2))[-1]
    assert (heard.kind, heard.choice) == (Kind.CHOICE, "vote 1 1")


async def test_five_may_follow_and_the_sixth_waits_until_they_write(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    for n in range(5):
        await door.send(zhang.address, Rendered(f"第{n}条"), key=f"m{n}-1")
    assert await refused(door, zhang) == CLOSED
    await zhang.says("还在")
    await door.send(zhang.address, ASK)
    assert len(seen(zhang)) == 6


async def test_after_two_days_and_before_the_first_word_the_window_is_closed(world: World, opened: Opened) -> None:
    door = await opened()
    assert await refused(door, world.kf.resident("李叔")) == CLOSED
    zhang = await wrote(world)
    world.fake.advance(48 * 3600 + 1)
    assert await refused(door, zhang) == CLOSED
    assert seen(zhang) == []


async def test_who_opens_the_chat_is_welcomed_within_twenty_seconds_once_and_with_all_of_it(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = world.kf.resident("张阿姨")
    await zhang.opens("62840017")
    (joined,) = await world.house.hears(1)
    assert (joined.kind, joined.text) == (Kind.JOINED, "62840017")
    long = replace(ASK, text="很长的告知。" * 80)  # too long for a menu's head
    await door.send(zhang.address, long, key="m1-1")
    (shown,) = seen(zhang)
    assert shown.text.startswith(long.text) and "1. 要装\n2. 不用装" in shown.text and "菜单" in shown.text
    assert await refused(door, zhang) == CLOSED
    assert [path for path, _ in world.fake.calls].count("kf/send_msg_on_event") == 1, "the code is good for one"


async def test_a_welcome_that_comes_too_late_waits(world: World, opened: Opened) -> None:
    door = await opened()
    world.kf.silent = True
    zhang = world.kf.resident("张阿姨")
    await zhang.opens()
    world.fake.advance(19)
    world.kf.silent = False
    await world.kf.calls_back()
    await world.house.hears(1)
    assert await refused(door, zhang) == CLOSED
    assert seen(zhang) == []


async def test_who_looks_in_again_is_not_greeted_again_but_a_new_code_is_heard(world: World, opened: Opened) -> None:
    await opened()
    zhang = await wrote(world)
    await zhang.opens()
    await world.rests()
    assert len(world.house.heard) == 1
    await zhang.opens(await world.doors[0].door("6284 0017"))
    assert (await world.house.hears(2))[-1].text == "6284 0017"


async def test_a_welcome_whose_line_broke_is_tried_with_its_code_again(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = world.kf.resident("张阿姨")
    await zhang.opens("62840017")
    await world.house.hears(1)
    world.fake.goes_wrong("kf/send_msg_on_event", code=-1)
    assert await refused(door, zhang) == "retry"
    await door.send(zhang.address, ASK)
    assert [m.text for m in seen(zhang)] == [ASK.text]


async def test_more_than_a_menu_holds_is_numbered_text(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    many = Rendered(
        "您住哪一层？", (*(Button(f"{n}层", f"answer q_floor #{n}") for n in range(1, 13)), Button("人工", "human", aside=True))
    )
    await door.send(zhang.address, many)
    (shown,) = seen(zhang)
    assert "12. 12层" in shown.text and shown.text.endswith("（也可以说：人工）") and not shown.lines


async def test_what_beside_the_choices_has_no_room_is_said_below(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    nine = tuple(Button(f"选项{chr(0x7532 + n)}", f"answer q #{n}") for n in range(9))
    await door.send(zhang.address, Rendered("选一个", (*nine, Button("改", "edit", aside=True), Button("人工", "human", aside=True))))
    (shown,) = seen(zhang)
    assert len(shown.lines) == 9 and shown.text == "选一个\n（也可以说：改、人工）"


async def test_a_page_is_a_line_that_opens_it(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    await door.send(zhang.address, Rendered("结果出来了。", (Button("看结果", url="https://mulin.example/board/polls/1?k=x"),)))
    assert seen(zhang)[0].lines == [("看结果", "https://mulin.example/board/polls/1?k=x")]


async def test_long_words_leave_in_parts_at_their_lines_and_what_is_tapped_comes_last(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    long = replace(ASK, text="\n".join(f"第{n}条 便民服务时间调整" for n in range(100)))
    await door.send(zhang.address, long, key="m3-1")
    shown = seen(zhang)
    assert [bool(m.lines) for m in shown] == [False] * (len(shown) - 1) + [True]
    assert "\n".join(m.text.strip() for m in shown) == long.text and len(shown) <= 4
    assert shown[-1].id == "m3-1" and shown[0].id == "m3-1_1"


async def test_long_words_that_broke_off_go_on_where_they_were(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    long = replace(ASK, text="\n".join(f"第{n}条 便民服务时间调整" for n in range(100)))
    said, plain = 0, world.kf.methods["kf/send_msg"]

    async def breaks_once(ask: Ask) -> Any:
        nonlocal said
        said += 1
        if said == 2:
            raise Refused(-1, "system busy")
        return await plain(ask)

    world.fake.methods["kf/send_msg"] = breaks_once
    assert await refused(door, zhang, long) == "retry" and len(seen(zhang)) == 1
    assert (await door.send(zhang.address, long, key="m1-1")).count == len(seen(zhang)) - 1
    assert "\n".join(m.text.strip() for m in seen(zhang)) == long.text


async def test_what_the_window_cut_off_goes_on_when_they_write(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    for n in range(4):
        await door.send(zhang.address, Rendered(f"第{n}条"))
    shown = replace(ASK, picture="digest")
    with pytest.raises(SendError) as error:
        await door.send(zhang.address, shown, PNG, "m1-1")
    assert error.value.verdict == CLOSED and seen(zhang)[-1].picture == PNG
    await zhang.says("在")
    await door.send(zhang.address, shown, PNG, "m1-1")
    assert [m.text for m in seen(zhang) if m.picture or m.lines] == ["", ASK.text], "the picture is not shown twice"


async def test_a_picture_is_uploaded_once_for_all_who_see_it(world: World, opened: Opened) -> None:
    door = await opened()
    people = [await wrote(world) for _ in range(3)]
    for resident in people:
        await door.send(resident.address, replace(ASK, picture="digest"), PNG, "m1-1")
        assert [(m.picture, bool(m.lines)) for m in seen(resident)] == [(PNG, False), (b"", True)]
    assert [path for path, _ in world.fake.calls].count("media/upload") == 1


async def test_a_picture_tencent_does_not_take_is_left_out_and_the_words_are_said(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    await door.send(zhang.address, replace(ASK, picture="digest"), b"GIF89a")
    assert [m.text for m in seen(zhang)] == [ASK.text]


async def test_a_kept_picture_that_tencent_forgot_is_uploaded_anew(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    await world.cache.put(f"kf:{world.kf.id}:media:digest", "media-9999", 1000)
    await door.send(zhang.address, replace(ASK, picture="digest"), PNG)
    assert [m.picture for m in seen(zhang)] == [PNG, b""]


@pytest.mark.parametrize(
    ("fail", "why", "became"),
    [(4, "48小时", "closed"), (6, "5条", "closed"), (10, "拒收", "refused"), (99, "没有说明原因", "refused")],
    ids=["time", "count", "refuses", "unknown"],
)
async def test_accepted_and_then_not_delivered_it_is_told_to_the_house(
    world: World, opened: Opened, fail: int, why: str, became: str
) -> None:
    door = await opened()
    zhang = await wrote(world)
    world.kf.loses(fail, zhang)
    sent = await door.send(zhang.address, ASK, key="m9-1")
    await world.kf.reports()
    told = (await world.house.hears(2))[1]
    assert (told.kind, told.question, told.choice) == (Kind.RECEIPT, sent.id, became) and why in told.text
    await world.rests()
    assert [i.kind for i in world.house.heard[2:]] == ([Kind.LEFT] if fail == 10 else []), "who refuses us has left"


async def test_of_several_parts_one_that_is_lost_is_the_whole(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    world.kf.loses(6, zhang)
    sent = await door.send(zhang.address, replace(ASK, text="话" * 900), key="m9-1")
    await world.kf.reports()
    assert (await world.house.hears(2))[1].question == sent.id == "m9-1"


TROUBLES: list[tuple[dict[str, Any], str]] = [
    ({"code": -1}, "retry"),
    ({"how": "reset"}, "retry"),
    ({"status": 502}, "retry"),
    ({"code": 45009}, "retry"),
    ({"code": 40096}, "gone"),
    ({"code": 95000}, "ours"),
    ({"code": 95017}, "ours"),
    ({"code": 60020}, "ours"),
    ({"code": 45002}, "ours"),
]


@pytest.mark.parametrize(("trouble", "verdict"), TROUBLES, ids=str)
async def test_every_refusal_has_its_word(world: World, opened: Opened, trouble: dict[str, Any], verdict: str) -> None:
    door = await opened()
    zhang = await wrote(world)
    world.fake.goes_wrong("kf/send_msg", **trouble)
    assert await refused(door, zhang) == verdict
    assert seen(zhang) == []


async def test_an_answer_that_was_lost_is_tried_under_the_same_name(world: World, opened: Opened) -> None:
    """Whether Tencent then shows it once is for a real account to prove."""
    door = await opened()
    zhang = await wrote(world)
    world.fake.goes_wrong("kf/send_msg", how="reset", done=True)
    with pytest.raises(SendError) as error:
        await door.send(zhang.address, ASK, key="m5-1")
    assert error.value.uncertain
    await door.send(zhang.address, ASK, key="m5-1")
    assert {m.id for m in seen(zhang)} == {"m5-1"}


# --- a person takes over ---------------------------------------------------------------------------------------------


async def test_who_asks_for_a_person_is_put_into_the_queue_after_our_last_word(world: World, opened: Opened) -> None:
    door = await opened()
    world.kf.office.at_desk = ["wangfang"]
    zhang = await wrote(world, "找人")
    world.wanted[zhang.address] = world.fake.now + 7200
    await door.send(zhang.address, Rendered("已经请工作人员来。"))
    assert [m.text for m in seen(zhang)] == ["已经请工作人员来。"] and zhang.state == QUEUE


async def test_while_a_person_has_the_chat_we_are_quiet_and_what_they_say_is_no_vote(world: World, opened: Opened) -> None:
    door = await opened()
    world.kf.office.at_desk = ["wangfang"]
    zhang = await wrote(world)
    await door.send(zhang.address, ASK)
    await world.kf.office.takes(zhang)
    await world.kf.office.says(zhang, "您好，我是王芳")
    await zhang.says("1")
    await zhang.taps("要装")
    await world.rests()
    one, tap = world.house.heard[-2:]
    assert one.command and (one.command.word, one.command.rest) == ("to_human", "1")
    assert tap.command and tap.command.word == "to_human"
    assert await refused(door, zhang) == CLOSED
    assert [m.text for m in zhang.messages if m.by == "us"] == [ASK.text]


async def test_when_they_end_it_we_are_back_and_say_so(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    await world.kf.office.takes(zhang)
    await zhang.says("谢谢")
    await world.kf.office.ends(zhang)
    await world.rests()
    back = world.house.heard[-1]
    assert (back.kind, back.text) == (Kind.JOINED, "")
    await door.send(zhang.address, Rendered("我又回来了。", ASK.buttons))
    assert seen(zhang)[-1].labels == ["要装", "不用装", "菜单"]
    await zhang.says("1")
    assert (await world.house.hears(len(world.house.heard) + 1))[-1].command is None


async def test_in_the_queue_one_more_text_may_be_said_and_the_menu_brings_us_back(world: World, opened: Opened) -> None:
    door = await opened()
    world.kf.office.at_desk = ["wangfang"]
    zhang = await wrote(world, "找人")
    world.wanted[zhang.address] = world.fake.now + 7200
    await door.send(zhang.address, Rendered("已经请工作人员来。"))
    await door.send(zhang.address, ASK)
    assert "1. 要装" in seen(zhang)[-1].text, "text alone may be sent there"
    assert await refused(door, zhang) == CLOSED
    world.wanted.clear()  # she said 菜单
    await door.send(zhang.address, ASK)
    assert seen(zhang)[-1].labels == ["要装", "不用装", "菜单"] and zhang.state == ENDED


async def test_without_anybody_at_the_desk_nothing_is_handed_over(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world, "找人")
    world.wanted[zhang.address] = world.fake.now + 7200
    await door.send(zhang.address, ASK)
    await door.send(zhang.address, ASK)
    assert zhang.state == NEW and [path for path, _ in world.fake.calls].count("kf/servicer/list") == 1


async def test_after_a_restart_a_chat_that_a_person_has_is_left_to_them(world: World, opened: Opened) -> None:
    """What processes share may be lost; Tencent is asked."""
    await opened()
    world.kf.office.at_desk = ["wangfang"]
    zhang = await wrote(world)
    await world.kf.office.takes(zhang)
    await world.rests()
    await world.cache.drop(f"kf:{world.kf.id}:with:{zhang.address}", "3")
    await zhang.says("1")
    await world.rests()
    said = world.house.heard[-1].command
    assert said and said.word == "to_human"


async def test_a_new_session_that_does_not_let_us_speak_is_taken_on(world: World, opened: Opened) -> None:
    door = await opened()
    zhang = await wrote(world)
    world.fake.goes_wrong("kf/send_msg", code=95018)
    await door.send(zhang.address, ASK)
    assert zhang.state == OURS and len(seen(zhang)) == 1


# --- doors -----------------------------------------------------------------------------------------------------------


async def test_a_slip_opens_the_chat_with_its_code(world: World, opened: Opened) -> None:
    door = await opened()
    link = await door.door("62840017")
    assert link.startswith("https://kf.weixin.example/kf/kf") and link.endswith("&scene_param=62840017")
    assert await door.door("1234&5678") == link.replace("62840017", "1234%265678")
    assert [path for path, _ in world.fake.calls].count("kf/add_contact_way") == 1, "one way in, for all slips"
    zhang = world.kf.resident("张阿姨")
    await zhang.opens(link)
    assert (await world.house.hears(1))[0].text == "62840017"
