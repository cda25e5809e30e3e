"""The web chat's door: nobody speaks for another, says too much, or is shown what is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from aiohttp import ClientSession, CookieJar, WSServerHandshakeError
from aiohttp.test_utils import make_mocked_request

import texts
from channels.contract import Rate, SendError
from channels.webchat.demo import ROOM
from channels.webchat.door import COOKIE, came_from
from channels.webchat.memory import MemoryShelf
from channels.webchat.ports import PHOTO_LIMIT, Demo
from dialogue.words import Attachment, Kind
from tests.channels.webchat.serving import DEMO, PNG, Client, Silent, heard, open_page, say, serving
from tests.fakes.echo_house import settings, words

# --- who is who ----------------------------------------------------------------------------------------------------


async def test_a_resident_stays_the_same_person_on_the_same_browser() -> None:
    house = Silent()
    async with serving(house, settings()) as client:
        for number in ("0001", "0002"):
            await client.get("/chat")
            page, _ = await open_page(client, "")
            await say(page, number, "您好")
            await heard(page)
    assert house.inputs[0].address == house.inputs[1].address
    assert (house.inputs[0].name, house.inputs[0].address[:2]) == ("", "w:")


async def test_a_forged_cookie_is_nobody_and_gets_a_new_identity() -> None:
    house = Silent()
    async with serving(house, settings()) as client:
        first = (await client.get("/chat")).cookies[COOKIE].value
        victim, _ = await open_page(client, "")
        await say(victim, "0001", "我的话")
        await heard(victim)
        async with ClientSession(cookie_jar=CookieJar(unsafe=True), cookies={COOKIE: first[:-2] + "xx"}) as thief:
            with pytest.raises(WSServerHandshakeError) as refused:
                await thief.ws_connect(client.make_url("/chat/ws"))
            assert refused.value.status == 401
            assert (await thief.get(client.make_url("/chat"))).cookies[COOKIE].value != first
            async with thief.ws_connect(client.make_url("/chat/ws")) as page:
                assert (await page.receive_json(timeout=10))["messages"] == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "https://mulin.example.cn"])
async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(url: str) -> None:
    async with serving(Silent(), settings(url)) as client:
        cookie = (await client.get("/chat")).cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], bool(cookie["secure"])) == (True, "Lax", url.startswith("https"))
    assert int(cookie["max-age"]) > 300 * 24 * 3600


@pytest.mark.parametrize("query", ["?as=zhang", "?as=", "?as=zhang&chat=room:building3"])
@pytest.mark.parametrize("demo", [None, DEMO], ids=["real", "demo"])
async def test_playing_somebody_is_for_the_demonstration_and_its_cast(query: str, demo: Demo | None) -> None:
    async with serving(Silent(), settings(demo=demo)) as client:
        expected = 200 if demo and "zhang" in query else 403
        await client.get("/chat")  # even who has a cookie may not
        assert (await client.get(f"/chat{query}")).status == expected
        posted = await client.post(f"/chat/photo{query}", data=PNG, headers={"Content-Type": "image/png"})
        assert posted.status == expected
        if expected == 200:
            return
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect(f"/chat/ws{query}")
        assert refused.value.status == 403


@pytest.mark.parametrize("query", ["?as=zhang&chat=room:other", "?as=zhang&chat=demo:lishu", f"?chat={ROOM}"])
async def test_nobody_listens_where_they_do_not_belong(query: str) -> None:
    async with serving(Silent()) as client:
        await client.get("/chat")
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect(f"/chat/ws{query}")
        assert refused.value.status == 403


ORIGINS: list[tuple[str, Callable[[str], str], int]] = [
    ("http://127.0.0.1:8080", lambda own: own, 101),
    ("http://127.0.0.1:8080", lambda own: own.replace("127.0.0.1", "localhost"), 403),  # not the host that was asked
    ("http://127.0.0.1:8080", lambda own: "http://127.0.0.1:1", 403),
    ("http://127.0.0.1:8080", lambda own: "https://evil.example", 403),
    ("http://127.0.0.1:8080", lambda own: "null", 403),
    ("http://127.0.0.1:8080", lambda own: "http://[", 403),
    ("https://mulin.example.cn", lambda own: "https://mulin.example.cn", 101),
    ("https://mulin.example.cn", lambda own: "http://mulin.example.cn", 403),
    ("https://mulin.example.cn", lambda own: "https://mulin.example.cn.evil.example", 403),
    ("https://mulin.example.cn", lambda own: own, 403),
]


UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "c" * 22 + "=="}


@pytest.mark.parametrize(("public_url", "origin", "status"), ORIGINS)
async def test_another_sites_page_may_not_speak_in_a_residents_name(public_url: str, origin: Callable[[str], str], status: int) -> None:
    async with serving(Silent(), settings(public_url, DEMO)) as client:
        headers = {"Origin": origin(str(client.make_url("/")).rstrip("/"))}
        upgrade = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        async with client.get("/chat/ws?as=zhang", headers={**headers, **upgrade}) as opened:
            assert opened.status == status
        posted = await client.post("/chat/photo?as=zhang", data=PNG, headers={**headers, "Content-Type": "image/png"})
        assert posted.status == (200 if status == 101 else 403)


# --- too much, and not understood ------------------------------------------------------------------------------------


async def test_a_message_that_is_too_long_is_cut_and_the_person_is_told() -> None:
    house = Silent()
    async with serving(house) as client:
        page, _ = await open_page(client)
        await say(page, "0001", "长" * 10_000)
        assert await heard(page) == {"ack": "page-0001", "note": words("")["cut"]}
        await say(page, "0002", "短" * 4_000)
        assert await heard(page) == {"ack": "page-0002"}
    assert [len(i.text) for i in house.inputs] == [4_000, 4_000]


async def test_who_says_too_much_at_once_waits_and_others_do_not() -> None:
    house = Silent()
    async with serving(house, replace(settings(demo=DEMO), per_person=Rate(2, 3600))) as client:
        page, _ = await open_page(client)
        for number in ("0001", "0002"):
            await say(page, number, "您好")
            assert await heard(page) == {"ack": f"page-{number}"}
        await say(page, "0003", "您好")
        told = await heard(page)
        assert (told["id"], 1000 < told["again"] <= 1800) == ("page-0003", True)
        other, _ = await open_page(client, "?as=lishu")
        await say(other, "0004", "您好")
        assert await heard(other) == {"ack": "page-0004"}
    assert len(house.inputs) == 3


async def test_one_address_of_the_internet_does_not_open_pages_without_end() -> None:
    async with serving(Silent(), replace(settings(demo=DEMO), per_ip=Rate(2, 3600))) as client:
        await open_page(client)
        await open_page(client)
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect("/chat/ws?as=zhang")
        assert refused.value.status == 429
        assert "Retry-After" in (refused.value.headers or ())


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "[]",
        '"hello"',
        "null",
        '{"id": 7}',
        '{"text": "no id"}',
        '{"id": "page-0001", "text": 5}',
        '{"id":"page-0001","text":"\\ud800"}',
    ],
)
async def test_what_is_no_page_of_ours_gets_silence_and_the_line_stays_open(frame: str) -> None:
    house = Silent()
    async with serving(house) as client:
        page, _ = await open_page(client)
        await page.send_str(frame)
        await say(page, "0002", "您好")
        assert await heard(page) == {"ack": "page-0002"}
    assert len(house.inputs) == 1


@pytest.mark.parametrize(
    "said",
    [
        {"id": "page-0001", "text": ""},
        {"id": "page-0001", "text": " \n　"},
        {"id": "page-0001", "text": "\0 \0"},
        {"id": "short", "text": "您好"},
        {"id": "page 0001:x", "text": "您好"},
        {"id": "p" * 65, "text": "您好"},
        {"id": "page-0001\n", "text": "您好"},
        {"id": "page-0001", "text": "看照片", "photo": "forged"},
    ],
)
async def test_what_says_nothing_is_refused_once_and_for_all(said: dict[str, str]) -> None:
    house = Silent()
    async with serving(house) as client:
        page, _ = await open_page(client)
        await page.send_json(said)
        assert await heard(page) == {"refused": said["id"], "note": words("")["not_sent"]}
    assert house.inputs == []


# --- photos ----------------------------------------------------------------------------------------------------------


async def upload(client: Client, who: str = "zhang", data: bytes = PNG, kind: str = "image/png") -> tuple[int, str]:
    answer = await client.post(f"/chat/photo?as={who}", data=BytesIO(data), headers={"Content-Type": kind})
    return answer.status, (await answer.json())["photo"] if answer.status == 200 else ""


async def test_a_photo_is_said_fetched_and_shown_again() -> None:
    house = Silent()
    async with serving(house) as client:
        page, _ = await open_page(client)
        tab, _ = await open_page(client)
        _, photo = await upload(client)
        await say(page, "0001", "灯在这儿", photo=photo)
        assert await heard(page) == {"ack": "page-0001"}
        seen = (await heard(tab))["message"]
        assert await (await client.get(seen["picture"])).read() == PNG
        _, history = await open_page(client)
        again = await client.get(history[0]["picture"])
        assert (await again.read(), again.content_type) == (PNG, "image/png")
        assert (await client.get(history[0]["picture"] + "x")).status == 404
    said = house.inputs[0]
    assert (said.kind, said.text, said.attachments[0].type, said.attachments[0].size) == (Kind.PHOTO, "灯在这儿", "image/png", len(PNG))
    assert await house.chat.fetch(said.attachments[0]) == PNG


async def test_nobody_says_another_persons_photo() -> None:
    house = Silent()
    async with serving(house) as client:
        _, photo = await upload(client, "lishu")
        page, _ = await open_page(client)
        await say(page, "0001", photo=photo)
        assert "refused" in await heard(page)
    assert house.inputs == []


async def test_what_is_no_photo_or_too_large_is_refused() -> None:
    async with serving(Silent()) as client:
        assert await upload(client, kind="text/html") == (415, "")
        assert await upload(client, data=b"\xff\xd8\xff" + b"0" * PHOTO_LIMIT) == (413, "")
        assert (await upload(client, data=b"\xff\xd8\xff" + b"0" * (PHOTO_LIMIT - 3)))[0] == 200


async def test_a_page_that_calls_itself_a_picture_is_not_shown_as_a_page() -> None:
    async with serving(Silent()) as client:
        page, _ = await open_page(client)
        tab, _ = await open_page(client)
        _, photo = await upload(client, data=b"<script>alert(1)</script>")
        await say(page, "0001", photo=photo)
        shown = await client.get((await heard(tab))["message"]["picture"])
    assert (shown.content_type, shown.headers["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")


async def test_a_photo_no_longer_kept_is_an_error_with_a_word() -> None:
    house = Silent(shelf=MemoryShelf(limit=100))
    async with serving(house):
        first = await house.shelf.put(b"1" * 60)
        await house.shelf.put(b"2" * 60)
        with pytest.raises(SendError) as gone:
            await house.chat.fetch(Attachment(Kind.PHOTO, reference=first))
    assert gone.value.verdict == "ours"


# --- the pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/chat", "/chat?as=zhang", "/chat?lang=en", "/?lang=en"])
async def test_the_pages_run_nothing_but_our_own_files(path: str) -> None:
    async with serving(Silent()) as client:
        answer = await client.get(path)
        html = await answer.text()
    policy = answer.headers["Content-Security-Policy"]
    assert (answer.status, "'unsafe" in policy, "script-src 'self';" in policy) == (200, False, True)
    assert html.count("<script") == html.count('<script src="/chat/static/')
    assert not [bad for bad in ("<style", " style=", "onclick", "//cdn", "http:", "https:") if bad in html]


async def test_without_a_demonstration_there_is_no_demonstration_page() -> None:
    async with serving(Silent(), settings()) as client:
        assert (await client.get("/")).status == 404


@pytest.mark.parametrize(
    ("name", "status"), [("chat.js", 200), ("chat.css", 200), ("nothing.js", 404), ("..%2fchannel.py", 404), ("%2fetc%2fpasswd", 404)]
)
async def test_only_the_pages_own_files_are_served(name: str, status: int) -> None:
    async with serving(Silent()) as client:
        assert (await client.get(f"/chat/static/{name}")).status == status


async def test_who_asks_for_english_is_spoken_to_in_english() -> None:
    house = Silent()
    async with serving(house) as client:
        assert "Community assistant" in await (await client.get("/chat?lang=en")).text()
        page, _ = await open_page(client, "?as=zhang&lang=en")
        await say(page, "0001", "")
        assert (await heard(page))["note"] == texts.table("en", "webchat")["not_sent"]
        await say(page, "0002", "hello")
        await heard(page)
    assert house.inputs[0].language == "en"


@pytest.mark.parametrize(
    ("url", "key"), [("http://127.0.0.1:8080", "check_local"), ("http://[::1]:80", "check_local"), ("https://a.cn", "check_open")]
)
async def test_check_says_whether_the_web_chat_is_open_to_the_world(url: str, key: str) -> None:
    house = Silent()
    async with serving(house, settings(url)):
        [(fine, said, values)] = await house.chat.check()
    assert (fine, said) == (True, f"webchat.{key}")
    assert f"{url}/chat" in texts.render(said, values)


@pytest.mark.parametrize(
    ("remote", "forwarded", "taken"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # only a proxy on this machine is believed
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.66, 198.51.100.1", "198.51.100.1"),  # what the person claims stands first
    ],
)
def test_whose_internet_address_is_counted(remote: str, forwarded: str, taken: str) -> None:
    request = make_mocked_request("GET", "/chat", headers={"X-Forwarded-For": forwarded} if forwarded else {}).clone(remote=remote)
    assert came_from(request) == taken


def test_the_demonstration_has_everybody_once_and_no_empty_step() -> None:
    assert len({p.address for p in DEMO.people}) == len(DEMO.people) == 5
    assert [r.address for r in DEMO.rooms] == [ROOM]
    assert all(stage.hints and stage.title for stage in DEMO.stages)
    assert {h.person.address for s in DEMO.stages for h in s.hints} <= {p.address for p in DEMO.people}
