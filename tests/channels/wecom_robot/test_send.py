"""Group robots beside a platform that counts, refuses and loses answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import texts
from channels.contract import SendError
from channels.wecom_robot import Robots, Settings
from channels.wecom_robot.channel import address_of
from dialogue.words import Attachment, Kind, Rendered
from tests.fakes.wecom_robot import FakeRobots

PATH = "幸福里/3号楼"
HERE = address_of(PATH)


@pytest.fixture
async def fake() -> AsyncIterator[FakeRobots]:
    f = FakeRobots()
    await f.start()
    f.add("k3")
    yield f
    await f.stop()


@pytest.fixture
async def robots(fake: FakeRobots) -> AsyncIterator[Robots]:
    r = Robots(Settings({PATH: "k3", "幸福里/4号楼": "gone"}, fake.base, ("@所有人",)))
    yield r
    await r.stop()


def said(fake: FakeRobots) -> list[str]:
    return [post[post["msgtype"]]["content"] for post in fake.groups["k3"]]


async def failure(robots: Robots, words: Rendered, address: str = HERE) -> SendError:
    with pytest.raises(SendError) as caught:
        await robots.send(address, words, key="m1")
    return caught.value


async def test_a_post_stands_in_the_group(fake: FakeRobots, robots: Robots) -> None:
    assert (await robots.send(HERE, Rendered("@所有人 今晚停水"), key="m1-7")).id == "m1-7"
    assert fake.groups["k3"] == [{"msgtype": "text", "text": {"content": "@所有人 今晚停水", "mentioned_list": ["@all"]}}]


async def test_above_twenty_a_minute_it_waits_and_loses_nothing(fake: FakeRobots, robots: Robots) -> None:
    for n in range(20):
        await robots.send(HERE, Rendered(f"第{n}条"))
    error = await failure(robots, Rendered("第20条"))
    assert (error.verdict, error.after, error.bulk) == ("retry", 60, False)
    fake.now += 60
    await robots.send(HERE, Rendered("第20条"))
    assert said(fake) == [f"第{n}条" for n in range(21)]


async def test_long_words_that_broke_off_go_on_where_they_stopped(fake: FakeRobots, robots: Robots) -> None:
    for n in range(18):
        await robots.send(HERE, Rendered(f"第{n}条"))
    long = Rendered("\n\n".join(letter * 1300 for letter in "甲乙丙"))
    assert (await failure(robots, long)).verdict == "retry"
    fake.now += 60
    await robots.send(HERE, long, key="m1")
    assert [words.strip() for words in said(fake)[18:]] == ["甲" * 1300, "乙" * 1300, "丙" * 1300]
    fake.now += 60
    await robots.send(HERE, long, key="m1")  # said anew, it is said whole
    assert len(said(fake)) == 24


async def test_a_post_that_broke_off_and_was_stopped_shortens_no_later_one(fake: FakeRobots, robots: Robots) -> None:
    long = Rendered("\n\n".join(letter * 1300 for letter in "甲乙"))
    for n in range(19):
        await robots.send(HERE, Rendered(f"第{n}条"))
    assert (await failure(robots, long)).verdict == "retry"
    fake.now += 60
    await robots.send(HERE, long, key="m9")
    assert [words.strip()[0] for words in said(fake)[19:]] == ["甲", "甲", "乙"]


@pytest.mark.parametrize("address", [address_of("幸福里/4号楼"), "nowhere", ""])
async def test_where_no_robot_is_nobody_is_reached(robots: Robots, address: str) -> None:
    assert (await failure(robots, Rendered("今晚停水"), address)).verdict == "gone"


async def test_a_robot_that_is_switched_off_is_gone(fake: FakeRobots, robots: Robots) -> None:
    fake.off.add("k3")
    assert (await failure(robots, Rendered("今晚停水"))).verdict == "gone"


@pytest.mark.parametrize(("trouble", "taken"), [(502, 0), ("reset", 1)])
async def test_when_the_answer_is_lost_it_may_stand_there(fake: FakeRobots, robots: Robots, trouble: int | str, taken: int) -> None:
    fake.troubles = [trouble]
    error = await failure(robots, Rendered("今晚停水"))
    assert (error.verdict, error.uncertain) == ("retry", True)
    assert len(fake.groups["k3"]) == taken
    assert "k3" not in str(error)


async def test_nothing_to_say_is_our_own_fault(robots: Robots) -> None:
    assert (await failure(robots, Rendered(""))).verdict == "ours"
    with pytest.raises(SendError):
        await robots.fetch(Attachment(Kind.PHOTO))


@pytest.mark.parametrize(
    "given", ["k3", " k3 ", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k3", "https://x/send?key=k3&debug=1"]
)
async def test_a_key_may_be_pasted_with_its_address(fake: FakeRobots, given: str) -> None:
    robots = Robots(Settings({PATH: given}, fake.base))
    assert robots.secrets == ("k3",)
    assert "k3" not in repr(Settings({PATH: given}, fake.base))
    await robots.send(HERE, Rendered("今晚停水"))
    await robots.stop()
    assert said(fake) == ["今晚停水"]


async def test_check_asks_every_robot_and_posts_nothing(fake: FakeRobots, robots: Robots) -> None:
    found = await robots.check()
    assert [(good, key, values["path"]) for good, key, values in found] == [
        (True, "wecom_robot.robot", "幸福里/3号楼"),
        (False, "wecom_robot.no_robot", "幸福里/4号楼"),
    ]
    assert fake.groups["k3"] == []
    assert [key for _, key, _ in await Robots(Settings({}, fake.base)).check()] == ["wecom_robot.no_keys"]
    away = Robots(Settings({PATH: "k3"}, "http://127.0.0.1:1"))
    assert [(good, key) for good, key, _ in await away.check()] == [(False, "wecom_robot.unreachable")]
    ((_, key, values),) = await away.check()
    assert "api_base 写对了吗" in texts.render(key, values) and "Error" not in texts.render(key, values)
