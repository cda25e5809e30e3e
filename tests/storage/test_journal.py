"""Every officer's word that changed something stands in the journal; looking, and being refused, do not."""

from __future__ import annotations

from storage import journal
from tests.house import Hall


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
