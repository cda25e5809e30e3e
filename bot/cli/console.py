"""How the command speaks to an operator: one plain sentence for what went wrong, from texts/, never a traceback."""

from __future__ import annotations

import asyncio
import errno
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

import texts
from bot.config import Config, ConfigError, load
from bot.config import language as language
from dialogue.words import Refused
from storage import communities
from storage.communities import Community
from storage.database import Database, DatabaseAway, Tx


def say(key: str, /, **values: Any) -> None:
    """One line on standard output."""
    print(texts.render(key, values, language()))


def complain(key: str, /, **values: Any) -> int:
    """One plain sentence on standard error; the exit code of a refusal."""
    print(texts.render(key, values, language()), file=sys.stderr)
    return 1


class Sentences(click.Group):
    """A command whose failures of the outside are one sentence each: no database, a port that is taken, a file that is not there."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Refused as refusal:
            raise SystemExit(complain(refusal.key, **refusal.values)) from None
        except DBAPIError as failure:
            unknown = "no such table" in str(failure.orig) or getattr(failure.orig, "sqlstate", "") == "42P01"
            raise SystemExit(complain("command.older_schema" if unknown else "command.database_away")) from None
        except DatabaseAway:
            raise SystemExit(complain("command.database_away")) from None
        except OSError as failure:
            if failure.errno == errno.EADDRINUSE:
                raise SystemExit(complain("command.port_taken")) from None
            reason = f"{failure.strerror or failure} {failure.filename or ''}".strip()
            raise SystemExit(complain("command.outside", reason=reason)) from None


def configured(path: str) -> Config:
    """The configuration, or the end with exit code 1."""
    try:
        return load(Path(path))
    except ConfigError as fault:
        print(fault, file=sys.stderr)
        raise SystemExit(1) from None


def with_database(config: Config, work: Callable[[Database], Awaitable[int]]) -> int:
    """Run something with the database of this configuration; refusals become a sentence."""

    async def run() -> int:
        database = Database(config.database_url, config.server.secret_key)
        try:
            return await work(database)
        except Refused as refusal:
            return complain(refusal.key, **refusal.values)
        except DatabaseAway:
            return complain("command.database_away")
        finally:
            await database.close()

    return asyncio.run(run())


def chosen(tx: Tx, name: str) -> Community:
    """The community meant: --community NAME, needed only when there are several."""
    everyone = communities.everyone(tx)
    if name:
        found = [c for c in everyone if name in (c.name, c.slug)]
        if not found:
            raise Refused("command.no_community", name=name, names=[c.name for c in everyone])
        return found[0]
    if len(everyone) != 1:
        raise Refused("command.which_community" if everyone else "command.no_communities", names=[c.name for c in everyone])
    return everyone[0]
