"""The days off and the make-up working days of 2026, as the State Council announced them. Replace by another `Year` if they change."""

from __future__ import annotations

from datetime import date

YEAR = 2026
SOURCE = "国务院办公厅关于2026年部分节假日安排的通知"
PUBLISHED_ON = date(2025, 11, 4)


def _days(month: int, first: int, last: int) -> list[date]:
    return [date(YEAR, month, day) for day in range(first, last + 1)]


OFF_DAYS = frozenset(
    _days(1, 1, 3)  # 元旦
    + _days(2, 15, 23)  # 春节
    + _days(4, 4, 6)  # 清明节
    + _days(5, 1, 5)  # 劳动节
    + _days(6, 19, 21)  # 端午节
    + _days(9, 25, 27)  # 中秋节
    + _days(10, 1, 7)  # 国庆节
)
WORK_DAYS = frozenset(date(YEAR, month, day) for month, day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)))
