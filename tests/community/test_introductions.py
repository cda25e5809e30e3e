"""我是 3号楼2单元502 张三 业主: the home, the name and as what, in any order and as people write it."""

from __future__ import annotations

import pytest

from community import claims
from community.areas import HomeAddress
from community.claims import As, Introduction

HOME = HomeAddress("3", "2", "502")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("3号楼2单元502 张三 业主", Introduction(HOME, "张三", As.OWNER)),
        ("3号楼2单元502张三", Introduction(HOME, "张三")),
        ("业主 3-2-502 张三", Introduction(HOME, "张三", As.OWNER)),
        ("三号楼二单元五零二室，欧阳娜娜，租客", Introduction(HOME, "欧阳娜娜", As.TENANT)),
        ("3栋2单元502的家属 李四", Introduction(HOME, "李四", As.FAMILY)),
        ("3号楼2单元502", Introduction(HOME)),
        ("3号樓2單元502 業主 張三", Introduction(HOME, "張三", As.OWNER)),
        ("房东", Introduction(None, "", As.OWNER)),
    ],
)
def test_what_somebody_says_of_themselves(said: str, meant: Introduction) -> None:
    assert claims.introduced(said) == meant


def test_what_is_too_long_is_no_name() -> None:
    assert claims.name_said("我姓张，住在这里很多年了，他们都叫我老张头儿") == ""
    assert claims.name_said("  张 三。 ") == "张 三"
