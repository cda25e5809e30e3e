"""`mulin check`: what is configured, reachable and missing, and what to paste where in each platform's back office."""

from __future__ import annotations

from urllib.parse import urlsplit

import aiohttp

from bot import robots
from bot.app import Programme
from bot.cli.console import say
from bot.config import Config

LOOPBACK = ("127.0.0.1", "localhost", "::1")
TIMEOUT = aiohttp.ClientTimeout(total=10)


async def check(config: Config) -> int:
    """Print one line for each thing; exit code 1 if anything that is needed fails."""
    programme = Programme(config)
    fine = True
    try:
        ready = await programme.database.ready()
        say("check.database" if ready else "check.no_database")
        fine &= ready
        if config.storage.redis_url:
            say("check.redis" if await programme.shared.ready() else "check.no_redis")
        if not config.community.phone:
            say("check.no_phone")
        if not config.server.secret_key:
            say("check.no_secret_key")
            fine = False
        fine &= await _address(config)
        for path in await programme.database.read(robots.unplaced, robots.paths(config)) if ready else ():
            say("wecom_robot.no_area", path=path)
            fine = False
        for name, channel in programme.channels.items():
            say("check.channel", name=name)
            for good, key, values in await channel.check():
                say(key, **values)
                fine &= good
    finally:
        await programme.shared.close()
        await programme.database.close()
    say("check.fine" if fine else "check.not_fine")
    return 0 if fine else 1


async def _address(config: Config) -> bool:
    """Whether the world can open our own address; what that opens to it."""
    public = config.server.public_url
    if urlsplit(public).hostname in LOOPBACK:
        say("check.loopback", url=public)
        return True
    if config.channels.webchat.enabled:
        say("check.webchat_open")
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        fine = await _opens(session, public)
        return await _verified(config, session) and fine


async def _opens(session: aiohttp.ClientSession, public: str) -> bool:
    try:
        async with session.get(f"{public.rstrip('/')}/healthz") as answer:
            reached = answer.status == 200
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError):
        say("check.address_certificate", url=public)
        return False
    except (aiohttp.ClientError, TimeoutError):
        say("check.address_closed", url=public)
        return False
    say("check.address" if reached else "check.address_other", url=public)
    return reached


async def _verified(config: Config, session: aiohttp.ClientSession) -> bool:
    """The files by which Tencent's back offices see that the domain is ours: there, and to be had from outside."""
    fine = True
    folder = config.folder / config.server.verify_dir
    for sign, wanted in (("WW_verify_", config.channels.wecom.enabled), ("MP_verify_", config.channels.wechat.enabled)):
        if not wanted:
            continue
        found = sorted(folder.glob(f"{sign}*.txt"))
        if not found:
            say("check.verify_missing", name=f"{sign}….txt", folder=str(folder))
        fine &= bool(found)
        for path in found:
            here = await _served(session, f"{config.server.public_url.rstrip('/')}/{path.name}", path.read_bytes())
            say("check.verify" if here else "check.verify_closed", name=path.name)
            fine &= here
    return fine


async def _served(session: aiohttp.ClientSession, address: str, content: bytes) -> bool:
    try:
        async with session.get(address) as answer:
            return answer.status == 200 and (await answer.read()).strip() == content.strip()
    except (aiohttp.ClientError, TimeoutError):
        return False
