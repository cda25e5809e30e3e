"""客户群 beside a platform that hands nothing out by itself: owners who forget, who wait a day, who tap twice; the day's quota."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

import texts
from channels.contract import SendError, Sent, Taken
from channels.wecom import Laid, Ports, Post, Settings, Wecom
from dialogue.words import Button, Inbound, Kind, Rendered
from storage.shared import InMemory
from tests.fakes.qyapi import Callback, FakeQyapi
from tests.fakes.qyapi_customers import Customers, Group
from tests.fakes.qyapi_messages import Member, Messages
from tests.fakes.sealed import Seal

AGENT, SECRET, TOKEN, AES_KEY = 1000002, "s3cret", "tok3n", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
MINUTE, HOUR, DAY = 60, 3600, 86400
VOTE = Rendered("投票3号《加装电梯》开始了。", (Button("去投票", url="https://mulin.example/g/abc"),))
WATER = Rendered("今晚十点停水。")
RESULT = Rendered("投票3号的结果：通过。")


@dataclass
class House:
    """What the house keeps of these posts, in as few lines as can be: the outbox's rows that wait, and what became of each."""

    door: Wecom = field(init=False)
    notes: dict[str, str] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    became: list[tuple[str, str]] = field(default_factory=list)
    ours: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    reason: str = ""
    stops: list[Post] = field(default_factory=list)  # stopped while they lay before their owner
    back: list[Post] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)  # key -> the platform's id of its post
    night: bool = False
    away: bool = False  # the database

    async def read(self, name: str) -> str:
        return self.notes.get(name, "")

    async def write(self, name: str, value: str) -> None:
        assert len(name) <= 64 and len(value) <= 512
        self.notes[name] = value

    async def bound(self) -> Sequence[str]:
        return [address for address in self.ours if address not in self.left]

    async def waiting(self) -> Sequence[Post]:
        return list(self.posts)

    async def stopped(self) -> Sequence[Post]:
        return [post for post in self.stops if post not in self.back]

    async def taken_back(self, post: str) -> None:
        self.back += [one for one in self.stops if one.id == post]

    async def sent_after_all(self, post: str) -> None:
        self.late.append(post)
        await self.taken_back(post)

    async def renamed(self, old: str, new: str) -> None:
        self.posts = [replace(post, id=new) if post.id == old else post for post in self.posts]
        self.said = {key: new if id_ == old else id_ for key, id_ in self.said.items()}

    async def take(self, inbound: Inbound, raw: bytes) -> Taken:
        if self.away:
            return Taken(stored=False)
        if inbound.kind is Kind.LEFT:
            self.left.append(inbound.chat)
        else:
            assert inbound.kind is Kind.RECEIPT
            self.became += [(key, inbound.choice) for key, id_ in self.said.items() if id_ == inbound.question]
            self.reason = inbound.text
            self.posts = [post for post in self.posts if post.id != inbound.question]
        return Taken(stored=True)

    async def posts_(self, group: Group, words: Rendered, key: str, now: float) -> Sent:
        address = f"customers:{group.id}"
        sent = await self.door.send(address, words, key=key)
        assert sent.waits == "owner"
        self.said[key] = sent.id
        self.posts = [post for post in self.posts if post.id != sent.id] + [Post(sent.id, address, now)]
        return sent


@dataclass
class Scene:
    """A corp with 老李, whose group is that of 3号楼."""

    fake: FakeQyapi
    messages: Messages
    customers: Customers
    house: House
    li: Member
    group: Group

    async def posts(self, words: Rendered, key: str = "m1-1") -> Sent:
        return await self.house.posts_(self.group, words, key, self.fake.now)

    async def looks(self, seconds: float) -> None:
        """Time passes; the door looks every minute of it."""
        for _ in range(int(seconds // MINUTE)):
            self.fake.advance(MINUTE)
            await self.house.door.customers.owners.look(self.house.take)  # type: ignore[union-attr]

    def told(self) -> list[str]:
        return [shown.text for shown in self.li.seen]

    def asked(self, path: str) -> int:
        return sum(called == f"externalcontact/{path}" for called, _ in self.fake.calls)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    fake = FakeQyapi()
    await fake.start()
    app = fake.app(AGENT, SECRET)
    app.callback = Callback("http://127.0.0.1:1/hook/wecom", Seal(TOKEN, AES_KEY, fake.corp))
    messages = Messages(fake)
    customers = Customers(messages, app, page=2)
    fake.mount(messages)
    fake.mount(customers)
    house = House()
    laid = Laid(house.waiting, house.stopped, house.renamed, house.taken_back, house.sent_after_all)
    ports = Ports(house, house.bound, laid, lambda _: not house.night)
    words = lambda tag: texts.table(tag or texts.DEFAULT, "wecom")  # noqa: E731
    settings = Settings(fake.corp, AGENT, SECRET, TOKEN, AES_KEY, "https://mulin.example", words, fake.base)
    house.door = Wecom(settings, InMemory(), ports)
    house.door.now = lambda: fake.now
    li = messages.member("LaoLi", "老李")
    group = customers.group("3号楼群", li, "张阿姨", "王女士")
    house.ours.append(f"customers:{group.id}")
    yield Scene(fake, messages, customers, house, li, group)
    await house.door.stop()
    await fake.stop()


async def test_nothing_stands_in_the_group_until_its_owner_taps(scene: Scene) -> None:
    await scene.posts(VOTE)
    assert scene.group.seen == []
    assert scene.customers.before(scene.li) == ["投票3号《加装电梯》开始了。\n\n去投票：https://mulin.example/g/abc"]
    assert len(scene.told()) == 1 and "“3号楼群”有消息等您发送" in scene.told()[0] and "加装电梯" in scene.told()[0]
    await scene.looks(HOUR)
    assert scene.house.became == []
    scene.customers.taps(scene.li)
    await scene.looks(HOUR)
    assert len(scene.group.seen) == 1 and scene.house.became == [("m1-1", "sent")]


async def test_it_is_asked_after_five_minutes_and_then_ever_more_seldom(scene: Scene) -> None:
    await scene.posts(VOTE)
    await scene.looks(4 * MINUTE)
    assert scene.asked("get_groupmsg_task") == 0
    await scene.looks(2 * MINUTE)
    assert scene.asked("get_groupmsg_task") == 1
    await scene.looks(DAY - 6 * MINUTE)
    assert 24 <= scene.asked("get_groupmsg_task") <= 32


async def test_an_owner_who_forgets_is_reminded_once_and_by_day(scene: Scene) -> None:
    await scene.posts(VOTE)
    scene.house.night = True
    await scene.looks(DAY + 2 * HOUR)
    assert len(scene.told()) == 1, "nobody is woken"
    scene.house.night = False
    await scene.looks(2 * DAY)
    assert len(scene.told()) == 2 and "还等您发送" in scene.told()[1]
    assert [len(task.reminded) for task in scene.customers.tasks.values()] == [1]
    assert scene.house.became == [], "it still waits"


async def test_after_seven_days_it_is_taken_back_and_said_to_be_refused(scene: Scene) -> None:
    await scene.posts(VOTE)
    await scene.looks(7 * DAY + 2 * HOUR)
    assert scene.house.became == [("m1-1", "refused")] and "七天" in scene.house.reason
    scene.customers.taps(scene.li)
    assert scene.group.seen == [], "it cannot be sent after that"


async def test_an_owner_who_sends_after_a_day(scene: Scene) -> None:
    await scene.posts(VOTE)
    await scene.looks(DAY + HOUR)
    scene.customers.taps(scene.li)
    await scene.looks(HOUR)
    assert scene.house.became == [("m1-1", "sent")] and len(scene.group.seen) == 1


async def test_an_owner_who_taps_twice(scene: Scene) -> None:
    await scene.posts(VOTE)
    scene.customers.taps(scene.li)
    scene.customers.taps(scene.li)
    await scene.looks(HOUR)
    assert scene.house.became == [("m1-1", "sent")] and len(scene.group.seen) == 1


async def test_what_still_waits_leaves_with_what_is_new_at_one_tap(scene: Scene) -> None:
    await scene.posts(VOTE, "m1-1")
    await scene.looks(2 * HOUR)
    await scene.posts(WATER, "m2-1")
    before = scene.customers.before(scene.li)
    assert len(before) == 1 and before[0].index("加装电梯") < before[0].index("停水")
    await scene.posts(RESULT, "m3-1")
    assert len(scene.customers.before(scene.li)) == 1
    assert ["停水" in told for told in scene.told()] == [False, True, False], "what is new"
    scene.customers.taps(scene.li)
    await scene.looks(HOUR)
    assert len(scene.group.seen) == 1 and all(said in scene.group.seen[0] for said in ("加装电梯", "停水", "通过"))
    assert sorted(scene.house.became) == [("m1-1", "sent"), ("m2-1", "sent"), ("m3-1", "sent")]


async def test_too_much_for_one_message_waits_beside_it(scene: Scene) -> None:
    await scene.posts(Rendered("甲" * 1200), "m1-1")
    await scene.posts(Rendered("乙" * 1200), "m2-1")
    assert [text[0] for text in scene.customers.before(scene.li)] == ["甲", "乙"]
    scene.customers.taps(scene.li)
    await scene.looks(HOUR)
    assert scene.house.became == [("m1-1", "sent"), ("m2-1", "refused")] and "今天" in scene.house.reason


async def test_a_group_rests_for_a_day_after_its_owner_sent_something(scene: Scene) -> None:
    address = f"customers:{scene.group.id}"
    assert await scene.house.door.rests(address) == 0
    await scene.posts(VOTE)
    assert await scene.house.door.rests(address) == 0, "what waits takes more along"
    await scene.looks(HOUR)
    scene.customers.taps(scene.li)
    await scene.looks(2 * HOUR)
    assert await scene.house.door.rests(address) == DAY - 2 * HOUR
    assert scene.house.door.daily(address) and not scene.house.door.daily("appchat:x")


async def test_what_comes_a_moment_after_the_owners_tap_waits_a_day(scene: Scene) -> None:
    await scene.posts(VOTE)
    scene.customers.taps(scene.li)
    with pytest.raises(SendError) as caught:
        await scene.posts(WATER, "m2-1")
    assert (caught.value.verdict, caught.value.after) == ("retry", DAY)
    scene.fake.advance(DAY)
    await scene.posts(WATER, "m2-1")
    scene.customers.taps(scene.li)
    assert scene.group.seen[1] == WATER.text


async def test_a_day_on_which_somebody_sent_by_hand_is_refused_in_words(scene: Scene) -> None:
    await scene.posts(VOTE)
    scene.group.sent_on.add(int((scene.fake.now + 8 * HOUR) // DAY))
    scene.customers.taps(scene.li)
    await scene.looks(HOUR)
    assert scene.group.seen == [] and scene.house.became == [("m1-1", "refused")]
    assert "企业微信没有发" in scene.house.reason


async def test_a_task_whose_answer_was_lost_is_not_made_twice(scene: Scene) -> None:
    other = scene.customers.group("3号楼二群", scene.li, "陈先生")
    await scene.house.posts_(other, VOTE, "m1-9", scene.fake.now)
    scene.fake.goes_wrong("externalcontact/add_msg_template", how="reset", done=True)
    with pytest.raises(SendError) as caught:
        await scene.posts(VOTE)
    assert caught.value.verdict == "retry"
    scene.fake.advance(2)
    sent = await scene.posts(VOTE)
    assert len(scene.customers.before(scene.li)) == 2 and scene.customers.tasks[sent.id].chats == [scene.group.id]


async def test_a_joined_task_whose_answer_was_lost_takes_the_earlier_post_along(scene: Scene) -> None:
    await scene.posts(VOTE, "m1-1")
    scene.fake.goes_wrong("externalcontact/add_msg_template", how="reset", done=True)
    with pytest.raises(SendError):
        await scene.posts(WATER, "m2-1")
    await scene.posts(WATER, "m2-1")
    assert len(scene.customers.before(scene.li)) == 1
    scene.customers.taps(scene.li)
    await scene.looks(HOUR)
    assert sorted(scene.house.became) == [("m1-1", "sent"), ("m2-1", "sent")] and scene.group.seen[0].count("加装电梯") == 1


async def test_a_lost_answer_is_made_good_beside_another_owners_group(scene: Scene) -> None:
    wang = scene.messages.member("WangFang", "王芳")
    await scene.house.posts_(scene.customers.group("4号楼群", wang, "陈先生"), VOTE, "m1-9", scene.fake.now)
    scene.fake.goes_wrong("externalcontact/add_msg_template", how="reset")
    with pytest.raises(SendError):
        await scene.posts(VOTE)
    await scene.posts(VOTE)
    assert len(scene.customers.before(scene.li)) == len(scene.customers.before(wang)) == 1


@pytest.mark.parametrize(
    ("code", "verdict", "after"),
    [(41048, "ours", None), (41063, "retry", 60), (40063, "ours", None), (45009, "retry", 60), (48002, "ours", None), (-1, "retry", None)],
)
async def test_what_wecom_refuses(scene: Scene, code: int, verdict: str, after: float | None) -> None:
    scene.fake.goes_wrong("externalcontact/add_msg_template", code)
    with pytest.raises(SendError) as caught:
        await scene.posts(VOTE)
    assert (caught.value.verdict, caught.value.after) == (verdict, after)
    assert scene.told() == [], "nobody is asked to send what is not there"


async def test_words_that_are_too_long_keep_their_links(scene: Scene) -> None:
    await scene.posts(replace(VOTE, text="长" * 3000))
    text = scene.customers.before(scene.li)[0]
    assert len(text.encode()) <= 4000 and text.endswith("去投票：https://mulin.example/g/abc") and "长…" in text


async def test_an_owner_who_cannot_be_told_finds_it_all_the_same(scene: Scene) -> None:
    scene.li.visible = False
    await scene.posts(VOTE)
    assert len(scene.customers.before(scene.li)) == 1


async def test_a_database_that_is_away_learns_of_it_later(scene: Scene) -> None:
    await scene.posts(VOTE)
    scene.customers.taps(scene.li)
    scene.house.away = True
    await scene.looks(HOUR)
    scene.house.away = False
    await scene.looks(2 * HOUR)
    assert scene.house.became == [("m1-1", "sent")]


async def test_a_platform_that_is_down_is_asked_again(scene: Scene) -> None:
    await scene.posts(VOTE)
    scene.customers.taps(scene.li)
    scene.fake.goes_wrong("externalcontact/get_groupmsg_task", status=502, times=2)
    await scene.looks(HOUR)
    assert scene.house.became == [("m1-1", "sent")]


async def test_a_group_that_is_gone_or_unknown(scene: Scene) -> None:
    scene.group.dismissed = True
    with pytest.raises(SendError) as caught:
        await scene.posts(VOTE)
    assert caught.value.verdict == "gone"


async def test_a_group_with_nobody_left(scene: Scene) -> None:
    scene.group.reachable = False
    with pytest.raises(SendError) as caught:
        await scene.posts(VOTE)
    assert caught.value.verdict == "ours"
    assert scene.told() == []


async def test_only_what_became_of_it_in_this_group_counts(scene: Scene) -> None:
    sent = await scene.posts(VOTE)
    scene.customers.tasks[sent.id].results = {"wrOther": 1, scene.group.id: 0}
    scene.customers.tasks[sent.id].status = 2
    await scene.looks(HOUR)
    assert scene.house.became == []


async def test_what_was_stopped_cannot_be_sent_any_more(scene: Scene) -> None:
    await scene.posts(WATER)
    scene.house.stops, scene.house.posts = scene.house.posts, []
    scene.fake.goes_wrong("externalcontact/cancel_groupmsg_send", status=502)
    await scene.looks(MINUTE)
    assert scene.house.back == [], "not yet"
    await scene.looks(2 * MINUTE)
    assert [post.id for post in scene.house.back] == [scene.house.said["m1-1"]] and scene.house.late == []
    scene.customers.taps(scene.li)
    assert scene.group.seen == []


async def test_what_was_stopped_too_late_was_sent(scene: Scene) -> None:
    await scene.posts(WATER)
    scene.house.stops, scene.house.posts = scene.house.posts, []
    scene.customers.taps(scene.li)
    await scene.looks(MINUTE)
    assert scene.house.late == [scene.house.said["m1-1"]]


async def test_what_was_stopped_and_wecom_no_longer_knows_is_asked_about_ever_less_and_then_left(scene: Scene) -> None:
    await scene.posts(WATER)
    scene.house.stops, scene.house.posts = scene.house.posts, []
    scene.customers.tasks.clear()
    await scene.looks(DAY)
    assert scene.asked("get_groupmsg_task") == 24 and scene.house.back == []
    scene.fake.advance(6 * DAY)
    await scene.looks(DAY)
    assert scene.asked("get_groupmsg_task") == 25 and len(scene.house.back) == 1


async def hinted(scene: Scene, change: str = "update", times: int = 1) -> None:
    """The door hears that something happened, and is done with it."""
    customers, before = scene.house.door.customers, asyncio.all_tasks()
    assert customers
    for _ in range(times):
        customers.hint({"Event": "change_external_chat", "ChatId": scene.group.id, "ChangeType": change}, scene.house.take)
    await asyncio.gather(*(asyncio.all_tasks() - before))


async def test_many_hints_at_once_are_one_reading(scene: Scene) -> None:
    await hinted(scene, times=30)
    assert scene.asked("groupchat/get") == 1
    await hinted(scene)
    assert scene.asked("groupchat/get") == 2


async def test_a_dissolved_group_is_left_and_what_waited_there_is_refused(scene: Scene) -> None:
    await scene.posts(VOTE)
    scene.group.dismissed = True
    await hinted(scene, "dismiss")
    assert scene.house.left == [f"customers:{scene.group.id}"]
    assert scene.house.became == [("m1-1", "refused")] and "解散" in scene.house.reason


async def test_what_waited_for_the_old_owner_waits_for_the_new_one(scene: Scene) -> None:
    await scene.posts(VOTE)
    wang = scene.messages.member("WangFang", "王芳")
    scene.group.owner = wang
    await hinted(scene)
    assert scene.customers.before(scene.li) == [] and len(scene.customers.before(wang)) == 1
    assert "等您发送" in wang.seen[0].text
    scene.customers.taps(wang)
    await scene.looks(HOUR)
    assert scene.house.became == [("m1-1", "sent")]


async def test_a_new_owner_finds_it_once_though_the_answer_was_lost(scene: Scene) -> None:
    await scene.posts(VOTE)
    scene.group.owner = wang = scene.messages.member("WangFang", "王芳")
    scene.fake.goes_wrong("externalcontact/add_msg_template", how="reset", done=True)
    await hinted(scene)
    await hinted(scene)
    assert scene.customers.before(scene.li) == [] and len(scene.customers.before(wang)) == 1
    scene.customers.taps(wang)
    await scene.looks(HOUR)
    assert scene.house.became == [("m1-1", "sent")]


@pytest.mark.parametrize(
    "fields", [{}, {"Event": "change_external_chat"}, {"Event": "change_external_chat", "ChatId": ["a", "b"]}, {"Event": "x"}]
)
async def test_a_hint_that_says_nothing(scene: Scene, fields: dict[str, object]) -> None:
    customers, before = scene.house.door.customers, asyncio.all_tasks()
    assert customers
    customers.hint(fields, scene.house.take)
    assert asyncio.all_tasks() == before


async def test_every_page_of_a_long_list_is_read(scene: Scene) -> None:
    for n in range(4, 8):
        scene.customers.group(f"{n}号楼群", scene.li)
    found = await scene.house.door.chats.all()
    assert [(chat.name, chat.owner, chat.members) for chat in found[:2]] == [("3号楼群", "LaoLi", 3), ("4号楼群", "LaoLi", 1)]
    assert len(found) == 5


async def test_a_join_qr_is_made_once_and_follows_its_groups(scene: Scene) -> None:
    chats = scene.house.door.chats
    made = await chats.way([scene.group.id], "3号楼群", "a3")
    assert made.picture.endswith(".png") and scene.customers.ways[made.config]["state"] == "a3"
    again = await chats.way([scene.group.id, scene.customers.group("二群", scene.li).id], "3号楼群", "a3", made.config)
    assert again == made and len(scene.customers.ways) == 1 and len(scene.customers.ways[made.config]["chat_id_list"]) == 2


async def test_an_operator_hears_whether_the_application_may_see_to_these_groups(scene: Scene) -> None:
    customers = scene.house.door.customers
    assert customers
    assert [(fine, key) for fine, key, _ in await customers.findings()] == [(True, "wecom.customers_allowed")]
    scene.customers.allowed = False
    assert [(fine, key) for fine, key, _ in await customers.findings()] == [(False, "wecom.customers_not_allowed")]
    scene.house.ours.clear()
    assert await customers.findings() == []


async def test_what_happens_in_other_groups_of_the_corp_is_not_asked_about(scene: Scene) -> None:
    scene.house.ours.clear()
    await hinted(scene)
    assert scene.fake.calls == []
