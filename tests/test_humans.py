"""Where no officer has a chat yet, nobody is promised a call: the telephone and the office hours are said instead."""

from __future__ import annotations

import pytest

from tests.house import Hall


@pytest.mark.parametrize("said", ["回电", "找人", "更正 我叫赵四"])
async def test_nobody_promises_on_behalf_of_staff_who_cannot_be_reached(sqlite_url: str, said: str) -> None:
    hall = await Hall.open(sqlite_url)
    try:
        await hall.says("老赵", "你好")
        await hall.taps("老赵", "同意")
        hall.hears("老赵")
        await hall.says("老赵", said)
        heard = hall.hears("老赵")[-1].text
        assert "0566-1234567" in heard and "08:30" in heard
        assert "请人" not in heard and "转给" not in heard and "告诉您" not in heard
        await hall.says("老赵", "微心愿 想要一把椅子")
        assert "微心愿" in hall.hears("老赵")[-1].text  # the bot has not gone quiet for somebody who does not come
    finally:
        await hall.close()
