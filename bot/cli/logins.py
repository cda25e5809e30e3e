"""mulin login NAME: a link to the desk for the first admin. Who has the machine has the proof."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.cli.console import chosen, complain, say
from bot.config import Config
from bot.speaking import LOGIN_MINUTES
from community.staff import OFFICES
from dialogue.words import Refused, ResidentId, Role
from storage import areas, communities, journal, residents
from storage.communities import Community
from storage.database import Database, Tx
from web import access
from web.access import Pass


@dataclass(frozen=True, slots=True)
class Let:
    """Who is let in, where, and whether they were made an admin just now."""

    here: Community
    first: bool
    resident: str
    made: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody of that name holds an office in a community that has admins: nobody is made one by a slip of the pen."""

    here: Community
    admins: list[str]


async def login(database: Database, config: Config, name: str, community: str = "", *, now: datetime | None = None) -> int:
    """Print a one-time link for the officer of that name; where nobody is an admin yet, for a new admin so called."""
    now = now or datetime.now(UTC)
    let = await database.transaction(_let_in, name.strip(), community, now)
    if isinstance(let, int):
        return complain("logins.several", name=name, count=let)
    if isinstance(let, Unknown):
        return complain("logins.not_an_officer", name=name, names=let.admins, community=let.here.name)
    if let.made:
        say("logins.made_admin", name=name)
    until = now + timedelta(minutes=LOGIN_MINUTES)
    token = access.sign(config.server.secret_key, Pass("login", let.here.id, "", "", let.resident, until))
    prefix = "" if let.first else f"/c/{let.here.slug}"
    print(access.address(config.server.public_url, prefix, "login", token))
    return 0


def _let_in(tx: Tx, name: str, community: str, now: datetime) -> Let | int | Unknown:
    """Whom; how many where several are so called; Unknown where nobody is and there are admins."""
    here = chosen(tx, community)
    first = communities.everyone(tx)[0].id == here.id
    officers = residents.officers(tx, here.id, now.date())
    found = [who for who, roles in officers.items() if name == residents.name_of(tx, here.id, who) and roles & set(OFFICES)]
    if len(found) > 1:
        return len(found)
    if found:
        return Let(here, first, found[0], made=False)
    admins = [who for who, roles in officers.items() if "admin" in roles]
    if admins:
        return Unknown(here, [residents.name_of(tx, here.id, who) for who in admins])
    return Let(here, first, _admin(tx, here, name, now), made=True)


def _admin(tx: Tx, here: Community, name: str, now: datetime) -> str:
    whole = areas.by_path(tx, here.id, "")
    if whole is None or not name:
        raise Refused("command.no_communities", names=[])
    who = ResidentId(secrets.token_hex(10))
    residents.record_resident(tx, here.id, who, who, name, now)
    residents.record_role(tx, here.id, f"{who}-0", who, Role("admin", whole.id, ""), now.date())
    journal.record_journal(tx, here.id, None, "login", "admin", now)
    return who
