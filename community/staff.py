"""Who may do what, and where: an office holds for its own area and everything below it (contract §5, column "who").

`ROLES_FOR` is that column once, as data, by the word's key in texts/*/words.toml, and for what has no word of its own by the
act's name; the words every resident may say are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from dialogue.words import Role

ROLES = ("resident", "leader", "grid", "staff", "admin", "volunteer", "unit", "committee", "supervisor")
"""居民, 楼栋长, 网格员, 社区工作人员, 管理员, 志愿者, 共建单位, 业委会, 街道督办."""

OFFICES = ROLES[1:]
"""Every role that is an office: whoever holds one may say 登录."""

_LEADER_STAFF = ("leader", "staff")
_CLAIMS = ("leader", "grid", "staff")
_ON_BEHALF = ("grid", "staff")
_STAFF = ("staff",)

ROLES_FOR: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "confirm": _CLAIMS,
        "refuse": _CLAIMS,
        "bindgroup": _LEADER_STAFF,
        "share": _LEADER_STAFF,
        "jielong": _LEADER_STAFF,
        "jielong_go": _LEADER_STAFF,
        "newpoll": _LEADER_STAFF,  # a leader's poll is 征求意见 only: `newpoll_binding` is asked besides
        "newpoll_binding": _STAFF,
        "poll_go": _LEADER_STAFF,
        "shared": _LEADER_STAFF,
        "extendpoll": _LEADER_STAFF,  # a leader: their own polls only, likewise the next two
        "voidpoll": _LEADER_STAFF,
        "closepoll": _LEADER_STAFF,
        "remind": _LEADER_STAFF,
        "paper": _ON_BEHALF,
        "publish": _STAFF,
        "workbook": _STAFF,
        "survey_go": _STAFF,
        "survey_end": _STAFF,
        "survey_results": _STAFF,
        "newnotice": _STAFF,
        "notice_go": _STAFF,
        "assign": _STAFF,
        "adopt_idea": _STAFF,
        "adopt_part": _STAFF,
        "not_now": _STAFF,
        "accept": _ON_BEHALF,
        "reply": _ON_BEHALF,
        "done": _ON_BEHALF,
        "not_accept": _STAFF,
        "answer_objection": _STAFF,
        "answer_question": _STAFF,
        "broadcast": _STAFF,
        "send_go": _STAFF,
        "approvesend": _STAFF,
        "pausesend": _STAFF,
        "resumesend": _STAFF,
        "stopsend": _STAFF,
        "invite": _STAFF,
        "roll": _STAFF,
        "login": OFFICES,
    }
)


def covers(path: str, area_path: str) -> bool:
    """Whether an office for `path` reaches `area_path`: itself and everything below; "" is the whole community."""
    return not path or area_path == path or area_path.startswith(path + "/")


def may(roles: Iterable[Role], act: str, area_path: str) -> bool:
    """Whether somebody with these offices may do this in that area; admin may do all that staff may. KeyError: unknown act."""
    allowed = ROLES_FOR[act]
    return any((role.name in allowed or (role.name == "admin" and "staff" in allowed)) and covers(role.path, area_path) for role in roles)


def who_can(act: str) -> tuple[str, ...]:
    """The roles to name when somebody may not do it: 这个要请楼栋长或社区工作人员来做."""
    return ROLES_FOR[act]
