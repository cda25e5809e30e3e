"""The workbooks that officers send in transcripts, by the name of their file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.surveys.workbooks import satisfaction, workbook


def charging() -> bytes:
    """充电桩: three questions, in one language."""
    survey = [
        ["type", "name", "label", "required", "relevant"],
        ["select_one need", "need", "您家需要电动车充电桩吗？", "yes"],
        ["integer", "bikes", "您家有几辆电动车？", "yes", "${need} != 'no'"],
        ["text", "where", "装在哪里好？"],
    ]
    choices = [["list_name", "name", "label"], ["need", "yes", "需要"], ["need", "later", "以后再说"], ["need", "no", "不需要"]]
    return workbook(survey, choices, [["form_title", "form_id"], ["充电桩装在哪", "charging"]])


def shed() -> bytes:
    """One choice and a remark: what a 接龙 can answer."""
    survey = [
        ["type", "name", "label", "required"],
        ["select_one gate", "gate", "车棚建在哪个门？", "yes"],
        ["text", "remark", "还有什么要说的？", ""],
    ]
    choices = [["list_name", "name", "label"], ["gate", "east", "东门"], ["gate", "west", "西门"]]
    return workbook(survey, choices, [["form_title", "form_id"], ["车棚建在哪个门", "shed"]])


def faulty() -> bytes:
    """The same with two slips."""
    survey = [["type", "name", "label"], ["select_one need", "need", "您家需要充电桩吗？"], ["intger", "bikes", "您家有几辆电动车？"]]
    return workbook(survey, (), [["form_title", "form_id"], ["充电桩装在哪", "charging"]])


WORKBOOKS: Mapping[str, Callable[[], bytes]] = {
    "充电桩.xlsx": charging,
    "充电桩有错.xlsx": faulty,
    "车棚.xlsx": shed,
    "满意度问卷.xlsx": satisfaction,
}
