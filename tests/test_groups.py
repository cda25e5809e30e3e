"""Chats that end: who leaves is not written to until they come back."""

from __future__ import annotations

from dialogue.words import Kind
from tests.house import Hall


async def test_whoever_leaves_is_not_written_to_until_they_come_back(database_url: str) -> None:
    hall = await Hall.open(database_url)
    try:
        await hall.known()
        await hall.says("王女士", kind=Kind.LEFT)
        await hall.says("老赵", "我是 3号楼2单元301 赵德发 租户")
        await hall.says("老赵", "同意")
        assert not hall.hears("王女士")
        await hall.says("王女士", "菜单")
        await hall.says("老赵", "撤回同意")
        await hall.says("小王", "拒绝 6 试一下")
        await hall.says("李叔", "我是 3号楼2单元301 李大明 家属")
        await hall.taps("李叔", "请楼栋长确认")
        assert "有人登记" in hall.hears("王女士")[-1].text
    finally:
        await hall.close()
