"""Every officer's word that changed something stands in the journal; looking, and being refused, do not."""

from __future__ import annotations

import texts
from community.staff import ROLES_FOR
from storage import journal
from tests.house import Hall


def test_every_officers_word_has_a_phrase() -> None:
    for language in texts.LANGUAGES:
        assert {f"did_{word}" for word in ROLES_FOR} <= set(texts.table(language, "console"))


async def test_what_is_done_by_button_or_after_its_text_stands_there_too(database_url: str) -> None:
    hall = await Hall.open(database_url)
    try:
        await hall.known()
        await hall.says("老李", "发起投票 车棚建在哪\n东边\n西边")
        await hall.taps("老李", "发布")
        await hall.says("老李", "催票 1")
        await hall.says("老李", "结束投票 1")
        await hall.says("老李", "人都问过了")
        await hall.says("王女士", "诉求 楼道灯坏了")
        await hall.says("小赵", "答复 1")
        await hall.says("小赵", "明天修")
        await hall.says("小王", "通知 幸福里/3号楼 明天停水")
        await hall.taps("小王", "发送")
        lines = await hall.database.read(journal.latest, 1)
        did = [(line.what, line.subject) for line in reversed(lines)]
        assert did == [("poll_go", "1"), ("remind", "polls 1"), ("closepoll", "1"), ("reply", "1"), ("send_go", "4")]
    finally:
        await hall.close()


async def test_who_did_what_and_never_what_was_written(database_url: str) -> None:
    hall = await Hall.open(database_url)
    try:
        await hall.known()
        await hall.says("老赵", "我是 3号楼1单元202 赵德发 租户")
        await hall.says("老赵", "同意")
        await hall.says("小王", "确认")  # looks
        await hall.says("王女士", "拒绝 6 不认识")  # may not
        await hall.says("老李", "拒绝 6 这是秘密原因")
        await hall.says("小赵", "确认 6")  # too late
        lines = await hall.database.read(journal.latest, 1)
        assert [(line.what, line.subject) for line in lines] == [("refuse", "6")]
        assert "秘密" not in str(lines)
    finally:
        await hall.close()
