"""The desk: coming in by a link or six digits, the officers' words as forms, what there is as tables; and everything that must not open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, FormData
from sqlalchemy import select, update

from bot.cli import logins as cli
from community.staff import ROLES_FOR
from storage import areas, journal, matters, polls
from storage.database import Tx
from storage.residents import roles
from surveys.polls import PollState
from tests.house import Hall
from tests.web.serving import Client, fields, link, opened, seen, served

WINDOWS = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}
BOOK = Path(__file__).parent.parent.parent / "demo" / "满意度问卷.xlsx"


async def enter(hall: Hall, client: Client, name: str = "小王") -> str:
    """登录 in chat, the link, its button; the desk's first page."""
    await hall.says(name, "登录")
    path = link(hall, name, "进入工作台")
    answer = await client.post(path, allow_redirects=True)
    assert answer.status == 200
    return await answer.text()


async def do(client: Client, path: str, **form: str) -> str:
    """Fill in a form of the desk and send it."""
    _, page = await opened(client, path)
    answer = await client.post(path, data={**fields(page), **form})
    assert answer.status == 200, path
    return await answer.text()


async def press(client: Client, page: str, label: str) -> str:
    """Press the button so labelled on a page of the desk."""
    for form in re.findall(r"<form method=\"post\" action=\"/console/press\">.*?</form>", page, re.DOTALL):
        if f">{label}</button>" in form:
            answer = await client.post("/console/press", data=fields(form))
            return await answer.text()
    raise AssertionError(f"no button {label}: {seen(page)}")


def other(client: Client) -> ClientSession:
    """Another browser in front of the same pages."""
    return ClientSession(str(client.make_url("/")), cookie_jar=CookieJar(unsafe=True))


# --- coming in --------------------------------------------------------------------------------------------------------


async def test_opening_the_link_spends_nothing_its_button_does_and_only_once(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await hall.says("小王", "登录")
        path = link(hall, "小王", "进入工作台")
        for _ in range(3):  # previews open links too
            status, page = await opened(client, path)
            assert (status, "进入" in page) == (200, True)
        assert (await opened(client, "/console/lists/polls"))[0] == 403
        answer = await client.post(path, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/console")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert (await opened(client, "/console"))[0] == 200
        async with other(client) as stranger:
            assert (await opened(stranger, path))[0] == 410
            assert (await stranger.post(path, allow_redirects=False)).status == 410
            assert (await opened(stranger, "/console/lists/polls"))[0] == 403


async def test_a_link_lasts_fifteen_minutes_and_a_session_two_hours(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await enter(hall, client)
        await hall.says("小王", "登录")
        path = link(hall, "小王", "进入工作台")
        hall.now += timedelta(minutes=16)
        assert (await opened(client, path))[0] == 410
        assert (await opened(client, "/console/lists/polls"))[0] == 200
        hall.now += timedelta(hours=2)
        assert (await opened(client, "/console/lists/polls"))[0] == 403


async def test_leaving_ends_the_session_on_the_server(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        page = await enter(hall, client)
        kept = client.session.cookie_jar.filter_cookies(client.make_url("/"))["mulin_desk"].value
        await client.post("/console/leave", data={"csrf": fields(page)["csrf"]}, allow_redirects=False)
        async with other(client) as thief:
            assert (await opened(thief, "/console/lists/polls", cookies={"mulin_desk": kept}))[0] == 403


async def test_who_holds_no_office_any_more_is_out_at_once(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await enter(hall, client, "老李")
        assert (await opened(client, "/console/lists/polls"))[0] == 200
        hall.now += timedelta(minutes=1)

        def resigns(tx: Tx) -> None:
            tx.execute(update(roles).values(until_on=hall.now.date() - timedelta(days=1)))

        await hall.database.transaction(resigns)
        assert (await opened(client, "/console/lists/polls"))[0] == 403
        assert "老李" not in (await opened(client, "/console"))[1]


async def test_six_digits_on_a_computer_confirmed_in_private_chat(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        status, page = await opened(client, "/console", headers=WINDOWS)
        digits = re.findall(r'class="digits">(\d{6})<', page)[0]
        assert status == 200
        assert "data:image/svg+xml" in page
        assert digits in (await opened(client, "/console", headers=WINDOWS))[1]  # it looks again by itself: the same digits
        await hall.says("小王", f"登录 {digits}")
        assert "Windows电脑" in hall.channel.ear("小王").heard[-1].text
        assert re.findall(r'class="digits">(\d{6})<', (await opened(client, "/console"))[1]) == [digits]  # asked is not confirmed
        waits = client.session.cookie_jar.filter_cookies(client.make_url("/"))["mulin_wait"].value
        await hall.taps("小王", "是我")
        answer = await client.get("/console", allow_redirects=True)
        assert "小王，您好" in await answer.text()
        async with other(client) as thief:  # whoever copied what the waiting browser held comes too late
            status, page = await opened(thief, "/console", cookies={"mulin_wait": waits})
            assert (status, "digits" in page) == (200, True)
        async with other(client) as stranger:  # the digits let in that one computer
            status, page = await opened(stranger, "/console")
            assert (status, "digits" in page) == (200, True)


async def test_who_says_it_is_not_them_lets_nobody_in(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        _, page = await opened(client, "/console", headers=WINDOWS)
        digits = re.findall(r'class="digits">(\d{6})<', page)[0]
        await hall.says("小王", f"登录 {digits}")
        await hall.taps("小王", "不是")
        status, page = await opened(client, "/console")
        assert status == 403
        await hall.taps("小王", "是我")  # too late
        assert "已经过去" in hall.channel.ear("小王").heard[-1].text
        assert (await opened(client, "/console"))[0] == 403


async def test_digits_last_five_minutes_and_a_resident_opens_nothing_with_them(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        _, page = await opened(client, "/console")
        digits = re.findall(r'class="digits">(\d{6})<', page)[0]
        await hall.says("李叔", f"登录 {digits}")
        assert "要请" in hall.channel.ear("李叔").heard[-1].text
        hall.now += timedelta(minutes=6)
        await hall.says("小王", f"登录 {digits}")
        assert "没有电脑在等" in hall.channel.ear("小王").heard[-1].text


async def test_guessing_digits_in_chat_rests_after_five(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        _, page = await opened(client, "/console")
        digits = re.findall(r'class="digits">(\d{6})<', page)[0]
        for number in range(5):
            await hall.says("老李", f"登录 {(int(digits) + number + 1) % 10**6:06d}")
        await hall.says("老李", f"登录 {digits}")
        assert "先歇一小时" in hall.channel.ear("老李").heard[-1].text


async def test_the_first_admin_comes_in_from_the_machine(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with served(database_url) as (hall, client):
        assert await cli.login(hall.database, hall.config, "赵站长", now=hall.now) == 0
        path = capsys.readouterr().out.split()[-1].removeprefix(hall.config.server.public_url)
        assert "记下称呼" in (await opened(client, path))[1]
        answer = await client.post(path, allow_redirects=True)
        page = await answer.text()
        assert "赵站长，您好" in page
        assert "没处理好的消息" in page
        assert "【投票1号" in await do(client, "/console/do/newpoll", text="大门要不要装灯\n要装\n不用装\n范围 全社区")
        assert await cli.login(hall.database, hall.config, "赵站", now=hall.now) == 1
        assert "赵站长" in capsys.readouterr().err
        assert await cli.login(hall.database, hall.config, "小王", now=hall.now) == 0


# --- the officers' words ----------------------------------------------------------------------------------------------


async def test_a_poll_is_previewed_and_published_from_the_desk(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await enter(hall, client)
        page = await do(client, "/console/do/newpoll", text="大门要不要装灯\n要装\n不用装\n范围 3号楼")
        assert "【投票1号·征求意见】大门要不要装灯" in page
        assert await hall.database.read(polls.by_number, 1, 1) is None
        page = await press(client, page, "发布")
        assert "发布了" in page
        poll = await hall.database.read(polls.by_number, 1, 1)
        assert poll is not None
        assert poll.state is PollState.OPEN
        assert "大门要不要装灯" in hall.channel.ear("3号楼群").heard[-1].text
        assert "大门要不要装灯" in seen((await opened(client, "/console/lists/polls"))[1])
        lines = await hall.database.read(journal.latest, 1)
        assert "login" in [line.what for line in lines]


async def test_the_desks_draft_and_the_phones_do_not_mix(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await enter(hall, client)
        await hall.says("小王", "发起投票 手机上的题目\n一\n二\n范围 3号楼")
        await do(client, "/console/do/newpoll", text="电脑上的题目\n一\n二\n范围 3号楼")
        await hall.taps("小王", "发布")
        poll = await hall.database.read(polls.by_number, 1, 1)
        assert poll is not None
        assert poll.proposal.title == "手机上的题目"


async def test_a_form_sent_twice_is_carried_out_once(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await enter(hall, client)
        path = "/console/do/paper"
        _, page = await opened(client, path)
        form = {**fields(page), "kind": "request", "text": "3号楼2单元301 来电 楼道灯坏了"}
        await client.post(path, data=form)
        again = await (await client.post(path, data=form)).text()
        assert "没有再办一次" in again
        found = await hall.database.read(matters.public, 1)
        assert len(found) == 1


async def test_a_workbook_is_uploaded_checked_and_becomes_a_draft(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await enter(hall, client)
        _, page = await opened(client, "/console/do/publish")
        form = FormData(fields(page))
        form.add_field("file", BOOK.read_bytes(), filename="问卷.xlsx")
        answer = await client.post("/console/do/publish", data=form)
        assert "问卷1号" in await answer.text()
        assert "草稿" in seen((await opened(client, "/console/lists/surveys"))[1])


async def test_a_file_that_is_none_is_refused_in_one_sentence(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await enter(hall, client)
        _, page = await opened(client, "/console")
        form = FormData(fields(page))
        form.add_field("file", b"MZ not a picture", filename="x.exe")
        answer = await client.post("/console/say", data=form)
        assert answer.status == 200
        assert 'class="notice"' in await answer.text()


async def test_a_claim_waits_in_the_table_and_is_confirmed_there(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await hall.says("老赵", "您好")
        await hall.taps("老赵", "同意")
        await hall.says("老赵", "我是 3号楼1单元302 赵建军 租户")
        await enter(hall, client, "老李")
        _, page = await opened(client, "/console/lists/claims")
        assert "赵建军" in page
        page = await press(client, page, "确认")
        assert "已确认" in page
        assert "赵建军" not in (await opened(client, "/console/lists/claims"))[1]


async def test_a_question_waits_in_the_table_and_is_answered_by_its_number(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await hall.says("老李", "发起投票 车棚建在哪\n东边\n西边")
        await hall.taps("老李", "发布")
        await hall.says("李叔", "提问 投票1 什么时候开工")
        await enter(hall, client)
        page = (await opened(client, "/console/lists/questions"))[1]
        assert "什么时候开工" in page
        assert "请写答复" in await press(client, page, "答复")
        await do(client, "/console/do/answer_question", number="1", text="下周一")
        assert "下周一" in hall.hears("李叔")[-1].text
        assert "什么时候开工" not in (await opened(client, "/console/lists/questions"))[1]


async def test_every_officers_word_with_a_conversation_is_a_form(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        page = await enter(hall, client)
        there = set(re.findall(r"/console/do/(\w+)", page))
        assert there >= {"confirm", "newpoll", "newnotice", "broadcast", "publish", "paper", "reply", "done", "adopt_idea", "login"}
        assert there <= set(ROLES_FOR)
        assert "bindgroup" not in there  # it is said in the group
        for word in sorted(there):
            status, form = await opened(client, f"/console/do/{word}")
            assert status == 200, word
            answer = await client.post(f"/console/do/{word}", data=fields(form))  # empty: a question or one sentence, never a fault
            assert answer.status == 200, word


async def test_every_list_opens_with_something_in_it(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await hall.says("老李", "发起投票 车棚要不要装灯\n要装\n不用装")
        await hall.taps("老李", "发布")
        await hall.says("王女士", "诉求 楼道灯坏了")
        page = await enter(hall, client)
        names = set(re.findall(r"/console/lists/(\w+)", page))
        raised = {"polls", "surveys", "notices", "objections", "questions", "matters", "claims"}
        assert names == raised | {"dispatches", "doorlist", "journal", "unread", "ways"}
        for name in names:
            assert (await opened(client, f"/console/lists/{name}"))[0] == 200, name
        assert "楼道灯坏了" in (await opened(client, "/console/lists/matters"))[1]


# --- what must not open -----------------------------------------------------------------------------------------------


def forms() -> Iterator[tuple[str, dict[str, str]]]:
    yield "/console/do/newpoll", {"text": "题目\n一\n二"}
    yield "/console/press", {"payload": "confirm 1"}
    yield "/console/say", {"text": "菜单"}
    yield "/console/leave", {}


async def test_a_form_from_elsewhere_does_nothing(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await enter(hall, client)
        for path, form in forms():
            for csrf in ("", "0" * 32):
                answer = await client.post(path, data={**form, "csrf": csrf}, allow_redirects=False)
                assert answer.status == 403, path
        await hall.says("小王", "登录")
        foreign = {"Sec-Fetch-Site": "cross-site"}
        assert (await client.post(link(hall, "小王", "进入工作台"), headers=foreign, allow_redirects=False)).status == 403


async def test_a_leader_sees_no_staff_words_and_not_another_places_matters(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        page = await enter(hall, client, "老李")
        assert "/console/do/broadcast" not in page
        assert (await opened(client, "/console/do/broadcast"))[0] == 403
        assert (await opened(client, "/console/lists/journal"))[0] == 403
        assert (await opened(client, "/console/lists/failed"))[0] == 403
        assert (await opened(client, "/console/do/nothing"))[0] == 404
        assert (await opened(client, "/console/lists/nothing"))[0] == 404


BAD_TOKENS = ["x", "WyJsb2dpbiIsMSwiIiwiIiwiIiw5OTk5OTk5OTk5XQ.AAAAAAAAAAAAAAAAAAAAAAAAAAA", "%00", "a" * 3000]


async def test_a_forged_login_is_refused_in_one_sentence(database_url: str) -> None:
    async with served(database_url) as (_, client):
        for bad in BAD_TOKENS:
            status, page = await opened(client, f"/console/enter/{bad}")
            assert status == 403, bad
            assert "从聊天里的按钮再点一次" in page
            assert (await client.post(f"/console/enter/{bad}", allow_redirects=False)).status == 403


async def test_a_ballots_link_is_no_key_to_the_desk(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await hall.says("小王", "登录")
        token = link(hall, "小王", "进入工作台").rpartition("/")[2]
        assert (await opened(client, f"/b/{token}"))[0] == 403
        assert (await opened(client, f"/f/{token}"))[0] == 403


async def test_login_in_the_group_is_answered_in_private(database_url: str) -> None:
    async with served(database_url) as (hall, _):
        before = len(hall.channel.ear("3号楼群").heard)
        await hall.says("小王", "登录", group=True)
        for message in hall.channel.ear("3号楼群").heard[before:]:
            assert not [b for b in message.buttons if b.url]


async def test_an_objection_is_read_by_its_author_and_by_the_staff_of_its_place_alone(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await hall.says("老李", "发起投票 车棚建在哪\n东边\n西边")
        await hall.taps("老李", "发布")
        await hall.says("李叔", "异议 投票1 名单上没有我家")
        await enter(hall, client)
        assert "名单上没有我家" in (await opened(client, "/console/lists/objections"))[1]
        await hall.says("小王", "进度 异议1")
        assert "名单上没有我家" in hall.hears("小王")[-1].text

        def moves(tx: Tx) -> None:
            one = select(areas.areas.c.id).where(areas.areas.c.path == "幸福里/3号楼/1单元").scalar_subquery()
            tx.execute(update(roles).where(roles.c.name == "staff").values(area_id=one))

        await hall.database.transaction(moves)
        page = (await opened(client, "/console/lists/objections"))[1]
        assert "名单上没有我家" not in page
        await hall.says("小王", "进度 异议1")
        assert "名单上没有我家" not in hall.hears("小王")[-1].text


async def test_the_desk_says_what_each_way_cannot_do(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await enter(hall, client)
        _, page = await opened(client, "/console/lists/ways")
        assert "进不了群" in seen(page)
        assert "什么也听不见" in seen(page)
