"""What `mulin check` tells an operator of this door: what is missing by its key, what WeCom refuses, what to paste where."""

from __future__ import annotations

from typing import Any

import pytest

import texts
from channels.wecom import Wecom
from storage.shared import InMemory
from tests.channels.wecom.conftest import Office, settings


async def told(office: Office, **changed: Any) -> tuple[bool, str]:
    """Whether all is well, and everything that is said."""
    door = Wecom(settings(office.fake, **changed), InMemory())
    door.now = lambda: office.fake.now
    found = await door.check()
    lines = [texts.render(key, values, language) for language in texts.LANGUAGES for _, key, values in found]
    assert not any(secret in line for secret in door.secrets for line in lines), "no secret on the screen"
    return all(fine for fine, _, _ in found), "\n".join(lines)


async def test_when_all_is_well_it_says_what_to_paste_in_the_order_of_the_back_office(office: Office) -> None:
    fine, said = await told(office)
    assert fine and "“睦邻助手”能用" in said
    assert said.index("可信域名") < said.index("接收消息（")
    assert "https://mulin.example/hook/wecom" in said and "WW_verify_" in said


@pytest.mark.parametrize("key", ["corp_id", "agent_id", "secret", "token", "encoding_aes_key"])
async def test_what_is_missing_is_named_by_its_key_and_where_to_find_it(office: Office, key: str) -> None:
    fine, said = await told(office, **{key: 0 if key == "agent_id" else ""})
    assert not fine and f"[channels.wecom] {key} " in said


async def test_a_key_that_is_none(office: Office) -> None:
    fine, said = await told(office, encoding_aes_key="too short")
    assert not fine and "43个字符" in said


async def test_an_address_that_is_not_trusted_is_named_as_wecom_sees_it(office: Office) -> None:
    office.fake.trusted = False
    fine, said = await told(office)
    assert not fine and "203.0.113.7" in said and "企业可信IP" in said


async def test_a_wrong_secret(office: Office) -> None:
    fine, said = await told(office, secret="of-nobody")
    assert not fine and "企业ID或Secret不对（40001）" in said
    assert "hint" not in said and "203.0.113.7" not in said, "the address is at fault only where it is the address"


async def test_the_secret_of_another_application(office: Office) -> None:
    fine, said = await told(office, agent_id=1000009)
    assert not fine and "agent_id" in said


async def test_nobody_answers(office: Office) -> None:
    fine, said = await told(office, api_base="http://127.0.0.1:1")
    assert not fine and "没有连上企业微信的接口（http://127.0.0.1:1）" in said and "api_base 写对了吗" in said
    assert "Error" not in said


async def test_an_address_that_is_not_public(office: Office) -> None:
    fine, said = await told(office, public_url="http://127.0.0.1:8080")
    assert not fine and "先有备案的公网域名" in said and "/hook/" not in said and "可信域名（" not in said


async def test_without_its_token_or_key_nothing_comes_in(office: Office) -> None:
    for changed in ({"token": ""}, {"encoding_aes_key": ""}, {"encoding_aes_key": "x"}):
        assert Wecom(settings(office.fake, **changed), InMemory())._envelope is None
