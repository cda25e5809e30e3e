"""Responses belong to residents: one each, from any chat, sealed, complete at the closing, and gone when their author is forgotten."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from csv import reader
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from bot import command
from bot.cli import surveys
from bot.intake import Intake
from bot.turn import Done
from dialogue.words import Attachment, Inbound, Kind, Refused
from storage import contacts, keys, questionnaires, residents, responses
from storage.database import Tx
from surveys.responses import ResponseState
from tests.house import Hall, OurChannel
from tests.questionnaires import WORKBOOKS, charging, faulty

table = responses.responses


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    """充电桩 is asked in 3号楼 until 1 December 20:00."""
    house = await Hall.open(database_url)
    await house.known(large=False)
    await house.workbook("小王", "充电桩.xlsx")
    await house.says("小王", "发布问卷 1 3号楼 12月1日20:00")
    await house.taps("小王", "发布")
    yield house
    await house.close()


async def answers(hall: Hall, name: str, *said: str) -> None:
    for words in said:
        await hall.says(name, words)


async def all_in(hall: Hall, most: int = 200, number: int = 1) -> list[dict[str, str]]:
    """Everything handed in, read batch by batch."""

    def read(tx: Tx) -> list[dict[str, str]]:
        publication = questionnaires.by_number(tx, 1, number)
        assert publication is not None
        found, after = responses.submitted(tx, 1, publication.id, most=most)
        while after:
            more, after = responses.submitted(tx, 1, publication.id, after, most)
            found += more
        return [dict(one.answers) for one in found]

    return await hall.database.read(read)


def resident_of(tx: Tx, name: str) -> tuple[str, str]:
    contact = contacts.find(tx, "test", name)
    assert contact
    speaker = contacts.speaker(tx, contact)
    assert speaker and speaker.resident
    return speaker.resident, speaker.person


def second_chat(tx: Tx, of: str, name: str, now: Any) -> None:
    """The same resident writes from another telephone."""
    resident, person = resident_of(tx, of)
    met = contacts.meet(tx, Inbound(channel="test", external_id=name, address=name, id=f"c-{name}", at=now), 1)
    contacts.settle(tx, met.speaker.contact, consent="given", resident_id=resident, person=person, reached=True)


async def test_begun_on_one_telephone_and_finished_on_another(hall: Hall) -> None:
    await hall.database.transaction(second_chat, "王女士", "王女士的平板", hall.now)
    await answers(hall, "王女士", "问卷1", "需要")
    await answers(hall, "王女士的平板", "继续", "2", "东门", "提交")
    assert await all_in(hall) == [{"/data/need": "yes", "/data/bikes": "2", "/data/where": "东门"}]


async def test_bare_words_answer_the_question_their_own_chat_showed_last(hall: Hall) -> None:
    await hall.database.transaction(second_chat, "王女士", "王女士的平板", hall.now)
    await answers(hall, "王女士", "问卷1", "需要")  # this chat shows: how many?
    await answers(hall, "王女士的平板", "继续", "2")  # the other one is at: where?
    await answers(hall, "王女士", "3")
    assert [m.text for m in hall.hears("王女士")][-2:] == ["已改：您家有几辆电动车？ 3", "（3/3）装在哪里好？\n请用自己的话说。"]


async def test_two_chats_of_one_resident_at_the_same_instant_lose_nothing(hall: Hall) -> None:
    await hall.database.transaction(second_chat, "王女士", "王女士的平板", hall.now)
    said = [_inbound(hall, name, "survey 1", n) for n, name in enumerate(("王女士", "王女士的平板"))]
    await asyncio.gather(*(hall.take(one) for one in said))
    taps = [_inbound(hall, "王女士", "answer 1 1 1", 2), _inbound(hall, "王女士的平板", "answer 1 2 1", 3)]
    await asyncio.gather(*(hall.take(one) for one in taps))
    kept = await hall.database.read(lambda tx: tx.all(select(table.c.id)))
    assert len(kept) == 1
    interview = await hall.database.read(_interview, "王女士")
    assert interview.answers["/data/need"] == "yes"


async def test_exactly_what_was_handed_in_before_the_end_counts(hall: Hall) -> None:
    """Answers handed in in the last second run beside the closing: each is counted in what is announced, or refused."""
    people = ("王女士", "李叔", "陈先生", "张阿姨", "老李")
    for number in range(2, 8):
        await hall.workbook("小王", "充电桩.xlsx")
        await hall.says("小王", f"发布问卷 {number} 3号楼 1小时")
        await hall.taps("小王", "发布")
        for name in people:
            await answers(hall, name, f"问卷{number}", "不需要", "跳过")
        publication = await hall.database.read(questionnaires.by_number, 1, number)
        assert publication is not None and publication.closes_at is not None
        hall.now = publication.closes_at - timedelta(milliseconds=1)
        last = [_inbound(hall, name, f"answer {number} submit", place) for place, name in enumerate(people)]
        hall.now = publication.closes_at
        done = await asyncio.gather(*map(hall.take, last[:2]), hall.clock.catch_up(), *map(hall.take, last[2:]))
        said = [one.replies[0].text for one in done if isinstance(one, Done)]
        thanked = sum("已经提交" in words for words in said)
        assert thanked + sum("已经截止" in words for words in said) == len(people)
        assert len(await all_in(hall, number=number)) == thanked
        await hall.send()
        assert f"已截止，收到{thanked}份" in hall.hears("小王")[-1].text
        late = await hall.says("陈先生", kind=Kind.CHOICE, choice=f"answer {number} submit")
        assert "已经截止" in late.replies[0].text


async def test_what_was_taken_back_is_gone_and_may_be_answered_anew(hall: Hall) -> None:
    await answers(hall, "王女士", "问卷1", "需要", "7", "退出")
    await hall.taps("王女士", "不填了")
    interview = await hall.database.read(_interview, "王女士")
    assert (interview.state, interview.answers) == (ResponseState.WITHDRAWN, {})
    await answers(hall, "王女士", "问卷1", "不需要", "跳过", "提交")
    assert await all_in(hall) == [{"/data/need": "no"}]


async def test_whoever_is_forgotten_is_not_counted_and_nothing_of_theirs_is_read(hall: Hall) -> None:
    for name in ("王女士", "李叔", "陈先生"):
        await answers(hall, name, "问卷1", "需要", "1", f"{name}家门口", "提交")
    assert len(await all_in(hall, most=2)) == 3
    raw = await hall.database.read(lambda tx: [bytes(r.interview) + bytes(r.answers) for r in tx.all(select(table))])
    assert not [row for row in raw if "家门口".encode() in row]
    await hall.database.transaction(lambda tx: keys.destroy(tx, resident_of(tx, "王女士")[1]))
    assert sorted(a["/data/where"] for a in await all_in(hall, most=2)) == ["李叔家门口", "陈先生家门口"]


async def test_two_residents_who_are_one_count_once(hall: Hall) -> None:
    for name, need in (("王女士", "需要"), ("李叔", "不需要")):
        await answers(hall, name, "问卷1", need, *(("1",) if need == "需要" else ()), "跳过", "提交")

    def join(tx: Tx) -> None:
        responses.make_room(tx, 1, resident_of(tx, "李叔")[0], resident_of(tx, "王女士")[0])

    await hall.database.transaction(join)
    assert [a["/data/need"] for a in await all_in(hall)] == ["yes"]


async def test_what_is_published_stays_as_it_is(hall: Hall) -> None:
    await hall.workbook("小王", "充电桩.xlsx")
    assert "问卷2号，草稿" in hall.hears("小王")[-1].text
    numbers = await hall.database.read(lambda tx: [p.number for p in questionnaires.listed(tx, 1)])
    assert numbers == [1]
    await hall.says("小王", kind=Kind.CHOICE, choice="survey_go 1")
    assert "已收到0份" in hall.hears("小王")[-1].text


class Files(OurChannel):
    """A channel on which people send files."""

    async def fetch(self, attachment: Attachment) -> bytes:
        return WORKBOOKS[attachment.name]()


async def test_a_workbook_sent_in_private_is_fetched_checked_and_kept_as_a_draft(hall: Hall) -> None:
    intake = Intake(hall.database, hall.house, {"test": Files()}, lambda: None, now=lambda: hall.now)
    for number, (who, file) in enumerate((("小王", "充电桩.xlsx"), ("王女士", "充电桩.xlsx"), ("小王", "充电桩有错.xlsx"))):
        sent = (Attachment(Kind.FILE, "platform-file", name=file),)
        await intake.take(Inbound(channel="test", external_id=f"f{number}", address=who, kind=Kind.FILE, attachments=sent), b"")
    drafts = await hall.database.read(lambda tx: [(d.number, d.title) for d in questionnaires.drafts(tx, 1)])
    assert drafts == [(2, "充电桩装在哪")]
    await hall.send()
    assert "有2处要改" in hall.hears("小王")[-1].text
    assert "问卷" not in hall.hears("王女士")[-1].text


async def test_only_staff_publish(hall: Hall) -> None:
    for payload in ("survey_go 1", "survey_end 1 yes", "survey_results 1", "shared surveys 1", "publish 1"):
        done = await hall.says("王女士", kind=Kind.CHOICE, choice=payload)
        assert "社区工作人员" in done.replies[0].text, payload


# --- the command -------------------------------------------------------------------------------------------------------


async def test_the_command_publishes_and_hands_out_what_was_counted(database_url: str, tmp_path: Path, capsys: Any) -> None:
    hall = await Hall.open(database_url)
    await hall.known(large=False)
    file = tmp_path / "charging.xlsx"
    file.write_bytes(charging())
    assert surveys.check(file) == 0
    where = {"area": "3号楼", "closes": "2027-01-01T20:00", "community": ""}
    assert await surveys.publish(hall.database, hall.config, file, where) == 0
    assert capsys.readouterr().out.endswith("\n1\n")
    await hall.clock.catch_up()
    await hall.send()
    await hall.taps("王女士", "去填写")
    await answers(hall, "王女士", "需要", "2", "=1+1", "提交")
    out = {form: str(tmp_path / f"r.{form}") for form in ("csv", "xlsx", "json")}
    assert await surveys.hand_out(hall.database, "", ("survey", 1), out) == 0
    rows = list(reader((tmp_path / "r.csv").read_text("utf-8-sig").splitlines()))
    assert rows[0][2:] == ["您家需要电动车充电桩吗？", "您家有几辆电动车？", "装在哪里好？"]
    assert rows[1][2:] == ["需要", "2", "'=1+1"]
    sheet = load_workbook(tmp_path / "r.xlsx").active
    assert [cell.value for cell in list(sheet.rows)[1]][2:] == ["需要", 2, "'=1+1"]
    told = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert (told["responses"], told["questions"][0]["options"][0]["share"]) == (1, "1")
    assert "王" not in (tmp_path / "r.csv").read_text("utf-8") + (tmp_path / "r.json").read_text("utf-8")
    with pytest.raises(Refused, match="unknown"):
        await surveys.hand_out(hall.database, "", ("survey", 9), out)
    with pytest.raises(Refused, match="no_area"):
        await surveys.publish(hall.database, hall.config, file, {**where, "area": "9号楼"})
    await hall.close()


def test_the_command_names_every_fault_with_its_place(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "faulty.xlsx"
    file.write_bytes(faulty())
    assert surveys.check(file) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.partition("：")[0] for line in said] == ["survey 第2行 A列", "survey 第3行 A列"]


def _inbound(hall: Hall, name: str, payload: str, number: int) -> Inbound:
    ident = command.new_id(hall.now)
    said = Inbound(channel="test", external_id=f"at-once-{number}-{ident}", address=name, kind=Kind.CHOICE, id=ident, at=hall.now)
    return replace(said, choice=payload)


def _interview(tx: Tx, name: str) -> Any:
    publication = questionnaires.by_number(tx, 1, 1)
    assert publication is not None
    found = responses.mine(tx, 1, publication.id, resident_of(tx, name)[0])
    assert found is not None
    assert residents.exists(tx, 1, resident_of(tx, name)[0])
    return found
