"""评价 as it is typed: 5, 很满意, 没解决, 解决了 4 谢谢师傅. 5 is 很满意; a good mark says that it is solved, a poor one asks first."""

from __future__ import annotations

import re
from dataclasses import dataclass

from community.matter_events import Solved
from dialogue.numerals import narrow, number

SCORES = {"很满意": 5, "非常满意": 5, "满意": 4, "基本满意": 3, "一般": 3, "不满意": 2, "很不满意": 1, "非常不满意": 1}
SOLVED = {
    "解决了": Solved.YES,
    "已解决": Solved.YES,
    "部分解决": Solved.PARTLY,
    "部分": Solved.PARTLY,
    "没解决": Solved.NO,
    "没有解决": Solved.NO,
    "未解决": Solved.NO,
}
SAYS_SOLVED = 4  # from this mark on nobody is asked whether it is solved

_GAP = r"[\s,、;:。.!]*"
_END = r"(?![0-9\u4e00-\u9fff])"  # 5号楼, 一般般: no mark
_SCORE = re.compile(rf"(?:([1-5①-⑤一二三四五])[分星]?|({'|'.join(sorted(SCORES, key=len, reverse=True))})[了的]?){_END}{_GAP}")
_SOLVED = re.compile(rf"({'|'.join(sorted(SOLVED, key=len, reverse=True))}){_GAP}")


@dataclass(frozen=True, slots=True)
class SaidRating:
    """What a rating says; what it leaves open (None) is asked by buttons, 解决了吗 before 满意吗."""

    solved: Solved | None
    score: int | None
    text: str


def parse_rating(text: str) -> SaidRating:
    """Read what follows 评价 N; words that are neither mark nor solved are the remark."""
    said, at = narrow(text), len(text) - len(text.lstrip())
    solved, at = _solved(said, at, None)
    score = None
    if found := _SCORE.match(said, at):
        score, at = SCORES[found[2]] if found[2] else number(found[1]), found.end()
    solved, at = _solved(said, at, solved)
    if solved is None and score is not None and score >= SAYS_SOLVED:
        solved = Solved.YES
    return SaidRating(solved, score, text[at:].strip())


def _solved(said: str, at: int, before: Solved | None) -> tuple[Solved | None, int]:
    found = _SOLVED.match(said, at) if before is None else None
    return (SOLVED[found[1]], found.end()) if found else (before, at)
