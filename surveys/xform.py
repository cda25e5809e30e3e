"""What a questionnaire's logic makes of the answers so far: which questions apply, which must be answered, what is calculated.

Binds are worked off in the order of what they depend on. What is not relevant counts as blank for everything else, as XForms
says; its answer is kept all the same and counts again when the question applies again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from graphlib import TopologicalSorter
from math import isnan
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring

from elementpath.tree_builders import get_node_tree

from surveys.questionnaires import Group, Question, Questionnaire, Words
from surveys.xpath import Moment, Value, as_boolean, as_text, evaluate, parse, references

ROOT = "/data"
_XFORMS = "{http://www.w3.org/2002/xforms}"
_OUTPUT = re.compile(r"\$\{\s*([^}]+?)\s*\}")


@dataclass(frozen=True, slots=True)
class Bind:
    """The logic of one node of the instance, as XForms writes it down."""

    relevant: str = ""
    required: str = ""
    constraint: str = ""
    calculation: str = ""


def binds(xform: str) -> Mapping[str, Bind]:
    """The binds of an XForm by the path they are for."""
    found = {}
    for bind in fromstring(xform).iter(f"{_XFORMS}bind"):  # noqa: S314 - made by pyxform a moment ago
        read = [bind.get(name, "").strip() for name in ("relevant", "required", "constraint", "calculate")]
        found[bind.get("nodeset", "")] = Bind(
            *("" if expression == "false()" and i == 1 else expression for i, expression in enumerate(read))
        )
    return found


@lru_cache(maxsize=256)
def form_of(questionnaire: Questionnaire) -> Form:
    """The form with its expressions parsed, once for each version. Raises BadExpression or graphlib.CycleError where nobody checked it."""
    return Form(questionnaire)


class Form:
    """A questionnaire with its expressions parsed and its nodes in the order in which they can be worked off."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        self.paths = tuple([group.path for group in questionnaire.groups] + [question.path for question in questionnaire.items])
        self.relevant = _parsed((node.path, node.relevant) for node in _nodes(questionnaire))
        self.required = _parsed((question.path, question.required) for question in questionnaire.items)
        self.constraint = _parsed((question.path, question.constraint) for question in questionnaire.items)
        self.calculation = _parsed((question.path, question.calculation) for question in questionnaire.items)
        self.outputs = _parsed((inner, inner) for text in _all_texts(questionnaire) for inner in _OUTPUT.findall(text))
        self.order = tuple(TopologicalSorter(dependencies(questionnaire)).static_order())

    def reckon(self, answers: Mapping[str, str], moment: Moment) -> Instance:
        """The instance these answers make: relevance and calculations worked out."""
        root = Element("data")
        elements = {ROOT: root}
        for path in sorted(self.paths, key=lambda path: path.count("/")):
            parent, _, name = path.rpartition("/")
            elements[path] = SubElement(elements[parent], name)
        instance = Instance(self, elements, get_node_tree(root), moment)
        for path in self.order:
            instance.settle(path, answers.get(path, ""))
        return instance


class Instance:
    """The answers in their form at one moment. `value` is "" for what is not relevant."""

    def __init__(self, form: Form, elements: Mapping[str, Element], tree: Any, moment: Moment) -> None:
        self._form = form
        self._elements = elements
        self._tree = tree
        self._moment = moment
        self._relevant: dict[str, bool] = {ROOT: True}

    def settle(self, path: str, answer: str) -> None:
        """Work out one node, all it depends on being settled."""
        element = self._elements[path]
        relevant = self._relevant[path.rpartition("/")[0]]
        if relevant and path in self._form.relevant:
            relevant = as_boolean(self._evaluate(self._form.relevant[path], path))
        self._relevant[path] = relevant
        if len(element):
            return  # a group: its questions hold the values
        if relevant and path in self._form.calculation:
            answer = _stored(self._evaluate(self._form.calculation[path], path))
        element.text = answer if relevant else None

    def value(self, path: str) -> str:
        """What counts there now."""
        return self._elements[path].text or ""

    def relevant(self, path: str) -> bool:
        """Does this question, or group, apply?"""
        return self._relevant[path]

    def required(self, path: str) -> bool:
        """Must it be answered?"""
        return path in self._form.required and as_boolean(self._evaluate(self._form.required[path], path))

    def violated(self, path: str, value: str) -> bool:
        """Would this value break the question's constraint? A blank one never does."""
        if not value or path not in self._form.constraint:
            return False
        element = self._elements[path]
        before, element.text = element.text, value
        try:
            return not as_boolean(self._evaluate(self._form.constraint[path], path))
        finally:
            element.text = before

    def text(self, words: Words, language: str) -> str:
        """A text of the questionnaire for this reader, what it quotes of the answers (`${…}`) filled in."""
        said = words.read(language)
        return _OUTPUT.sub(lambda found: as_text(self._evaluate(self._form.outputs[found.group(1)], ROOT)), said)

    def values(self) -> Mapping[str, str]:
        """What would be submitted now: every relevant value that is not blank, in the order of the form."""
        paths = (question.path for question in self._form.questionnaire.items)
        return {path: value for path in paths if (value := self.value(path))}

    def _evaluate(self, token: Any, path: str) -> Value:
        return evaluate(token, self._tree, self._elements[path], self._moment)


def _stored(value: Value) -> str:
    """A calculated value as ODK stores it: what cannot be counted is blank."""
    return "" if isinstance(value, float) and isnan(value) else as_text(value)


def dependencies(questionnaire: Questionnaire) -> Mapping[str, tuple[str, ...]]:
    """For each group and question the paths that must be settled before it."""
    paths = [node.path for node in _nodes(questionnaire)]
    found: dict[str, tuple[str, ...]] = {}
    for node in _nodes(questionnaire):
        calculation = node.calculation if isinstance(node, Question) else ""
        before = dict.fromkeys(
            p for text in (node.relevant, calculation) for ref in references(text, node.path) for p in _under(ref, paths)
        )
        parent = node.path.rpartition("/")[0]
        if parent != ROOT:
            before[parent] = None
        found[node.path] = tuple(before)
    return found


def _nodes(questionnaire: Questionnaire) -> list[Group | Question]:
    return [*questionnaire.groups, *questionnaire.items]


def _under(reference: str, paths: Iterable[str]) -> list[str]:
    """The nodes a reference may look at: that path itself and all below it; from a `*` on, all below what stands before it."""
    fixed, star, _ = reference.partition("/*")
    return [path for path in paths if (path == fixed and not star) or path.startswith(fixed + "/")]


def _parsed(expressions: Iterable[tuple[str, str]]) -> Mapping[str, Any]:
    return {key: parse(expression) for key, expression in expressions if expression}


def _all_texts(questionnaire: Questionnaire) -> Iterable[str]:
    for question in questionnaire.items:
        for words in (question.label, question.hint, question.constraint_message, question.required_message):
            yield from words.values()
        for option in question.choices:
            yield from option.label.values()
    for group in questionnaire.groups:
        yield from group.label.values()
