"""The house as docs/architecture.md §3, §8 and §12 draw it: who may import whom, what is pure, how long a function may be.

Each rule reads one parsed file and yields (line, what is wrong). Below, each is shown to go red on a planted line.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent

PURE = {"dialogue", "community", "surveys", "understanding", "pictures"}
BELOW = {  # package -> what of ours it may import, besides itself
    "texts": set(),
    "dialogue": set(),
    "community": {"dialogue"},
    "surveys": {"community", "dialogue"},
    "understanding": {"dialogue"},
    "pictures": {"surveys", "community", "dialogue"},
    "storage": {"surveys", "community", "dialogue"},
    "handlers": {"storage", "surveys", "community", "dialogue", "understanding"},
    "channels": {"dialogue"},
    "web": {"handlers", "storage", "surveys", "community", "dialogue", "pictures", "texts"},
}
BELOW["bot"] = set(BELOW)
SYNC = PURE | {"storage", "handlers", "texts"}
WAITS = {  # what below floor 4 may be async
    "storage/database.py": "runs a function in a transaction",
    "storage/sqlite.py": "the writer thread, and waiting for it",
    "storage/shared.py": "what processes share, in memory or Redis",
    "storage/migrate.py": "the same migrations over PostgreSQL's driver, outside any turn",
}

OUTSIDE = {  # modules with a clock, dice, a log, files, a network or threads behind them
    "sqlalchemy", "sqlite3", "asyncpg", "redis", "aiohttp", "requests", "httpx", "urllib.request", "http", "socket", "ssl",
    "asyncio", "threading", "concurrent", "multiprocessing", "subprocess", "os", "shutil", "tempfile", "pathlib", "glob",
    "random", "secrets", "uuid", "time", "logging", "structlog", "nacl.utils",
}
NETWORK = {"aiohttp", "requests", "httpx", "urllib.request", "http", "socket", "ssl", "smtplib", "redis", "asyncio"}
INSIDE = {"bot/turn.py", "bot/routing.py", "bot/speaking.py", "bot/spread.py"}  # of bot, what runs within a transaction
OUTSIDE_CALLS = {"now", "today", "utcnow", "uuid1", "uuid4", "monotonic", "print", "input", "read_text", "read_bytes", "write_text"}
CHANNELS = {"telegram", "wecom", "wecom_aibot", "wecom_robot", "wechat", "wechat_kf", "webchat"}
DATA = {  # where Chinese is data and said to nobody: words that are looked for, headings of a file's columns, defaults of a setting
    "bot/demo.py": "the names of the demonstration's places and files",
    "bot/config.py": "the settings' defaults, as config.example.toml shows them",
    "channels/wechat/parse.py": "what the platform itself writes instead of a sticker",
    "channels/wechat/templates.py": "how our words write a date, and how the platform's templates want it",
    "community/answering.py": "the signs that ask and do not tell about what",
    "community/areas.py": "the parts of an address as people write it",
    "community/jielong.py": "how people write their home and their choice in a group",
    "community/holidays_2026.py": "the name of the decree",
    "community/claims.py": "as what people say they live in a home",
    "community/hours.py": "office hours as they are written",
    "community/notice_drafts.py": "the lines of a notice as officers type them",
    "community/ratings.py": "how people rate",
    "community/roll_cells.py": "what stands in a roll's cells",
    "community/roll_files.py": "the columns of a roll",
    "community/times.py": "how people say when",
    "community/on_behalf.py": "where a matter came from, as officers type it",
    "community/rolls.py": "the columns of a roll and what may stand in them",
    "dialogue/arguments.py": "what follows a command as people write it",
    "dialogue/choosing.py": "how people say which option",
    "dialogue/grammar.py": "what people add to a word",
    "storage/areas.py": "what a home is used for, in a roll's words",
    "storage/communities.py": "the defaults of a community's keys",
    "surveys/choosing.py": "how people say which answer",
    "surveys/days.py": "how people say a date",
    "surveys/figures.py": "how people say a number",
    "surveys/poll_drafts.py": "the lines of a poll as officers type them, and the two options added to every poll",
    "surveys/question_types": "what people answer a question of that type with",
    "texts/__init__.py": "how a date is written",
    "understanding": "the words that are looked for in what residents write",
}
TABLES = {"dialogue/numerals.py", "dialogue/traditional.py", "surveys/figures.py"}  # whole rows of characters
GRAB_BAGS = {"utils.py", "helpers.py", "common.py", "misc.py", "services.py", "manager.py"}
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("short", "bot/command.py"): "one door for every form of every page: each keyword is one thing that a form may say",
}  # (rule, file) -> why; one that is no longer needed is a failure
UNIMPORTED = {  # run-time packages that nobody imports by name
    "asyncpg": "the driver in SQLAlchemy's URL",
    "tzdata": "the zones of zoneinfo where the system has none",
}


@dataclass(frozen=True)
class Source:
    path: str  # surveys/polls.py
    text: str

    @property
    def package(self) -> str:
        return self.path.split("/")[0]

    @property
    def tree(self) -> ast.Module:
        return parse(self.text)


@cache
def parse(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def sources() -> list[Source]:
    files = [f for package in BELOW for f in sorted((HERE / package).rglob("*.py")) if "versions" not in f.parts]
    return [Source(f.relative_to(HERE).as_posix(), f.read_text("utf-8")) for f in files]


Fault = tuple[int, str]
Rule = Callable[[Source], Iterator[Fault]]


def imported(source: Source) -> Iterator[tuple[int, str]]:
    """Every module a file names, as `sqlalchemy.orm`; TYPE_CHECKING imports and those inside functions too."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def floors(source: Source) -> Iterator[Fault]:
    """Imports fall downwards only; channels and web never meet."""
    for line, module in imported(source):
        package = module.split(".")[0]
        if package in BELOW and package not in BELOW[source.package] | {source.package}:
            yield line, f"{source.package} may not import {package}"
        elif package in {"tests", "bench", "docs"}:
            yield line, f"the product may not import {package}"


def pure(source: Source) -> Iterator[Fault]:
    """Floor 1 decides and does nothing else: no SQL, clock, dice, log, file, network."""
    if source.package not in PURE:
        return
    for line, module in imported(source):
        if any(f"{module}.".startswith(f"{outside}.") for outside in OUTSIDE):
            yield line, f"{module} on floor 1"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            name = called(node)
            if name in OUTSIDE_CALLS or (isinstance(node.func, ast.Name) and name == "open"):
                yield node.lineno, f"{name}() on floor 1"


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def synchronous(source: Source) -> Iterator[Fault]:
    """Nothing below floor 4 or within a turn waits, but the file that runs a function in a transaction and what processes share."""
    if not within(source):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncWith | ast.AsyncFor):
            yield node.lineno, "async below floor 4"


def within(source: Source) -> bool:
    """Whether it runs within a transaction, which on SQLite everybody waits for."""
    return (source.package in SYNC or source.path in INSIDE) and source.path not in WAITS


def offline(source: Source) -> Iterator[Fault]:
    """Nothing is sent and nobody outside is asked while a transaction is open: what is said goes into the outbox."""
    if not within(source):
        return
    for line, module in imported(source):
        if any(f"{module}.".startswith(f"{outside}.") for outside in NETWORK):
            yield line, f"{module} within a transaction"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"send", "fetch"}:
            yield node.lineno, f"{node.func.attr}() within a transaction"


def handlers_read(source: Source) -> Iterator[Fault]:
    """Handlers read through storage and write by events: no SQL, nothing called record_*."""
    if source.package != "handlers":
        return
    for line, module in imported(source):
        if module.split(".")[0] == "sqlalchemy" or module.split(".")[-1].startswith("record"):
            yield line, f"{module} in a handler"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("record_"):
            yield node.lineno, f"{node.attr} in a handler"


def transactions(source: Source) -> Iterator[Fault]:
    """Only bot opens transactions; web is handed `run` and `read`, channels `take`."""
    if source.package in {"bot", "storage"}:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and called(node) == "transaction":
            yield node.lineno, "a transaction opened outside bot"


def channel_names(source: Source) -> Iterator[Fault]:
    """No `if channel == "telegram"` outside channels/: ask its Capabilities instead."""
    if source.package == "channels":
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Compare | ast.MatchValue):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and part.value in CHANNELS:
                    yield part.lineno, f"compared with the channel's name {part.value!r}"


HAN = re.compile(r"[㐀-鿿豈-﫿]")
SENTENCE = re.compile(r"[㐀-鿿，。！？、；：]{14,}")
ONE_OF = re.compile(r"\[[^\]]*\]")  # a regular expression's set of characters is no sentence


def words(source: Source) -> Iterator[Fault]:
    """No sentence that people read stands in Python; it stands in texts/. Where Chinese is data, it is short."""
    if source.path in TABLES:
        return
    data = any(f"{source.path}/".startswith(f"{place}/") for place in DATA)
    documentation = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(source.tree):
        said = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
        if said and (SENTENCE.search(ONE_OF.sub("", node.value)) if data else HAN.search(node.value)):
            yield node.lineno, f"Chinese in code: {node.value[:40]!r}"


def short(source: Source) -> Iterator[Fault]:
    """A function has at most 40 lines without its docstring, five parameters besides tx (five more by keyword), a file 300 lines."""
    if len(source.text.splitlines()) > 300:
        yield 1, f"{len(source.text.splitlines())} lines in one file"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            said = node.body[0] if ast.get_docstring(node) else None
            lines = (node.end_lineno or 0) - node.lineno + 1 - ((said.end_lineno or 0) - said.lineno + 1 if said else 0)
            if lines > 40:
                yield node.lineno, f"{node.name} has {lines} lines"
            given = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in ("self", "cls", "tx")]
            if len(given) > 5 or len(node.args.kwonlyargs) > 5:
                yield node.lineno, f"{node.name} has {len(given)} + {len(node.args.kwonlyargs)} parameters"


def named(source: Source) -> Iterator[Fault]:
    """A file is named after its noun; a grab bag is not a noun."""
    if source.path.rsplit("/", 1)[-1] in GRAB_BAGS:
        yield 1, "a grab bag; name the file after what is in it"


RULES: tuple[Rule, ...] = (floors, pure, synchronous, offline, handlers_read, transactions, channel_names, words, short, named)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_stands(rule: Rule) -> None:
    broken = {s.path: [f"{s.path}:{line}: {fault}" for line, fault in rule(s)] for s in sources()}
    excused = {path for name, path in EXCEPTIONS if name == rule.__name__}
    faults = [fault for path, found in broken.items() if path not in excused for fault in found]
    assert not faults, f"{rule.__doc__}\n" + "\n".join(faults)
    assert not (idle := [path for path in excused if not broken.get(path)]), f"exceptions no longer needed: {idle}"


LONG = "def f():\n" + "    x = 1\n" * 40
PLANTED: list[tuple[Rule, str, str]] = [
    (floors, "surveys/a.py", "from storage import polls"),
    (floors, "dialogue/a.py", "from community.areas import Area"),
    (floors, "channels/a.py", "import web.access"),
    (floors, "web/a.py", "from channels.contract import Channel"),
    (floors, "handlers/a.py", "import bot.turn"),
    (floors, "storage/a.py", "if TYPE_CHECKING:\n    from handlers.polls import Situation"),
    (floors, "storage/a.py", "def f():\n    from bot import app"),
    (floors, "bot/a.py", "from tests.cast import CAST"),
    *((pure, "surveys/a.py", f"import {module}") for module in sorted(OUTSIDE)),
    (pure, "pictures/a.py", "from sqlalchemy.orm import Session"),
    (pure, "community/a.py", "at = datetime.now(UTC)"),
    (pure, "community/a.py", "on = date.today()"),
    (pure, "surveys/a.py", "ident = uuid4()"),
    (pure, "understanding/a.py", "words = open('words.txt')"),
    (synchronous, "handlers/a.py", "async def load(tx): ..."),
    (synchronous, "storage/polls.py", "async def read(tx): ..."),
    (synchronous, "bot/speaking.py", "async def push(tx): ..."),
    (offline, "handlers/a.py", "import aiohttp"),
    (offline, "storage/a.py", "from aiohttp import ClientSession"),
    (offline, "storage/a.py", "import urllib.request"),
    (offline, "bot/turn.py", "def take(tx):\n    import socket"),
    (offline, "bot/turn.py", "house.channel.send(to, words)"),
    (offline, "bot/speaking.py", "channel.fetch(attachment)"),
    (handlers_read, "handlers/a.py", "from sqlalchemy import select"),
    (handlers_read, "handlers/a.py", "from storage.polls import record_ballot"),
    (handlers_read, "handlers/a.py", "from storage import record"),
    (handlers_read, "handlers/a.py", "polls.record_ballot(tx, event)"),
    (transactions, "web/a.py", "async def f(database): await database.transaction(g)"),
    (channel_names, "bot/a.py", "if inbound.channel == 'telegram': pass"),
    (channel_names, "web/a.py", "if channel in ('wecom', 'wechat'): pass"),
    (channel_names, "bot/a.py", "match channel:\n    case 'webchat': pass"),
    (words, "handlers/a.py", "Say('投票已截止')"),
    (words, "web/a.py", "f'第{n}号'"),
    (words, "understanding/a.py", "DANGER = '着火了，请马上离开并拨打电话'"),
    (short, "bot/a.py", LONG),
    (short, "bot/a.py", "\n" * 301),
    (short, "bot/a.py", "def f(a, b, c, d, e, g): ..."),
    (named, "bot/utils.py", ""),
]


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED, ids=lambda value: value.__name__ if callable(value) else str(value)[:40])
def test_a_planted_fault_is_found(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(path, text)))


ALLOWED = [
    ("web/a.py", "from handlers.polls import step\nfrom storage import polls\nimport texts"),
    ("surveys/a.py", '"""投票在截止后不再更改。"""\nfrom community.areas import Area\nnow = inbound.now\nat = io.BytesIO(b"")'),
    ("handlers/a.py", "from storage import polls\nfrom storage.database import Tx\npolls.open_for_vote(tx, 3)"),
    ("storage/database.py", "async def transaction(function): await function()"),
    ("channels/telegram/a.py", "from aiohttp import web\nif name == 'telegram': pass"),
    ("understanding/danger.py", "FIRE = ('着火', '冒烟', '[了吗呢吧啊的呀么没不有着过在要来去]')"),
    ("bot/a.py", "def f(self, a, b, c, d, e, *, g=1): ...\n"),
]


@pytest.mark.parametrize(("path", "text"), ALLOWED, ids=[path for path, _ in ALLOWED])
def test_what_is_allowed_is_not_found(path: str, text: str) -> None:
    assert not [fault for rule in RULES for fault in rule(Source(path, text))]


# --- packages -----------------------------------------------------------------------------------------------------


@cache
def declared() -> set[str]:
    """The run-time packages of pyproject.toml, spelt as the registry does."""
    listed = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    return {normal(re.split(r"[\[<>=;~ ]", line, maxsplit=1)[0]) for line in listed}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def used() -> set[str]:
    """The packages that the product imports, spelt the same."""
    modules = {module.split(".")[0] for source in sources() for _, module in imported(source)}
    from_where = packages_distributions()
    return {normal(from_where[m][0]) for m in modules if m not in BELOW and m not in sys.stdlib_module_names and m in from_where}


def test_every_package_that_is_imported_is_declared() -> None:
    undeclared = sorted(used() - declared())
    assert not undeclared


def test_every_package_that_is_declared_is_imported() -> None:
    unused = sorted(declared() - used() - set(UNIMPORTED))
    assert not unused
