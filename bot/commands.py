"""How the commands about communities, homes and codes are called; what they do stands in bot/cli/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bot.cli import communities, customers, installs, invites, posters, rolls, scans
from bot.cli import wecom as members
from bot.cli.console import configured, with_database
from bot.config import Config
from community.claims import As
from community.invites import DAYS
from community.staff import ROLES
from storage.database import Database

CONFIG = click.option("--config", default="config.toml", show_default=True, help="the configuration file")
COMMUNITY = click.option("--community", default="", help="needed only when there are several")
FILE = click.Path(dir_okay=False, path_type=Path)


def installed(path: str) -> Config:
    """The configuration of an installation whose first community is there."""
    settings = configured(path)
    installs.community(settings)
    return settings


@click.group()
def community() -> None:
    """Communities of this installation."""


@community.command()
@CONFIG
@click.argument("name")
@click.option("--kind", default="estate", show_default=True, help="estate, market or village")
@click.option("--under", default="", help="the street office above it")
@click.option("--timezone", default="Asia/Shanghai", show_default=True)
def add(config: str, **told: Any) -> None:
    """A further community, with pages of its own."""
    raise SystemExit(with_database(installed(config), lambda database: communities.add(database, communities.Order(**told))))


@community.command("set")
@CONFIG
@click.argument("name")
@click.argument("key")
@click.argument("value")
def set_(config: str, name: str, key: str, value: str) -> None:
    """Change one key of [community] for that one."""
    raise SystemExit(with_database(installed(config), lambda database: communities.set_(database, name, key, value)))


@click.group()
def roll() -> None:
    """The household roll."""


@roll.command()
@click.argument("file", type=FILE)
def template(file: Path) -> None:
    """An empty workbook with the columns of a roll."""
    raise SystemExit(rolls.template(file))


@roll.command("import")
@CONFIG
@COMMUNITY
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="only look")
@click.option("--marked", type=FILE, help="the same workbook with the faults marked")
@click.option("--accept-good", is_flag=True, help="take the faultless rows, the others wait")
def import_(config: str, community: str, **told: Any) -> None:
    """Read a roll: all faults at once, with sheet, row and column."""
    raise SystemExit(with_database(installed(config), lambda database: rolls.import_(database, community, rolls.Order(**told))))


@roll.command()
@CONFIG
@COMMUNITY
@click.argument("area")
@click.option("--units", type=click.IntRange(1, 50), required=True)
@click.option("--floors", type=click.IntRange(1, 100), required=True)
@click.option("--per-floor", type=click.IntRange(1, 50), required=True)
def build(config: str, community: str, area: str, **told: int) -> None:
    """Homes without owners and floor areas: enough to ask by household."""
    size = (told["units"], told["floors"], told["per_floor"])
    raise SystemExit(with_database(installed(config), lambda database: rolls.build(database, community, area, size)))


@click.command()
@CONFIG
@COMMUNITY
@click.argument("role", type=click.Choice(ROLES))
@click.argument("area")
@click.option("--count", type=click.IntRange(1, 5000), default=1, show_default=True)
@click.option("--name", default="", help="of the person the code is for")
@click.option("--as", "as_", type=click.Choice(["", *(a.value for a in As)]), default="", help="as what they live in the home")
@click.option("--uses", type=click.IntRange(1, 1000), default=None, help="default: 1, for a home 6")
@click.option("--days", type=click.IntRange(1, 3650), default=None, help="default: 7, for a home 30")
@click.option("--sheet", type=FILE, help="a PDF with a QR and the code per home, 8 a page")
def invite(config: str, community: str, uses: int | None, days: int | None, **told: Any) -> None:
    """Codes, one a line."""
    settings = installed(config)
    order = invites.Order(uses=uses or 0, days=days or 0, **told)

    async def work(database: Database) -> int:
        return await invites.invite(database, community, order, scans.opens(settings, database, order.days or DAYS))

    raise SystemExit(with_database(settings, work))


@click.command()
@CONFIG
@COMMUNITY
@click.argument("area")
@click.option("--sheet", type=FILE, help="a PDF to hang up in the lift: one large QR")
@click.option("--withdraw", is_flag=True, help="the sheet that hangs there works no more")
def poster(config: str, community: str, **told: Any) -> None:
    """The code of the sheet in the lift, which anybody may scan."""
    settings = installed(config)
    order = posters.Order(**told)

    async def work(database: Database) -> int:
        return await posters.poster(database, community, order, scans.opens(settings, database, 0))

    raise SystemExit(with_database(settings, work))


@click.group()
def wecom() -> None:
    """What is done once in WeCom."""


@wecom.command()
@CONFIG
@COMMUNITY
@click.argument("area")
@click.argument("name")
@click.argument("members", nargs=-1, metavar="USERID...")
def appchat(config: str, community: str, **told: Any) -> None:
    """A group of members, made by the application and bound to a place."""
    settings = installed(config)
    raise SystemExit(with_database(settings, lambda database: members.appchat(database, settings, community, members.Order(**told))))


@wecom.command("groups")
@CONFIG
@COMMUNITY
def groups_(config: str, community: str) -> None:
    """The groups with residents (客户群): owner, members, place."""
    settings = installed(config)
    raise SystemExit(with_database(settings, lambda database: customers.groups(database, settings, community)))


@wecom.command()
@CONFIG
@COMMUNITY
@click.argument("chat_id")
@click.argument("area")
def bind(config: str, community: str, chat_id: str, area: str) -> None:
    """Give such a group its place: its owner is asked to send what is posted there."""
    settings = installed(config)
    raise SystemExit(with_database(settings, lambda database: customers.bind(database, settings, community, chat_id, area)))


@wecom.command()
@CONFIG
@COMMUNITY
@click.argument("area")
@click.option("--sheet", type=FILE, help="a PDF to hang up: one large QR")
def joinqr(config: str, community: str, **told: Any) -> None:
    """The QR by which neighbours join the group of a place."""
    settings = installed(config)
    raise SystemExit(with_database(settings, lambda database: customers.joinqr(database, settings, community, customers.Order(**told))))
