"""The cast of every test: who they are, where they live, what they may do. Always the same people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Somebody of 幸福里. `home` is a room of 3号楼, `as_` owner | family | tenant, `roles` (name, area path)."""

    name: str
    home: str = ""
    as_: str = ""
    roles: tuple[tuple[str, str], ...] = ()
    large: bool = False


CAST = (
    Person("张阿姨", "2单元/502", "owner", large=True),  # 78 years old
    Person("陈先生", "2单元/502", "owner"),  # owns the same home
    Person("李叔", "1单元/201", "tenant"),
    Person("老李", "1单元/101", "owner", (("leader", "幸福里/3号楼"),)),
    Person("王女士", "2单元/301", "owner"),
    Person("小王", roles=(("staff", ""),)),
    Person("小赵", roles=(("grid", "幸福里"),)),
    Person("老赵"),  # not on the roll
)

BY_NAME = {person.name: person for person in CAST}
OWNERS = {"1单元/101": ["李建国"], "1单元/201": ["周敏"], "2单元/301": ["王芳"], "2单元/502": ["张桂兰", "陈志强"]}
BUILDING = "幸福里/3号楼"
GROUP = "3号楼群"
