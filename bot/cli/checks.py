"""`mulin check`: what is configured, reachable and missing, and what to paste where in each platform's back office."""

from __future__ import annotations

from urllib.parse import urlsplit

import aiohttp

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
    try:
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session, session.get(f"{public.rstrip('/')}/healthz") as answer:
            reached = answer.status == 200
    except aiohttp.ClientError as failure:
        say("check.address_fails", url=public, reason=type(failure).__name__)
        return False
    except TimeoutError:
        say("check.address_fails", url=public, reason="timeout")
        return False
    say("check.address" if reached else "check.address_other", url=public)
    return reached
