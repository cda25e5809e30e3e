"""What leaves for followers: within their windows, as templates outside them; and what each refusal becomes."""

from __future__ import annotations

from typing import Any

import pytest

from channels.contract import SendError
from channels.wechat import WeChat
from dialogue.words import Button, Rendered
from tests.channels.wechat.conftest import House, Notes, Opened
from tests.fakes.weixin import EXAMPLE, FIELDS, FakeWeixin, Follower

PNG = b"\x89PNG\r\n\x1a\n picture"
CUSTOM, TEMPLATE = "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send"
ANYTHING = Rendered("x")
RESULT = Rendered(
    "投票3号《楼道加装扶手》已经有结果\n要装：12户\n不用装：3户\n公布时间：12月1日（周二）09:00",
    (Button("看结果", url="https://mulin.example/board/polls/3"),),
    brief="result",
)


@pytest.fixture
async def door(opened: Opened) -> WeChat:
    return await opened(templates={"result": "T-result", "progress": "T-order", "notice": "", "ballot": "T-none"})


@pytest.fixture
async def li(fake: FakeWeixin, door: WeChat) -> Follower:
    """He follows, and wrote a moment ago: five messages in 48 hours."""
    fake.templates["T-result"] = (FIELDS, EXAMPLE)
    fake.ordered["T-order"] = ("事项:{{thing1.DATA}}\n", "事项:修灯\n")
    person = fake.person("老李")
    person.following = True
    await person.says("您好")
    return person


async def fails(channel: WeChat, to: Follower, words: Rendered = ANYTHING) -> SendError:
    with pytest.raises(SendError) as failure:
        await channel.send(to.openid, words, None, "m1-1")
    return failure.value


async def test_what_is_pushed_is_seen(door: WeChat, li: Follower) -> None:
    sent = await door.send(li.openid, Rendered("投票3号", (Button("同意", "vote 3 #1"),)), None, "m7-1")
    assert li.screen == ["投票3号\n\n1. 同意"] and sent.id == "m7-1"


async def test_a_picture_comes_first_and_is_uploaded_once(door: WeChat, li: Follower, fake: FakeWeixin) -> None:
    for _ in range(2):
        await door.send(li.openid, Rendered("扫一扫", picture="d1g"), PNG, "m1-1")
    assert [(m.picture, m.text) for m in li.messages] == [(PNG, ""), (b"", "扫一扫")] * 2
    assert [path for path, _ in fake.calls].count("/cgi-bin/media/upload") == 1


async def test_a_picture_the_platform_no_longer_has_is_uploaded_again(door: WeChat, li: Follower, fake: FakeWeixin) -> None:
    await door.send(li.openid, Rendered("", picture="d1g"), PNG, "m1-1")
    fake.advance(3 * 86400 + 1)
    await li.says("在吗")
    await door.send(li.openid, Rendered("", picture="d1g"), PNG, "m2-1")
    assert [m.picture for m in li.messages] == [PNG, PNG]


async def test_five_messages_in_48_hours_then_it_waits(door: WeChat, li: Follower, fake: FakeWeixin) -> None:
    for _ in range(5):
        await door.send(li.openid, Rendered("通知"), None, "m1-1")
    assert (await fails(door, li)).verdict == "closed"
    await li.says("在吗")
    await door.send(li.openid, Rendered("又一条"), None, "m2-1")
    fake.advance(48 * 3600)
    assert (await fails(door, li)).verdict == "closed"
    assert [code for _, code in fake.refused] == [45047, 45015]
    assert li.screen == ["通知"] * 5 + ["又一条"]


async def test_long_words_that_met_the_end_of_the_window_go_on_where_they_broke_off(door: WeChat, li: Follower) -> None:
    li.lasting = (li.lasting[0], 1)
    words = Rendered("头" * 600 + "\n" + "尾" * 600)
    broken = await fails(door, li, words)
    assert (broken.verdict, broken.said) == ("closed", 1)
    await li.says("在吗")
    assert (await door.send(li.openid, words, None, "m1-1")).count == 1, "of the two messages, what was left"
    assert "".join(li.screen).replace("\n", "") == "头" * 600 + "尾" * 600


@pytest.mark.parametrize(
    ("trouble", "verdict", "uncertain"),
    [
        ({"code": -1}, "retry", False),
        ({"http": 502}, "retry", True),
        ({"code": 0, "times": 3}, "retry", True),
        ({"code": 40001, "times": 2}, "ours", False),
        ({"code": 43004}, "gone", False),
        ({"code": 48002}, "gone", False),
        ({"code": 45009}, "retry", False),
        ({"code": 45047}, "closed", False),
        ({"code": 45015}, "closed", False),
        ({"code": 48001}, "closed", False),
        ({"code": 99999}, "ours", False),
    ],
)
async def test_what_a_refusal_becomes(
    door: WeChat, li: Follower, fake: FakeWeixin, trouble: dict[str, Any], verdict: str, uncertain: bool
) -> None:
    fake.goes_wrong(CUSTOM, **trouble)
    error = await fails(door, li)
    assert (error.verdict, error.uncertain, li.messages) == (verdict, uncertain, [])


async def test_who_left_is_gone_and_who_never_came_too(door: WeChat, li: Follower, fake: FakeWeixin) -> None:
    await li.leaves()
    assert (await fails(door, li)).verdict == "gone"
    assert (await fails(door, fake.person("路人"))).verdict == "gone"


async def test_an_account_that_may_only_answer_waits_until_they_write(door: WeChat, li: Follower, fake: FakeWeixin) -> None:
    fake.verified = False
    assert (await fails(door, li)).verdict == "closed"


async def test_a_spent_token_is_replaced_and_nothing_said_twice(door: WeChat, li: Follower, fake: FakeWeixin) -> None:
    await door.send(li.openid, Rendered("一"), None, "m1-1")
    for token in fake.tokens:
        fake.tokens[token] = fake.now  # spent early
    await door.send(li.openid, Rendered("二"), None, "m2-1")
    assert li.screen == ["一", "二"]
    assert [path for path, _ in fake.calls].count("/cgi-bin/stable_token") == 2


async def test_nothing_secret_stands_in_an_error(door: WeChat, li: Follower, fake: FakeWeixin) -> None:
    fake.goes_wrong(CUSTOM, http=502)
    error = await fails(door, li)
    assert all(secret not in f"{error!r} {error} {error.__cause__} {error.__context__}" for secret in (*door.secrets, *fake.tokens))


# --- templates --------------------------------------------------------------------------------------------------------


async def test_outside_the_window_a_result_comes_as_the_template(door: WeChat, li: Follower, fake: FakeWeixin, house: House) -> None:
    fake.advance(30 * 86400)
    sent = await door.send(li.openid, RESULT, None, "m9-1")
    assert li.messages[-1].way == "template"
    assert li.messages[-1].fields == {
        "thing1": "投票3号《楼道加装扶手》已经有结果",
        "phrase2": "已出结果",
        "time3": "2026年12月1日 09:00",
        "character_string4": "3",
    }
    assert li.messages[-1].pages[""] == "https://mulin.example/board/polls/3"
    await li.event("TEMPLATESENDJOBFINISH", MsgID=sent.id, Status="success")
    told = house.heard[-1]
    assert (told.kind.value, told.question, told.choice) == ("receipt", sent.id, "delivered")


async def test_a_template_whose_answer_was_lost_is_shown_once(door: WeChat, li: Follower, fake: FakeWeixin) -> None:
    fake.goes_wrong(TEMPLATE, done=True, http=502)
    with pytest.raises(SendError) as lost:
        await door.send(li.openid, RESULT, None, "m9-1")
    assert (lost.value.verdict, lost.value.uncertain) == ("retry", True)
    await door.send(li.openid, RESULT, None, "m9-1")
    assert len(li.messages) == 1


async def test_an_ordered_message_reaches_who_ticked_the_box_once(door: WeChat, li: Follower) -> None:
    words = Rendered("事项2号有答复\n明天来换灯", brief="progress")
    li.ordered.add("T-order")
    await door.send(li.openid, words, None, "m1-1")
    assert [(m.way, m.fields) for m in li.messages] == [("ordered", {"thing1": "事项2号有答复"})]
    assert (await fails(door, li, words)).verdict == "closed", "it waits until they write"


async def test_an_ordered_message_that_failed_later_is_told_by_the_id_it_was_sent_by(door: WeChat, li: Follower, house: House) -> None:
    li.ordered.add("T-order")
    sent = await door.send(li.openid, Rendered("事项2号有答复\n明天来换灯", brief="progress"), None, "m1-1")
    failed = {"TemplateId": "T-order", "MsgID": sent.id, "ErrorCode": "43101", "ErrorStatus": "user refuse to accept the msg"}
    await li.event("subscribe_msg_sent_event", SubscribeMsgSentEvent={"List": failed})
    told = house.heard[-1]
    assert (told.kind.value, told.question) == ("receipt", sent.id) and told.choice != "delivered"
    assert sent.id != "m1-1"


@pytest.mark.parametrize("brief", ["notice", "ballot"])
async def test_a_template_that_is_not_there_is_our_fault(door: WeChat, li: Follower, brief: str) -> None:
    assert (await fails(door, li, Rendered("x", brief=brief))).verdict == "ours"


async def test_a_template_with_a_field_we_cannot_fill_is_our_fault_until_it_is_changed(
    door: WeChat, li: Follower, fake: FakeWeixin
) -> None:
    words = Rendered("投票3号", brief="ballot")
    fake.templates["T-none"] = ("金额:{{amount1.DATA}}", "")
    error = await fails(door, li, words)
    assert error.verdict == "ours" and "amount1" in error.reason
    fake.templates["T-none"] = ("事项:{{thing1.DATA}}", "")
    await door.send(li.openid, words, None, "m1-1")
    assert li.messages[-1].fields == {"thing1": "投票3号"}


async def test_the_templates_are_asked_for_once(door: WeChat, li: Follower, fake: FakeWeixin) -> None:
    for number in range(3):
        await door.send(li.openid, RESULT, None, f"m{number}-1")
    assert [path for path, _ in fake.calls].count("/cgi-bin/template/get_all_private_template") == 1


def test_what_can_be_said_outside_the_windows(door: WeChat) -> None:
    assert door.can.briefs == {"result", "progress", "ballot"}


# --- QRs and the menu -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, 7])
async def test_a_sheet_in_the_lift_carries_its_code(door: WeChat, fake: FakeWeixin, house: House, days: int) -> None:
    scene = await door.poster("12345678", days=days)
    assert scene.url.startswith("http://weixin.qq.com/q/")
    assert scene.image == "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=" + next(iter(fake.scenes)).replace("+", "%2B").replace(
        "=", "%3D"
    )
    await fake.person("新邻居").follows(next(iter(fake.scenes.values())))
    assert (house.heard[-1].kind.value, house.heard[-1].text) == ("joined", "12345678")


async def test_the_menu_is_put_up_once(opened: Opened, fake: FakeWeixin, notes: Notes) -> None:
    menu = (("填一填", (("投票", "vote"), ("问卷", "survey"))), ("我的", (("菜单", "menu"),)))
    for shown in (menu, menu, menu[:1]):
        channel = await opened(menu=shown)
        assert channel._offering is not None
        await channel._offering
    assert [path for path, _ in fake.calls].count("/cgi-bin/menu/create") == 2
    assert [row["name"] for row in fake.menu] == ["填一填"]


async def test_an_account_that_may_have_no_menu_goes_without(opened: Opened, fake: FakeWeixin, notes: Notes) -> None:
    fake.goes_wrong("/cgi-bin/menu/create", 48001)
    channel = await opened(menu=(("我的", (("菜单", "menu"),)),))
    assert channel._offering is not None
    await channel._offering
    assert notes.pages == {} and fake.menu == []
