"""Our engine beside ODK's own (npm @getodk/xforms-engine, in Node): after every answer the same questions apply, are required,
offer the same options, break the same constraints, say the same words, and the same instance comes out."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from surveys.question_types import BY_NAME
from surveys.questionnaires import Questionnaire
from surveys.xform import Instance, form_of
from surveys.xlsform import read
from surveys.xpath import Moment
from tests.surveys import judged
from tests.surveys.workbooks import satisfaction

NODE = Path(__file__).parent.parent / "node"
SHANGHAI = ZoneInfo("Asia/Shanghai")
FORMS = {
    "conditions": judged.CONDITIONS,
    "dates": judged.DATES,
    "groups": judged.GROUPS,
    "numbers": judged.NUMBERS,
    "satisfaction": satisfaction(),
    "several": judged.SEVERAL,
    "texts": judged.TEXTS,
}
STEPS = 40


def form(name: str) -> Questionnaire:
    found = read(FORMS[name], name)
    assert isinstance(found, Questionnaire), found
    return found


def walk(name: str) -> list[tuple[str, str]]:
    """Answers in any order, fitting or not, drawn from a seed. Only what applies is answered, as a form's reader would."""
    questionnaire, dice = form(name), random.Random(f"walk {name}")
    answers: dict[str, str] = {}
    steps = []
    for _ in range(STEPS):
        instance = ours(questionnaire, answers)
        asked = [q for q in questionnaire.items if q.type in BY_NAME and BY_NAME[q.type].asked and instance.relevant(q.path)]
        question = dice.choice(asked)
        names = [option.name for option in question.choices]
        if question.type == "select_multiple":
            value = " ".join(name for name in names if dice.random() < 0.4)
        else:
            value = dice.choice(["", *names] if names else judged.POOLS[question.type])
        answers[question.path] = value
        steps.append((question.path, value))
    return steps


def ours(questionnaire: Questionnaire, answers: dict[str, str]) -> Instance:
    def label(path: str, choice: str) -> str:
        return BY_NAME["select_one"].show(questionnaire.by_path[path], choice, "zh-CN")

    return form_of(questionnaire).reckon(answers, Moment(datetime.now(SHANGHAI), label))


def same(kind: str, mine: str, theirs: str) -> bool:
    """ODK writes a decimal 18 as 18.0; it is the same number."""
    return mine == theirs or (kind == "decimal" and bool(mine and theirs) and Decimal(mine) == Decimal(theirs))


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Any]:
    """What ODK's engine says of each walk; one run of Node for all of them."""
    if not shutil.which("node") or not (NODE / "node_modules" / "@getodk").exists():
        pytest.skip("needs Node.js 20 or newer and `npm --prefix tests/node install`")
    jobs = "\n".join(json.dumps({"xform": form(name).xform, "steps": walk(name)}) for name in FORMS)
    environment = {**os.environ, "TZ": "Asia/Shanghai"}
    ran = subprocess.run(
        ["node", "xforms_judge.mjs"],
        cwd=NODE,
        input=jobs,
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return dict(zip(FORMS, map(json.loads, ran.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("name", FORMS)
def test_after_every_answer_both_engines_agree(name: str, verdicts: dict[str, Any]) -> None:
    questionnaire = form(name)
    answers: dict[str, str] = {}
    for (path, value), theirs in zip([("", ""), *walk(name)], verdicts[name]["seen"], strict=True):
        answers |= {path: value} if path else {}
        instance = ours(questionnaire, answers)
        for question in questionnaire.items:
            if question.type in ("start", "end", "today"):
                continue
            seen = theirs[question.path]
            where = f"{question.path} after {path} = {value!r}, {answers}"
            assert instance.relevant(question.path) == seen["relevant"], where
            if not seen["relevant"]:
                continue
            assert same(question.type, instance.value(question.path), seen["value"]), (where, instance.value(question.path), seen["value"])
            assert [option.name for option in question.choices] == seen["choices"], where
            if question.type in BY_NAME and BY_NAME[question.type].asked:
                now = instance.value(question.path)
                assert instance.required(question.path) == seen["required"], where
                assert instance.text(question.label, "zh-CN") == seen["label"].strip(), where
                mine = "constraint" if instance.violated(question.path, now) else ""
                assert (mine or ("required" if instance.required(question.path) and not now else "")) == seen["violation"], where


@pytest.mark.parametrize("name", FORMS)
def test_both_hand_in_the_same(name: str, verdicts: dict[str, Any]) -> None:
    questionnaire = form(name)
    values = ours(questionnaire, dict(walk(name))).values()
    root = ElementTree.fromstring(verdicts[name]["instance"])
    for question in questionnaire.items:
        if question.type not in ("start", "end", "today"):
            found = root.find(
                question.path.removeprefix("/data/"), {"": root.tag.partition("}")[0].strip("{")} if "}" in root.tag else None
            )
            theirs = (found.text or "") if found is not None else ""
            assert same(question.type, values.get(question.path, ""), theirs), (question.path, values.get(question.path), theirs)
