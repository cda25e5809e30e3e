"""An office holds in its own area and below it; whoever may not is told who can."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from community.staff import OFFICES, ROLES, ROLES_FOR, may, who_can
from dialogue.words import Role

WORDS = tomllib.loads(Path("texts/zh-CN/words.toml").read_text("utf-8"))
NO_WORD = {
    "workbook",
    "survey_go",
    "survey_end",
    "survey_results",
    "newpoll_binding",
    "notice_go",
    "send_go",
    "approvesend",
    "not_accept",
    "poll_go",
    "shared",
    "jielong_go",
    "invite",
    "roll",
}


def office(name: str, path: str) -> Role:
    return Role(name, "a", path)


LEADER = office("leader", "幸福里/3号楼")
STAFF = office("staff", "")


@pytest.mark.parametrize(
    ("role", "act", "path", "allowed"),
    [
        (LEADER, "newpoll", "幸福里/3号楼", True),
        (LEADER, "newpoll", "幸福里/3号楼/2单元", True),
        (LEADER, "newpoll", "幸福里/31号楼", False),
        (LEADER, "newpoll", "幸福里", False),
        (LEADER, "newpoll", "", False),
        (LEADER, "newpoll_binding", "幸福里/3号楼", False),
        (LEADER, "broadcast", "幸福里/3号楼", False),
        (LEADER, "confirm", "幸福里/3号楼/2单元/502", True),
        (office("grid", "幸福里"), "paper", "幸福里/3号楼", True),
        (office("grid", "幸福里"), "publish", "幸福里/3号楼", False),
        (STAFF, "newpoll_binding", "幸福里/3号楼", True),
        (STAFF, "broadcast", "", True),
        (office("staff", "幸福里"), "broadcast", "和成国际", False),
        (office("staff", "幸福里"), "broadcast", "幸福里二期/3号楼", False),
        (office("admin", ""), "broadcast", "", True),
        (office("admin", ""), "login", "", True),
        (office("volunteer", ""), "login", "", True),
        (office("resident", ""), "login", "", False),
        (office("supervisor", ""), "newpoll", "", False),
    ],
)
def test_who_may_where(role: Role, act: str, path: str, allowed: bool) -> None:
    assert may([role], act, path) is allowed


def test_any_office_will_do() -> None:
    assert may([LEADER, office("staff", "和成国际")], "publish", "和成国际/1号楼")
    assert not may([LEADER, office("staff", "和成国际")], "publish", "幸福里/3号楼")
    assert not may([], "newpoll", "")


def test_admin_may_all_that_staff_may() -> None:
    assert all(may([office("admin", "")], act, "幸福里") for act in ROLES_FOR if may([STAFF], act, "幸福里"))


def test_who_is_named_in_a_refusal() -> None:
    assert who_can("newpoll") == ("leader", "staff")
    assert who_can("confirm") == ("leader", "grid", "staff")
    assert all(set(who_can(act)) <= set(OFFICES) for act in ROLES_FOR)
    assert "resident" in ROLES


def test_every_act_is_a_word_or_known_to_have_none() -> None:
    assert {act for act in ROLES_FOR if act not in WORDS} == NO_WORD


def test_an_unknown_act_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        may([STAFF], "fly", "")
