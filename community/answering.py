"""Which of the things staff published answers a question: by the words they share, or none. Nothing is ever made up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from dialogue.numerals import narrow

_ASKING = frozenset(
    "的了吗呢吧啊呀么 什怎几点时候哪里请问在是有 没能不可以会要去来到 我你您他她它们这那个 和跟与就都还也谁多少何样 为给把被让对上下里外"
)
_WE = "社区|居委会|居民委员会|村委会|办公室|服务中心|服务站|服务大厅|工作站|工作人员"
_LEAD = rf"(?:请问|问一下|问下|想问|你好|您好|[,。!\s])*(?:你们?|您|咱们?|我们)?(?:{_WE}|这里|这儿|那里|那儿|那边)?的?"
_END = r"(?:呢|啊|呀|吗|嘛|吧|[?!。,\s])*"
_US = {
    "phone": r"(?:联系|办公|值班|服务|咨询)?(?:电话号码|电话|座机|联系方式)(?:号码|号)?(?:是|有)?(?:多少|几号|什么|哪个)?"
    r"|怎么联系(?:你们|社区)?|(?:what is |what's )?(?:your |the )?(?:tele)?phone(?: number)?",
    "hours": r"(?:一般|现在|今天|明天|周末|周六|周日|星期[六天日]|上午|下午|早上|中午|都|是)*(?:几点|什么时候|啥时候|什么时间)(?:钟)?"
    r"(?:上班|下班|上下班|开门|关门|办公|有人)|(?:上班|办公|工作|开门)时间(?:是|到)?(?:几点|什么|什么时候|多少)?"
    r"|(?:今天|明天|周末|周六|周日|星期[六天日])(?:上班|开门|有人)(?:吗|不|么)|(?:what are )?(?:your |the )?(?:office|opening) hours",
    "address": r"(?:办公)?地址(?:是)?(?:在)?(?:哪里|哪儿|哪|什么|多少)?|(?:what is |what's )?(?:your |the )?address",
}
_OURS = {asked: re.compile(_LEAD + f"(?:{said})" + _END, re.IGNORECASE) for asked, said in _US.items()}
_WHERE = re.compile(rf"(?:请问|[,\s])*(?:你们)?(?:{_WE})(?:是)?(?:在|到)?(?:哪里|哪儿|哪|什么地方|怎么走|怎么去)" + _END)


def of_us(question: str) -> str:
    """What of the community itself is asked for, and of nobody else: phone | hours | address; "" for other words."""
    said = narrow(question).strip()
    if _WHERE.fullmatch(said):
        return "address"
    return next((asked for asked, pattern in _OURS.items() if pattern.fullmatch(said)), "")


def best(question: str, published: Sequence[tuple[str, str]]) -> int | None:
    """The place of the (title, body) that most likely answers; at least half of what is asked about must stand in it."""
    pairs, single = _about(question)
    ranked = [(_score(title, body, pairs, single), -place) for place, (title, body) in enumerate(published)]
    score, place = max(ranked, default=(0, 0))
    return -place if score else None


def _about(question: str) -> tuple[set[str], set[str]]:
    """What is asked about: its pairs of neighbouring signs; its single signs where no pair is left."""
    said = narrow(question).lower()
    signs = [sign if sign.isalnum() and sign not in _ASKING else " " for sign in said]
    pairs = {a + b for a, b in pairwise(signs) if " " not in (a, b)}
    return pairs, {sign for sign in signs if sign != " "} if not pairs else set()


def _score(title: str, body: str, pairs: set[str], single: set[str]) -> int:
    head, text = narrow(title).lower(), narrow(body).lower()
    if single:
        return int(all(sign in head for sign in single))
    there = [pair for pair in pairs if pair in head or pair in text]
    return sum(2 if pair in head else 1 for pair in there) if len(there) * 2 >= len(pairs) > 0 else 0
