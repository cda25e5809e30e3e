"""The web chat over real sockets: what a page says is kept once, and what the house says is never lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import WSMsgType

from channels.contract import Taken
from channels.webchat.demo import ROOM
from channels.webchat.ports import Line
from dialogue.words import Button, Inbound, Kind, Rendered
from storage.shared import InMemory
from tests.channels.webchat.serving import DEMO, Silent, heard, open_page, say, serving
from tests.fakes.echo_house import EchoHouse, settings

# --- kept, once, before it is acknowledged -------------------------------------------------------------------------


async def test_what_is_said_arrives_as_the_persons_own_words() -> None:
    house = Silent()
    async with serving(house) as client:
        page, history = await open_page(client)
        await say(page, "0001", "楼道灯坏了")
        assert await heard(page) == {"ack": "page-0001"}
    said = house.inputs[0]
    assert (said.channel, said.address, said.external_id) == ("webchat", "demo:zhang", "demo:zhang:page-0001")
    assert (said.kind, said.text, said.private, said.addressed, said.name, said.language) == (
        Kind.TEXT,
        "楼道灯坏了",
        True,
        True,
        "张阿姨",
        "",
    )
    assert history == []


async def test_the_page_is_told_kept_only_after_the_house_has_committed() -> None:
    entered, commit = asyncio.Event(), asyncio.Event()

    class Slow(Silent):
        async def take(self, inbound: Inbound, raw: bytes) -> Taken:
            entered.set()
            await commit.wait()
            return await super().take(inbound, raw)

    house = Slow()
    async with serving(house) as client:
        page, _ = await open_page(client)
        await say(page, "0001", "投票3 2")
        await entered.wait()
        await house.chat.send("demo:zhang", Rendered("别的事"))
        assert (await heard(page))["message"]["text"] == "别的事"  # the line is open, and nothing was acknowledged on it
        commit.set()
        assert await heard(page) == {"ack": "page-0001"}


async def test_said_again_after_a_lost_acknowledgement_it_counts_once() -> None:
    house = EchoHouse()
    async with serving(house) as client:
        page, _ = await open_page(client)
        await say(page, "0001", "诉求 漏水")
        await page.close()
        again, history = await open_page(client)
        await say(again, "0001", "诉求 漏水")
        while "ack" not in (word := await heard(again)):
            assert word["message"]["id"] != "page-0001" or not any(m["id"] == "page-0001" for m in history)
        other, history = await open_page(client)
    assert len(house.inputs) == 1
    assert [(m["from"], m["text"]) for m in history] == [("me", "诉求 漏水"), ("bot", "收到：诉求 漏水")]
    assert history[0]["id"] == "page-0001"
    assert other.closed


async def test_while_the_database_is_away_the_page_is_asked_to_say_it_again() -> None:
    house = Silent()
    async with serving(house) as client:
        page, _ = await open_page(client)
        house.away = 7
        await say(page, "0001", "您好")
        assert await heard(page) == {"again": 7, "id": "page-0001"}
        house.away = 0
        await say(page, "0001", "您好")
        assert await heard(page) == {"ack": "page-0001"}
    assert len(house.inputs) == 1


async def test_a_page_opened_while_the_database_is_away_is_told_to_wait() -> None:
    async with serving(Silent(away=7)) as client:
        socket = await client.ws_connect("/chat/ws?as=zhang")
        assert await heard(socket) == {"again": 7}


async def test_a_word_for_whoever_pressed_is_shown_with_the_acknowledgement() -> None:
    async with serving(Silent(alert="您的选择已更新")) as client:
        page, _ = await open_page(client)
        await say(page, "0001", "要装", choice="vote 1 1", question="w_1")
        assert await heard(page) == {"ack": "page-0001", "note": "您的选择已更新"}


async def test_a_press_carries_its_payload_and_the_message_it_stands_under() -> None:
    house = Silent()
    async with serving(house) as client:
        page, _ = await open_page(client)
        asked = await house.say(
            "demo:zhang", Rendered("同意吗？", (Button("同意", "consent"), Button("全文", url="/privacy", aside=True)), large=True)
        )
        shown = (await heard(page))["message"]
        assert shown["buttons"] == [{"text": "同意", "payload": "consent"}, {"text": "全文", "url": "/privacy", "aside": True}]
        assert (shown["id"], shown["large"], shown["from"]) == (asked, True, "bot")
        await say(page, "0001", "同意", choice="consent", question=asked)
        await heard(page)
    assert (house.inputs[0].kind, house.inputs[0].choice, house.inputs[0].question) == (Kind.CHOICE, "consent", asked)


# --- never lost ----------------------------------------------------------------------------------------------------


async def test_what_the_house_said_while_nobody_looked_is_found_in_the_mailbox() -> None:
    house = EchoHouse()
    async with serving(house) as client:
        await house.say("demo:zhang", Rendered("公示3号已经贴出"))
        await house.say("demo:lishu", Rendered("给别人的话"))
        _, history = await open_page(client)
    assert [m["text"] for m in history] == ["公示3号已经贴出"]


async def test_a_message_lost_on_its_way_between_processes_is_found_by_looking_again() -> None:
    class Lossy(InMemory):
        async def publish(self, topic: str, data: bytes) -> None: ...

    house = Silent(fanout=Lossy())
    async with serving(house, replace(settings(demo=DEMO), look_again=0.01)) as client:
        page, _ = await open_page(client)
        await house.say("demo:zhang", Rendered("别丢了我"))
        assert (await heard(page))["message"]["text"] == "别丢了我"
        await house.say("demo:zhang", Rendered("第二句"))
        assert (await heard(page))["message"]["text"] == "第二句"  # and the first is not shown twice


async def test_a_message_sent_while_the_history_is_read_is_shown_once() -> None:
    reading, go_on = asyncio.Event(), asyncio.Event()

    class SlowReader(Silent):
        async def history(self, address: str) -> list[Line]:
            reading.set()
            await go_on.wait()
            return list(self.mailbox.get(address, []))

    house = SlowReader()
    async with serving(house) as client:
        socket = await client.ws_connect("/chat/ws?as=zhang")
        await reading.wait()
        await house.say("demo:zhang", Rendered("在历史里"))
        await house.chat.send("demo:zhang", Rendered("不在历史里"))
        go_on.set()
        assert [m["text"] for m in (await heard(socket))["messages"]] == ["在历史里"]
        assert (await heard(socket))["message"]["text"] == "不在历史里"


async def test_two_tabs_of_one_person_show_the_same_conversation() -> None:
    async with serving(EchoHouse()) as client:
        one, _ = await open_page(client)
        two, _ = await open_page(client)
        await say(one, "0001", "您好")
        there = [(await heard(two))["message"], (await heard(two))["message"]]
        assert {(m["from"], m["text"]) for m in there} == {("me", "您好"), ("bot", "收到：您好")}
        here = [await heard(one), await heard(one)]
        assert {tuple(word) for word in here} == {("ack",), ("message",)}  # its own words are not shown to it again


async def test_pages_are_told_to_come_back_when_the_process_stops() -> None:
    house = Silent()
    async with serving(house) as client:
        page, _ = await open_page(client)
        stopping = asyncio.create_task(house.chat.stop())
        farewell = await page.receive(timeout=10)
        await stopping
        assert (farewell.type, farewell.data) == (WSMsgType.CLOSE, 1001)


# --- rooms ---------------------------------------------------------------------------------------------------------


async def test_neighbours_hear_each_other_and_the_house_hears_only_what_is_meant_for_it() -> None:
    house = Silent()
    async with serving(house) as client:
        li, _ = await open_page(client, f"?as=laoli&chat={ROOM}")
        zhang, _ = await open_page(client, f"?as=zhang&chat={ROOM}")
        await say(li, "0001", "今晚停水，公示看了吗")
        assert await heard(li) == {"ack": "page-0001"}
        assert (await heard(zhang))["message"]["from"] == "老李"
        assert house.inputs == []
        await say(li, "0002", "#绑定本群 幸福里/3号楼")
        assert (await heard(zhang))["message"]["text"] == "#绑定本群 幸福里/3号楼"
        _, history = await open_page(client, f"?as=chen&chat={ROOM}")
    said = house.inputs[0]
    assert (said.text, said.chat, said.address, said.addressed) == ("绑定本群 幸福里/3号楼", ROOM, "demo:laoli", True)
    assert [m["text"] for m in history] == ["今晚停水，公示看了吗", "#绑定本群 幸福里/3号楼"]


@pytest.mark.parametrize(
    ("typed", "arrives"),
    [
        ("公示", None),
        ("大家看看 #公示", None),
        ("睦邻 公示", None),
        ("@张阿姨 公示", None),
        ("#公示", "公示"),
        ("＃ 公示", "公示"),
        ("@睦邻 公示", "公示"),
        ("＠小睦，投票 3", "投票 3"),
        ("@睦邻", ""),
        ("/notices 2", "/notices 2"),
        ("／bindgroup 幸福里/3号楼", "/bindgroup 幸福里/3号楼"),
    ],
)
async def test_who_is_called_in_a_room(typed: str, arrives: str | None) -> None:
    house = Silent()
    async with serving(house) as client:
        page, _ = await open_page(client, f"?as=laoli&chat={ROOM}")
        await say(page, "0001", typed)
        assert await heard(page) == {"ack": "page-0001"}
    assert [i.text for i in house.inputs] == ([] if arrives is None else [arrives])


async def test_a_choice_made_in_a_room_is_never_shown_to_the_room() -> None:
    house = Silent()
    async with serving(house) as client:
        zhang, _ = await open_page(client, f"?as=zhang&chat={ROOM}")
        li, _ = await open_page(client, f"?as=laoli&chat={ROOM}")
        await say(zhang, "0001", "反对", choice="vote 3 2", question="w_9")
        assert await heard(zhang) == {"ack": "page-0001"}
        await say(zhang, "0002", "我选好了")
        assert (await heard(li))["message"]["text"] == "我选好了"
        _, history = await open_page(client, f"?as=chen&chat={ROOM}")
    assert [(i.choice, i.chat, i.addressed) for i in house.inputs] == [("vote 3 2", ROOM, True)]
    assert [m["text"] for m in history] == ["我选好了"]


async def test_chatter_said_again_after_a_lost_acknowledgement_stands_there_once() -> None:
    async with serving(Silent()) as client:
        page, _ = await open_page(client, f"?as=laoli&chat={ROOM}")
        for _ in range(2):
            await say(page, "0001", "都在吗")
            assert await heard(page) == {"ack": "page-0001"}
        _, history = await open_page(client, f"?as=zhang&chat={ROOM}")
    assert [m["text"] for m in history] == ["都在吗"]


async def test_mailbox_times_are_those_of_the_world() -> None:
    house = Silent(mailbox={"demo:zhang": [Line("w_1", datetime(2026, 11, 29, 12, 0, tzinfo=UTC), "早")]})
    async with serving(house) as client:
        _, history = await open_page(client)
    assert history[0]["at"] == "2026-11-29T12:00:00Z"
