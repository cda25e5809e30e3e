"""config.example.toml is complete and true: every key stands there, with the value it has when nobody sets it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import config

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"
if not EXAMPLE.exists():
    pytest.skip("config.example.toml is not written yet", allow_module_level=True)


def leaves(table: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Every key of a table, as `channels.telegram.token`; a table of the operator's own names counts as one key."""
    for key, value in table.items():
        if isinstance(value, dict) and f"{prefix}{key}" != "channels.wecom_robot.keys":
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def test_every_key_stands_in_the_example_and_no_other() -> None:
    every = config.keys()
    sections = {key.rsplit(".", 1)[0] for key in every if "." in key}
    assert set(leaves(tomllib.loads(EXAMPLE.read_text("utf-8")))) == set(every) - sections


def test_the_example_shows_the_values_that_hold_when_nothing_is_set() -> None:
    assert config.load(EXAMPLE, {}) == config.make({}, EXAMPLE.parent, {})


def test_a_misspelt_key_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE.read_text("utf-8").replace("public_url", "pubic_url"), "utf-8")
    with pytest.raises(config.ConfigError, match=r"没有 server\.pubic_url 这一项，是不是 public_url？"):
        config.load(path, {})


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"channels": {"weixin": {}}}, "没有 channels.weixin 这一项，是不是 wechat？"),
        ({"channels": {"qywx": {}}}, "没有 channels.qywx 这一项，是不是 wecom？"),
        ({"channels": {"kefu": {}}}, "没有 channels.kefu 这一项，是不是 wechat_kf？"),
        ({"wecom": {}}, "没有 wecom 这一项，是不是 channels.wecom？"),
        ({"channels": {"zzz": {}}}, "没有 channels.zzz 这一项。"),
    ],
)
def test_a_section_by_another_name_is_told_by_its_own(values: dict[str, Any], told: str) -> None:
    with pytest.raises(config.ConfigError) as fault:
        config.make(values, Path(), {}, "config.toml")
    assert str(fault.value) == f"config.toml：{told}"


@pytest.mark.parametrize(
    ("written", "where", "told"),
    [
        ("[server]\nport = \n", "第2行第8列", "等号后面"),
        ("[server]\nicp = “沪”\n", "第2行第7列", "不要用中文引号"),
        ('[server]\nicp = "x\nport = 1\n', "第2行第9列", "引号没有配成一对"),
        ("a='x", "末尾", "引号没有配成一对"),
        ('verify_dir = "C:\\q"\n', "第1行第19列", "反斜杠"),
        ("[server\nport = 1\n", "第1行第8列", "[server]"),
        ('[channels.wecom_robot.keys]\n幸福里/3号楼 = "k"\n', "第2行第1列", "放在英文双引号里"),
        ("port 1\n", "第1行第6列", "名字 = 值"),
        ("a = [1, 2", "末尾", "方括号"),
        ("[server]\n[server]\n", "第2行第8列", "写了两次"),
        ("a = 1 b\n", "第1行第7列", "一行只写一项"),
    ],
)
def test_what_is_not_written_as_toml_is_shown_by_line_and_column(tmp_path: Path, written: str, where: str, told: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(written, "utf-8")
    with pytest.raises(config.ConfigError) as fault:
        config.load(path, {})
    said = str(fault.value).removeprefix(str(path))
    assert where in said and told in said
    assert not re.search("Invalid|Expected|line|Illegal|Cannot|Unclosed", said)


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes('[community]\nname = "幸福里"\n'.encode("gb18030"))
    with pytest.raises(config.ConfigError, match="UTF-8"):
        config.load(path, {})


@pytest.mark.parametrize(
    ("section", "key", "value", "expected"),
    [
        ("server", "port", "x", "整数"),
        ("server", "port", 99999, "不大于 65535"),
        ("community", "timezone", "Mars", "Asia/Shanghai"),
        ("community", "name", 5, "文字"),
        ("quiet", "from", "25:00", "21:00"),
        ("quiet", "asks_per_week", -1, "不小于 0"),
        ("sending", "second_officer_above", "many", "整数"),
        ("limits", "telegram_overall", "x", "[20, 60]"),
    ],
)
def test_a_wrong_value_is_told_with_its_key_and_what_was_expected(section: str, key: str, value: Any, expected: str) -> None:
    with pytest.raises(config.ConfigError) as told:
        config.make({section: {key: value}}, Path(), {}, "config.toml")
    assert f"config.toml：{section}.{key} 不对" in str(told.value)
    assert expected in str(told.value)
    assert "\n" not in str(told.value)


def test_a_wrong_secret_is_not_repeated() -> None:
    with pytest.raises(config.ConfigError) as told:
        config.make({"channels": {"telegram": {"token": ["123:secret"]}}}, Path(), {})
    assert "secret" not in str(told.value)
