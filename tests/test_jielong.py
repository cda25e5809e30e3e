"""What an officer entered from a 接龙 counts for a home until somebody of it answers for themselves, whoever comes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from community.rolls import HomeRow
from dialogue.words import Inbound, Kind
from storage import ballots, imports, polls, questionnaires, responses, rolls
from storage.database import Tx
from surveys.tally import tally
from tests.house import Hall


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    house = await Hall.open(database_url)
    await house.known(large=False)
    yield house
    await house.close()


def figures(tx: Tx, number: int = 1) -> tuple[dict[int, int], int]:
    """Votes by option and how many homes have voted, as if the poll closed now."""
    poll = polls.by_number(tx, 1, number)
    assert poll is not None
    found = tally((c.number for c in poll.proposal.choices), ballots.of_poll(tx, 1, poll), poll.entitled)
    assert found.conflicts == 0
    return {n: votes for n, votes in found.votes.items() if votes}, rolls.turnout(tx, 1, poll.id)


async def pasted(hall: Hall, *lines: str) -> None:
    await hall.says("老李", "接龙\n" + "\n".join(f"{n}. {line}" for n, line in enumerate(lines, 1)))


async def opened(hall: Hall, how: str = "") -> None:
    await hall.says("老李", f"发起投票 自行车棚建在哪里\n东门\n西门{how}")
    await hall.taps("老李", "发布")


async def test_entered_again_the_later_one_counts(hall: Hall) -> None:
    await opened(hall)
    for gate in ("东门", "西门"):
        await pasted(hall, f"3-2-502 {gate}", "3-1-301 东门")
        await hall.taps("老李", "录入2户" if gate == "东门" else "录入1户")
    assert await hall.database.read(figures) == ({1: 1, 2: 1}, 2)


async def test_own_votes_are_heard_instead_also_of_two_who_agree(hall: Hall) -> None:
    await opened(hall)
    await pasted(hall, "3-2-502 东门")
    await hall.taps("老李", "录入1户")
    assert await hall.database.read(figures) == ({1: 1}, 1)
    await hall.says("张阿姨", "投票 1 2")
    await hall.says("陈先生", "投票 1 2")
    assert "不一样" not in hall.hears("陈先生")[-1].text
    assert await hall.database.read(figures) == ({2: 1}, 1)


async def test_whose_claim_still_waits_does_not_undo_what_the_home_wrote(hall: Hall) -> None:
    await opened(hall)
    await pasted(hall, "3-1-301 东门")
    await hall.taps("老李", "录入1户")
    await hall.says("老赵", "你好")
    await hall.says("老赵", "同意")
    await hall.says("老赵", "我是 3-1-301 赵德发 家属")
    await hall.taps("老赵", "请楼栋长确认")
    await hall.says("老赵", "投票 1 2")
    assert await hall.database.read(figures) == ({1: 1}, 1)
    await hall.says("小赵", "确认 6")
    assert await hall.database.read(figures) == ({2: 1}, 1)


async def test_a_vote_that_comes_at_the_same_moment_is_the_one_that_counts(hall: Hall) -> None:
    await opened(hall)
    await pasted(hall, "3-2-502 东门", "3-2-301 东门")
    go = next(b.payload for m in hall.channel.ear("老李").heard for b in m.buttons if b.text == "录入2户")
    both = [
        Inbound(channel="test", external_id="go", address="老李", id="go00000000000000", at=hall.now, kind=Kind.CHOICE, choice=go),
        Inbound(channel="test", external_id="vote", address="张阿姨", id="vote000000000000", at=hall.now, text="投票 1 2"),
    ]
    await asyncio.gather(*(hall.take(inbound) for inbound in both))
    assert await hall.database.read(figures) == ({1: 1, 2: 1}, 2)


async def test_two_officers_at_the_same_moment_leave_one_answer_of_each_home(hall: Hall) -> None:
    """The poll is held while one of them enters: the other sees what stands then."""
    await opened(hall)
    homes = [f"3-{unit}-{floor}0{door}" for unit in (1, 2) for floor in range(1, 7) for door in (1, 2)]
    for who, gate in (("老李", "东门"), ("小王", "西门")):
        await hall.says(who, "接龙 投票1\n" + "\n".join(f"{n}. {home} {gate}" for n, home in enumerate(homes, 1)))
    both = [
        Inbound(
            channel="test", external_id=who, address=who, id=f"go-{n}".ljust(16, "0"), at=hall.now, kind=Kind.CHOICE, choice="jielong_go"
        )
        for n, who in enumerate(("老李", "小王"))
    ]
    await asyncio.gather(*(hall.take(inbound) for inbound in both))
    votes, turnout = await hall.database.read(figures)
    assert turnout == 24
    assert sum(votes.values()) == 24
    assert len(votes) == 1  # whoever came second said otherwise, and is heard


async def test_the_result_keeps_it_after_the_close(hall: Hall) -> None:
    await opened(hall)
    await pasted(hall, *(f"3-1-{floor}0{door} 东门" for floor in range(1, 4) for door in (1, 2)))
    await hall.taps("老李", "录入6户")
    await hall.moves_to(hall.now + timedelta(days=8))
    assert any("东门：6户" in heard.text for heard in hall.hears("老李"))


async def test_of_owners_a_tenants_line_does_not_count(hall: Hall) -> None:
    await opened(hall, "\n谁投 业主")
    await pasted(hall, "3-2-502 张桂兰 东门", "3-1-201 李叔 东门", "3-2-301 东门")
    shown = hall.hears("老李")[-1].text
    assert "东门（1户）：2单元502" in shown
    assert shown.count("名字不在这一户的业主里") == 2


async def test_where_everybody_votes_nobody_votes_for_others(hall: Hall) -> None:
    await opened(hall, "\n谁投 每人")
    await hall.says("老李", "接龙 投票1\n1. 3-2-502 东门")
    assert "每人一票" in hall.hears("老李")[-1].text


async def test_another_buildings_leader_enters_nothing_here(hall: Hall) -> None:
    await opened(hall)
    for who in ("王女士", "小赵"):
        done = await hall.says(who, "接龙\n1. 3-2-502 东门")
        assert done.handler == "refused"


async def test_a_leader_enters_only_their_own_building_staff_the_whole_place(hall: Hall) -> None:
    await hall.database.transaction(imports.record_batch, 1, [HomeRow("幸福里", "5号楼", "1单元", "101")])
    await hall.says("小王", "发起投票 自行车棚建在哪里\n东门\n西门\n范围 幸福里")
    await hall.taps("小王", "发布")
    await pasted(hall, "5-1-101 东门", "3-1-101 东门")
    assert "「5-1-101 东门」没有这个房号，或不归您这片" in hall.hears("老李")[-1].text
    await hall.says("小王", "接龙\n1. 5-1-101 东门\n2. 3-1-101 东门")
    assert "东门（2户）" in hall.hears("小王")[-1].text


async def test_a_questionnaires_own_answers_are_heard_instead(hall: Hall) -> None:
    await hall.workbook("小王", "车棚.xlsx")
    await hall.says("小王", "发布问卷 1 3号楼")
    await hall.taps("小王", "发布")

    def answers(tx: Tx) -> list[str]:
        publication = questionnaires.by_number(tx, 1, 1)
        assert publication is not None
        found = sorted(v for s in responses.submitted(tx, 1, publication.id)[0] for v in s.answers.values())
        assert responses.count(tx, 1, publication.id) == len(found)
        return found

    await pasted(hall, "3-2-502 东门", "3-1-301 西门")
    await hall.taps("老李", "录入2户")
    assert await hall.database.read(answers) == ["east", "west"]
    await hall.says("张阿姨", "问卷 1")
    for said in ("西门", "跳过", "提交"):
        await hall.says("张阿姨", said)
    assert await hall.database.read(answers) == ["west", "west"]
    await pasted(hall, "3-2-502 东门")
    assert "1户自己答过了" in hall.hears("老李")[-1].text
