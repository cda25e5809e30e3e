"""The `mulin` command: how each subcommand is called. What it does stands in bot/cli/."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from datetime import date
from pathlib import Path

import click
import structlog

from bot import app, commands, demo
from bot.cli import checks, failed, installs, logins, surveys, talk
from bot.cli.console import Sentences, configured, with_database
from channels.webchat.demo import cast
from community import calendar
from storage.migrate import migrate
from texts import DEFAULT, LANGUAGES, table
from understanding import masking, sorting

CONFIG = click.option("--config", default="config.toml", show_default=True, help="the configuration file")
COMMUNITY = click.option("--community", default="", help="needed only when there are several")


def logs() -> None:
    """One JSON line an event, on standard error; what a person said or is called is never in it."""
    os.umask(0o077)  # whatever is written here holds people's data or their keys
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """睦邻 Mulin: residents speak, vote and hear back in the chats they already have."""
    logs()


@main.command("demo")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: any free one")
@click.option("--dir", "folder", default="demo-data", show_default=True)
def demo_(port: int, folder: str) -> None:
    """A demonstration community to play in the browser."""
    settings = demo.config(Path(folder), port or app.free_port())
    migrate(settings.database_url)
    asyncio.run(demo.fill(settings, cast(table(DEFAULT, "webchat"))))
    app.serve(settings, demo=True, ready=lambda: print(settings.server.public_url + "/", flush=True))


@main.command()
@click.option("--dir", "folder", default=".", show_default=True)
def init(folder: str) -> None:
    """Write config.toml with fresh secrets, and the data folder."""
    raise SystemExit(installs.init(Path(folder)))


@main.command()
@CONFIG
@click.option("--role", type=click.Choice(["web", "worker", "all"]), default="all", show_default=True)
def serve(config: str, role: str) -> None:
    """Serve pages, channels, delivery and clock until told to stop."""
    settings = configured(config)
    installs.community(settings)
    opened = None if role == "worker" else lambda: print(settings.server.public_url.rstrip("/") + "/", flush=True)
    app.serve(settings, roles=("web", "worker") if role == "all" else (role,), ready=opened)


@main.command("migrate")
@CONFIG
def migrate_(config: str) -> None:
    """Bring the database to this version's schema."""
    settings = configured(config)
    installs.database(settings)
    raise SystemExit(0)


@main.command()
@CONFIG
def check(config: str) -> None:
    """What is configured, reachable, missing; what to paste where."""
    settings = configured(config)
    if settings.database_url.startswith("sqlite"):
        migrate(settings.database_url)  # as serve does: right after init nothing has made the file yet
    raise SystemExit(asyncio.run(checks.check(settings)))


@main.command("login")
@CONFIG
@COMMUNITY
@click.argument("name")
def login_(config: str, community: str, name: str) -> None:
    """A link to the desk for the officer of that name; for the first admin, who has the machine."""
    settings = configured(config)
    installs.community(settings)
    raise SystemExit(with_database(settings, lambda database: logins.login(database, settings, name, community)))


@main.command("talk")
@CONFIG
@click.option("--as", "who", default="me", show_default=True)
@click.option("--group", default="")
def talk_(config: str, who: str, group: str) -> None:
    """Talk to the bot in the terminal; .2 taps the second button."""
    settings = configured(config) if Path(config).exists() else demo.config(Path("talk-data"), 8080)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # a conversation stands on this screen
    migrate(settings.database_url)
    if not Path(config).exists():
        asyncio.run(demo.fill(settings, cast(table(DEFAULT, "webchat"))))
    raise SystemExit(asyncio.run(talk.talk(settings, who, group)))


@main.command("failed")
@CONFIG
@click.argument("act", type=click.Choice(["list", "show", "replay"]), default="list")
@click.argument("number", type=int, default=0)
def failed_(config: str, act: str, number: int) -> None:
    """Messages whose handling failed: list, show ID, replay ID."""
    settings = configured(config)
    acts = {
        "list": failed.listed,
        "show": lambda database: failed.shown(database, number),
        "replay": lambda database: failed.replayed(database, settings, number),
    }
    raise SystemExit(with_database(settings, acts[act]))


@main.group("survey")
def survey_() -> None:
    """Questionnaires as XLSForm workbooks."""


@survey_.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def survey_check(file: str) -> None:
    """All faults of a workbook, with sheet, row and column."""
    raise SystemExit(surveys.check(Path(file)))


@survey_.command("publish")
@CONFIG
@COMMUNITY
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--area", required=True, help="where it is asked: the whole path, or a short form that is clear")
@click.option("--closes", default="", help="when it ends, e.g. 2026-12-01T20:00")
def survey_publish(config: str, community: str, file: str, area: str, closes: str) -> None:
    """Ask it in an area; prints its number."""
    settings = configured(config)
    installs.community(settings)
    where = {"area": area, "closes": closes, "community": community}
    raise SystemExit(with_database(settings, lambda database: surveys.publish(database, settings, Path(file), where)))


@main.command("results")
@CONFIG
@COMMUNITY
@click.argument("kind", type=click.Choice(["poll", "survey"]))
@click.argument("number", type=int)
@click.option("--csv", default="", type=click.Path(dir_okay=False))
@click.option("--xlsx", default="", type=click.Path(dir_okay=False))
@click.option("--json", "as_json", default="", type=click.Path(dir_okay=False))
def results_(config: str, community: str, kind: str, number: int, **out: str) -> None:
    """What was counted, as a table or for other programs; no names in it."""
    files = {"csv": out["csv"], "xlsx": out["xlsx"], "json": out["as_json"]}
    raise SystemExit(with_database(configured(config), lambda database: surveys.hand_out(database, community, (kind, number), files)))


@main.group("calendar")
def calendar_() -> None:
    """Working days and periods, by the holidays as they were decreed."""


@calendar_.command()
@click.argument("start", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--workdays", type=int, required=True)
def due(start: object, workdays: int) -> None:
    """The day that many working days later."""
    _date(calendar.add_workdays(_day(start), workdays))


@calendar_.command()
@click.argument("start", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--days", type=int, required=True)
def ends(start: object, days: int) -> None:
    """The last day of a period of that many days that begins after START."""
    _date(calendar.period_ends(_day(start), days))


@main.command()
def mask() -> None:
    """Standard input with personal data masked as in public views."""
    sys.stdout.write(masking.mask(sys.stdin.read()))


@main.command("sort")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def sort_(file: str) -> None:
    """What the sorter proposes for each line, as JSON lines."""
    rules = sorting.build({language: table(language, "sorting") for language in LANGUAGES})
    for line in Path(file).read_text("utf-8-sig").splitlines():
        print(json.dumps(sorting.spoken(rules.sort(line), table(DEFAULT, "sorting")), ensure_ascii=False))


def _day(start: object) -> date:
    assert hasattr(start, "date")
    found: date = start.date()
    return found


def _date(found: calendar.Due) -> None:
    print(found.on.isoformat() + (" provisional" if found.provisional else ""))


for command in (commands.community, commands.invite, commands.poster, commands.roll, commands.wecom):
    main.add_command(command)

if __name__ == "__main__":
    main()
