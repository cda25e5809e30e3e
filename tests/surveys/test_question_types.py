"""What each kind of question makes of a reply. The tables are in cases/, one for every kind."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.question_types import ALL, BY_NAME, Invalid
from surveys.questionnaires import Option, Question, Words, words

CASES = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((Path(__file__).parent / "cases").glob("*.toml"))}
SATURDAY = datetime(2026, 11, 21, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
READ = [(kind, said, value) for kind, table in CASES.items() for said, value in table["is"].items()]
REFUSED = [(kind, said, code) for kind, table in CASES.items() for said, code in table["not"].items()]


def question(kind: str) -> Question:
    options = tuple(Option(name, words(label)) for name, label in CASES[kind].get("question", {}).items())
    return Question(name="q", type=kind, label=words("问题"), choices=options)


def said_to(kind: str, said: str) -> str | Invalid:
    return BY_NAME[kind].parse(question(kind), said, SATURDAY, "zh-CN")


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: str(kind.name))
def test_every_kind_has_its_cases_and_is_named_as_its_file(kind: object) -> None:
    name = getattr(kind, "name", "")
    assert name in CASES
    assert getattr(kind, "__name__", "").endswith(f".{name}")
    assert CASES[name]["not"]


@pytest.mark.parametrize(("kind", "said", "value"), READ)
def test_what_is_understood(kind: str, said: str, value: str) -> None:
    assert said_to(kind, said) == value


@pytest.mark.parametrize(("kind", "said", "code"), REFUSED)
def test_what_is_asked_back(kind: str, said: str, code: str) -> None:
    found = said_to(kind, said)
    assert isinstance(found, Invalid), found
    assert found.code == code


@pytest.mark.parametrize(("kind", "said", "value"), READ)
def test_a_kept_value_shown_to_its_author_is_read_as_itself(kind: str, said: str, value: str) -> None:
    if kind != "acknowledge":
        assert said_to(kind, BY_NAME[kind].show(question(kind), value, "zh-CN")) == value


@pytest.mark.parametrize(("said", "value"), CASES["date"]["rough"].items())
def test_roughly_is_enough_where_the_form_says_so(said: str, value: str) -> None:
    hinted = Question(name="q", type="date", hint=words("大概的日子也行"))
    plain = Question(name="q", type="date", appearance="month-year")
    for asked in (hinted, plain):
        assert BY_NAME["date"].parse(asked, said, SATURDAY, "zh-CN") == value


@given(st.sampled_from(sorted(CASES)), st.text(max_size=60))
def test_no_reply_at_all_is_too_strange(kind: str, said: str) -> None:
    assert isinstance(said_to(kind, said), str | Invalid)


def test_where_an_option_is_a_number_the_bot_asks() -> None:
    rooms = Question(name="q", type="select_one", choices=tuple(Option(f"r{n}", words(f"{n}个")) for n in (3, 2, 1)))
    asked = BY_NAME["select_one"].parse(rooms, "1", SATURDAY, "zh-CN")
    assert asked == Invalid("number_or_place", {"said": "1", "options": ("3个", "1个")})
    assert BY_NAME["select_one"].parse(rooms, "2", SATURDAY, "zh-CN") == "r2"  # option 2 is 2个
    assert BY_NAME["select_one"].parse(rooms, "1个", SATURDAY, "zh-CN") == "r1"


def test_13_of_thirteen_options_is_asked_back() -> None:
    many = Question(
        name="q", type="select_multiple", choices=tuple(Option(f"o{n}", words("甲乙丙丁戊己庚辛壬癸子丑寅"[n - 1])) for n in range(1, 14))
    )
    asked = BY_NAME["select_multiple"].parse(many, "13", SATURDAY, "zh-CN")
    assert asked == Invalid("one_or_several", {"said": "13", "one": "寅", "several": ("甲", "丙")})
    assert BY_NAME["select_multiple"].parse(many, "第13个", SATURDAY, "zh-CN") == "o13"
    assert BY_NAME["select_multiple"].parse(many, "10", SATURDAY, "zh-CN") == "o10"  # there is no option 0


def test_whoever_answers_in_another_language_of_the_form_is_understood() -> None:
    both = Question(name="q", type="select_one", choices=(Option("y", Words((("中文 (zh)", "是"), ("English (en)", "Yes")))),))
    assert BY_NAME["select_one"].parse(both, "yes", SATURDAY, "zh-CN") == "y"
    assert BY_NAME["select_one"].show(both, "y", "en") == "Yes"


def test_a_weekday_alone_names_its_days() -> None:
    asked = said_to("date", "周三")
    assert isinstance(asked, Invalid)
    assert [day.isoformat() for day in asked.values["days"]] == ["2026-11-18", "2026-11-25"]


def test_a_text_of_ten_thousand_characters_is_too_long() -> None:
    assert said_to("text", "好" * 10_000) == Invalid("too_long", {"most": 2000, "length": 10_000})
