"""代录 as officers type it: [home] where it came from, then the words. 3号楼2单元502 来电 楼道灯坏了."""

from __future__ import annotations

from dataclasses import dataclass

from community.areas import HomeAddress, find_home
from dialogue.numerals import narrow

ORIGINS = {
    "来电": "phone",
    "电话": "phone",
    "来访": "counter",
    "走访": "visit",
    "上门": "visit",
    "会议": "meeting",
    "群里": "group",
    "12345": "hotline",
}


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """What was written down for somebody: whose home (None: nobody said), how it came (a value of ORIGINS, "" left out), the words."""

    home: HomeAddress | None
    origin: str
    text: str


def parse_on_behalf(said: str) -> OnBehalf:
    """Read what follows 代录 诉求; the words stay as they were typed."""
    named = find_home(said.strip())
    home, rest = named if named else (None, said.strip())
    for word, origin in ORIGINS.items():
        after = rest[len(word) :]
        if narrow(rest).startswith(word) and (not after or not after[0].isalnum()):
            return OnBehalf(home, origin, after.lstrip(" \t\r\n,，、:：;；"))
    return OnBehalf(home, "", rest)
