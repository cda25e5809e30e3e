"""`mulin check` of 客服: what is missing, and what to paste where."""

from __future__ import annotations

import pytest

import texts
from tests.channels.wechat_kf.conftest import World


async def said(world: World, **changed: str) -> tuple[list[str], str]:
    """The keys that are not fine, and all that is printed."""
    found = await world.door(**changed).check()
    return [key.partition(".")[2] for fine, key, _ in found if not fine], "\n".join(texts.render(key, values) for _, key, values in found)


async def test_all_is_well(world: World) -> None:
    wrong, printed = await said(world)
    assert wrong == []
    assert "账号“幸福里社区”能用" in printed and "https://mulin.example/hook/kf" in printed and "没有接待人员" in printed
    world.kf.office.at_desk = ["wangfang", "lilei"]
    assert "有2位接待人员" in (await said(world))[1]


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"corp_id": ""}, ["missing_corp_id"]),
        ({"secret": ""}, ["missing_secret"]),
        ({"token": ""}, ["missing_token"]),
        ({"aes_key": ""}, ["missing_encoding_aes_key"]),
        ({"aes_key": "short"}, ["bad_aes_key"]),
        ({"open_kfid": ""}, ["missing_open_kfid", "no_account"]),
        ({"open_kfid": "wk-of-somebody-else"}, ["no_account"]),
        ({"public_url": "http://127.0.0.1:8080"}, ["no_domain"]),
        ({"public_url": "http://mulin.example"}, ["no_https"]),
        ({"secret": "wrong"}, ["secret_refused"]),
        ({"api_base": "http://127.0.0.1:9"}, ["unreachable"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
async def test_what_is_wrong_is_named(world: World, changed: dict[str, str], wrong: list[str]) -> None:
    keys, printed = await said(world, **changed)
    assert keys == wrong and "s3cret_kf" not in printed
    assert "hint" not in printed and "Error" not in printed and "127.0.0.1:8080/" not in printed


async def test_the_account_that_is_there_is_named(world: World) -> None:
    assert world.kf.id in (await said(world, open_kfid=""))[1]


async def test_a_machine_that_is_not_trusted_and_an_account_that_is_not_handed_over(world: World) -> None:
    world.fake.trusted = False
    keys, printed = await said(world)
    assert keys == ["untrusted"] and "203.0.113.7" in printed
    world.fake.trusted, world.kf.managed = True, False
    assert (await said(world))[0] == ["no_privilege"]
