"""`mulin check` tries its own public address as Tencent would: open, with a good certificate, with the file that proves the domain."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.cli import checks
from bot.config import Config, make


def config(folder: Path, **channels: object) -> Config:
    return make({"server": {"public_url": "https://mulin.example"}, "channels": {**channels}}, folder, {})


async def _ok(request: web.Request) -> web.Response:
    return web.Response(text="ok\n")


async def ask(settings: Config, world: dict[str, str]) -> bool:
    """The check of the verification files with a world that serves these."""

    async def served(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in world:
            raise web.HTTPNotFound
        return web.Response(text=world[name])

    app = web.Application()
    app.router.add_get("/healthz", _ok)
    app.router.add_get("/{name}", served)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        here = settings.model_copy(update={"server": settings.server.model_copy(update={"public_url": str(server.make_url("/"))})})
        return await checks._verified(here, session)


async def test_without_tencent_nothing_is_wanted(tmp_path: Path) -> None:
    assert await ask(config(tmp_path), {})


async def test_a_file_that_is_missing_is_named_with_the_folder_it_belongs_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not await ask(config(tmp_path, wechat={"enabled": True}), {})
    said = capsys.readouterr().out
    assert "MP_verify_….txt" in said
    assert str(tmp_path / "verify") in said


async def test_a_file_that_only_we_can_read_is_no_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "verify").mkdir()
    (tmp_path / "verify" / "WW_verify_abc.txt").write_text("proof\n")
    wanted = config(tmp_path, wecom={"enabled": True})
    assert not await ask(wanted, {})
    assert "读不到" in capsys.readouterr().out
    assert not await ask(wanted, {"WW_verify_abc.txt": "something else"})
    assert await ask(wanted, {"WW_verify_abc.txt": "proof"})


async def test_an_address_that_does_not_open_says_what_to_look_at(capsys: pytest.CaptureFixture[str]) -> None:
    async with aiohttp.ClientSession() as session:
        assert not await checks._opens(session, "http://127.0.0.1:9")
    assert "备案" in capsys.readouterr().out


def certificate(folder: Path) -> ssl.SSLContext:
    """One that nobody signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=3650)).sign(key, hashes.SHA256())
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


async def test_a_certificate_nobody_trusts_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = web.Application()
    app.router.add_get("/healthz", _ok)
    server = TestServer(app, scheme="https")
    await server.start_server(ssl=certificate(tmp_path))
    async with aiohttp.ClientSession() as session:
        assert not await checks._opens(session, f"https://127.0.0.1:{server.port}")
    await server.close()
    assert "证书无效" in capsys.readouterr().out
