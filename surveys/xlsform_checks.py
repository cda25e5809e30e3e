"""What can be wrong in the cells of an XLSForm, all of it at once, before pyxform (which stops at its first fault) sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from surveys.question_types import BY_NAME, UNASKED
from surveys.workbooks import Fault, Row, Sheet, letter
from surveys.xform import ROOT
from surveys.xpath import LITERALS, BadExpression, parse, references

TYPES = {"int": "integer", "string": "text", **{name: name for name in (*BY_NAME, *UNASKED)}}
GROUPS = ("begin_group", "end_group")
LATER_TYPES = (
    "begin_repeat", "end_repeat", "rank", "range", "time", "datetime", "geopoint", "geotrace", "geoshape", "image", "photo", "audio",
    "video", "file", "barcode", "trigger", "select_one_from_file", "select_multiple_from_file", "select_one_external", "csv-external",
    "xml-external", "background-audio", "deviceid", "username", "phonenumber", "email", "simserial", "subscriberid", "audit",
)  # fmt: skip
KNOWN_TYPES = (*TYPES, *GROUPS, *LATER_TYPES)

_HEADS = {"relevance": "relevant", "calculate": "calculation", "list": "list_name", "title": "form_title", "id_string": "form_id"}
WORDED = ("label", "hint", "required_message", "constraint_message")
EXPRESSIONS = ("relevant", "constraint", "calculation", "required")
LATER_COLUMNS = (
    "default", "choice_filter", "repeat_count", "parameters", "trigger", "read_only", "readonly", "image", "big-image", "audio", "video",
    "media", "guidance_hint", "intent", "save_to",
)  # fmt: skip
COLUMNS = {
    "survey": ("type", "name", "appearance", *WORDED, *EXPRESSIONS, *LATER_COLUMNS),
    "choices": ("list_name", "name", "label", "image", "audio", "video", "media"),
    "settings": ("form_title", "form_id", "version", "default_language", "allow_choice_duplicates", "instance_name", "style"),
}
SHEETS = (*COLUMNS, "entities", "external_choices")

_SELECT = re.compile(r"(select[_ ]one|select1|select[_ ]multiple)(?: from)?(?:\s+(\S+))?(\s+or[_ ]other)?", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d][\w.-]*")
QUOTED = re.compile(r"\$\{\s*([^}]*?)\s*\}")
_WIDE = re.compile(r"[（）＞＜＝，。；：“”‘’＋－＊、！？]")
_YES_NO = ("yes", "no", "true", "false", "true()", "false()")


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet with its columns known: (base, language) by place. `default` is the language of a column without one."""

    name: str
    columns: Mapping[int, tuple[str, str]]
    rows: tuple[Row, ...]

    def cell(self, row: Row, base: str) -> str:
        """The text of the first filled column of that name, in any language."""
        return next((text for place, text in row.cells.items() if self.columns.get(place, ("", ""))[0] == base), "")

    def place(self, base: str) -> str:
        """The letter of that column, "" if there is none."""
        return next((letter(place) for place, (name, _) in self.columns.items() if name == base), "")


@dataclass(slots=True)
class Checked:
    """What the check learned on its way: each row's kind and path, and the faults."""

    tables: Mapping[str, Table]
    faults: list[Fault] = field(default_factory=list)
    kinds: dict[int, tuple[str, str]] = field(default_factory=dict)  # row -> (type, list)
    paths: dict[int, str] = field(default_factory=dict)  # row -> path

    def add(self, sheet: str, row: int, column: str, code: str, /, **values: Any) -> None:
        self.faults.append(Fault(sheet, row, self.tables[sheet].place(column) if column and sheet in self.tables else "", code, values))


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word somebody probably meant, or ""."""
    return "".join(get_close_matches(word.casefold(), list(known), 1, 0.7))


def check(sheets: Iterable[Sheet]) -> Checked:
    """All faults of a workbook's cells."""
    found: list[Fault] = []
    checked = Checked({table.name: table for table in _tables(sheets, found)}, found)
    survey = checked.tables.get("survey")
    if survey is None or not {"type", "name"} <= {base for base, _ in survey.columns.values()}:
        for column in ("type", "name"):
            if survey and not survey.place(column):
                checked.add("survey", 1, "", "column_missing", column=column)
        return checked
    _rows(checked, survey)
    lists = _choices(checked)
    for row in survey.rows:
        _question(checked, survey, row, lists)
    _expressions(checked, survey)
    _settings(checked, survey)
    return checked


# --- sheets and columns -------------------------------------------------------------------------------------------


def _tables(sheets: Iterable[Sheet], faults: list[Fault]) -> Iterator[Table]:
    names = []
    for sheet in sheets:
        name = sheet.name.strip().casefold()
        names.append(name)
        if name in COLUMNS:
            yield Table(name, dict(_columns(name, sheet, faults)), sheet.rows)
        elif name in SHEETS:
            faults.append(Fault(sheet.name, 0, "", "sheet_later"))
        elif meant := nearest(name, [known for known in SHEETS if known not in names]):
            faults.append(Fault(sheet.name, 0, "", "sheet_unknown", {"sheet": sheet.name, "nearest": meant}))
    if "survey" not in names:
        faults.append(Fault("", 0, "", "sheet_missing", {"sheet": "survey"}))


def _columns(table: str, sheet: Sheet, faults: list[Fault]) -> Iterator[tuple[int, tuple[str, str]]]:
    seen: dict[tuple[str, str], int] = {}
    for place, title in sheet.header.items():
        base, _, language = (part.strip() for part in title.partition("::"))
        base = re.sub(r"\s+", "_", base.casefold())
        base = _HEADS.get(base, base)
        if base not in COLUMNS[table]:
            if meant := nearest(base, COLUMNS[table]):
                faults.append(Fault(table, 1, letter(place), "column_unknown", {"column": title, "nearest": meant}))
            continue
        column = (base, language or "default")
        if column in seen:
            faults.append(Fault(table, 1, letter(place), "column_twice", {"column": title, "first": letter(seen[column])}))
            continue
        seen[column] = place
        yield place, column


# --- rows ---------------------------------------------------------------------------------------------------------


def _rows(checked: Checked, survey: Table) -> None:
    """Each row's kind, and its path by the groups around it."""
    open_groups: list[tuple[int, str]] = []
    taken: dict[str, int] = {}
    for row in survey.rows:
        kind, of = _kind(checked, survey, row)
        checked.kinds[row.number] = (kind, of)
        if kind == "end_group":
            if open_groups:
                open_groups.pop()
            else:
                checked.add("survey", row.number, "type", "end_unopened")
            continue
        if kind in ("", "end_repeat"):
            continue
        name = survey.cell(row, "name")
        path = "/".join([ROOT, *(group for _, group in open_groups), name])
        if not name:
            checked.add("survey", row.number, "name", "name_missing")
        elif not _NAME.fullmatch(name):
            checked.add("survey", row.number, "name", "name_bad", name=name)
        elif path in taken:
            checked.add("survey", row.number, "name", "name_twice", name=name, row=taken[path])
        taken.setdefault(path, row.number)
        checked.paths[row.number] = path
        if kind == "begin_group":
            open_groups.append((row.number, name))
    for number, name in open_groups:
        checked.add("survey", number, "type", "group_not_closed", name=name)


def _kind(checked: Checked, survey: Table, row: Row) -> tuple[str, str]:
    """The type of a row and the list it chooses from; ("", "") where there is a fault."""
    said = re.sub(r"\s+", " ", survey.cell(row, "type"))
    if not said:
        if survey.cell(row, "name") or survey.cell(row, "label"):
            checked.add("survey", row.number, "type", "type_missing")
        return "", ""
    word = said.casefold().replace(" ", "_")
    select = _SELECT.fullmatch(said)
    if select:
        if select.group(3):
            checked.add("survey", row.number, "type", "type_later", type="or_other")
        if not select.group(2):
            checked.add("survey", row.number, "type", "list_not_named")
        return ("select_multiple" if "multiple" in select.group(1).casefold() else "select_one"), select.group(2) or ""
    if word in GROUPS:
        return word, ""
    if word in TYPES and word not in ("select_one", "select_multiple"):
        return TYPES[word], ""
    if word in LATER_TYPES or word.partition("_")[0] == "rank" or word.startswith(("select_one_from_file", "select_multiple_from_file")):
        checked.add("survey", row.number, "type", "type_later", type=said)
        return ("end_repeat" if word == "end_repeat" else "later"), ""
    meant = nearest(word, KNOWN_TYPES) or nearest(word.partition("_")[0], KNOWN_TYPES)
    checked.add("survey", row.number, "type", "type_unknown", type=said, nearest=meant)
    return "", ""


def _choices(checked: Checked) -> Mapping[str, tuple[str, ...]]:
    """The options' names of each list, their own faults noted."""
    table = checked.tables.get("choices")
    lists: dict[str, dict[str, int]] = {}
    for row in table.rows if table else ():
        assert table is not None
        of, name = table.cell(row, "list_name"), table.cell(row, "name")
        if not of and not name:
            continue
        if not of:
            checked.add("choices", row.number, "list_name", "choice_without_list")
            continue
        taken = lists.setdefault(of, {})
        if not name:
            checked.add("choices", row.number, "name", "choice_without_name", list=of)
        elif " " in name:
            checked.add("choices", row.number, "name", "choice_name_blank", name=name)
        elif name in taken and not _allows_twins(checked):
            checked.add("choices", row.number, "name", "choice_twice", name=name, list=of, row=taken[name])
        if not table.cell(row, "label"):
            checked.add("choices", row.number, "label", "choice_without_label", name=name, list=of)
        taken.setdefault(name, row.number)
        _columns_later(checked, table, row)
    return {of: tuple(taken) for of, taken in lists.items()}


def _allows_twins(checked: Checked) -> bool:
    settings = checked.tables.get("settings")
    return bool(settings and settings.rows and settings.cell(settings.rows[0], "allow_choice_duplicates").casefold() in ("yes", "true"))


def _question(checked: Checked, survey: Table, row: Row, lists: Mapping[str, tuple[str, ...]]) -> None:
    kind, of = checked.kinds[row.number]
    if of and of not in lists:
        checked.add("survey", row.number, "type", "list_missing", list=of, nearest=nearest(of, lists))
    if kind in BY_NAME and not survey.cell(row, "label"):
        checked.add("survey", row.number, "label", "label_missing", name=survey.cell(row, "name"))
    if kind == "calculate" and not survey.cell(row, "calculation"):
        checked.add("survey", row.number, "calculation", "calculation_missing", name=survey.cell(row, "name"))
    if kind in BY_NAME and survey.cell(row, "calculation"):
        checked.add("survey", row.number, "calculation", "calculation_elsewhere", type=kind)
    _columns_later(checked, survey, row)


def _columns_later(checked: Checked, table: Table, row: Row) -> None:
    for place in row.cells:
        base = table.columns.get(place, ("", ""))[0]
        if base in LATER_COLUMNS:
            checked.faults.append(Fault(table.name, row.number, letter(place), "column_later", {"column": base}))


# --- expressions --------------------------------------------------------------------------------------------------


def _expressions(checked: Checked, survey: Table) -> None:
    """Every expression parsed, every `${…}` and every path looked up, in texts too."""
    by_name: dict[str, list[str]] = {}
    for path in checked.paths.values():
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    cells = [(table, row, place) for table in checked.tables.values() for row in table.rows for place in row.cells]
    for table, row, place in cells:
        base, text = table.columns.get(place, ("", ""))[0], row.cells[place]
        where = (table.name, row.number, letter(place))
        if base in EXPRESSIONS and not (base == "required" and text.casefold() in _YES_NO):
            checked.faults += _expression(where, text, checked.paths.get(row.number, ROOT), by_name)
        elif base in WORDED:
            checked.faults += _quoted(where, text, by_name)


def _quoted(where: tuple[str, int, str], text: str, by_name: Mapping[str, list[str]]) -> list[Fault]:
    faults = []
    for name in QUOTED.findall(text):
        if name not in by_name:
            faults.append(Fault(*where, "reference_unknown", {"name": name, "nearest": nearest(name, by_name)}))
        elif len(by_name[name]) > 1:
            faults.append(Fault(*where, "reference_twice", {"name": name}))
    return faults


def _expression(where: tuple[str, int, str], text: str, path: str, by_name: Mapping[str, list[str]]) -> list[Fault]:
    faults = _quoted(where, text, by_name)
    resolved = QUOTED.sub(lambda found: by_name.get(found.group(1), [f"{ROOT}/unknown"])[0], text)
    if wide := _WIDE.search(LITERALS.sub("", text)):
        return [*faults, Fault(*where, "full_width", {"sign": wide.group(), "expression": text})]
    try:
        parse(resolved)
    except BadExpression as error:
        return [*faults, Fault(*where, error.code, {**error.values, "expression": text})]
    known = {p for paths in by_name.values() for p in paths} | {ROOT, f"{ROOT}/unknown"}
    for reference in references(resolved, path):
        if "*" not in reference and reference not in known:
            faults.append(Fault(*where, "path_unknown", {"path": reference}))
    return faults


def _settings(checked: Checked, survey: Table) -> None:
    settings = checked.tables.get("settings")
    languages = [of for base, of in survey.columns.values() if base == "label"]
    for row in settings.rows[:1] if settings else ():
        assert settings is not None
        language = settings.cell(row, "default_language")
        if language and language not in languages and languages != ["default"]:
            values = {"language": language, "languages": tuple(of for of in languages if of != "default")}
            checked.add("settings", row.number, "default_language", "language_unknown", **values)
