"""Known without typing, in WeChat and WeCom: the door and the desk, by whom the platform says it is; and everything that must not work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from storage import contacts
from tests.house import Hall
from tests.web.serving import Client, fields, site
from tests.web.test_door import choices, code, door, send
from web import pages

WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"}
WECOM = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) MicroMessenger/7.0.1 wxwork/4.1.0"}
ELSEWHERE = {"User-Agent": "Mozilla/5.0 Firefox/140"}


@dataclass
class Said:
    """What the platform says of whoever has the page open."""

    channel: str
    address: str
    union: str = ""
    snapshot: bool = False


@dataclass
class Platform:
    """Says who it is, once for each code."""

    people: dict[str, Said] = field(default_factory=dict)

    def ask(self, back: str, state: str) -> str:
        return f"https://platform.example/authorize?{urlencode({'redirect_uri': back, 'state': state})}"

    async def identify(self, code: str) -> Said | None:
        return self.people.pop(code, None)


@asynccontextmanager
async def town(database_url: str) -> AsyncIterator[tuple[Hall, Client, Platform]]:
    hall = await Hall.open(database_url)
    await hall.known()
    platform = Platform()
    app = web.Application(middlewares=[pages.errors])
    pages.mount(app, replace(site(hall), identities={"wechat": platform, "wecom": platform}))
    try:
        async with TestClient(TestServer(app)) as client:
            yield hall, client, platform
    finally:
        await hall.close()


async def comes(client: Client, path: str, platform: Platform, who: Said, browser: dict[str, str]) -> tuple[int, str]:
    """They open the page in that browser: it asks the platform, which sends them back. Status and page they end at."""
    asked = await client.get(path, headers=browser, allow_redirects=False)
    assert asked.status == 302
    away = await client.get(asked.headers["Location"], headers=browser, allow_redirects=False)
    question = parse_qs(urlsplit(away.headers["Location"]).query)
    back = urlsplit(question["redirect_uri"][0]).path
    platform.people["c0de"] = who
    answer = await client.get(back, params={"code": "c0de", "state": question["state"][0]}, headers=browser)
    return answer.status, await answer.text()


async def test_who_proves_once_in_wechat_is_known_there_ever_after(database_url: str) -> None:
    async with town(database_url) as (hall, client, platform):
        path, slip = await door(hall), await code(hall)
        openid = Said("wechat", "oZhang")
        status, page = await comes(client, path, platform, openid, WECHAT)
        assert status == 200
        _, page, _ = await send(client, path, act="agree")
        form = {"act": "prove", "agreed": fields(page)["agreed"], "as": "family", "code": slip}
        status, _, onward = await send(client, path, **form)
        assert (status, onward[:3]) == (303, "/b/")
        ballot = await client.get(onward)
        await client.post(onward, data={"choice": "1", "once": fields(await ballot.text())["once"]})
        assert await choices(hall) == [("a2-301", (1,), "page")]
        client.session.cookie_jar.clear()  # another day, another browser of the same WeChat
        status, page = await comes(client, path, platform, openid, WECHAT)
        assert "您已经" in page or "接着" in page
        status, _, onward = await send(client, path, act="go")
        assert (status, onward[:3]) == (303, "/b/")


async def test_a_newcomer_is_never_written_to_before_they_follow(database_url: str) -> None:
    async with town(database_url) as (hall, client, platform):
        path = await door(hall)
        await comes(client, path, platform, Said("wechat", "oNobody"), WECHAT)
        found = await hall.database.read(contacts.find, "wechat", "oNobody")
        assert found
        row = await hall.database.read(lambda tx: tx.one(contacts.contacts.select().where(contacts.contacts.c.id == found)))
        assert row.gone_at is not None
        assert row.consent == "asked"


async def test_who_is_known_in_another_chat_goes_on_without_a_word(database_url: str) -> None:
    async with town(database_url) as (hall, client, platform):
        path = await door(hall)
        await hall.says("王女士", "菜单", union="the same person")
        await comes(client, path, platform, Said("wechat", "oWang", union="the same person"), WECHAT)
        status, _, onward = await send(client, path, act="go")
        assert (status, onward[:3]) == (303, "/b/")
        found = await hall.database.read(contacts.find, "wechat", "oWang")
        row = await hall.database.read(lambda tx: tx.one(contacts.contacts.select().where(contacts.contacts.c.id == found)))
        assert row.gone_at is not None  # they do not follow: nothing is written there


async def test_a_preview_is_nobody(database_url: str) -> None:
    async with town(database_url) as (hall, client, platform):
        path, slip = await door(hall), await code(hall)
        _, page = await comes(client, path, platform, Said("wechat", "oShadow", snapshot=True), WECHAT)
        assert "认不出您是谁" in page
        _, page, onward = await send(client, path, act="prove", code=slip, **{"as": "family"})
        assert "认不出您是谁" in page
        assert onward == ""
        assert await hall.database.read(contacts.find, "wechat", "oShadow") is None


async def test_an_officer_in_wecom_presses_one_button_and_sits_at_the_desk(database_url: str) -> None:
    async with town(database_url) as (hall, client, platform):
        await hall.says("小王", "菜单")
        wang = Said("test", "小王")  # the chat in which the house knows her
        status, page = await comes(client, "/console", platform, wang, WECOM)
        assert status == 200
        assert "进入" in page
        assert (await (await client.get("/console", headers=ELSEWHERE)).text()).count("digits")  # opening it was no coming in


async def test_a_resident_does_not_come_to_the_desk_by_it(database_url: str) -> None:
    async with town(database_url) as (_, client, platform):
        _, page = await comes(client, "/console", platform, Said("test", "王女士"), WECOM)
        assert "digits" in page


async def test_other_browsers_are_not_asked(database_url: str) -> None:
    async with town(database_url) as (hall, client, _):
        answer = await client.get(await door(hall), headers=ELSEWHERE, allow_redirects=False)
        assert answer.status == 200


async def test_a_spent_code_asks_once_more_and_then_as_any_browser(database_url: str) -> None:
    async with town(database_url) as (hall, client, _):
        path = await door(hall)
        asked = await client.get(path, headers=WECHAT, allow_redirects=False)
        away = await client.get(asked.headers["Location"], headers=WECHAT, allow_redirects=False)
        state = parse_qs(urlsplit(away.headers["Location"]).query)["state"][0]
        back = await client.get("/oauth/wechat/back", params={"code": "spent", "state": state}, headers=WECHAT, allow_redirects=False)
        assert (back.status, back.headers["Location"]) == (303, path)
        again = await client.get(path, headers=WECHAT, allow_redirects=False)
        assert again.status == 200


async def test_nobody_is_let_in_with_anothers_answer_or_sent_elsewhere(database_url: str) -> None:
    async with town(database_url) as (hall, client, platform):
        path = await door(hall)
        asked = await client.get(path, headers=WECHAT, allow_redirects=False)
        await client.get(asked.headers["Location"], headers=WECHAT, allow_redirects=False)
        platform.people["mine"] = Said("wechat", "oAttacker")
        forged = await client.get("/oauth/wechat/back", params={"code": "mine", "state": "0" * 32}, headers=WECHAT, allow_redirects=False)
        assert forged.status == 403
        for to in ("https://evil.example/", "//evil.example/g/x", "/g/../console/x", "/board", ""):
            answer = await client.get("/oauth/wechat", params={"to": to}, allow_redirects=False)
            assert answer.status == 404, to
        assert (await client.get("/oauth/telegram", params={"to": path}, allow_redirects=False)).status == 404
        client.session.cookie_jar.clear()
        assert (await client.get("/oauth/wechat/back", params={"code": "mine", "state": "x"}, allow_redirects=False)).status == 410
