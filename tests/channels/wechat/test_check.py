"""What `mulin check` tells whoever sets the account up."""

from __future__ import annotations

from typing import Any

import pytest

import texts
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
    ("no original id", {"original_id": ""}, ["account", "server", "no_original_id", "pages"]),
    ("templates", {"templates": TEMPLATES}, [*FINE, "template", "unfillable", "unknown_template", "no_template"]),
]
GOOD = {"account", "server", "pages", "template", "no_template", "no_original_id"}


@pytest.mark.parametrize(("changed", "told"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
async def test_what_an_operator_is_told(opened: Opened, fake: FakeWeixin, changed: dict[str, Any], told: list[str]) -> None:
    fake.templates = {"T1": (FIELDS, EXAMPLE), "T2": ("{{amount1.DATA}}", "")}
    found = await (await opened(**changed)).check()
    assert [key for _, key, _ in found] == [f"wechat.{name}" for name in told]
    for good, key, values in found:
        assert good == (key.removeprefix("wechat.") in GOOD)
        said = texts.render(key, values)
        assert fake.secret not in said and fake.aes_key not in said


async def test_an_address_that_is_not_on_the_list_is_named(opened: Opened, fake: FakeWeixin) -> None:
    fake.goes_wrong("/cgi-bin/stable_token", 40164)
    found = await (await opened()).check()
    assert found[0][1] == "wechat.address_refused" and "40164" in texts.render(found[0][1], found[0][2])
