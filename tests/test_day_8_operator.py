"""An operator's Friday evening: init, check, login; what stands in no manual is said by `mulin check`, in the words of the back offices."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
CLOSED = "https://127.0.0.2:9"  # public to our eyes, and nobody listens there
TENCENT = {f"MULIN_CHANNELS__{name}__ENABLED": "true" for name in ("WECOM", "WECOM_AIBOT", "WECHAT", "WECHAT_KF")}


def mulin(folder: Path, *words: str, code: int = 0, **said: str) -> str:
    line = [sys.executable, "-m", "bot", *words, *(["--dir"] if words[0] == "init" else ["--config"])]
    line.append(str(folder if words[0] == "init" else folder / "config.toml"))
    done = subprocess.run(line, cwd=HERE, capture_output=True, text=True, timeout=120, env={**os.environ, **said})
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("friday")
    mulin(place, "init")
    return place


def test_18_20_init_leaves_owners_votes_to_the_official_platform_and_makes_every_secret(folder: Path) -> None:
    config = tomllib.loads((folder / "config.toml").read_text("utf-8"))
    assert config["community"]["official_platform_required"] is True
    assert len(config["server"]["secret_key"]) > 30
    for name in ("wecom", "wecom_aibot", "wechat", "wechat_kf"):
        assert len(config["channels"][name]["encoding_aes_key"]) == 43, name
        assert config["channels"][name]["token"], name
    assert set(config["channels"]["wechat"]["templates"]) == {"result", "progress", "notice", "ballot"}


def test_on_the_machine_alone_nothing_is_missing_but_a_telephone(folder: Path) -> None:
    said = mulin(folder, "check")
    assert "电话" in said or "phone" in said
    assert "只在本机能打开" in said


def test_18_40_check_says_what_to_paste_where(folder: Path) -> None:
    said = mulin(folder, "check", code=1, MULIN_SERVER__PUBLIC_URL=CLOSED, **TENCENT)
    for path in ("/hook/wecom", "/hook/wechat", "/hook/kf"):
        assert f"{CLOSED}{path}" in said, path  # 18:55 the callback's address
    for wanted in (
        "Token 填",
        "EncodingAESKey 填",
        "WW_verify_",
        "MP_verify_",
        "可信域名",
        "corp_id",
        "agent_id",
        "app_id",
        "open_kfid",
        "bot_id",
    ):
        assert wanted in said, wanted
    assert "备案" in said  # 19:30, and not at 23:00
    assert "网页聊天对外开放" in said  # 21:00
    assert "phone 还没填" in said  # nobody entered a number anywhere


def test_a_verification_file_is_found_where_it_was_put(folder: Path) -> None:
    (folder / "verify").mkdir(exist_ok=True)
    (folder / "verify" / "WW_verify_abc.txt").write_text("abc")
    said = mulin(folder, "check", code=1, MULIN_SERVER__PUBLIC_URL=CLOSED, MULIN_CHANNELS__WECOM__ENABLED="true")
    assert "WW_verify_abc.txt" in said
    assert "WW_verify_….txt，" not in said


def test_20_30_the_first_admin_gets_in_without_any_channel(folder: Path) -> None:
    said = mulin(folder, "login", "管理员")
    assert "/console" in said and "已请管理员担任管理员" in said


def test_a_name_that_is_no_officer_makes_no_second_admin(folder: Path) -> None:
    mulin(folder, "login", "管理员")
    said = mulin(folder, "login", "管里员", code=1)
    assert "没有另建" in said and "/login" not in said
    how = re.search(r"mulin (invite admin \S+ --name 管里员)", said)
    assert how
    assert re.search(r"^[0-9]{8}$", mulin(folder, *how[1].split()), re.MULTILINE)


def test_on_the_machine_alone_no_channel_tells_to_paste_its_address(folder: Path) -> None:
    said = mulin(folder, "check", code=1, MULIN_CHANNELS__WECOM_AIBOT__MODE="callback", **TENCENT)
    assert "/hook/wecom" not in said and "/hook/wechat" not in said and "/hook/kf" not in said
    assert said.count("先有备案的公网域名") == len(TENCENT)


def test_a_setting_misspelt_names_the_nearest(folder: Path) -> None:
    said = mulin(folder, "check", code=1, MULIN_CHANNELS__WECHAT__APPID="wx1")
    assert "app_id" in said
