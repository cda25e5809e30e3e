"""Who has a page open in WeChat: told once for each code, and a preview's account is nobody."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from channels.contract import Identity
from channels.wechat import WeChat
from tests.channels.wechat.conftest import House, Opened
from tests.fakes.weixin import FakeWeixin, Follower


@pytest.fixture
async def door(opened: Opened) -> WeChat:
    return await opened()


@pytest.fixture
def li(fake: FakeWeixin) -> Follower:
    person = fake.person("老李")
    person.following = True
    return person


def test_the_browser_is_sent_to_the_platform_and_asked_for_nothing_more_than_who_it_is(door: WeChat, fake: FakeWeixin) -> None:
    asked = urlsplit(door.oauth.ask("https://mulin.example/oauth/wechat/back?a=1", "n0nce"))
    assert (asked.scheme, asked.netloc, asked.path, asked.fragment) == (
        "https",
        "open.weixin.qq.com",
        "/connect/oauth2/authorize",
        "wechat_redirect",
    )
    assert parse_qs(asked.query) == {
        "appid": [fake.app_id],
        "redirect_uri": ["https://mulin.example/oauth/wechat/back?a=1"],
        "response_type": ["code"],
        "scope": ["snsapi_base"],
        "state": ["n0nce"],
    }


async def test_a_code_tells_once_who_they_are(door: WeChat, fake: FakeWeixin, li: Follower) -> None:
    code = fake.code(li)
    assert await door.oauth.identify(code) == Identity("wechat", li.openid, li.union)
    assert await door.oauth.identify(code) is None, "a page that is loaded again brings a spent code"


async def test_an_old_code_and_one_of_nobody_tell_nothing(door: WeChat, fake: FakeWeixin, li: Follower) -> None:
    code = fake.code(li)
    fake.advance(301)
    assert await door.oauth.identify(code) is None
    assert await door.oauth.identify("made up") is None
    assert await door.oauth.identify("") is None


async def test_a_preview_is_nobody(door: WeChat, fake: FakeWeixin, li: Follower) -> None:
    li.snapshot = True
    found = await door.oauth.identify(fake.code(li))
    assert found is not None and found.snapshot and not found.union


async def test_who_opened_a_page_before_following_is_asked_about_again(door: WeChat, fake: FakeWeixin, house: House) -> None:
    new = fake.person("新邻居")
    assert await door.oauth.identify(fake.code(new)) == Identity("wechat", new.openid)
    await new.follows()
    assert house.heard[0].union == new.union


async def test_while_the_platform_is_away_nobody_is_known(door: WeChat, fake: FakeWeixin, li: Follower) -> None:
    fake.goes_wrong("/sns/oauth2/access_token", http=502)
    assert await door.oauth.identify(fake.code(li)) is None
