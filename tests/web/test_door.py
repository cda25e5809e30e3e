"""The door in an ordinary WeChat group: one link for everybody, who proves where they live goes on, nobody learns of anybody else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from community import codes
from storage import ballots, doors, polls, residents
from storage.doors import Invite
from tests.house import Hall
from tests.web.serving import Client, fields, opened, seen, served

POLL = "发起投票 车棚要不要装灯\n要装\n不用装"
CODE = codes.complete("4711047")


async def door(hall: Hall) -> str:
    """老李 opens a poll and takes the link for the ordinary group."""
    await hall.says("老李", POLL)
    await hall.taps("老李", "发布")
    await hall.says("老李", "转发 投票1")
    found = re.search(r"http://127.0.0.1:8080(/g/\S+)", hall.channel.ear("老李").heard[-1].text)
    assert found
    return found[1]


async def code(hall: Hall, room: str = "a2-301", as_: str = "family") -> str:
    """The slip of a home."""
    invite = Invite("i1", 1, "resident", "", room, as_, "", 3, hall.now + timedelta(days=30))
    await hall.database.transaction(doors.record_invite, invite, CODE)
    return CODE


async def send(client: Client, path: str, **form: str) -> tuple[int, str, str]:
    """Status, page and where one is sent on to."""
    answer = await client.post(path, data=form, allow_redirects=False)
    return answer.status, await answer.text(), answer.headers.get("Location", "")


async def agree(client: Client, path: str) -> dict[str, str]:
    status, page, _ = await send(client, path, act="go")
    assert status == 200
    assert "记下称呼、房号" in page
    status, page, _ = await send(client, path, act="agree")
    assert status == 200
    return fields(page)


async def choices(hall: Hall) -> list[tuple[str, tuple[int, ...], str]]:
    def read(tx: Any) -> list[tuple[str, tuple[int, ...], str]]:
        poll = polls.by_number(tx, 1, 1)
        assert poll is not None
        return [(b.entry, b.choices, b.origin) for b in ballots.of_poll(tx, 1, poll)]

    found: list[tuple[str, tuple[int, ...], str]] = await hall.database.read(read)
    return found


async def test_by_the_homes_code_to_the_ballot_in_an_ordinary_group(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        path, slip = await door(hall), await code(hall)
        status, page = await opened(client, path)
        assert status == 200
        assert "车棚要不要装灯" in page
        hidden = await agree(client, path)
        status, _, onward = await send(client, path, **{"act": "prove", "agreed": hidden["agreed"], "as": "family", "code": slip})
        assert (status, onward[:3]) == (303, "/b/")
        status, page = await opened(client, onward)
        assert "请选一项" in page
        assert not await choices(hall)  # opening votes nothing
        first = {"choice": "2", "once": fields(page)["once"]}
        status, page, _ = await send(client, onward, **first)
        assert "您选：不用装" in page
        assert await choices(hall) == [("a2-301", (2,), "page")]
        status, page, _ = await send(client, onward, choice="1", once=fields(page)["once"])
        await send(client, onward, **first)  # the browser sends the old form once more
        assert await choices(hall) == [("a2-301", (1,), "page")]
        status, _, again = await send(client, path, act="go")  # the next time the browser is known
        assert (status, again[:3]) == (303, "/b/")


async def test_by_room_and_telephone_as_an_owner(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        path = await door(hall)
        hidden = await agree(client, path)
        form = {"act": "prove", "agreed": hidden["agreed"], "as": "owner", "name": "王芳", "room": "2-301", "tail": "1234"}
        status, _, onward = await send(client, path, **form)
        assert (status, onward[:3]) == (303, "/b/")
        heard = "\n".join(message.text for message in hall.channel.ear("王女士").heard)
        assert "2单元301有人登记：王芳" in heard  # whoever lives there already is told


def people(tx: Any) -> int:
    return int(tx.scalar(select(func.count()).select_from(residents.residents)))


WRONG = [
    {"room": "3号楼2单元301", "tail": "9999"},
    {"room": "3号楼2单元999", "tail": "1234"},
    {"room": "9号楼2单元301", "tail": "1234"},
    {"room": "3号楼2单元301", "tail": "1234", "as": "owner", "name": "陈志强"},
    {"room": "没有这样的房", "tail": "1234"},
]


async def test_what_was_wrong_is_never_told_and_no_claim_is_left(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        path = await door(hall)
        hidden = await agree(client, path)
        pages = set()
        for wrong in WRONG:
            form = {"act": "prove", "agreed": hidden["agreed"], "as": "family", "name": "某人", **wrong}
            status, page, _ = await send(client, path, **form)
            assert status == 200
            assert 'value="1234"' not in page
            pages.add(re.findall(r'role="alert">([^<]*)<', page)[0])
        assert len(pages) == 1
        waiting = await hall.database.read(residents.waiting_claims, 1)
        assert not waiting


async def test_after_five_wrong_tries_a_home_rests_even_for_the_right_digits(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        path = await door(hall)
        hidden = await agree(client, path)
        form = {"act": "prove", "agreed": hidden["agreed"], "as": "family", "room": "3号楼2单元301"}
        for _ in range(5):
            await send(client, path, **form, tail="0000")
        status, page, _ = await send(client, path, **form, tail="1234")
        assert "先歇一小时" in page
        hall.now += timedelta(minutes=61)
        hidden = await agree(client, path)
        status, _, _ = await send(client, path, **{**form, "agreed": hidden["agreed"]}, tail="1234")
        assert status == 303


async def test_a_visitor_rests_too_whichever_homes_they_try(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        path = await door(hall)
        hidden = await agree(client, path)
        statuses = []
        for room in ("301", "302", "401", "402", "501", "502"):
            form = {"act": "prove", "agreed": hidden["agreed"], "as": "family", "room": f"3号楼2单元{room}", "tail": "0000"}
            client.session.cookie_jar.clear()
            answer = await client.post(path, data=form, headers={"X-Forwarded-For": "203.0.113.9"}, allow_redirects=False)
            statuses.append(answer.status)
        assert statuses == [200] * 5 + [429]


async def test_without_consent_nothing_is_kept(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        path = await door(hall)
        before = await hall.database.read(people)
        form = {"act": "prove", "agreed": "x", "as": "family", "room": "3号楼2单元301", "tail": "1234"}
        status, page, onward = await send(client, path, **form)
        assert (status, onward) == (200, "")
        assert "记下称呼、房号" in page
        assert before == await hall.database.read(people)


async def test_the_door_shows_no_homes_data(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        path = await door(hall)
        _, page = await opened(client, path)
        _, asked, _ = await send(client, path, act="agree")
        for word in ("502", "张桂兰", "王芳", "1234", "13800001234"):
            assert word not in seen(page)
        for word in ("张桂兰", "王芳", "13800001234"):
            assert word not in seen(asked)


async def test_a_code_of_nobody_is_no_page(database_url: str) -> None:
    async with served(database_url) as (_, client):
        for path in ("/g/nobody", "/g/a%20b", "/c/elsewhere/g/nobody"):
            assert (await opened(client, path))[0] == 404


async def test_a_forged_ballot_is_refused(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await door(hall)
        for token in ("x", "WyJiYWxsb3QiLDEsIjEiXQ.AAAA"):
            assert (await opened(client, f"/b/{token}"))[0] == 403
            assert (await send(client, f"/b/{token}", choice="1"))[0] == 403


async def test_an_objection_from_an_ordinary_group(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        await hall.says("小王", "发布公示 楼道维修费用公示\n三季度维修3号楼楼道灯，共花费1200元。\n类别 居务\n期限 15天\n范围 3号楼")
        await hall.taps("小王", "发布")
        await hall.database.transaction(doors.link_to, 1, "notices", "1", "DOOR")
        status, page = await opened(client, "/g/DOOR")
        assert "共花费1200元" in page
        hidden = await agree(client, "/g/DOOR")
        slip = await code(hall)
        form = {"act": "prove", "agreed": hidden["agreed"], "as": "family", "code": slip}
        assert (await send(client, "/g/DOOR", **form))[2] == "/g/DOOR"
        _, page = await opened(client, "/g/DOOR")
        words = {"act": "object", "words": "发票没有贴出来", "once": fields(page)["once"]}
        status, page, _ = await send(client, "/g/DOOR", **words)
        assert (status, "异议1号" in page) == (200, True)
        await send(client, "/g/DOOR", **words)  # sent twice, taken once
        assert "已收到异议1件" in (await opened(client, "/g/DOOR"))[1]
        heard = "\n".join(message.text for message in hall.channel.ear("小王").heard)
        assert "发票没有贴出来" in heard
