"""Addresses that others hand us to open: public ones by https and no other, so that nobody reads through us what stands behind our wall."""

from __future__ import annotations

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL


class Outside(AbstractResolver):
    """Finds only public addresses behind a name."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """Raises OSError where there is none."""
        found = [one for one in await self._inner.resolve(host, port, family) if public(one["host"])]
        if not found:
            raise OSError("no public address")
        return found

    async def close(self) -> None:
        """Nothing is held."""
        await self._inner.close()


def may_open(url: str, *, local: bool) -> bool:
    """Whether such an address may be opened. `local`: we ourselves stand on this machine only, and so may those we talk to."""
    try:
        asked = URL(url, encoded=True)
        host = asked.host or ""
    except ValueError:
        return False
    if local and loopback(url):
        return True
    return asked.scheme == "https" and bool(host) and (not _numeric(host) or public(host))


def loopback(url: str) -> bool:
    """Whether it leads to this very machine."""
    try:
        host = URL(url, encoded=True).host or ""
    except ValueError:
        return False
    return host == "localhost" or (_numeric(host) and ipaddress.ip_address(host).is_loopback)


def public(address: str) -> bool:
    """Whether an IP address lies outside: not this machine, not its network, not where clouds tell their machines' secrets."""
    found = ipaddress.ip_address(address.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_global and not found.is_multicast


def _numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
