"""Matters through the real turn: what two people do at once, what neighbours may see, pictures that come in pieces, what is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import command
from bot.turn import Done
from community.matters import Matter
from community.notices import NoticeCategory, NoticeId, NoticePosted, NoticeText, Openness
from dialogue.words import Attachment, Inbound, Kind, ResidentId
from storage import areas, contacts, keys, matters, media, notices
from storage.database import Tx
from tests.cast import GROUP
from tests.house import Hall


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    """The house with everybody at home."""
    house = await Hall.open(database_url)
    await house.known(large=False)
    yield house
    await house.close()


def resident(tx: Tx, name: str) -> str:
    contact = contacts.find(tx, "test", name)
    assert contact is not None
    return str(contacts.lock(tx, contact).speaker.resident)


async def matter(hall: Hall, number: int = 1) -> Matter:
    """事项N号 as it stands."""
    found = await hall.database.read(matters.by_number, 1, number)
    assert found is not None
    return found


def heard(hall: Hall, name: str) -> str:
    return "\n".join(line for message in hall.hears(name) for line in message.lines())


async def at_once(hall: Hall, *said: tuple[str, str]) -> list[Done]:
    """Several people speak in the same moment."""
    hall.said += 1
    inputs = [
        Inbound(
            channel="test",
            external_id=f"once {hall.said} {place}",
            address=name,
            text=text,
            id=command.new_id(hall.now)[:12] + f"{hall.said:04x}{place:04x}",
            at=hall.now,
        )
        for place, (name, text) in enumerate(said)
    ]
    done = list(await asyncio.gather(*(hall.take(inbound) for inbound in inputs)))
    await hall.send()
    return done


async def test_neighbours_who_join_at_once_are_all_counted(hall: Hall) -> None:
    await hall.says("李叔", "金点子 南门装雨棚")
    await at_once(hall, ("王女士", "附议 1"), ("陈先生", "附议 1"), ("老李", "附议 1"))
    assert len((await matter(hall)).supporters) == 3
    counts = sorted(heard(hall, name).partition("共")[2][0] for name in ("王女士", "陈先生", "老李"))
    assert counts == ["1", "2", "3"]


async def test_two_officers_cannot_both_take_it_on(hall: Hall) -> None:
    await hall.says("李叔", "诉求 门禁坏了")
    for name in ("小王", "小赵"):
        hall.hears(name)
    await at_once(hall, ("小王", "接单 1"), ("小赵", "接单 1"))
    told = [heard(hall, name) for name in ("小王", "小赵")]
    assert sum("已告诉提出人" in words for words in told) == 1
    assert sum("已经有人接了" in words for words in told) == 1


async def test_a_matter_that_is_withdrawn_while_it_is_closed_ends_one_way(hall: Hall) -> None:
    await hall.says("李叔", "诉求 门禁坏了")
    await at_once(hall, ("李叔", "撤销 1 好了"), ("小赵", "办结 1 修好了"))
    state = (await matter(hall)).state
    assert state in ("withdrawn", "closed")
    assert ("办完了" in heard(hall, "李叔")) == (state == "closed")


async def test_numbers_are_given_once(hall: Hall) -> None:
    names = ("李叔", "王女士", "陈先生", "老李", "小赵")
    await at_once(hall, *((name, f"诉求 {name}家的灯坏了") for name in names))
    numbers = [(await matter(hall, n)).number for n in range(1, 6)]
    assert numbers == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "text",
    [
        "长" * 10_000,
        "<script>alert(1)</script>",
        "{{ config }} {% for %}",
        "Robert'); DROP TABLE matters;--",
        "灯坏了\n\n\n第二段\x00",
        "👨‍👩‍👧 家里灯坏",
    ],
)
async def test_whatever_is_raised_is_kept_as_it_was_said(hall: Hall, text: str) -> None:
    await hall.says("李叔", f"诉求 {text}")
    assert (await matter(hall)).text == text.strip()
    await hall.says("李叔", "进度 1")
    assert len(heard(hall, "李叔")) < 4096


async def test_the_same_wish_five_times_is_one(hall: Hall) -> None:
    for text in ("想要一副老花镜", "想要一副老花镜。", "想要一副老花镜！！", " 想要一副老花镜 ", "想要一副老花镜"):
        await hall.says("李叔", f"微心愿 {text}")
    assert await hall.database.read(matters.by_number, 1, 2) is None
    await hall.says("王女士", "微心愿 想要一副老花镜")
    assert (await matter(hall, 2)).author != (await matter(hall, 1)).author
    hall.now += timedelta(days=2)
    await hall.says("李叔", "微心愿 想要一副老花镜")
    assert (await matter(hall, 3)).number == 3


async def test_the_board_never_shows_who_or_a_request_in_words(hall: Hall) -> None:
    await hall.says("李叔", "诉求 3号楼1单元201李大山家漏水，电话13812345678")
    await hall.says("王女士", "微心愿 想学用手机，找我13987654321")
    await hall.says("王女士", "问 居住证怎么办")
    wish, request = await hall.database.read(matters.public, 1)
    assert (request.number, request.summary) == (1, "")
    assert "139****4321" in wish.summary
    assert "王女士" not in str(wish)
    assert request.place == "幸福里/3号楼/1单元"  # twelve homes; a floor would tell


async def picture(hall: Hall, name: str, text: str = "", *, album: str = "", content: bytes = b"1") -> None:
    digest = await hall.database.transaction(media.record_media, 1, name, "image/jpeg", content, hall.now)
    await hall.says(name, text, kind=Kind.PHOTO, attachments=(Attachment(Kind.PHOTO, "r", digest, name=album and f"album:{album}"),))


async def photos(hall: Hall, number: int) -> int:
    found = await matter(hall, number)
    return len({d for word in await hall.database.read(matters.thread, 1, found.id) for d in word.media})


async def test_an_album_is_one_matter_whichever_picture_has_the_words(hall: Hall) -> None:
    for n in range(3):
        await picture(hall, "李叔", "诉求 车棚塌了一角没人修" if n == 0 else "", album="a", content=b"%d" % n)
    assert len(hall.hears("李叔")) == 1
    assert await photos(hall, 1) == 3
    for n in range(3):
        await picture(hall, "王女士", "楼道堆满纸箱没人管" if n == 2 else "", album="b", content=b"%d" % n)
    await hall.taps("王女士", "记成诉求")
    assert await photos(hall, 2) == 3
    for n in range(3):
        await picture(hall, "陈先生", "门口的灯坏了没人修" if n == 0 else "", album="c", content=b"%d" % n)
    await hall.taps("陈先生", "记成诉求")
    assert await photos(hall, 3) == 3
    assert len(hall.hears("陈先生")) == 2
    for n in range(2):
        await picture(hall, "老李", "诉求 雨棚破了" if n == 0 else "", album="d", content=b"%d" % n)
    await hall.says("老李", "诉求 信箱锁不上")  # the pictures before it have their own words
    assert await photos(hall, 5) == 0


async def test_a_picture_that_did_not_arrive_loses_no_words(hall: Hall) -> None:
    lost = (Attachment(Kind.PHOTO, "r", name="media.not_fetched"),)
    await hall.says("李叔", "诉求 门禁坏了", kind=Kind.PHOTO, attachments=lost)
    assert "没有收全" in heard(hall, "李叔")
    assert (await matter(hall)).text == "门禁坏了"
    await hall.says("李叔", kind=Kind.FILE, attachments=(replace(lost[0], name="media.heic"),))
    assert "截个图" in heard(hall, "李叔")


async def test_plus_one_as_a_reply_joins_the_matter_it_answers(hall: Hall) -> None:
    await hall.with_group()
    await hall.says("李叔", "金点子 南门装雨棚")
    await hall.says("李叔", "金点子 北门装雨棚")
    await hall.says("王女士", "/progress 1", group=True)
    await hall.says("王女士", "/progress 2", group=True)
    first = hall.channel.ear(GROUP).heard[0]
    await hall.says("陈先生", "+1", group=True, question=first.id)
    assert len((await matter(hall, 1)).supporters) == 1
    assert not (await matter(hall, 2)).supporters
    await hall.says("陈先生", "我也是", question=first.id)  # the same number in another chat is another message
    assert not (await matter(hall, 2)).supporters


async def test_a_question_is_answered_by_what_was_published(hall: Hall) -> None:
    def post(tx: Tx) -> None:
        area = areas.by_path(tx, 1, "幸福里/3号楼")
        assert area is not None
        text = NoticeText("停水通知", "11月24日9点到17点换水管，3号楼停水。", NoticeCategory.PLAIN)
        ends = hall.now + timedelta(days=7)
        posted = NoticePosted(
            NoticeId("n1"), 1, text, area.id, Openness.SCOPE, ResidentId(resident(tx, "小王")), "", hall.now, ends.date(), ends, False
        )
        notices.record_posted(tx, 1, posted)

    await hall.database.transaction(post)
    await hall.says("李叔", "请问停水停到几点？")
    said = heard(hall, "李叔")
    assert "9点到17点" in said
    assert "公示1号" in said
    await hall.taps("李叔", "请人来答")
    assert (await matter(hall)).kind == "question"


async def test_what_was_raised_goes_with_its_author(hall: Hall) -> None:
    await hall.says("李叔", "金点子 南门装雨棚")
    await hall.says("小王", "采纳 1 明年装")
    await hall.says("王女士", "附议 1")

    def forget(tx: Tx) -> None:
        keys.destroy(tx, contacts.lock(tx, contacts.find(tx, "test", "李叔") or "").speaker.person)

    await hall.database.transaction(forget)
    left = await matter(hall)
    assert left.text == ""
    assert [word.text for word in await hall.database.read(matters.thread, 1, left.id)] == ["", ""]
    assert (await hall.database.read(matters.public, 1))[0].summary == ""
    hall.hears("小王")
    await hall.says("小王", "进度 1")
    assert "已删除" in heard(hall, "小王")
