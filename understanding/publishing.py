"""What must not stand in a text that everybody will read: identity and card numbers never; telephones, rooms, illness only on purpose.

Sources: PIPL art. 25 and 28; community notices that printed identity, bank and medical data (civic.md §4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dialogue.numerals import digits, narrow
from understanding import masking

NEVER = frozenset({"identity", "card"})
"""The kinds that stop a publication; the others ask."""

_WORDS = {
    "health": re.compile(
        "癌|肿瘤|糖尿病|高血压|心脏病|精神(?:病|疾病|障碍)|抑郁|艾滋|肝炎|肺结核|尿毒症|透析|白血病|瘫痪|残疾|病历|病情|患病|患者|住院|确诊|怀孕"
    ),
    "hardship": re.compile("低保|低收入|特困|五保|困难(?:户|家庭|群众|职工)|贫困|救助|孤儿|留守儿童|刑满|吸毒|社区矫正|信访人"),
}


@dataclass(frozen=True, slots=True)
class Personal:
    """One thing found: of which kind, and how it may be shown when asking about it."""

    kind: str
    shown: str

    @property
    def stops(self) -> bool:
        return self.kind in NEVER


def personal(text: str, allowed: Iterable[str] = ()) -> tuple[Personal, ...]:
    """What in this text tells about a person, each once, in its order. `allowed`: official telephone numbers that may stand there."""
    ours = [digits(phone) for phone in allowed]
    said, masked = narrow(text), masking.mask(text)
    found = [
        (start, Personal(kind, masked[start:end]))
        for kind, start, end in masking.kinds(text)
        if kind != "phone" or not any(phone.endswith(digits(said[start:end])) for phone in ours)
    ]
    found += [(hit.start(), Personal(kind, hit[0])) for kind, pattern in _WORDS.items() for hit in pattern.finditer(said)]
    return tuple(dict.fromkeys(one for _, one in sorted(found, key=lambda pair: pair[0])))
