"""A closing time is understood as it is said; what is past or no time at all is not guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.times import parse_closing

BEIJING = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=BEIJING)  # a Saturday

SAID = """
12月1日20:00 = 2026-12-01 20:00
12月1日 = 2026-12-01 20:00
12月1号 = 2026-12-01 20:00
12月1号晚上8点半 = 2026-12-01 20:30
十二月一日晚八点 = 2026-12-01 20:00
2026-12-01T20:00 = 2026-12-01 20:00
2026-12-01 18:30 = 2026-12-01 18:30
2026-12-01T20:00:00 = 2026-12-01 20:00
2026/12/1 = 2026-12-01 20:00
2026年12月1日18时 = 2026-12-01 18:00
2026年12月1日下午3点 = 2026-12-01 15:00
１２月１日２０：００ = 2026-12-01 20:00
12-01 = 2026-12-01 20:00
12月1日24:00 = 2026-12-02 00:00
12月1日晚上12点 = 2026-12-02 00:00
12月1日中午12点 = 2026-12-01 12:00
12月1日下午12点半 = 2026-12-01 12:30
12月1日中午1点 = 2026-12-01 13:00
12月1日上午9点一刻 = 2026-12-01 09:15
12月1日8点05分 = 2026-12-01 08:05
1月5日 = 2027-01-05 20:00
2月28日 = 2027-02-28 20:00
周日晚8点 = 2026-11-22 20:00
星期天20点 = 2026-11-22 20:00
周六晚8点 = 2026-11-21 20:00
周六早上9点 = 2026-11-28 09:00
周五 = 2026-11-27 20:00
礼拜三 = 2026-11-25 20:00
本周日 = 2026-11-22 20:00
下周五 = 2026-11-27 20:00
下周日 = 2026-11-29 20:00
下下周一 = 2026-11-30 20:00
今晚8点 = 2026-11-21 20:00
明晚 = 2026-11-22 20:00
明天20点 = 2026-11-22 20:00
明天晚上 = 2026-11-22 20:00
后天 = 2026-11-23 20:00
大后天12:00 = 2026-11-24 12:00
晚上9点 = 2026-11-21 21:00
20:00 = 2026-11-21 20:00
7天 = 2026-11-28 20:00
七天后 = 2026-11-28 20:00
3天内 = 2026-11-24 20:00
两周 = 2026-12-05 20:00
1个星期 = 2026-11-28 20:00
24小时 = 2026-11-22 10:00
90分钟 = 2026-11-21 11:30
30号 = 2026-11-30 20:00
15号 = 2026-12-15 20:00
31号 = 2026-12-31 20:00
下月1号 = 2026-12-01 20:00
月底 = 2026-11-30 20:00
下月底 = 2026-12-31 20:00
截止到12月1日 = 2026-12-01 20:00
12月1日前 = 2026-12-01 20:00
"""


@pytest.mark.parametrize("case", SAID.strip().splitlines())
def test_a_closing_time(case: str) -> None:
    said, meant = case.split(" = ")
    assert parse_closing(said, NOW.astimezone(UTC), BEIJING) == datetime.fromisoformat(meant).replace(tzinfo=BEIJING)


NO_TIME = [
    "",
    "大家快投",
    "昨天",
    "11月1日",
    "2026-11-20",
    "今天8点",
    "今天10点",
    "本周一",
    "2月30日",
    "13月1日",
    "12月1日25点",
    "12月1日20:75",
    "12月",
    "3号楼",
    "周八",
    "0天",
    "0小时",
]
NO_TIME += ["2025年12月1日", "12月1日20:00左右", "9" * 30 + "天", "20261年1月1日", "明天不行", "20"]


@pytest.mark.parametrize("said", NO_TIME)
def test_what_is_past_or_no_time(said: str) -> None:
    assert parse_closing(said, NOW, BEIJING) is None


def test_an_owner_abroad_means_their_own_clock() -> None:
    assert parse_closing("明天20点", NOW, ZoneInfo("America/Vancouver")) == datetime(2026, 11, 22, 4, tzinfo=UTC)


@given(st.text(max_size=20) | st.text("0123456789年月日号周天点半晚下明小时.:-/ ", max_size=14))
def test_no_text_breaks_it_and_no_answer_is_past(text: str) -> None:
    at = parse_closing(text, NOW, BEIJING)
    assert at is None or at > NOW
