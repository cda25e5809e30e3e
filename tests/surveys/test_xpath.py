"""Expressions, one by one: what they give over a small instance, and which nobody can read. ODK's engine judges the rest (test_judge)."""

from __future__ import annotations

from datetime import datetime
from graphlib import CycleError
from xml.etree.ElementTree import fromstring
from zoneinfo import ZoneInfo

import pytest
from elementpath.tree_builders import get_node_tree
from hypothesis import given
from hypothesis import strategies as st

from surveys.questionnaires import Group, Question, Questionnaire, Words, language_code, words
from surveys.xform import Form, form_of
from surveys.xpath import BadExpression, Moment, as_boolean, as_text, evaluate, parse, references

DATA = fromstring(
    "<data><a>5</a><blank/><day>2026-11-20</day><g><m>x y z</m><position>7</position><if>8</if></g><家>三</家>"
    "<child><n>1</n></child><child><n>2</n></child></data>"
)
MOMENT = Moment(datetime(2026, 11, 21, 0, 30, tzinfo=ZoneInfo("Asia/Shanghai")), lambda path, choice: f"<{choice}>")

GIVES = [
    ("/data/a + 2 * 3", "11"), ("(/data/a + 2) * 3", "21"), ("-/data/a", "-5"), ("10 mod 3", "1"), ("-10 mod 3", "-1"),
    ("1 div 0", "Infinity"), ("0 div 0", "NaN"), ("7 div 2", "3.5"), ("0.1 + 0.2", "0.30000000000000004"),
    ("/data/a > 3 and . = 5", "true"), ("/data/blank > 3", "false"), ("/data/blank = ''", "true"), ("/data/nobody = ''", "false"),
    ("'5' = 5.0", "true"), ("'05' = '5'", "false"), ("true() = 'x'", "true"), ("/data/a != /data/blank", "true"),
    ("/data/day < today()", "true"), ("today() - /data/day", "1"), ("today()", "2026-11-21"), ("date(today() + 10)", "2026-12-01"),
    ("/data/day = '2026-11-20'", "true"), ("now() > today()", "true"), ("now()", "2026-11-21T00:30:00.000+08:00"),
    ("format-date(/data/day, '%Y年%n月%e日')", "2026年11月20日"), ("date('nonsense')", ""), ("format-date('', '%Y')", ""),
    ("selected(/data/g/m, 'y')", "true"), ("selected(/data/g/m, 'x y')", "false"), ("selected-at(/data/g/m, 2)", "z"),
    ("selected-at(/data/g/m, 3)", ""), ("count-selected(/data/g/m)", "3"), ("jr:choice-name(/data/a, '/data/a')", "<5>"),
    ("if(/data/a = 5, 'jr:choice-name(', 2)", "jr:choice-name("), ("coalesce(/data/blank, /data/a)", "5"),
    ("/data/g/position + /data/g/if", "15"), ("../day", "2026-11-20"), ("/data/家 = '三'", "true"),
    ("count(/data/child)", "2"), ("sum(/data/child/n)", "3"), ("/data/child[n = 2]/n", "2"), ("/data/child[2]/n", "2"),
    ("position(/data/child[2])", "2"), ("count(/data/*)", "7"), ("min(3, 1, 2)", "1"), ("max(/data/child/n)", "2"),
    ("substr('hello', 1, 3)", "el"), ("substr('hello', -3)", "llo"), ("substring('hello', 2, 3)", "ell"), ("string-length(/data/家)", "1"),
    ("regex('13800138000', '^1[0-9]{10}$')", "true"), ("regex('a', '(')", "false"), ("translate('abc', 'ab', 'x')", "xc"),
    ("concat('甲', 1, true())", "甲1true"), ("join('、', 'a', 'b')", "a、b"), ("round(2.5)", "3"), ("round(-2.5)", "-2"),
    ("round(2.345, 2)", "2.35"), ("int(-7.9)", "-7"), ("pow(2, 10)", "1024"), ("pow(-1, 0.5)", "NaN"), ("floor(-1.5)", "-2"),
    ("1000000 * 1000000", "1000000000000"), ("not(false())", "true"), ("boolean('false')", "true"), ("number('x')", "NaN"),
    ("checklist(1, 2, 1, 0, 1)", "true"), ("normalize-space('  a   b ')", "a b"), ("contains('甲乙', '')", "true"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), GIVES, ids=[row[0] for row in GIVES])
def test_what_an_expression_gives(expression: str, expected: str) -> None:
    assert as_text(evaluate(parse(expression), get_node_tree(DATA), DATA[0], MOMENT)) == expected


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("slected(., 'a')", "unknown_function"),
        ("random()", "function_later"),
        ("regex(.)", "wrong_arguments"),
        ("if(1, 2)", "wrong_arguments"),
        (". >", "bad_expression"),
        ("'open", "bad_expression"),
        ("a b", "bad_expression"),
        ("/data/a[", "bad_expression"),
        ("", "bad_expression"),
        ("(" * 2000, "bad_expression"),
        ("${a}", "bad_expression"),
    ],
)
def test_what_nobody_can_read(expression: str, code: str) -> None:
    with pytest.raises(BadExpression) as caught:
        parse(expression)
    assert caught.value.code == code


@given(st.text("()[]/.$'\"<>=+-*|,@: abdiv012年", max_size=25))
def test_any_characters_are_an_expression_or_none(expression: str) -> None:
    try:
        token = parse(expression)
    except BadExpression:
        return
    evaluate(token, get_node_tree(DATA), DATA[0], MOMENT)


def test_what_an_expression_looks_at() -> None:
    expression = "/data/a + count( /data/g/* ) - ../x/y + selected('/data/no', .)"
    assert references(expression, "/data/g/q") == ("/data/a", "/data/g/*", "/data/g/x/y")


def small(*questions: Question, groups: tuple[Group, ...] = ()) -> Questionnaire:
    return Questionnaire(form_id="f", version="1", title="t", items=questions, groups=groups)


def test_calculations_run_in_the_order_they_need_each_other() -> None:
    form = form_of(
        small(
            Question(name="c", type="calculate", calculation="/data/b * 2"),
            Question(name="b", type="calculate", calculation="/data/a + 1"),
            Question(name="a", type="integer"),
        )
    )
    assert dict(form.reckon({"/data/a": "4"}, MOMENT).values()) == {"/data/c": "10", "/data/b": "5", "/data/a": "4"}


def test_what_does_not_apply_counts_as_blank() -> None:
    form = form_of(
        small(
            Question(name="a", type="integer"),
            Question(name="b", type="integer", group="/data/g"),
            Question(name="c", type="calculate", calculation="coalesce(/data/g/b, 'blank')"),
            groups=(Group(path="/data/g", relevant="/data/a > 1"),),
        )
    )
    assert form.reckon({"/data/a": "2", "/data/g/b": "7"}, MOMENT).value("/data/c") == "7"
    hidden = form.reckon({"/data/a": "1", "/data/g/b": "7"}, MOMENT)
    assert (hidden.value("/data/c"), hidden.value("/data/g/b"), hidden.relevant("/data/g/b")) == ("blank", "", False)


def test_a_circle_nobody_checked_is_an_error_of_ours() -> None:
    with pytest.raises(CycleError):
        Form(small(Question(name="a", type="text", relevant="/data/b = 1"), Question(name="b", type="text", relevant="/data/a = 1")))


def test_one_version_is_parsed_once() -> None:
    one, same = small(Question(name="a", type="text", relevant="1 = 1")), small(Question(name="a", type="text", relevant="1 = 1"))
    assert form_of(one) is form_of(same)


def test_texts_quote_answers() -> None:
    form = form_of(small(Question(name="a", type="integer"), Question(name="n", type="note", label=words("您家${/data/a}口人"))))
    assert form.reckon({"/data/a": "3"}, MOMENT).text(form.questionnaire.items[1].label, "zh-CN") == "您家3口人"
    assert as_boolean([]) is False


@pytest.mark.parametrize(
    ("language", "text"),
    [("zh-CN", "中"), ("zh", "中"), ("en", "E"), ("en-GB", "E"), ("EN", "E"), ("fr", "中"), ("zh-tw", "繁"), ("", "中")],
)
def test_the_nearest_language(language: str, text: str) -> None:
    label = Words((("中文 (zh)", "中"), ("English (en-US)", "E"), ("繁體 (zh-TW)", "繁"), ("Polski (pl)", "")))
    assert label.read(language) == text


def test_names_of_languages() -> None:
    assert [language_code(name) for name in ("中文 (zh)", "English (en-US)", "en", "default")] == ["zh", "en-us", "en", "default"]
    assert Words().read("zh") == ""
    assert dict(words("甲")) == {"default": "甲"}
    assert list(words("")) == []
