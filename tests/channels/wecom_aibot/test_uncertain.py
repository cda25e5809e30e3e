"""By callbacks: words that may have been said or not are given back to nobody until the loan ends."""

from __future__ import annotations

import pytest

from channels.contract import SendError
from channels.wecom_aibot.replies import Replies

from .conftest import ASKED, Stage
from .test_talk import WORDS


@pytest.mark.parametrize(("uncertain", "left"), [(True, []), (False, [20, 21])])
async def test_a_joined_answer(stage: Stage, monkeypatch: pytest.MonkeyPatch, uncertain: bool, left: list[int]) -> None:
    stage.house.answers = (ASKED,)
    await stage.called_back()
    li = stage.fake.member("laoli")
    await li.says("投票 1")
    stage.house.answers = (WORDS, ASKED)
    tried: list[str] = []

    async def breaks(self: Replies, to: str, message: object) -> None:
        tried.append(to)
        raise SendError.retry("TimeoutError", uncertain=uncertain)

    monkeypatch.setattr(Replies, "say", breaks)
    assert await li.taps("要装")
    await stage.fake.until(lambda: tried == ["laoli"], "never tried")
    await stage.quiet()
    assert (stage.house.given, stage.house.left) == ([10], left)
