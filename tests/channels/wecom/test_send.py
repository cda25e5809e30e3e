"""What members and groups see of what is sent, whatever WeCom makes of it: swallowed, refused, lost, said twice."""

from __future__ import annotations

import asyncio

import pytest

from channels.contract import SendError, Sent
from channels.wecom import Wecom, outgoing
from channels.wecom.settings import GROUP
from dialogue.words import Attachment, Button, Kind, Rendered
from tests.channels.wecom.conftest import AGENT, SECRET, Office, settings
from tests.fakes import qyapi_messages
from tests.house import PHOTO

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 32
PAGE = Button("看全文", url="https://mulin.example/board/notices/3")
ASK = Rendered("要不要装？", (Button("要装", "vote 3 #1"), Button("不用装", "vote 3 #2")))
DOOR = Button("去看看", url="https://mulin.example/g/abc")
VERY_LONG = "\n".join(f"第{i}条：楼道里不要堆放杂物，电动车不要上楼充电。" for i in range(120))
LONG_ASK = Rendered("楼道里要不要加装扶手，请大家看过说明再选。" * 10, (*ASK.buttons, Button("看说明", url=PAGE.url)))


async def refused(office: Office, words: Rendered, to: str = "zhangayi", key: str = "m1-1", picture: bytes | None = None) -> SendError:
    with pytest.raises(SendError) as error:
        await office.door.send(to, words, picture, key)
    assert SECRET not in str(error.value), "no secret in what may be logged"
    return error.value


def texts(office: Office, userid: str = "zhangayi") -> list[str]:
    return [shown.text for shown in office.messages.members[userid].seen]


# --- how it looks ----------------------------------------------------------------------------------------------------------


async def test_words_alone_are_text_and_the_id_is_wecoms(office: Office) -> None:
    zhang = office.member()
    sent = await office.door.send("zhangayi", Rendered("停水通知"), key="m1-1")
    assert texts(office) == ["停水通知"] and sent.id == zhang.seen[0].msgid


async def test_words_that_lead_to_a_page_are_a_textcard_which_wechat_shows_too(office: Office) -> None:
    zhang = office.member()
    await office.door.send("zhangayi", Rendered("公示3号：维修费用\n三季度共花费1200元。\n欢迎查看。", (PAGE,)), key="m1-1")
    shown = zhang.seen[0]
    assert shown.kind == "textcard" and shown.body["btntxt"] == "看全文" and shown.body["url"] == PAGE.url
    assert shown.text == "公示3号：维修费用\n三季度共花费1200元。\n欢迎查看。"


async def test_what_is_too_long_for_a_textcard_keeps_every_word_and_the_address(office: Office) -> None:
    office.member()
    await office.door.send("zhangayi", Rendered("公示3号\n" + "很长的说明。" * 60, (PAGE,)), key="m1-1")
    assert texts(office)[0].count("很长的说明。") == 60 and PAGE.url in texts(office)[0]


async def test_a_question_too_long_for_a_card_is_said_in_full_and_then_offered(office: Office) -> None:
    zhang = office.member()
    sent = await office.door.send("zhangayi", LONG_ASK, key="m1-1")
    assert [shown.kind for shown in zhang.seen] == ["text", "template_card"]
    assert LONG_ASK.text in zhang.seen[0].text and "1. 要装\n2. 不用装" in zhang.seen[0].text and PAGE.url in zhang.seen[0].text
    assert list(zhang.seen[1].offers()) == ["要装", "不用装"] and sent.id == "m1-1"


async def test_more_than_twenty_options_are_numbered_lines(office: Office) -> None:
    zhang = office.member()
    many = tuple(Button(f"第{i}项", f"vote 3 #{i}") for i in range(1, 26))
    await office.door.send("zhangayi", Rendered("选一项", (*many, Button("人工", "human", aside=True))), key="m1-1")
    assert [shown.kind for shown in zhang.seen] == ["text"]
    assert "25. 第25项" in zhang.seen[0].text and zhang.seen[0].text.endswith("（也可以说：人工）")


async def test_very_long_words_are_parted_at_borders_of_signs_and_nothing_is_cut_off(office: Office) -> None:
    office.member()
    await office.door.send("zhangayi", Rendered(VERY_LONG), key="m1-1")
    assert "".join(texts(office)) == VERY_LONG and len(texts(office)) > 3


async def test_a_picture_is_uploaded_once_for_all_and_again_when_wecom_no_longer_has_it(office: Office) -> None:
    zhang, li = office.member(), office.member("LaoLi")
    words = Rendered("看图", picture="d" * 64)
    await office.door.send("zhangayi", words, PHOTO, "m1-1")
    await office.door.send("laoli", words, PHOTO, "m2-1")
    assert zhang.seen[0].picture == li.seen[0].picture == PHOTO and zhang.seen[1].text == "看图"
    assert [path for path, _ in office.fake.calls].count("media/upload") == 1
    office.fake.advance(3 * 86400 + 1)
    await office.door.send("zhangayi", words, PHOTO, "m3-1")
    assert zhang.seen[2].picture == PHOTO
    assert [path for path, _ in office.fake.calls].count("media/upload") == 2


@pytest.mark.parametrize(("pages", "kind"), [(1, "news"), (2, "template_card")])
async def test_a_picture_with_pages_is_one_message(office: Office, pages: int, kind: str) -> None:
    zhang = office.member()
    links = tuple(Button(f"第{i}页", url=f"https://mulin.example/{i}") for i in range(pages))
    await office.door.send("zhangayi", Rendered("投票3号的结果\n要装：12户", links, picture="d" * 64), PNG, "m1-1")
    assert [shown.kind for shown in zhang.seen] == [kind]
    assert zhang.seen[0].text == "投票3号的结果\n要装：12户" and len(zhang.seen[0].offers()) == pages


async def test_where_pictures_have_no_address_the_picture_comes_first_and_then_the_words(office: Office) -> None:
    zhang = office.member()
    office.fake.goes_wrong("media/uploadimg", 48002)
    await office.door.send("zhangayi", Rendered("投票3号的结果\n要装：12户", (PAGE,), picture="d" * 64), PNG, "m1-1")
    assert [shown.kind for shown in zhang.seen] == ["image", "textcard"]


# --- said once, and not swallowed ---------------------------------------------------------------------------------------------


async def delivers(office: Office, to: str, words: Rendered, key: str) -> Sent:
    """As the outbox does it: what is to be tried again is, under the same key, when it was told to."""
    for _ in range(50):
        try:
            return await office.door.send(to, words, key=key)
        except SendError as error:
            office.fake.advance({"retry": error.after or 1}[error.verdict])
    raise AssertionError("it never got through")


async def test_above_thirty_a_minute_wecom_swallows_and_still_nobody_loses_a_word(office: Office) -> None:
    zhang = office.member()
    for i in range(70):
        await delivers(office, "zhangayi", Rendered(f"{i} " + LONG_ASK.text, LONG_ASK.buttons), f"m{i}-1")
    assert zhang.swallowed == []
    said = [shown.text.partition(" ")[0] for shown in zhang.seen if shown.kind == "text"]
    assert said == [str(i) for i in range(70)], "all of them, in order"
    assert len([shown for shown in zhang.seen if shown.kind == "template_card"]) == 70


async def test_and_above_so_many_an_hour(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qyapi_messages, "PER_HOUR", 100)  # a tenth, for the test's sake
    monkeypatch.setattr(outgoing, "HOUR", (3600, 98))
    zhang = office.member()
    for i in range(130):
        await delivers(office, "zhangayi", Rendered(str(i)), f"m{i}-1")
    assert zhang.swallowed == [] and texts(office) == [str(i) for i in range(130)]


async def test_words_whose_answer_was_lost_are_not_said_twice(office: Office) -> None:
    office.member()
    office.fake.goes_wrong("message/send", how="reset", done=True)
    error = await refused(office, Rendered("停水通知"))
    assert error.verdict == "retry" and error.uncertain
    office.fake.advance(2)
    await office.door.send("zhangayi", Rendered("停水通知"), key="m1-1")
    assert texts(office) == ["停水通知"]


async def test_a_process_that_died_between_sending_and_noting_it_says_nothing_twice(office: Office) -> None:
    office.member()
    for words, key in ((Rendered("停水通知"), "m1-1"), (ASK, "m2-1")):
        await office.door.send("zhangayi", words, key=key)
        office.fake.advance(40)
        assert (await office.door.send("zhangayi", words, key=key)).id
    assert texts(office) == ["停水通知", ASK.text]


async def test_the_same_words_may_be_said_twice(office: Office) -> None:
    office.member()
    await office.door.send("zhangayi", Rendered("没听懂，请换个说法。"), key="m1-1")
    office.fake.advance(2)
    await office.door.send("zhangayi", Rendered("没听懂，请换个说法。"), key="m2-1")
    assert len(texts(office)) == 2, "WeCom would drop the second, if it were asked to look back"


@pytest.mark.parametrize("pause", [0, 1, 4, 60])
async def test_the_same_words_of_two_messages_at_once_are_both_said(office: Office, pause: int) -> None:
    office.member()
    for key in ("m1-1", "m2-1", "m3-1"):
        await office.door.send("zhangayi", Rendered("没听懂，请换个说法。"), key=key)
        office.fake.advance(pause)
    assert len(texts(office)) == 3


@pytest.mark.parametrize("between", [0, 1, 3, 30])
@pytest.mark.parametrize("first", [True, False], ids=["before the first try", "before the second"])
async def test_a_lost_try_is_made_good_whatever_else_said_the_same_words(office: Office, between: int, first: bool) -> None:
    """m1 never got through, though nobody knows; m2 says the same words shortly before one of its tries."""
    office.member()
    words = Rendered("没听懂，请换个说法。")
    if first:
        await office.door.send("zhangayi", words, key="m2-1")
        office.fake.advance(between)
    office.fake.goes_wrong("message/send", how="reset")
    assert (await refused(office, words)).uncertain
    office.fake.advance(between)
    if not first:
        await office.door.send("zhangayi", words, key="m2-1")
        office.fake.advance(between)
    await office.door.send("zhangayi", words, key="m1-1")
    assert len(texts(office)) == 2


async def test_words_that_surely_did_not_get_through_are_said_however_often_they_were_said_before(office: Office) -> None:
    office.member()
    await office.door.send("zhangayi", Rendered("没听懂"), key="m1-1")
    office.fake.advance(3)
    office.fake.goes_wrong("message/send", -1)
    assert (await refused(office, Rendered("没听懂"), key="m2-1")).verdict == "retry"
    office.fake.advance(3)
    await office.door.send("zhangayi", Rendered("没听懂"), key="m2-1")
    assert len(texts(office)) == 2


async def test_a_card_whose_answer_was_lost_got_through(office: Office) -> None:
    zhang = office.member()
    office.fake.goes_wrong("message/send", how="reset", done=True)
    assert (await refused(office, ASK)).uncertain
    sent = await office.door.send("zhangayi", ASK, key="m1-1")
    assert (sent.id, len(zhang.seen)) == ("m1-1", 1)


async def test_long_words_that_broke_off_go_on_where_they_did_even_in_another_process(office: Office) -> None:
    office.member()
    office.fake.goes_wrong("message/send", status=502, skip=2)
    assert (await refused(office, Rendered(VERY_LONG))).verdict == "retry"
    assert len(texts(office)) == 2
    other = Wecom(settings(office.fake), office.cache)
    other.now = lambda: office.fake.now
    await other.send("zhangayi", Rendered(VERY_LONG), key="m1-1")
    await other.stop()
    assert "".join(texts(office)) == VERY_LONG


# --- what its refusals mean -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "verdict", "bulk"),
    [
        (-1, "retry", False),
        (45009, "retry", True),
        (45033, "retry", True),
        (60020, "ours", True),
        (48002, "ours", True),
        (40056, "ours", True),
        (81013, "gone", False),
        (60111, "gone", False),
        (40058, "ours", False),
        (45002, "ours", False),
        (99999, "ours", False),
    ],
)
async def test_what_a_refusal_means(office: Office, code: int, verdict: str, bulk: bool) -> None:
    office.member()
    office.fake.goes_wrong("message/send", code)
    error = await refused(office, Rendered("停水"))
    assert (error.verdict, error.bulk) == (verdict, bulk)


@pytest.mark.parametrize("how", ["html", "reset"])
async def test_no_readable_answer_is_tried_again(office: Office, how: str) -> None:
    office.member()
    office.fake.goes_wrong("message/send", how=how)
    error = await refused(office, Rendered("停水"))
    assert (error.verdict, error.uncertain) == ("retry", True)


async def test_json_that_calls_itself_text_is_read(office: Office) -> None:
    office.member()
    office.fake.goes_wrong("message/send", how="plain")
    assert (await office.door.send("zhangayi", Rendered("停水"), key="m1-1")).id


async def test_whoever_left_the_corp_is_gone_in_whatever_case_wecom_writes_them(office: Office) -> None:
    office.messages.member("Somebody", visible=False)
    assert (await refused(office, Rendered("停水"), to="somebody")).verdict == "gone"
    assert (await refused(office, Rendered("停水"), to="NeverThere")).verdict == "gone"


@pytest.mark.parametrize(("field", "verdict"), [("invaliduser", "gone"), ("unlicenseduser", "ours")])
async def test_a_yes_that_names_them_as_out_of_reach_is_a_no(office: Office, field: str, verdict: str) -> None:
    office.member()
    office.fake.goes_wrong("message/send", says={"errcode": 0, "errmsg": "ok", field: "laoli|zhangayi", "msgid": "m"})
    assert (await refused(office, Rendered("停水"))).verdict == verdict


async def test_a_card_wecom_does_not_take_is_said_in_numbered_lines(office: Office) -> None:
    zhang = office.member()
    office.fake.goes_wrong("message/send", 42042)
    await office.door.send("zhangayi", ASK, key="m1-1")
    assert zhang.seen[0].text == "要不要装？\n\n1. 要装\n2. 不用装"


async def test_without_a_callback_address_there_are_no_cards_and_still_every_option(office: Office) -> None:
    zhang = office.member()
    office.app.callback = None
    await office.door.send("zhangayi", ASK, key="m1-1")
    assert "2. 不用装" in zhang.seen[0].text


async def test_a_spent_token_costs_one_more_call_and_one_for_all(office: Office) -> None:
    office.member()
    await office.door.send("zhangayi", Rendered("一"), key="m1-1")
    office.fake.expire_tokens()
    await asyncio.gather(*(office.door.send("zhangayi", Rendered(f"话{i}"), key=f"n{i}-1") for i in range(10)))
    assert len(texts(office)) == 11 and office.fake.tokens_given == 2


async def test_a_wrong_secret_is_ours_and_says_so_without_it(office: Office) -> None:
    office.member()
    office.fake.apps.clear()
    error = await refused(office, Rendered("停水"))
    assert (error.verdict, error.bulk) == ("ours", True)


async def test_nothing_to_say(office: Office) -> None:
    office.member()
    assert (await refused(office, Rendered(" "))).verdict == "ours"


# --- taking back ------------------------------------------------------------------------------------------------------------------


async def test_what_was_said_can_be_taken_back_within_a_day(office: Office) -> None:
    zhang = office.member()
    for words in (ASK, Rendered("说错了")):
        sent = await office.door.send("zhangayi", words, key="m1-1" if words is ASK else "m2-1")
        await office.door.recall(sent.id)
    assert zhang.seen == []


async def test_after_a_day_it_stays(office: Office) -> None:
    zhang = office.member()
    sent = await office.door.send("zhangayi", Rendered("说错了"), key="m1-1")
    office.fake.advance(86401)
    with pytest.raises(SendError):
        await office.door.recall(sent.id)
    assert len(zhang.seen) == 1


# --- groups -----------------------------------------------------------------------------------------------------------------------


async def test_a_group_is_made_and_posted_into_without_cards(office: Office) -> None:
    office.member(), office.member("LaoLi")
    made = await office.door.appchat.create("3号楼邻居", ["LaoLi", "ZhangAYi"])
    assert made.address.startswith(GROUP)
    await office.door.send(made.address, Rendered("投票3号：要不要装？", (DOOR,)), key="m1-1")
    await office.door.send(made.address, Rendered("看图", picture="d" * 64), PHOTO, "m2-1")
    group = next(iter(office.corp.groups.values()))
    assert [shown.kind for shown in group.seen] == ["textcard", "image", "text"]
    assert group.seen[0].body["url"] == DOOR.url
    assert (await office.door.appchat.get(made.address)).members == ("laoli", "zhangayi")


async def test_a_group_of_another_application_or_none_is_gone(office: Office) -> None:
    office.member(), office.member("LaoLi")
    made = await office.door.appchat.create("3号楼邻居", ["LaoLi", "ZhangAYi"])
    office.corp.groups[made.address.removeprefix(GROUP)].agent = AGENT + 1
    for address in (made.address, f"{GROUP}wrNeverThere"):
        assert (await refused(office, Rendered("停水"), to=address)).verdict == "gone"


async def test_a_group_needs_the_root_department_and_members_who_are_there(office: Office) -> None:
    office.member(), office.member("LaoLi")
    with pytest.raises(SendError, match="userid not found"):
        await office.door.appchat.create("3号楼", ["LaoLi", "Nobody"])
    office.corp.root = False
    with pytest.raises(SendError, match="root department"):
        await office.door.appchat.create("3号楼", ["LaoLi", "ZhangAYi"])


# --- what members send -------------------------------------------------------------------------------------------------------------


async def test_what_a_member_sent_can_be_fetched_for_three_days(office: Office) -> None:
    handle = office.messages.keep(PHOTO)
    assert await office.door.fetch(Attachment(Kind.PHOTO, handle)) == PHOTO
    office.fake.advance(3 * 86400 + 1)
    with pytest.raises(SendError):
        await office.door.fetch(Attachment(Kind.PHOTO, handle))


# --- whose browser it is -------------------------------------------------------------------------------------------------------------


async def test_a_page_learns_which_member_has_it_open_once(office: Office) -> None:
    office.member()
    url = office.door.oauth.ask("https://mulin.example/oauth/wecom/back", "nonce1")
    assert url.startswith("https://open.weixin.qq.com/connect/oauth2/authorize?appid=ww6a112864f8022910")
    assert url.endswith("#wechat_redirect")
    assert "scope=snsapi_base" in url and f"agentid={AGENT}" in url and "state=nonce1" in url
    code = office.corp.code({"userid": "ZhangAYi"})
    found = await office.door.oauth.identify(code)
    assert found and (found.channel, found.address, found.union) == ("wecom", "zhangayi", "wecom:ww6a112864f8022910:zhangayi")
    assert await office.door.oauth.identify(code) is None, "a code is good once"


async def test_who_is_no_member_is_nobody_here(office: Office) -> None:
    assert await office.door.oauth.identify(office.corp.code({"openid": "oABC", "external_userid": "wmABC"})) is None
