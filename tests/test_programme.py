"""The programme itself: started and stopped as a process, asked how it is, and its command used rightly and wrongly."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from click.testing import CliRunner, Result

from bot.__main__ import main
from tests import servers
from tests.running import PATIENCE, Running


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Any]:
    """Start a serving process; what a test leaves running ends with it."""
    running: list[Running] = []

    def start(*arguments: str) -> Running:
        running.append(Running(*arguments, folder=tmp_path))
        return running[-1]

    yield start
    for one in running:
        one.kill()


@pytest.fixture
def mulin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, said: str = "") -> Result:
        result = CliRunner().invoke(main, arguments, input=said)
        structlog.reset_defaults()
        assert not result.exception or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    return call


# --- start and stop -------------------------------------------------------------------------------------------------


async def test_the_demonstration_opens_is_healthy_and_ends(started: Any) -> None:
    demo = await asyncio.to_thread(started, "demo", "--port", "0", "--dir", "town")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", demo.url)
    async with aiohttp.ClientSession(demo.url) as http:
        pages = {path: await _page(http, path) for path in ("/", "/healthz", "/readyz", "/metrics", "/privacy", "/board", "/nothing")}
    assert {path: status for path, (status, _) in pages.items()} == {
        "/": 200, "/healthz": 200, "/readyz": 200, "/metrics": 200, "/privacy": 200, "/board": 200, "/nothing": 404,
    }  # fmt: skip
    assert "四部手机" in pages["/"][1] and "没有这一页" in pages["/nothing"][1]
    assert '"database": true' in pages["/readyz"][1]
    for state in ("queued", "held", "by_door", "refused", "gone"):
        assert f'mulin_outbox_rows{{state="{state}"}} 0.0' in pages["/metrics"][1]
    assert await asyncio.to_thread(demo.ends) == 0
    assert demo.process.stdout.read() == "", "one URL and nothing else"
    assert "Traceback" not in demo.errors.read_text()


async def test_nothing_acknowledged_before_a_sigterm_stays_without_its_answer(started: Any) -> None:
    """李叔 says twenty things at once and the process is told to stop while it works on them."""
    demo = await asyncio.to_thread(started, "demo", "--port", "0", "--dir", "town")
    kept: set[str] = set()
    async with aiohttp.ClientSession(demo.url) as http, http.ws_connect("/chat/ws?as=lishu") as line:
        await line.receive_json()
        for number in range(20):
            await line.send_json({"id": f"{number:024x}", "text": "菜单"})
        async for frame in line:
            said = frame.json()
            assert "refused" not in said, said
            if "ack" in said:
                kept.add(said["ack"])
                if len(kept) == 1:
                    demo.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(demo.process.wait, PATIENCE) == 0
    again = await asyncio.to_thread(started, "demo", "--port", "0", "--dir", "town")
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession(again.url) as http, http.ws_connect("/chat/ws?as=lishu") as line:
        messages = (await line.receive_json())["messages"]
        mine = {m["id"] for m in messages if m["from"] == "me"}
        answers = {m["id"] for m in messages if m["from"] == "bot"}
        while len(answers) < len(mine):  # what had not left before the end leaves now
            answers.add((await line.receive_json())["message"]["id"])
    assert kept and kept <= mine, "what was acknowledged is kept"


async def test_an_older_postgresql_schema_is_refused_and_a_migrated_one_served(
    started: Any, mulin: Any, tmp_path: Path, postgres: servers.Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, port = postgres.create(), servers.free_port()
    monkeypatch.setenv("MULIN_STORAGE__DATABASE_URL", url)
    monkeypatch.setenv("MULIN_SERVER__PORT", str(port))
    assert (await asyncio.to_thread(mulin, "init")).exit_code == 0
    refused = await asyncio.to_thread(mulin, "serve")
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1) and "mulin migrate" in refused.stderr
    assert (await asyncio.to_thread(mulin, "migrate")).exit_code == 0
    house = await asyncio.to_thread(started, "serve")
    assert await asyncio.to_thread(house.process.stdout.readline) == "http://127.0.0.1:8080/\n"  # the one address to open
    await _answers(port, house)
    assert await asyncio.to_thread(house.ends) == 0
    assert "Traceback" not in house.errors.read_text()
    postgres.drop(url)


def test_a_port_that_is_taken_is_one_sentence(mulin: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = mulin("demo", "--port", str(taken.getsockname()[1]), "--dir", "town")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "端口" in result.stderr


async def _page(http: aiohttp.ClientSession, path: str) -> tuple[int, str]:
    async with http.get(path) as answer:
        return answer.status, await answer.text()


async def _answers(port: int, house: Running) -> None:
    """Until the process serves, or has ended."""
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as http:
        while house.process.poll() is None:
            try:
                async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
    raise AssertionError(house.errors.read_text())


# --- init, configuration, check -------------------------------------------------------------------------------------


def test_init_writes_fresh_secrets_and_never_over_what_is_there(mulin: Any, tmp_path: Path) -> None:
    assert mulin("init").exit_code == 0
    written = (tmp_path / "config.toml").read_text()
    assert (tmp_path / "data").is_dir()
    assert (tmp_path / "config.toml").stat().st_mode & 0o077 == 0, "secrets are the owner's alone"
    again = mulin("init")
    assert (again.exit_code, again.stderr.count("\n")) == (1, 1) and "config.toml" in again.stderr
    assert (tmp_path / "config.toml").read_text() == written
    assert mulin("init", "--dir", "other").exit_code == 0
    other = (tmp_path / "other" / "config.toml").read_text()
    secret = re.compile(r'^(\w+) = "(\S+)" *# fresh', re.MULTILINE)
    assert not {value for _, value in secret.findall(written)} & {value for _, value in secret.findall(other)}
    assert written != other and 'secret_key = ""' not in written


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ("[server]\nprot = 80\n", ["server.prot", "port"]),
        ("[chanels.telegram]\n", ["chanels", "channels"]),
        ('[channels.telegram]\ntokn = "x"\n', ["channels.telegram.tokn", "token"]),
        ('[server]\nport = "many"\n', ["server.port"]),
        ("[server]\nport = 70000\n", ["server.port"]),
        ('[channels.telegram]\nmode = "carrier pigeon"\n', ["channels.telegram.mode"]),
        ('[quiet]\nfrom = "late"\n', ["quiet.from"]),
        ('[server]\nsecret_key_file = "nowhere"\n', ["secret_key_file", "nowhere"]),
        ("[server\n", ["config.toml"]),
        ("server = 1\n", ["server"]),
        ('[community]\ntimezone = "Mars/Olympus"\n', ["community.timezone"]),
    ],
)  # fmt: skip
def test_a_wrong_key_or_value_is_named_in_one_sentence(mulin: Any, tmp_path: Path, config: str, named: list[str]) -> None:
    (tmp_path / "config.toml").write_text(config)
    result = mulin("check")
    assert (result.exit_code, result.stderr.count("\n"), result.stdout) == (1, 1, "")
    assert all(part in result.stderr for part in named), result.stderr


def test_without_a_configuration_init_is_named(mulin: Any) -> None:
    result = mulin("serve")
    assert result.exit_code == 1 and "mulin init" in result.stderr


def test_check_says_what_is_missing(mulin: Any, tmp_path: Path) -> None:
    assert mulin("init").exit_code == 0
    assert mulin("migrate").exit_code == 0
    fine = mulin("check")
    assert fine.exit_code == 0 and "phone" in fine.stdout, "no telephone is a warning"
    path = tmp_path / "config.toml"
    path.write_text(re.sub(r'^secret_key = ".*"', 'secret_key = ""', path.read_text(), flags=re.MULTILINE))
    broken = mulin("check")
    assert broken.exit_code == 1 and "secret_key" in broken.stdout


def test_check_names_a_token_that_is_missing(mulin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mulin("init").exit_code == 0
    assert mulin("migrate").exit_code == 0
    monkeypatch.setenv("MULIN_CHANNELS__TELEGRAM__ENABLED", "true")
    result = mulin("check")
    assert result.exit_code == 1
    assert "[channels.telegram] token" in result.stdout


def test_a_talk_in_the_terminal_is_only_a_talk(mulin: Any, tmp_path: Path) -> None:
    result = mulin("talk", said="电话多少\n")
    assert result.exit_code == 0
    assert "睦邻" in result.stdout
    assert "{" not in result.stderr, "a log line on the screen"
    assert (tmp_path / "talk-data").is_dir()
    assert not (tmp_path / "demo-data").exists()


def test_whose_codes_they_are_stands_beside_them(mulin: Any) -> None:
    assert mulin("init").exit_code == 0
    assert mulin("roll", "build", "幸福里/3号楼", "--units", "1", "--floors", "2", "--per-floor", "1").exit_code == 0
    result = mulin("invite", "resident", "3号楼")
    assert re.fullmatch(r"(\d{8}\n){2}", result.stdout)
    first, second = result.stdout.split()
    assert f"{first} 是 幸福里3号楼1单元101 的" in result.stderr
    assert f"{second} 是 幸福里3号楼1单元201 的" in result.stderr
    assert "--sheet" in result.stderr


def test_check_says_that_the_database_is_not_there(mulin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mulin("init").exit_code == 0
    monkeypatch.setenv("MULIN_STORAGE__DATABASE_URL", f"postgresql://nobody@127.0.0.1:{servers.free_port()}/none")
    result = mulin("check")
    assert result.exit_code == 1 and "database_url" in result.stdout


# --- the small commands ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("due 2026-09-30 --workdays 5", "2026-10-13"),
        ("ends 2026-09-16 --days 15", "2026-10-08"),
        ("due 2030-01-01 --workdays 1", "2030-01-02 provisional"),
    ],
)
def test_calendar(mulin: Any, words: str, said: str) -> None:
    result = mulin("calendar", *words.split())
    assert (result.exit_code, result.stdout) == (0, said + "\n")


def test_mask_covers_what_stands_in_its_input(mulin: Any) -> None:
    result = mulin("mask", said="张桂兰住3号楼2单元502，电话13800001234，\n身份证340102195001011234\n")
    assert result.exit_code == 0
    assert "13800001234" not in result.stdout and "340102195001011234" not in result.stdout
    assert result.stdout.count("\n") == 2


def test_failed_has_nothing_to_show_and_says_so(mulin: Any) -> None:
    assert mulin("init").exit_code == 0 and mulin("migrate").exit_code == 0
    assert mulin("failed").exit_code == 0
    for act in ("show", "replay"):
        result = mulin("failed", act, "7")
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1) and "7" in result.stderr


def test_failed_without_a_database_is_one_sentence(mulin: Any) -> None:
    assert mulin("init").exit_code == 0
    result = mulin("failed")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    "words",
    ["dance", "demo --prot 1", "demo --port many", "demo --port 70000", "calendar due 2026-13-01 --workdays 1", "calendar due 2026-01-01",
     "calendar ends 2026-01-01 --days", "serve --role king", "failed dance", "failed show seven", "sort", "sort nowhere.txt"],
)  # fmt: skip
def test_wrong_usage_ends_with_2(mulin: Any, words: str) -> None:
    result = mulin(*words.split())
    assert (result.exit_code, result.stdout) == (2, "") and "Error: " in result.stderr
