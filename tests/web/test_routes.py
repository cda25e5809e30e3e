"""Every page × everybody: who gets in where. A route added without a row here fails, and so does a row whose route is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import ClientSession, CookieJar

from dialogue.words import Inbound, ResidentId, Role
from storage import areas, communities, contacts, doors, logins, residents
from storage.areas import AreaRow
from storage.database import Tx
from tests.house import Hall
from tests.web.serving import SECRET, Client, served, site
from web import access, pages
from web.access import Pass
from web.console import sitting

WHO = ("nobody", "resident", "leader", "staff", "other")  # other: a community worker of another community
ALL = (200, 200, 200, 200, 200)
BUILDING = (403, 200, 200, 200, 403)  # what concerns 3号楼
OFFICERS = (403, 403, 200, 200, 403)
STAFF = (403, 403, 403, 200, 403)


@dataclass
class Row:
    """Where one asks, with which form, and what everybody gets, in the order of WHO."""

    path: str
    status: tuple[int, ...]
    form: dict[str, str] = field(default_factory=dict)


ROWS: dict[str, list[Row]] = {
    "GET /": [Row("/", ALL)],
    "GET /privacy": [Row("/privacy", ALL)],
    "GET /robots.txt": [Row("/robots.txt", ALL)],
    "GET /{name:[A-Z]{2}_verify_[A-Za-z0-9]+[.]txt}": [Row("/WW_verify_nothing.txt", (404,) * 5)],
    "GET /board": [Row("/board", ALL)],
    "GET /board/polls/{number:[0-9]{1,6}}": [Row("/board/polls/1", BUILDING), Row("/board/polls/9", (404,) * 5)],
    "POST /board/polls/{number:[0-9]{1,6}}": [Row("/board/polls/1", (403,) * 5), Row("/board/polls/1?k=forged", (403,) * 5)],
    "GET /board/surveys/{number:[0-9]{1,6}}": [Row("/board/surveys/1", BUILDING), Row("/board/surveys/9", (404,) * 5)],
    "GET /board/notices/{number:[0-9]{1,6}}": [Row("/board/notices/1", BUILDING), Row("/board/notices/9", (404,) * 5)],
    "GET /board/matters": [Row("/board/matters", ALL)],
    "GET /g/{code:[A-Za-z0-9_-]{1,32}}": [Row("/g/DOOR", ALL), Row("/g/nothing", (404,) * 5)],
    "POST /g/{code:[A-Za-z0-9_-]{1,32}}": [Row("/g/DOOR", (200, 303, 200, 200, 200), {"act": "go"})],
    "GET /b/{token}": [Row("/b/{ballot}", ALL), Row("/b/{form}", (403,) * 5), Row("/c/qf/b/{ballot}", (404,) * 5)],
    "POST /b/{token}": [Row("/b/{ballot}", ALL, {"choice": "1"}), Row("/b/forged", (403,) * 5, {"choice": "1"})],
    "GET /f/{token}": [Row("/f/{form}", ALL), Row("/f/{ballot}", (403,) * 5), Row("/c/qf/f/{form}", (404,) * 5)],
    "POST /f/{token}": [Row("/f/{form}", ALL, {"act": "skip"}), Row("/f/forged", (403,) * 5, {"act": "skip"})],
    "GET /oauth/{name:[a-z_]{1,16}}": [Row("/oauth/wechat?to=/console", (404,) * 5)],  # no platform here: tests/web/test_oauth.py
    "GET /oauth/{name:[a-z_]{1,16}}/back": [Row("/oauth/wechat/back?code=1&state=2", (410,) * 5)],
    "GET /console": [Row("/console", ALL)],  # nobody sees digits and no more: tests/web/test_console.py
    "GET /console/enter/{token}": [Row("/console/enter/{login}", ALL), Row("/c/qf/console/enter/{login}", (403,) * 5)],
    "POST /console/enter/{token}": [
        Row("/c/qf/console/enter/{login}", (403,) * 5),
        Row("/console/enter/forged", (403,) * 5),
        Row("/console/enter/{login}", (303, 410, 410, 410, 410)),  # whoever holds the link, once
    ],
    "POST /console/leave": [Row("/c/qf/console/leave", (403, 403, 403, 403, 303))],
    "GET /console/do/{word:[a-z_]+}": [
        Row("/console/do/newpoll", OFFICERS),
        Row("/console/do/broadcast", STAFF),
        Row("/c/qf/console/do/broadcast", (403, 403, 403, 403, 403)),  # they left just now
    ],
    "POST /console/do/{word:[a-z_]+}": [Row("/console/do/newpoll", OFFICERS), Row("/console/do/broadcast", STAFF)],
    "POST /console/press": [Row("/console/press", OFFICERS, {"payload": "menu"})],
    "POST /console/say": [Row("/console/say", OFFICERS, {"text": "菜单"})],
    "GET /console/lists/{name:[a-z]+}": [
        Row("/console/lists/polls", OFFICERS),
        Row("/console/lists/claims", OFFICERS),
        Row("/console/lists/surveys", OFFICERS),
        Row("/console/lists/notices", OFFICERS),
        Row("/console/lists/objections", STAFF),
        Row("/console/lists/questions", STAFF),
        Row("/console/lists/matters", STAFF),
        Row("/console/lists/dispatches", STAFF),
        Row("/console/lists/journal", STAFF),
        Row("/console/lists/ways", OFFICERS),
        Row("/console/lists/failed", (403,) * 5),  # admins
    ],
}


def routes(hall: Hall) -> set[str]:
    """What our pages really offer."""
    ours = site(hall)
    return {f"{method} {path}" for module in pages.modules() for method, path, _ in module.routes(ours)}


async def test_everybody_gets_in_where_the_table_says_and_nowhere_else(database_url: str) -> None:
    async with served(database_url) as (hall, client):
        assert routes(hall) == set(ROWS)
        tokens = await furnished(hall)
        cookies = await everyone(hall)
        wrong = []
        for route, rows in ROWS.items():
            method = route.partition(" ")[0]
            for row in rows:
                path = row.path.format(**tokens) if "{" in row.path else row.path
                got = tuple([await status(client, method, path, cookies[who], row.form) for who in WHO])
                wrong += [f"{method} {row.path}: {got} and not {row.status}"] if got != row.status else []
        assert not wrong, "\n".join(wrong)


async def status(client: Client, method: str, path: str, cookies: dict[str, str], form: dict[str, str]) -> int:
    """What somebody with these cookies gets: their own form token goes along, as from their own page."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True), cookies=cookies) as browser:
        data = {**form, "csrf": sitting.token(OURS, cookies.get("mulin_desk", ""))} if method == "POST" else None
        async with browser.request(method, client.make_url(path), data=data, allow_redirects=False) as answer:
            return answer.status


class Ours:
    """All a form's token needs of a site."""

    secret = SECRET


OURS: Any = Ours()


async def furnished(hall: Hall) -> dict[str, str]:
    """投票1号, 问卷1号 and 公示1号 for 3号楼; a link of each kind that belongs to 李叔, and to 小王 the desk's."""
    await hall.says("老李", "发起投票 车棚要不要装灯\n要装\n不用装")
    await hall.taps("老李", "发布")
    await hall.says("小王", "发布公示 楼道维修费用公示\n三季度维修3号楼楼道灯，共花费1200元。\n类别 居务\n期限 15天\n范围 3号楼")
    await hall.taps("小王", "发布")
    await hall.workbook("小王", "满意度问卷.xlsx")
    await hall.says("小王", "发布问卷 1 3号楼")
    await hall.taps("小王", "发布")
    await hall.database.transaction(doors.link_to, 1, "polls", "1", "DOOR")
    lishu, wang = await hall.database.read(who_is, "李叔"), await hall.database.read(who_is, "小王")
    until = hall.now + timedelta(minutes=10)
    subjects = {"ballot": ("1", lishu), "form": ("1", lishu), "login": ("", wang)}
    return {kind: access.sign(SECRET, Pass(kind, 1, subject, *who, until)) for kind, (subject, who) in subjects.items()}


async def everyone(hall: Hall) -> dict[str, dict[str, str]]:
    """The cookies of each."""
    until = hall.now + timedelta(days=1)
    resident = access.sign(SECRET, Pass("door", 1, "", *await hall.database.read(who_is, "李叔"), until))
    await hall.database.transaction(sits, 1, (await hall.database.read(who_is, "老李"))[1], "leader-secret", hall.now)
    await hall.database.transaction(sits, 1, (await hall.database.read(who_is, "小王"))[1], "staff-secret", hall.now)
    await hall.database.transaction(elsewhere, hall.now)
    desks = {name: {"mulin_desk": f"{name}-secret"} for name in ("leader", "staff", "other")}
    return {"nobody": {}, "resident": {"mulin_door": resident}, **desks}


def who_is(tx: Tx, name: str) -> tuple[str, str]:
    contact = contacts.find(tx, "test", name)
    assert contact is not None
    speaker = contacts.speaker(tx, contact)
    assert speaker is not None
    assert speaker.resident is not None
    return contact, speaker.resident


def sits(tx: Tx, community: int, resident: str, secret: str, now: Any) -> None:
    logins.open_session(tx, community, secret, resident, device="other", language="zh-CN", now=now)


def elsewhere(tx: Tx, now: Any) -> None:
    """清风社区 with a community worker of its own, at its desk."""
    there = communities.add(tx, "清风社区", slug="qf")
    areas.record_area(tx, there, AreaRow("community", "", "社区", "清风社区", ""))
    met = contacts.meet(tx, Inbound(channel="test", external_id="qf", address="清风小刘", id="qf-liu", at=now), there)
    who = ResidentId(met.speaker.person)
    residents.record_resident(tx, there, who, met.speaker.person, "清风小刘", now)
    contacts.settle(tx, met.speaker.contact, consent="given", resident_id=who)
    residents.record_role(tx, there, "r-qf", who, Role("staff", "community", ""), now.date())
    sits(tx, there, who, "other-secret", now)
