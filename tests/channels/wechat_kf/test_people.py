"""Who writes is known by name, however many have written before."""

from __future__ import annotations

import pytest

from channels.wechat_kf import people

from .conftest import Opened, World


async def test_a_page_with_old_faces_and_new_ones_names_both(world: World, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "REMEMBERED", 1)
    door = await opened()
    first, second, third = (world.kf.resident(name) for name in ("张阿姨", "李叔", "王女士"))
    await first.says("一")
    await second.says("二")
    await world.rests()
    known = door.reader._people
    await known.meet([first.address, third.address])  # 李叔 and 张阿姨 fill what is remembered; 王女士 is new
    assert all(known._known.get(one.address, ("", ""))[1] for one in (first, third))
