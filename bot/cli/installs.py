"""A new installation: its configuration with fresh secrets, its database, its first community."""

from __future__ import annotations

import asyncio
import re
import secrets
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

from bot.cli.console import complain, say
from bot.config import Config
from channels.webchat.channel import WebChat
from channels.webchat.door import loopback
from storage import communities
from storage.database import Database
from storage.migrate import current, migrate, newest

EXAMPLE = Path(__file__).parent.parent.parent / "config.example.toml"


def init(folder: Path) -> int:
    """Write config.toml from the example with fresh secrets; refuses to overwrite."""
    path = folder / "config.toml"
    if path.exists():
        return complain("command.exists", path=str(path))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    words = re.sub(r'^(\w+) = ""(.*)# fresh$', _fresh, EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
    path.touch(mode=0o600)
    path.write_text(words, "utf-8")
    say("command.written", path=str(path))
    return 0


def database(config: Config) -> None:
    """The database at this version's schema."""
    migrate(config.database_url)
    say("command.migrated")


def community(config: Config) -> None:
    """The first community is made from [community]; afterwards its settings are kept up to date from there."""
    if config.database_url.startswith("sqlite"):
        migrate(config.database_url)
    elif asyncio.run(current(config.database_url)) != newest():
        raise SystemExit(complain("command.older_schema"))
    asyncio.run(_community(config))


async def _community(config: Config) -> None:
    ours = config.community
    settings = communities.Settings(
        timezone=ours.timezone,
        phone=ours.phone,
        address=ours.address,
        office_hours=ours.office_hours,
        official_platform_required=ours.official_platform_required,
        owners_vote_clause=ours.owners_vote_clause,
        meeting_vote_clause=ours.meeting_vote_clause,
        count_parking=ours.count_parking,
        second_officer_above=config.sending.second_officer_above,
        doors_need_code=open_doors(config),
    )
    kept = Database(config.database_url, config.server.secret_key)
    try:
        await kept.transaction(communities.first, ours.name, settings)
        await kept.transaction(communities.guard, settings.doors_need_code)
    finally:
        await kept.close()


def open_doors(config: Config) -> tuple[str, ...]:
    """The channels in which anybody in the world may speak without a name: there a home is claimed by its code only."""
    public = loopback(urlsplit(config.server.public_url).hostname)
    return () if public or not config.channels.webchat.enabled else (WebChat.name,)


def _fresh(found: re.Match[str]) -> str:
    key = found[1]
    made = b64encode(secrets.token_bytes(32)).decode()[:43] if key == "encoding_aes_key" else secrets.token_urlsafe(32)
    return f'{key} = "{made}"'
