"""What `mulin check` of every Tencent door has in common: a public address first, and which address of ours Tencent saw."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

Finding = tuple[bool, str, dict[str, str]]

LOCAL = ("127.0.0.1", "localhost", "::1", None)
_SEEN = re.compile(r"\bip:? ?([0-9a-fA-F]*[.:][0-9a-fA-F.:]*[0-9a-fA-F])")


def no_domain(public_url: str) -> list[Finding]:
    """An address that only this machine opens stands in no back office: a domain comes first. Empty where it is public."""
    url = urlsplit(public_url)
    return [(False, "check.no_domain", {"url": f"{url.scheme}://{url.netloc}"})] if url.hostname in LOCAL else []


def seen_from(errmsg: str) -> str:
    """The address a refusal names ("from ip: 203.0.113.7", "invalid ip 203.0.113.7 ipv6 …"), `?` where it names none."""
    found = _SEEN.search(errmsg)
    return found[1] if found else "?"
