"""Found in review: links, buttons and groups carry their own community, and offices end at its border."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC

import pytest
from sqlalchemy import select

import handlers
from bot import command
from community.claims import As, ClaimConfirmed, ClaimId, ClaimMade
from dialogue.words import Command, Inbound, Kind, ResidentId, Role
from storage import areas, ballots, communities, contacts, outbox, residents
from storage.areas import AreaRow, HomeFacts, Household
from storage.database import Tx
from tests.cast import GROUP
from tests.house import Hall


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    house = await Hall.open(database_url)
    await house.known()
    await house.with_group()
    await house.database.transaction(_other_community, house)
    yield house
    await house.close()


def _other_community(tx: Tx, hall: Hall) -> None:
    """李叔 has a second home there; 小刘 is its staff and nobody in the first."""
    there = communities.add(tx, "别处社区", slug="other")
    root = areas.by_path(tx, there, "")
    assert root is not None
    areas.record_area(tx, there, AreaRow("b9", root.id, "building", "9号楼", "9号楼"))
    areas.record_household(tx, there, Household("h9", "b9", "9号楼/101", "101", "住宅", 8000, "fine"), HomeFacts())
    uncle = contacts.find(tx, "test", "李叔")
    assert uncle is not None
    who = contacts.lock(tx, uncle).speaker
    assert who.resident is not None
    residents.record_resident(tx, there, who.resident, who.person, "李叔", hall.now)
    claim = ClaimId("k9")
    number = communities.next_number(tx, there, "claims")
    residents.record_claim_made(tx, there, ClaimMade(claim, number, "h9", who.resident, As.OWNER, "李叔", hall.now))
    residents.record_claim_confirmed(tx, there, ClaimConfirmed(claim, "h9", who.resident, As.OWNER, None, "code", hall.now))
    first = Inbound(channel="test", external_id="liu", address="小刘", id="liu", at=hall.now)
    met = contacts.meet(tx, first, there)
    liu = ResidentId(met.speaker.person)
    residents.record_resident(tx, there, liu, met.speaker.person, "小刘", hall.now)
    contacts.settle(tx, met.speaker.contact, consent="given", resident_id=liu, reached=True)
    residents.record_role(tx, there, "r9", liu, Role("staff", root.id, ""), hall.now.date())


async def _polls(hall: Hall) -> None:
    await hall.says("老李", "发起投票 自行车棚\n东门\n西门\n截止 7天")
    await hall.taps("老李", "发布")
    await hall.says("小刘", "发起投票 修路\n修\n不修\n范围 9号楼\n截止 7天")
    await hall.taps("小刘", "发布")
    await hall.moves_to(hall.now)


async def _cast(hall: Hall) -> list[int]:
    """The communities in whose polls a ballot was cast."""
    rows = await hall.database.read(lambda tx: tx.all(select(ballots.ballots.c.community_id)))
    return [row.community_id for row in rows]


async def test_a_ballot_page_votes_in_its_own_community(hall: Hall) -> None:
    await _polls(hall)
    uncle = await hall.database.read(lambda tx: contacts.find(tx, "test", "李叔"))
    assert uncle is not None
    await hall.database.transaction(lambda tx: contacts.settle(tx, uncle, community_id=2))
    vote = Command("vote", "polls", 1, "#1")
    now = hall.now.astimezone(UTC)
    await command.run(hall.database, hall.house, uncle, vote, once="a", community=1, now=now)
    assert await _cast(hall) == [1]


async def test_an_old_button_votes_where_it_was_shown(hall: Hall) -> None:
    await _polls(hall)
    await hall.says("李叔", "投票 1")
    uncle = await hall.database.read(lambda tx: contacts.find(tx, "test", "李叔"))
    assert uncle is not None
    await hall.database.transaction(lambda tx: contacts.settle(tx, uncle, community_id=2))
    await hall.taps("李叔", "东门")
    assert await _cast(hall) == [1]


async def test_staff_of_one_community_are_nobody_in_anothers_group(hall: Hall) -> None:
    await _polls(hall)
    before = await hall.database.read(lambda tx: len(tx.all(select(outbox.outbox.c.id))))
    done = await hall.says("小刘", "@睦邻 催票 投票1", group=True)
    assert done.handler == "refused"
    after = await hall.database.read(lambda tx: len(tx.all(select(outbox.outbox.c.id))))
    assert after - before <= 1


async def test_danger_in_another_communitys_group_is_answered_and_told(hall: Hall) -> None:
    hall.hears("小赵")
    hall.channel.ear(GROUP).read = len(hall.channel.ear(GROUP).heard)
    await hall.says("小刘", "@睦邻 有人触电了", group=True)
    heard = [*hall.hears("小刘"), *hall.channel.ear(GROUP).heard]
    assert any("120" in m.text for m in heard), [m.text for m in heard]
    assert any("触电" in m.text for m in hall.hears("小赵"))


@pytest.mark.parametrize("word", sorted(handlers.CLOCK))
async def test_only_the_clock_says_the_clocks_words(hall: Hall, word: str) -> None:
    done = await hall.says("老赵", kind=Kind.CHOICE, choice=f"{word} anything")
    assert done.events <= 1 and done.handler in ("consents", "menu")


async def test_who_works_at_the_desk_still_hears_in_chat(hall: Hall) -> None:
    """A page's act opens no window: the contact of the desk stays one that nothing is pushed to."""
    desk = await hall.database.transaction(_desk, hall)
    await command.run(hall.database, hall.house, desk, Command("menu"), once="d")
    hall.hears("小王")
    await hall.says("李叔", "有人触电了")
    assert any("触电" in m.text for m in hall.hears("小王"))


def _desk(tx: Tx, hall: Hall) -> str:
    chat = contacts.find(tx, "test", "小王")
    assert chat is not None
    who = contacts.lock(tx, chat).speaker
    first = Inbound(channel="console", external_id="d", address="desk", id="desk", at=hall.now)
    met = contacts.meet(tx, replace(first, language="zh-CN"), 1)
    same = {"consent": "given", "resident_id": who.resident, "person": who.person}
    contacts.settle(tx, met.speaker.contact, gone_at=hall.now, last_at=hall.now, **same)
    return met.speaker.contact


async def _moves(hall: Hall) -> None:
    """李叔 says 换社区 and speaks to the other one from now on."""
    await hall.says("李叔", "换社区")
    await hall.taps("李叔", "别处社区")
    hall.hears("李叔")


async def test_after_the_change_both_communities_still_reach_them(hall: Hall) -> None:
    """And what comes from the one they do not speak to now says so; an answer by number goes where it was asked."""
    await _moves(hall)
    await _polls(hall)
    posts = [heard.text for heard in hall.hears("李叔")]
    assert any(post.startswith("【幸福里社区】【投票1号") and "自行车棚" in post for post in posts), posts
    assert any(post.startswith("【投票1号") and "修路" in post for post in posts)
    await hall.taps("李叔", "去投票")  # the newest: of the other community
    await hall.says("李叔", "1")
    assert await _cast(hall) == [2]


async def test_a_bare_number_answers_the_question_it_was_asked_by(hall: Hall) -> None:
    await _moves(hall)
    await hall.says("老李", "发起投票 自行车棚\n东门\n西门\n截止 7天")
    await hall.taps("老李", "发布")
    await hall.moves_to(hall.now)
    await hall.says("李叔", "去投票")
    asked = hall.hears("李叔")[-1].text
    assert asked.startswith("【幸福里社区】投票1号《自行车棚》")
    await hall.says("李叔", "2")
    assert hall.hears("李叔")[-1].text.startswith("【幸福里社区】投票1号《自行车棚》您选：西门")
    assert await _cast(hall) == [1]
    await hall.says("李叔", "我的资料")
    assert "9号楼101" in hall.hears("李叔")[-1].text


async def test_who_withdrew_in_one_community_hears_nothing_of_it_from_the_other(hall: Hall) -> None:
    await hall.says("李叔", "撤回同意")
    await hall.database.transaction(lambda tx: contacts.settle(tx, str(contacts.find(tx, "test", "李叔")), community_id=2, consent="given"))
    await _polls(hall)
    assert not any("自行车棚" in heard.text for heard in hall.hears("李叔"))


async def test_a_notice_counts_them_where_they_live(hall: Hall) -> None:
    await _moves(hall)
    await hall.says("小王", "通知 3号楼 明天停水")
    assert "5人" in hall.hears("小王")[-1].text
    await hall.taps("小王", "发送")
    await hall.moves_to(hall.now)
    assert hall.hears("李叔")[-1].text.startswith("【幸福里社区】")


async def test_a_newcomer_says_where_they_live_before_the_notice_of_that_community(hall: Hall) -> None:
    await hall.says("小周", "楼道灯坏了")
    heard = hall.hears("小周")[-1]
    assert "您住哪个社区" in heard.text
    assert [b.text for b in heard.buttons] == ["幸福里社区", "别处社区"]
    await hall.says("小周", "在吗")
    assert "您住哪个社区" in hall.hears("小周")[-1].text
    await hall.says("小周", "2")
    assert "别处社区居民委员会" in hall.hears("小周")[-1].text
    await hall.says("小周", "同意")
    theirs = select(contacts.contacts.c.community_id).where(contacts.contacts.c.resident_id.is_not(None))
    newest = theirs.order_by(contacts.contacts.c.made_at.desc()).limit(1)
    assert await hall.database.read(lambda tx: tx.scalar(newest)) == 2
    assert "楼道灯坏了" in "".join(h.text for h in hall.hears("小周"))


async def test_in_a_group_the_group_says_which_community(hall: Hall) -> None:
    await hall.says("小周", "@睦邻 投票", group=True)
    assert not any("哪个社区" in heard.text for heard in hall.hears("小周"))
