"""Workbooks for the tests, built from rows; and the demonstration questionnaire, 小区居住满意度与需求.

`python -m tests.surveys.workbooks FILE.xlsx` writes the latter.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook

Rows = Sequence[Sequence[Any]]


def workbook(survey: Rows, choices: Rows = (), settings: Rows = (), **others: Rows) -> bytes:
    """An .xlsx of these sheets; the first row of each is its header. A sheet without rows is left out."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in {"survey": survey, "choices": choices, "settings": settings, **others}.items():
        if rows:
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(list(row))
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def satisfaction() -> bytes:
    """小区居住满意度与需求: every type of part 1, a group, relevance, constraints with their words, a calculation, two languages."""
    survey = [
        ["type", "name", "label::中文 (zh)", "label::English (en)", "hint::中文 (zh)", "hint::English (en)", "required", "relevant",
         "constraint", "constraint_message::中文 (zh)", "constraint_message::English (en)", "calculation"],
        ["start", "start"],
        ["today", "today"],
        ["note", "welcome", "这份问卷大约三分钟，答案只用来改进小区的服务。",
         "About three minutes; your answers only serve to improve things."],
        ["acknowledge", "read", "请先看一看上面的说明。", "Please read the note above first.", "", "", "yes"],
        ["select_one satisfaction", "overall", "您对小区居住总体满意吗？", "How satisfied are you with living here?", "", "", "yes"],
        ["text", "why", "是哪里让您不满意？", "What are you dissatisfied with?", "想到什么写什么", "Whatever comes to mind", "",
         "selected(${overall}, 'bad') or selected(${overall}, 'very_bad')"],
        ["begin_group", "home", "您的家", "Your home"],
        ["integer", "people", "家里常住几口人？", "How many people live in your home?", "写数字就行", "A number", "yes", "",
         ". >= 1 and . <= 20", "请填1到20之间的人数", "Between 1 and 20, please"],
        ["integer", "old", "其中60岁以上的老人有几位？", "How many of them are over 60?", "没有就写0", "0 if none", "yes", "${people} > 1",
         ". >= 0 and . <= ${people}", "老人不会比全家人还多，请再看一下", "That is more than live in your home"],
        ["decimal", "area", "您家房子大约多少平方米？", "About how many square metres is your home?", "", "", "", "",
         ". > 5 and . < 1000", "请填5到1000之间的数", "Between 5 and 1000, please"],
        ["date", "since", "您是哪天搬进来的？", "When did you move in?", "大概的日子也行", "Roughly is fine", "", "",
         ". <= today()", "搬来的日子不会在今天以后", "That day is still to come"],
        ["end_group"],
        ["calculate", "young", "", "", "", "", "", "", "", "", "", "${people} - coalesce(${old}, 0)"],
        ["select_multiple wishes", "wishes", "您家现在最需要什么？", "What does your home need most?",
         "可以选几个，最多三个", "Up to three", "yes", "",
         "count-selected(.) <= 3 and not(selected(., 'nothing') and count-selected(.) > 1)",
         "最多选三个；选了“没有”就不能再选别的", "Up to three; or nothing at all"],
        ["text", "idea", "还有什么想对社区说的？", "Anything else you would like to say?", "没有就点跳过", "Skip it if not"],
        ["note", "thanks", "谢谢您！您家有${people}口人的信息我们会保密。",
         "Thank you! What you said about your ${people} people stays with us."],
    ]  # fmt: skip
    choices = [
        ["list_name", "name", "label::中文 (zh)", "label::English (en)"],
        ["satisfaction", "very_good", "很满意", "Very satisfied"],
        ["satisfaction", "good", "满意", "Satisfied"],
        ["satisfaction", "fair", "一般", "Neither"],
        ["satisfaction", "bad", "不满意", "Dissatisfied"],
        ["satisfaction", "very_bad", "很不满意", "Very dissatisfied"],
        ["wishes", "lift", "加装电梯", "A lift"],
        ["wishes", "charging", "电动车充电桩", "Charging points"],
        ["wishes", "parking", "停车位", "Parking"],
        ["wishes", "meals", "老人吃饭和送餐", "Meals for the old"],
        ["wishes", "children", "孩子托管", "Child care"],
        ["wishes", "nothing", "没有", "Nothing"],
    ]
    settings = [["form_title", "form_id", "version", "default_language"], ["小区居住满意度与需求", "satisfaction", "1", "中文 (zh)"]]
    return workbook(survey, choices, settings)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(satisfaction())
