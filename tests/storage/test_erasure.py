"""删除我的资料: afterwards nobody can read a byte of what somebody wrote, in any table; but what the law keeps, until its term.

Every table of the metadata is searched, so one that is added later is covered by itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from community.erasure import Forgotten, keeps_until
from dialogue.words import Kind, ResidentId
from storage import contacts, erasure, keys, residents
from storage.database import Personal, Tx, sqlite_path
from storage.tables import metadata
from tests.house import Hall, play

NAME = "赵翡翠"
SAID = {  # what 老赵 says, each with a word that nobody else ever says
    "翡翠你好": "你好，我是翡翠你好",
    NAME: f"我是 3号楼1单元202 {NAME} 租户",
    "翡翠算盘": "微心愿 想要一把翡翠算盘",
    "翡翠花坛": "金点子 把花坛改成翡翠花坛",
    "翡翠水管": "诉求 翡翠水管漏水三天了",
    "翡翠补充": "补充 3 翡翠补充一句",
    "翡翠更正": "更正 翡翠更正一下面积",
    "翡翠提问": "提问 公示1 翡翠提问这笔钱",
    "翡翠异议": "异议 公示1 翡翠异议不对",
    "翡翠问问": "问 翡翠问问几点来水",
    "翡翠回电": "回电",
    "翡翠问卷": "问卷",
    "翡翠闲聊": "今天天气真好，翡翠闲聊一会儿",
}
OTHERS = "鸳鸯火锅"  # what a neighbour says: it stays


STORY = f"""
! known
! group
老赵> {SAID["翡翠你好"]}
老赵> 同意
老赵> {SAID[NAME]}
老李> 确认
老李> 确认 6
小王> 发布公示 公共收益公示⏎电梯广告收入3600元。⏎类别 业主⏎期限 15天⏎范围 3号楼
小王> [发布]
小王> (文件) 满意度问卷.xlsx
小王> 发布问卷 1 3号楼
小王> [发布]
老李> 发起投票 楼道刷什么颜色⏎白色⏎米色
老李> [发布]
老赵> 投票 1 1
老赵> 改投 1 2
老赵> 问卷 1
{"".join(f"老赵> {answer}{chr(10)}" for answer in ["好", "不满意", "翡翠问卷太吵", "3", "翡翠问卷", "1", "89.5"])}老赵> 退出
{"".join(f"老赵> {SAID[word]}{chr(10)}老赵> 1{chr(10)}" for word in list(SAID)[2:-3])}老赵> (照片) 翡翠水管的照片
老赵> 回电
老赵> 翡翠回电下午三点
老赵> 找人
老赵> {SAID["翡翠闲聊"]}
老赵> 菜单
老赵> 我的资料
老赵@群> @睦邻 进度 3 翡翠水管
李叔> 诉求 楼下{OTHERS}太吵
小王> 进度
小王> 进度 3
小王> 派单 3 小赵
小赵> 进度 3
小王> 答复 事项3 这事在办
小王> 办结 3 已经修好
小王> 答复 异议1 已经看过
小王> 公示 1
李叔> 附议 3
李叔> 进度 3
老赵> 评价 3 5 翡翠水管修得好
老赵> 退订
"""


async def live(hall: Hall) -> None:
    """老赵 does whatever a resident can do; officers read, list and answer it. What exactly they hear is not the point here."""
    await play(hall, STORY.strip())


async def test_nothing_of_a_forgotten_person_can_be_read(database_url: str) -> None:
    hall = await Hall.open(database_url)
    try:
        await live(hall)
        before = await hall.database.read(found, words())
        assert {"inbox", "outbox", "residents", "claims", "corrections", "matters", "responses", "objections"} <= set(before)  # it does see
        assert {("owners", "name"), ("households", "phones"), ("contacts", "address")} <= await hall.database.read(sealed)
        person = await hall.database.read(person_of, "老赵")

        await hall.says("老赵", "删除我的资料")
        await hall.taps("老赵", "确定删除")
        assert "已经删除" in hall.hears("老赵")[-1].text  # the last word still reached them
        assert not await hall.database.read(found, words(), person)  # at once, and not when the clock comes round
        await hall.moves_to(hall.now + timedelta(hours=1))

        after = await hall.database.read(found, words(), person)
        assert not after, f"still readable: {after}"
        assert await hall.database.read(found, words()) == {"objections": ["翡翠异议"]}  # what the law keeps, under its own key
        assert await hall.database.read(found, [OTHERS])
        assert await hall.database.read(left_of, person) == {"forget": False, "address": 0, "named": 0}
        raw_file_is_clean(database_url)
    finally:
        await hall.close()


async def test_whoever_comes_back_is_somebody_new(database_url: str) -> None:
    hall = await Hall.open(database_url)
    try:
        await hall.known()
        await hall.says("王女士", "删除我的资料")
        await hall.taps("王女士", "确定删除")
        await hall.says("王女士", "我的资料")
        assert "您同意吗" in hall.hears("王女士")[-1].text  # they are asked like anybody who comes for the first time
        await hall.says("王女士", "同意")
        assert "没登记" in hall.hears("王女士")[-1].text  # no home: the old claims ended
    finally:
        await hall.close()


async def test_an_officer_who_is_forgotten_holds_no_office(database_url: str) -> None:
    hall = await Hall.open(database_url)
    try:
        await hall.known()
        await hall.says("老李", "删除我的资料")
        await hall.taps("老李", "确定删除")
        await hall.says("老李", kind=Kind.JOINED)
        await hall.says("老李", "同意")
        await hall.says("老李", "确认")
        assert "要请" in hall.hears("老李")[-1].text
        await hall.says("老赵", "我是 3号楼1单元202 赵德发 租户")
        await hall.says("老赵", "同意")
        assert "您认识吗" in hall.hears("小赵")[-1].text  # the post is vacant: the next of them is asked
    finally:
        await hall.close()


async def test_what_the_law_keeps_goes_when_its_term_ends(database_url: str) -> None:
    hall = await Hall.open(database_url)
    try:
        await hall.known()
        person = await hall.database.read(person_of, "王女士")
        kept = await hall.database.transaction(lambda tx: keys.seal(tx, person, "投了反对", keys.KEEP))
        own = await hall.database.transaction(lambda tx: keys.seal(tx, person, "翡翠"))
        await hall.database.transaction(_forget, person, hall.now)
        await hall.moves_to(hall.now + timedelta(days=30))
        assert await hall.database.read(lambda tx: keys.read(tx, own)) == ""
        assert await hall.database.read(lambda tx: keys.read(tx, kept)) == "投了反对"
        await hall.moves_to(hall.now.replace(year=hall.now.year + 3))
        assert await hall.database.read(lambda tx: keys.read(tx, kept)) == ""
    finally:
        await hall.close()


async def test_what_is_exported_is_what_they_wrote_and_nobody_elses(database_url: str) -> None:
    hall = await Hall.open(database_url)
    try:
        await live(hall)
        resident = await hall.database.read(person_of, "老赵")
        mine = await hall.database.read(lambda tx: erasure.export(tx, 1, resident))
        assert mine["name"] == NAME
        assert any("翡翠更正" in str(row["text"]) for row in mine["corrections"])
        assert any("翡翠算盘" in str(row["input"]) for row in mine["inbox"])
        assert OTHERS not in str(mine)
    finally:
        await hall.close()


# --- the search ---------------------------------------------------------------------------------------------------


def words() -> list[str]:
    return [*SAID]


def found(tx: Tx, wanted: list[str], spare: str = "") -> dict[str, list[str]]:
    """table -> which of these words can be read in it, opening whatever any key opens but the KEEP key of `spare`."""
    theirs = (keys.keys.c.person == spare, keys.keys.c.purpose.startswith(keys.KEEP[:1]))
    kept = {row.id for row in tx.all(select(keys.keys.c.id).where(*theirs))}
    seen: dict[str, list[str]] = {}
    for table in metadata.sorted_tables:
        for row in tx.all(select(table)):
            readable = b"\n".join(text for value in row for text in opened(tx, value, kept))
            hits = [word for word in wanted if any(form in readable for form in forms(word))]
            if hits:
                seen[table.name] = sorted({*seen.get(table.name, []), *hits})
    return seen


def sealed(tx: Tx) -> set[tuple[str, str]]:
    """The (table, column)s that hold something personal; each of their values is closed with a key there is."""
    known = set(tx.connection.scalars(select(keys.keys.c.id)))
    filled = set()
    for table in metadata.sorted_tables:
        for column in (c for c in table.c if isinstance(c.type, Personal)):
            for value in tx.connection.scalars(select(column).where(column.is_not(None))):
                assert int.from_bytes(bytes(value)[:8]) in known, f"{table.name}.{column.name} is not sealed"
                filled.add((table.name, column.name))
    return filled


def opened(tx: Tx, value: Any, kept: set[int]) -> Iterator[bytes]:
    """A value as it stands, and everything that the remaining keys make of it."""
    if isinstance(value, str):
        yield value.encode()
    data = bytes(value) if isinstance(value, bytes | memoryview) else None
    while data:
        yield data
        number = int.from_bytes(data[:8]) if len(data) > 48 else -1
        data = keys.unseal(tx, data) if number > 0 and number not in kept and number < 2**40 else None


def forms(word: str) -> list[bytes]:
    """The same word as UTF-8, UTF-16 and as JSON escapes it."""
    return [word.encode(), word.encode("utf-16-le"), word.encode("unicode_escape")]


def person_of(tx: Tx, name: str) -> str:
    contact = contacts.find(tx, "test", name)
    assert contact is not None
    found: str = tx.scalar(select(contacts.contacts.c.person).where(contacts.contacts.c.id == contact))
    return found


def left_of(tx: Tx, person: str) -> dict[str, Any]:
    """What could still point at them: a key, an address, a name."""
    chats = contacts.contacts.c.person == person
    who = residents.residents
    return {
        "forget": tx.one(select(keys.keys.c.id).where(keys.keys.c.person == person, keys.keys.c.purpose == keys.FORGET)) is not None,
        "address": len(tx.all(select(contacts.contacts.c.id).where(chats, contacts.contacts.c.address.is_not(None)))),
        "named": len(tx.all(select(who.c.id).where(who.c.person == person, who.c.name.is_not(None)))),
    }


def _forget(tx: Tx, person: str, now: datetime) -> None:
    contact = tx.scalar(select(contacts.contacts.c.id).where(contacts.contacts.c.person == person))
    erasure.record_forgotten(tx, 1, Forgotten(ResidentId(person), person, contact, now, keeps_until(now.date(), 1)))


def raw_file_is_clean(url: str) -> None:
    """Not even in the bytes of the SQLite file, or of its log after a checkpoint."""
    if not url.startswith("sqlite"):
        return
    path = sqlite_path(url)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in (path, path.with_name(path.name + "-wal")):
        data = file.read_bytes() if file.exists() else b""
        assert not [word for word in words() for form in forms(word) if form in data], file.name


@pytest.fixture(autouse=True)
def _no_words_in_logs(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    out, err = capsys.readouterr()
    assert not [word for word in words() if word in out + err]
