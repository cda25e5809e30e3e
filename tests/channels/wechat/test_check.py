"""What `mulin check` tells whoever sets the account up."""

from __future__ import annotations

import re
from typing import Any

import pytest

import texts
from channels.tencent.checks import seen_from
from tests.channels.wechat.conftest import Opened
from tests.fakes.weixin import EXAMPLE, FIELDS, FakeWeixin

TEMPLATES = {"result": "T1", "progress": "T2", "notice": "T3", "ballot": ""}
FINE = ["account", "server", "pages"]

CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("all is well", {}, FINE),
    ("nothing is filled in", {"app_id": "", "secret": "", "token": ""}, ["missing", "missing", "missing", "server", "pages"]),
    ("a wrong secret", {"secret": "wrong"}, ["secret_refused", "server", "pages"]),
    ("another server", {"api_base": "http://127.0.0.1:1"}, ["unreachable", "server", "pages"]),
    ("a key that is none", {"encoding_aes_key": "abc"}, ["account", "server", "bad_key", "pages"]),
    ("no key", {"encoding_aes_key": ""}, ["account", "server", "in_the_clear", "pages"]),
    ("only this machine opens it", {"public_url": "http://127.0.0.1:8080"}, ["account", "check.no_domain"]),
    ("no original id", {"original_id": ""}, ["account", "server", "no_original_id", "pages"]),
    ("templates", {"templates": TEMPLATES}, [*FINE, "template", "unfillable", "unknown_template", "no_templates"]),
]
GOOD = {"account", "server", "pages", "template", "no_templates", "no_original_id"}


@pytest.mark.parametrize(("changed", "told"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
async def test_what_an_operator_is_told(opened: Opened, fake: FakeWeixin, changed: dict[str, Any], told: list[str]) -> None:
    fake.templates = {"T1": (FIELDS, EXAMPLE), "T2": ("{{amount1.DATA}}", "")}
    found = await (await opened(**changed)).check()
    assert [key for _, key, _ in found] == [name if "." in name else f"wechat.{name}" for name in told]
    for good, key, values in found:
        assert good == (key.removeprefix("wechat.") in GOOD)
        said = texts.render(key, values)
        assert fake.secret not in said and fake.aes_key not in said
        assert not re.search(r"Error|invalid|rid:|自己定|127\.0\.0\.1:8080/", said), "English of a platform, or an address nobody can open"


async def test_an_address_that_is_not_on_the_list_is_named(opened: Opened, fake: FakeWeixin) -> None:
    fake.goes_wrong("/cgi-bin/stable_token", 40164)
    found = await (await opened()).check()
    assert found[0][1] == "wechat.address_refused" and "IP白名单" in texts.render(found[0][1], found[0][2])


async def test_another_refusal_is_told_by_its_code(opened: Opened, fake: FakeWeixin) -> None:
    fake.goes_wrong("/cgi-bin/stable_token", 45009)
    assert (await (await opened()).check())[0] == (False, "wechat.refused", {"code": "45009"})


async def test_templates_left_empty_are_named_once_by_what_they_would_carry(opened: Opened) -> None:
    found = await (await opened(templates={"result": "", "progress": "", "notice": "", "ballot": ""})).check()
    (said,) = [texts.render(key, values) for _, key, values in found if key == "wechat.no_templates"]
    assert "没填结果公布（result）、办理进度（progress）、通知公示（notice）、投票提醒（ballot）：" in said


@pytest.mark.parametrize(
    ("errmsg", "address"),
    [
        ("invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 5f0c", "203.0.113.7"),
        ("not allow to access from your ip, hint: [17956], from ip: 203.0.113.7, more info at https://x", "203.0.113.7"),
        ("from ip: 2001:db8::7, more info", "2001:db8::7"),
        ("not allowed from your ip", "?"),
    ],
)
def test_the_address_tencent_saw(errmsg: str, address: str) -> None:
    assert seen_from(errmsg) == address
