"""The board: who sees what, and that it never tells more than it may."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

from aiohttp import ClientSession, CookieJar

from storage import questionnaires
from storage.database import Tx
from surveys.publications import QuestionnaireClosed, ResultsPublished
from surveys.results import Count, OptionCount
from tests.web.serving import Client, link, opened, seen, served
from web.board import shown

POLL = "发起投票 车棚要不要装灯\n要装\n不用装\n公开 {0}"
WHOLE = POLL + "\n范围 全社区"


async def publish(hall: object, who: str, text: str) -> None:
    await hall.says(who, text)  # type: ignore[attr-defined]
    await hall.taps(who, "发布")  # type: ignore[attr-defined]


async def board(client: Client, path: str = "/board") -> str:
    status, page = await opened(client, path)
    assert status == 200
    assert len(page.encode()) < 60_000
    return page


async def test_a_buildings_poll_is_for_its_people_that_of_the_community_for_everybody(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await publish(hall, "老李", POLL.format("不公开"))
        await publish(hall, "小王", WHOLE.format("不公开").replace("车棚", "大门"))
        page = await board(client)
        assert "大门要不要装灯" in page
        assert "车棚" not in page
        status, page = await opened(client, "/board/polls/1")
        assert status == 403
        assert "车棚" not in page
        assert (await opened(client, "/board/polls/2"))[0] == 200
        assert (await opened(client, "/board/polls/3"))[0] == 404


async def test_a_button_in_ones_own_chat_opens_the_building_and_stays_open(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await publish(hall, "老李", POLL.format("实名"))
        await hall.says("李叔", "投票 1 1")
        await hall.moves_to(hall.now + timedelta(days=8))
        page = await board(client, link(hall, "李叔", "看公示栏"))
        assert "车棚要不要装灯" in page
        assert "征求意见" in page
        assert "通过" not in page
        assert "名单上24户，投了1户" in page
        assert "<td>要装</td><td>1</td>" in page
        assert "100.00%" in page
        assert "车棚" in await board(client)  # the browser is known now


async def test_of_few_private_votes_only_the_turnout_is_told(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await publish(hall, "老李", POLL.format("不公开"))
        await hall.says("李叔", "投票 1 1")
        await hall.moves_to(hall.now + timedelta(days=8))
        page = await board(client, link(hall, "李叔", "看公示栏"))
        assert "名单上24户，投了1户" in page
        assert "只说投了多少" in page
        assert "<progress" not in page  # of one vote everybody would know whose it is


async def test_the_link_in_the_buildings_group_opens_that_page_and_no_other(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await publish(hall, "老李", POLL.format("不公开"))
        await publish(hall, "老李", POLL.format("不公开").replace("车棚", "楼道"))
        await hall.moves_to(hall.now + timedelta(days=8))
        address = link(hall, "3号楼群", "看公示栏")
        assert (await opened(client, address))[0] == 200
        other = address.replace("polls/2", "polls/1") if "polls/2" in address else address.replace("polls/1", "polls/2")
        assert (await opened(client, other))[0] == 403
        assert "车棚" not in await board(client)


async def test_who_voted_what_is_shown_only_to_those_on_the_roll_of_a_named_poll(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await publish(hall, "小王", WHOLE.format("实名"))
        await hall.says("李叔", "投票 1 1")
        await hall.says("王女士", "投票 1 2")
        await hall.moves_to(hall.now + timedelta(days=8))
        page = await board(client, "/board/polls/1")
        assert "1单元201" not in page
        address = link(hall, "王女士", "看公示栏")
        page = await board(client, address)
        assert "1单元201" not in page, "a link can be passed on"
        answer = await client.post(address)
        assert "<td>幸福里3号楼1单元201</td><td>要装</td>" in await answer.text()
        assert "1单元201" in await board(client, "/board/polls/1"), "the browser is known now"
        async with ClientSession(str(client.make_url("/")), cookie_jar=CookieJar(unsafe=True)) as other:
            assert (await other.post(address)).status == 410
            assert "1单元201" not in await (await other.get(address)).text()
            assert (await other.post("/board/polls/1")).status == 403


async def test_a_link_of_ones_own_chat_is_good_for_a_week_and_so_is_what_the_browser_keeps_of_it(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await publish(hall, "老李", POLL.format("实名"))
        await hall.moves_to(hall.now + timedelta(days=8))
        address = link(hall, "李叔", "看公示栏")
        assert (await opened(client, address))[0] == 200
        hall.now += timedelta(days=8)
        assert (await opened(client, address))[0] == 403
        assert "车棚" not in await board(client)


async def test_a_private_poll_has_no_place_for_who_even_for_its_own_voters(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await publish(hall, "老李", POLL.format("不公开"))
        await hall.says("李叔", "投票 1 1")
        await hall.moves_to(hall.now + timedelta(days=8))
        assert "201" not in seen(await board(client, link(hall, "李叔", "看公示栏")))


async def test_requests_stand_on_the_board_without_a_word_of_them(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await hall.says("王女士", "诉求 楼上张桂兰天天半夜跳绳，吵得人没法睡")
        page = seen(await board(client, "/board/matters"))
        assert "已收到" in page
        for word in ("跳绳", "张桂兰", "301", "王女士"):
            assert word not in page


async def test_large_type_and_english_stay_from_page_to_page(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await publish(hall, "小王", WHOLE.format("不公开"))
        page = await board(client, "/board?large=1&lang=en")
        assert 'class="large"' in page
        assert "/board/polls/1?large=1&amp;lang=en" in page
        page = await board(client, "/board/polls/1?large=1&lang=en")
        assert "Poll 1 · consultative" in page
        assert "noindex" in page


FORGED = [
    "/board/polls/1?k=x",
    "/board/polls/1?k=WyJib2FyZCIsMSwicG9sbHMvMSIsIiIsIiIsOTk5OTk5OTk5OV0.aaaaaaaaaaaaaaaaaaaaaaaaaaa",
]


async def test_a_forged_or_old_link_opens_nothing(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await publish(hall, "老李", POLL.format("不公开"))
        for address in FORGED:
            assert (await opened(client, address))[0] == 403
        await hall.moves_to(hall.now + timedelta(days=8))
        address = link(hall, "老李", "看公示栏")
        hall.now += timedelta(days=31)
        assert (await opened(client, address))[0] == 403


async def test_what_concerns_the_whole_community_says_so(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await hall.says("小王", "发布公示 上半年经费公示\n活动经费3200元，结余800元。\n类别 居务\n期限 15天\n范围 全社区\n公开 网上")
        await hall.taps("小王", "发布")
        await hall.workbook("小王", "满意度问卷.xlsx")
        await hall.says("小王", "发布问卷 1 全社区")
        await hall.taps("小王", "发布")
        await hall.says("小王", "代录 诉求 来电 小区门口的路灯不亮")
        for path in ("/board/notices/1", "/board/surveys/1", "/board/matters"):
            assert "幸福里社区</" in await board(client, path) or "幸福里社区 ·" in await board(client, path), path
        assert "活动经费3200元" in await board(client, "/board/notices/1")
        hall.now += timedelta(days=30)
        await hall.moves_to(hall.now)
        assert "活动经费3200元" not in await board(client, "/board/notices/1")  # its period is over


async def test_results_of_a_questionnaire_stand_there_once_published_and_never_of_fewer_than_five(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await hall.workbook("小王", "满意度问卷.xlsx")
        await hall.says("小王", "发布问卷 1 全社区")
        await hall.taps("小王", "发布")
        await hall.database.transaction(_results, hall.now)
        page = await board(client, "/board/surveys/1")
        assert "填的人太少" in page
        assert "<progress" not in page


def test_a_question_that_few_answered_tells_only_how_many() -> None:
    option = OptionCount("a", "甲", 4, Fraction(1))
    few, many = Count("q", "哪里", "select_one", 4, 9, (option,)), Count("q", "哪里", "select_one", 5, 9, (option,))
    assert shown(few) == replace(few, options=())
    assert shown(many) == many


def _results(tx: Tx, now: datetime) -> None:
    found = questionnaires.by_number(tx, 1, 1)
    assert found is not None
    questionnaires.record_closed(tx, 1, QuestionnaireClosed(found.id, now))
    questionnaires.record_results_published(tx, 1, ResultsPublished(found.id, now))
