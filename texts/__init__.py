"""Every sentence a person reads, and how it is put into their language and size. Data: texts/<language>/<noun>.toml.

A text is named `noun.key`. `key_large` beside it is the 大字版. English may miss nothing that Chinese has.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined, Template, pass_context

LANGUAGES = ("zh-CN", "en")
DEFAULT = LANGUAGES[0]
WEEKDAYS = {"zh-CN": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}


def language_of(tag: str) -> str:
    """The language we speak to somebody whose platform says `tag`: Chinese of any kind is zh-CN, what is unknown too."""
    return "en" if tag.lower().split("-")[0] == "en" else DEFAULT


@cache
def table(language: str, noun: str) -> Mapping[str, Any]:
    """All texts of one noun in one language, as they stand in the file; empty if that noun has none."""
    try:
        return tomllib.loads(files("texts").joinpath(language, f"{noun}.toml").read_text("utf-8"))
    except FileNotFoundError:
        return {}


def nouns(language: str = DEFAULT) -> tuple[str, ...]:
    """The nouns that have texts in this language."""
    return tuple(sorted(f.name[:-5] for f in files("texts").joinpath(language).iterdir() if f.name.endswith(".toml")))


def render(key: str, values: Mapping[str, Any], language: str = DEFAULT, *, large: bool = False, zone: str = "Asia/Shanghai") -> str:
    """The words for `noun.key` as this reader should see them. A missing key or placeholder is an error, never a blank."""
    noun, _, name = key.partition(".")
    text = _template(language, noun, name, large)
    return text if isinstance(text, str) else text.render(values, _zone=zone, _language=language).strip()


@lru_cache(maxsize=4096)
def _template(language: str, noun: str, name: str, large: bool) -> Template | str:
    """The text ready for values; most button labels have none and are ready as they are."""
    for candidate in ((f"{name}_large", name) if large else (name,)):
        for lang in (language, DEFAULT):
            source = table(lang, noun).get(candidate)
            if isinstance(source, str):
                return _environment(lang).from_string(source) if "{" in source else source.strip()
    raise KeyError(f"no text {noun}.{name}")


@cache
def _environment(language: str) -> Environment:
    env = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701 - chat words, no page
    env.filters.update(filters(language))
    return env


def filters(language: str) -> dict[str, Callable[..., str]]:
    """What templates may do with values: times in the community's zone, areas, percentages, spoken codes, other texts by their key."""
    def at(context: Any, value: datetime) -> datetime:
        return value.astimezone(ZoneInfo(context.get("_zone", "Asia/Shanghai")))

    @pass_context
    def local(context: Any, value: datetime) -> str:
        here = at(context, value)
        return f"{_day(here.date(), language)} {here:%H:%M}"

    @pass_context
    def day(context: Any, value: date) -> str:
        return _day(at(context, value).date() if isinstance(value, datetime) else value, language)

    @pass_context
    def clock(context: Any, value: datetime) -> str:
        return f"{at(context, value):%H:%M}"

    def text(key: str) -> str:
        noun, _, name = key.partition(".")
        return str(table(language, noun)[name])

    def role(name: str) -> str:
        return str(table(language, "roles")[name])

    return {"local": local, "day": day, "clock": clock, "role": role, "text": text, "m2": m2, "percent": percent, "code": code}


def _day(value: date, language: str) -> str:
    weekday = WEEKDAYS[language][value.weekday()]
    return f"{value.day} {value:%b} ({weekday})" if language == "en" else f"{value.month}月{value.day}日（周{weekday}）"


def m2(hundredths: int) -> str:
    """8950 -> 89.50㎡: areas are kept in hundredths of a square metre."""
    return f"{hundredths // 100}.{hundredths % 100:02d}㎡"


def percent(share: Fraction) -> str:
    """2/3 -> 66.67%, cut off and never rounded up, so that no printed figure reaches a threshold the votes do not."""
    cut = share.numerator * 10_000 // share.denominator
    return f"{cut // 100}.{cut % 100:02d}%"


def code(digits: str) -> str:
    """12345678 -> 1234 5678, as it is read aloud."""
    return f"{digits[:4]} {digits[4:]}"
