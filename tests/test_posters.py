"""`mulin poster`: one code per building that anybody may scan, for years, until it is taken down; and the slips' own addresses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import scans
from bot.config import make
from community import codes
from dialogue.words import Refused
from storage.database import Database
from tests.fakes.weixin import FakeWeixin

HERE = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("poster")
    mulin(folder, "init", config=False)
    mulin(folder, "roll", "build", "幸福里/3号楼", "--units", "2", "--floors", "3", "--per-floor", "2")
    return folder


def mulin(folder: Path, *words: str, config: bool = True, code: int = 0) -> str:
    where = ["--config", str(folder / "config.toml")] if config else ["--dir", str(folder)]
    groups = 2 if words[0] == "roll" else 1
    line = [sys.executable, "-m", "bot", *words[:groups], *where, *words[groups:]]
    done = subprocess.run(line, cwd=HERE, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def test_one_code_as_long_as_it_hangs(installation: Path) -> None:
    page = installation / "lift.pdf"
    first = mulin(installation, "poster", "3号楼", "--sheet", str(page)).strip()
    assert codes.valid(first)
    assert page.read_bytes().startswith(b"%PDF")
    assert mulin(installation, "poster", "幸福里/3号楼").strip() == first
    other = mulin(installation, "poster", "3号楼2单元").strip()
    assert other != first
    mulin(installation, "poster", "3号楼", "--withdraw")
    assert "没有张贴" in mulin(installation, "poster", "3号楼", "--withdraw", code=1)
    assert mulin(installation, "poster", "3号楼").strip() != first
    assert mulin(installation, "poster", "3号楼2单元").strip() == other


def test_no_such_building_is_said_in_one_sentence(installation: Path) -> None:
    assert "没有“9号楼”这个地方" in mulin(installation, "poster", "9号楼", code=1)


def test_a_sheet_of_slips_still_has_its_codes(installation: Path) -> None:
    page = installation / "slips.pdf"
    given = mulin(installation, "invite", "resident", "3号楼", "--sheet", str(page)).split()
    assert len(given) == 12
    assert all(map(codes.valid, given))
    assert page.read_bytes().startswith(b"%PDF")


async def test_a_printed_qr_opens_the_channel_that_residents_have(database_url: str) -> None:
    """With a 公众号 the codes are its scenes: one scan follows and carries the code; else the web chat's address."""
    fake, database = FakeWeixin(), Database(database_url, "secret")
    await fake.start()
    try:
        ours = {"enabled": True, "app_id": fake.app_id, "secret": fake.secret, "api_base": fake.base}
        on = make({"channels": {"wechat": ours}, "server": {"secret_key": "s" * 40}}, Path(), {})
        printed = await scans.opens(on, database, 30)(["12345678", "87654321"])
        assert all(url.startswith("http://weixin.qq.com/q/") for url in printed.values())
        assert sorted(fake.scenes.values()) == ["12345678", "87654321"]
        fake.goes_wrong("/cgi-bin/qrcode/create", 48001)
        with pytest.raises(Refused, match="no_scan"):
            await scans.opens(on, database, 30)(["12345678"])
        off = make({"server": {"secret_key": "s" * 40, "public_url": "https://x.example/"}}, Path(), {})
        assert await scans.opens(off, database, 30)(["12345678"]) == {"12345678": "https://x.example/chat?start=12345678"}
    finally:
        await fake.stop()
        await database.close()
