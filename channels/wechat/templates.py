"""What reaches a follower when no window is open: a 模板消息 or 订阅通知, filled from the words (facts/wecom.md §1.8, §4.12).

The platform decides what a field may hold by the beginning of its name: thing3 twenty signs, phrase2 five, time1 a moment …
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

import msgspec

from channels.contract import Cache
from channels.tencent.api import Api
from channels.tencent.refusals import Refusal
from dialogue.words import Rendered

DAY = 86400
CHINA = timezone(timedelta(hours=8))
SHORT = {"thing": 20, "short_thing": 10, "name": 10, "phrase": 5, "character_string": 32, "number": 32}  # signs of a field at most
KNOWN = (*SHORT, "time", "date")
NOT_OURS = (48001, 40066)  # the account has no templates of that sort
DATE = re.compile(r"(\d{1,2})月(\d{1,2})日")
MOMENT = re.compile(rf"{DATE.pattern}(?:（[^）]*）)?\s*(\d{{1,2}}):(\d{{2}})")
NUMBER = re.compile(r"(\d{1,9})号")
FIELD = re.compile(r"(?m)^(.*?)\{\{\s*([a-z_]+\d*)\.DATA\s*\}\}")


class Template(msgspec.Struct, frozen=True):
    """A template of the account: its fields in order, each with the value of its own example; `ordered`: a 订阅通知."""

    id: str
    fields: tuple[tuple[str, str], ...]
    ordered: bool = False

    @property
    def unknown(self) -> tuple[str, ...]:
        """Fields we have nothing for: this template cannot be used."""
        return tuple(name for name, example in self.fields if not (_kind(name) in KNOWN or (_kind(name) == "const" and example)))


class Templates:
    """The account's templates, asked for once a day."""

    def __init__(self, api: Api, cache: Cache, app_id: str) -> None:
        self._api = api
        self._cache = cache
        self._key = f"wechat:templates:{app_id}"

    async def find(self, id: str) -> Template | None:  # noqa: A002 - the platform's word
        """The template of that id. A 模板消息 is meant before a 订阅通知, which reaches only who ticked a box. Raises Refusal."""
        kept = await self._cache.get(self._key)
        if kept is None:
            found = [*await self._private(), *await self._ordered()]
            kept = msgspec.json.encode(found).decode()
            await self._cache.put(self._key, kept, DAY)
        return next((t for t in msgspec.json.decode(kept, type=list[Template]) if t.id == id), None)

    async def forget(self) -> None:
        """They were changed in the back office: ask again."""
        if (kept := await self._cache.get(self._key)) is not None:
            await self._cache.drop(self._key, kept)

    async def _private(self) -> list[Template]:
        found = await self._list("/cgi-bin/template/get_all_private_template", "template_list")
        return [_template(t, "template_id") for t in found]

    async def _ordered(self) -> list[Template]:
        return [_template(t, "priTmplId", ordered=True) for t in await self._list("/wxaapi/newtmpl/gettemplate", "data")]

    async def _list(self, path: str, name: str) -> list[Mapping[str, object]]:
        try:
            found = (await self._api.call(path)).get(name)
        except Refusal as r:
            if r.code in NOT_OURS:
                return []
            raise
        return [t for t in found if isinstance(t, dict)] if isinstance(found, list) else []


def fill(template: Template, words: Rendered, table: Mapping[str, str], now: datetime) -> dict[str, dict[str, str]]:
    """The fields' values as the platform wants them: the title, then the lines below it, cut to what a field may hold."""
    lines = iter([line.strip() for line in words.text.split("\n") if line.strip()])
    make: Mapping[str, Callable[[str], str]] = {
        "thing": lambda _: next(lines, table["template_more"]),
        "short_thing": lambda _: table["template_more"],
        "name": lambda _: table["template_name"],
        "phrase": lambda _: table[f"template_{words.brief}"],
        "time": lambda _: "{0.year}年{0.month}月{0.day}日 {0:%H:%M}".format(_moment(MOMENT, words.text, now)),
        "date": lambda _: "{0.year}年{0.month}月{0.day}日".format(_moment(DATE, words.text, now)),
        "character_string": lambda _: _number(words.text),
        "number": lambda _: _number(words.text),
        "const": lambda example: example,
    }
    return {name: {"value": _cut(make[_kind(name)](example), SHORT.get(_kind(name), 40))} for name, example in template.fields}


def _template(told: Mapping[str, object], id: str, *, ordered: bool = False) -> Template:  # noqa: A002
    content, example = str(told.get("content", "")), str(told.get("example", ""))
    fields = []
    for label, name in FIELD.findall(content):
        line = next((line for line in example.split("\n") if label.strip() and line.startswith(label.strip())), "")
        fields.append((name, line.removeprefix(label.strip()).lstrip(":： ").strip()))
    return Template(str(told.get(id, "")), tuple(fields), ordered)


def _kind(name: str) -> str:
    return name.rstrip("0123456789")


def _moment(sought: re.Pattern[str], text: str, now: datetime) -> datetime:
    """The first date (with its hour) in the words, in the year nearest to now; else now."""
    here = now.astimezone(CHINA)
    found = sought.search(text)
    if not found:
        return here
    month, day, hour, minute = (int(part) for part in (*found.groups(), 0, 0)[:4])
    moments = []
    for year in (here.year - 1, here.year, here.year + 1):
        try:
            moments.append(datetime(year, month, day, hour, minute, tzinfo=CHINA))
        except ValueError:
            continue
    return min(moments, key=lambda moment: abs(moment - here), default=here)


def _number(text: str) -> str:
    found = NUMBER.search(text)
    return found[1] if found else "1"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
