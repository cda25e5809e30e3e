"""A workbook becomes a questionnaire, or a list of everything that is wrong with it.

The XLSForm is checked cell by cell first (xlsform_checks), so that all faults come at once, in plain words, with sheet, row and
column; then pyxform makes an XForm of it. Texts and options are the workbook's own; the logic is the XForm's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter

from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from surveys.question_types import BY_NAME
from surveys.questionnaires import Group, Option, Question, Questionnaire, Words
from surveys.workbooks import Fault, Row, sheets_of
from surveys.xform import Bind, binds, dependencies
from surveys.xlsform_checks import EXPRESSIONS, QUOTED, Checked, Table, check

_ROW = re.compile(r"\[row : (\d+)\]\s*")
_NO_BIND = Bind()


def stem(file: str) -> str:
    """满意度问卷.xlsx -> 满意度问卷: what a questionnaire is called that does not say so itself."""
    return file.rpartition(".")[0] or file


@lru_cache(maxsize=4)  # a workbook may be read before its turn, so that the turn itself is short
def read(workbook: bytes, name: str) -> Questionnaire | tuple[Fault, ...]:
    """The questionnaire in an XLSForm workbook, or all its faults in the order of their places.

    `name` is the file's name without its ending: title and form_id where the settings give none. Never raises.
    """
    sheets = sheets_of(workbook)
    if isinstance(sheets, Fault):
        return (sheets,)
    checked = check(sheets)
    if "survey" not in checked.tables:
        return tuple(sorted(checked.faults, key=_place))
    draft = _draft(checked, name, {})
    if not any(question.type in BY_NAME and BY_NAME[question.type].asked for question in draft.items) and not checked.faults:
        checked.add("survey", 0, "", "no_questions")
    _circles(checked, draft)
    if checked.faults:
        return tuple(sorted(checked.faults, key=_place))
    try:
        xform = convert(_for_pyxform(checked, draft), form_name="data").xform
    except PyXFormError as error:
        return (_pyxforms_own(checked, str(error)),)
    except Exception as error:  # noqa: BLE001 - whatever pyxform stumbles over is a fault of the workbook, told in its words
        return (_pyxforms_own(checked, f"{type(error).__name__}: {error}"),)
    return replace(_draft(checked, name, binds(xform)), xform=xform)


def _place(fault: Fault) -> tuple[int, str, int, int, str]:
    order = {"": 0, "survey": 1, "choices": 2, "settings": 3}
    return order.get(fault.sheet, 4), fault.sheet, fault.row, len(fault.column), fault.column


def _pyxforms_own(checked: Checked, said: str) -> Fault:
    """pyxform counts the rows it was given, which are those that are not blank."""
    found = _ROW.search(said)
    rows = checked.tables["survey"].rows
    place = int(found.group(1)) - 2 if found else -1
    row = rows[place].number if 0 <= place < len(rows) else 0
    return Fault("survey" if row else "", row, "", "pyxform", {"words": _ROW.sub("", said)[:500]})


def _circles(checked: Checked, draft: Questionnaire) -> None:
    """A value that depends on itself, over however many others."""
    try:
        TopologicalSorter(dependencies(draft)).prepare()
    except CycleError as error:
        circle = tuple(path.rpartition("/")[2] for path in reversed(error.args[1]))
        rows = {path: row for row, path in checked.paths.items()}
        first = min((rows[path] for path in error.args[1] if path in rows), default=0)
        column = "calculation" if checked.kinds.get(first, ("",))[0] == "calculate" else "relevant"
        checked.add("survey", first, column, "circle", circle=circle)


def _draft(checked: Checked, name: str, logic: Mapping[str, Bind]) -> Questionnaire:
    """The questionnaire as far as the cells tell; the logic from the XForm where there is one, else as written."""
    survey = checked.tables["survey"]
    settings = checked.tables.get("settings")
    setting: Callable[[str], str] = lambda key: settings.cell(settings.rows[0], key) if settings and settings.rows else ""  # noqa: E731
    languages = tuple(dict.fromkeys(of for base, of in survey.columns.values() if base == "label")) or ("default",)
    default = setting("default_language") if setting("default_language") in languages else languages[0]
    languages = (default, *(language for language in languages if language != default))
    paths = {path.rpartition("/")[2]: path for path in checked.paths.values()}
    rows = [(row, *checked.kinds[row.number], checked.paths[row.number]) for row in survey.rows if row.number in checked.paths]
    reader = _Reader(checked, languages, paths, logic)
    return Questionnaire(
        form_id=setting("form_id") or name,
        version=setting("version") or "1",
        title=setting("form_title") or name,
        items=tuple(reader.question(row, kind, of, path) for row, kind, of, path in rows if kind not in ("begin_group", "later")),
        groups=tuple(reader.group(row, path) for row, kind, _, path in rows if kind == "begin_group"),
        default_language=default,
        languages=languages,
    )


class _Reader:
    """Turns rows into questions and groups: what all of them share is kept here."""

    def __init__(self, checked: Checked, languages: tuple[str, ...], paths: Mapping[str, str], logic: Mapping[str, Bind]) -> None:
        self._survey = checked.tables["survey"]
        self._choices = checked.tables.get("choices")
        self._languages = languages
        self._paths = paths
        self._logic = logic

    def question(self, row: Row, kind: str, of: str, path: str) -> Question:
        bind = self._bind(row, path)
        return Question(
            name=path.rpartition("/")[2],
            type=kind,
            group=path.rpartition("/")[0],
            label=self._words(self._survey, row, "label"),
            hint=self._words(self._survey, row, "hint"),
            required=bind.required,
            required_message=self._words(self._survey, row, "required_message"),
            relevant=bind.relevant,
            constraint=bind.constraint,
            constraint_message=self._words(self._survey, row, "constraint_message"),
            calculation=bind.calculation,
            choices=self._options(of),
            appearance=self._survey.cell(row, "appearance"),
        )

    def group(self, row: Row, path: str) -> Group:
        label = self._words(self._survey, row, "label")
        return Group(path=path, label=label, relevant=self._bind(row, path).relevant, appearance=self._survey.cell(row, "appearance"))

    def _bind(self, row: Row, path: str) -> Bind:
        """The XForm's logic of that node; before there is one, the cells' own, for finding circles."""
        if self._logic:
            return self._logic.get(path, _NO_BIND)
        cells = {column: self._resolved(self._survey.cell(row, column)) for column in EXPRESSIONS}
        return Bind(cells["relevant"], cells["required"], cells["constraint"], cells["calculation"])

    def _words(self, table: Table, row: Row, base: str) -> Words:
        """A text in all its languages, the questionnaire's own first; `${name}` becomes `${/data/…/name}`."""
        found = {table.columns[place][1]: text for place, text in row.cells.items() if table.columns.get(place, ("",))[0] == base}
        order = [language for language in self._languages if language in found] + [of for of in found if of not in self._languages]
        return Words(tuple((language, QUOTED.sub(self._quoted, found[language])) for language in order))

    def _options(self, of: str) -> tuple[Option, ...]:
        if not of or self._choices is None:
            return ()
        table = self._choices
        rows = [row for row in table.rows if table.cell(row, "list_name") == of]
        return tuple(Option(table.cell(row, "name"), self._words(table, row, "label")) for row in rows)

    def _resolved(self, text: str) -> str:
        return QUOTED.sub(lambda found: self._paths.get(found.group(1), ""), text)

    def _quoted(self, found: re.Match[str]) -> str:
        return "${" + self._paths.get(found.group(1), found.group(1)) + "}"


def _for_pyxform(checked: Checked, draft: Questionnaire) -> dict[str, list[dict[str, str]]]:
    """The sheets as pyxform takes them, under the column names it knows."""
    sheets: dict[str, list[dict[str, str]]] = {}
    for name, table in checked.tables.items():
        sheets[name] = [
            {
                base if language == "default" else f"{base}::{language}": row.cells[place]
                for place, (base, language) in table.columns.items()
                if place in row.cells
            }
            for row in table.rows
        ]
    settings = sheets.get("settings") or [{}]
    sheets["settings"] = [{**settings[0], "form_id": draft.form_id, "form_title": draft.title, "version": draft.version}]
    return sheets
