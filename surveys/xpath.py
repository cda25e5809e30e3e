"""The expressions of a questionnaire: XPath 1.0 as elementpath parses it, with the functions OpenRosa adds.

Values are what XPath 1.0 knows (nodes, text, number, true or false), and numbers its doubles. A text that is an ISO date or
instant counts, wherever a number is wanted, as days since 1970: so dates compare, and `today() - 7` works. Nothing in here fails
on what a resident wrote: what cannot be counted is NaN, what is not there is blank. Only a faulty expression raises, when it is
parsed: `BadExpression`, with a code of texts/*/surveys.toml (`fault_<code>`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from difflib import get_close_matches
from typing import Any
from xml.etree.ElementTree import Element

from elementpath import ElementPathError, XPath1Parser, XPathContext, XPathToken
from elementpath.xpath_nodes import ElementNode, XPathNode

from surveys.xpath_functions import FUNCTIONS, Call
from surveys.xpath_values import Moment, Value, as_boolean, as_number, as_text, at_most, divide, equal, less, remainder, unequal

LATER = (
    "instance",
    "indexed-repeat",
    "once",
    "random",
    "randomize",
    "uuid",
    "pulldata",
    "version",
    "property",
    "digest",
    "area",
    "distance",
)
_NAMES = re.compile(r"([^\W\d][\w.:-]*)\s*\(")
_PREFIX = re.compile(r"'[^']*'|\"[^\"]*\"|\bjr:(?=choice-name\s*\()")
LITERALS = re.compile(r"'[^']*'|\"[^\"]*\"")
_NO_FUNCTIONS = ("and", "or", "div", "mod", "node", "text", "comment")
_REFERENCE = re.compile(r"(?:/|\.\.?/)?[^\W\d][\w.-]*(?:/(?:\.\.|\*|[^\W\d][\w.-]*))*|\.\.(?:/(?:\.\.|\*|[^\W\d][\w.-]*))*")


class BadExpression(Exception):
    """An expression nobody can evaluate; `code` and `values` make its sentence."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class Parser(XPath1Parser):
    """elementpath's XPath 1.0 with OpenRosa's functions in place of its own, and comparisons that know dates."""

    def parse(self, source: str) -> XPathToken:
        """Parse only: elementpath would also evaluate, with values it has not got."""
        if self.tokenizer is None:
            self.tokenizer = self.create_tokenizer(self.symbol_table)
        return super(XPath1Parser, self).parse(source)


def parse(expression: str) -> XPathToken:
    """The expression, ready to be evaluated often. Raises BadExpression."""
    bare = LITERALS.sub("''", expression)
    for name in _NAMES.findall(bare):
        if name in LATER:
            raise BadExpression("function_later", function=name)
        if name not in FUNCTIONS and name not in _NO_FUNCTIONS and "::" not in name:
            raise BadExpression("unknown_function", function=name, nearest="".join(get_close_matches(name, FUNCTIONS, 1)))
    try:
        return Parser().parse(_PREFIX.sub(lambda found: "" if found.group() == "jr:" else found.group(), expression))
    except ElementPathError as error:
        if getattr(error, "code", "") == "err:XPST0017":
            raise BadExpression("wrong_arguments", expression=expression) from None
        raise BadExpression("bad_expression", expression=expression) from None
    except (RecursionError, ValueError, TypeError, SyntaxError):
        raise BadExpression("bad_expression", expression=expression) from None


def references(expression: str, path: str) -> tuple[str, ...]:
    """The absolute paths an expression at `path` looks at, `*` standing for everything below."""
    found = []
    for match in _REFERENCE.finditer(LITERALS.sub("", expression)):
        steps = match.group()
        if steps.startswith("/"):
            found.append(steps)
        elif steps.startswith("."):
            found.append(_resolve(path, steps))
    return tuple(found)


def _resolve(path: str, steps: str) -> str:
    parts = path.split("/")
    for step in steps.split("/"):
        if step == "..":
            parts = parts[:-1]
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def evaluate(token: XPathToken, root: ElementNode, item: Element, moment: Moment) -> Value:
    """What the expression gives when it is read at `item` of the instance `root`."""
    context = XPathContext(root, item=item, current_dt=moment.now)
    context.moment, context.origin = moment, context.item  # type: ignore[attr-defined]
    try:
        return _worth(token, context)
    except ElementPathError:
        return ""


def _worth(token: XPathToken, context: Any) -> Value:
    """One value of a part of an expression; a path gives the nodes it finds."""
    if token.symbol in ("(string)", "(integer)", "(decimal)", "(float)"):
        return token.value if isinstance(token.value, str) else float(str(token.value))
    if token.symbol == "(":
        return _worth(token[0], context)
    if isinstance(token, _Ours) and not (token.symbol == "*" and not token):
        return token.evaluate(context)
    return [node for node in token.select(copy(context)) if isinstance(node, XPathNode)]


class _Ours:
    """What our own tokens share: where elementpath selects from them, it gets what their value is made of."""

    def evaluate(self, context: Any = None) -> Value:
        raise NotImplementedError

    def select(self, context: Any = None) -> Iterator[Any]:
        value = self.evaluate(context)
        yield from value if isinstance(value, list) else [value]


def _operator(symbol: str, work: Callable[[Value, Value], Value]) -> None:
    """Let `symbol` work on our values; its parsing stays elementpath's. A `*` without operands is the wildcard of a path."""
    old = Parser.symbol_table[symbol]

    def evaluate(self: Any, context: Any = None) -> Value:
        if len(self) == 1:  # a sign before a number
            return as_number(_worth(self[0], context)) * (-1 if symbol == "-" else 1)
        return work(_worth(self[0], context), _worth(self[1], context))

    def select(self: Any, context: Any = None) -> Iterator[Any]:
        return _Ours.select(self, context) if len(self) else old.select(self, context)

    Parser.symbol_table[symbol] = type(f"Our{old.__name__}", (_Ours, old), {"evaluate": evaluate, "select": select})


def _function(name: str, count: tuple[int, int | None], work: Callable[[Call, Sequence[Value]], Value]) -> None:
    """Offer one function of FUNCTIONS under its name."""

    def evaluate(self: Any, context: Any = None) -> Value:
        return work(Call(context, context.moment), [_worth(argument, context) for argument in self])

    Parser.symbol_table.pop(name, None)
    token = Parser.function(name, nargs=count[0] if count[0] == count[1] else count)
    Parser.symbol_table[name] = type(f"Our{token.__name__}", (_Ours, token), {"evaluate": evaluate})


for _symbol, _work in {
    "=": equal,
    "!=": unequal,
    "<": less,
    ">": lambda one, other: less(other, one),
    "<=": at_most,
    ">=": lambda one, other: at_most(other, one),
    "and": lambda one, other: as_boolean(one) and as_boolean(other),
    "or": lambda one, other: as_boolean(one) or as_boolean(other),
    "+": lambda one, other: as_number(one) + as_number(other),
    "-": lambda one, other: as_number(one) - as_number(other),
    "*": lambda one, other: as_number(one) * as_number(other),
    "div": divide,
    "mod": remainder,
}.items():
    _operator(_symbol, _work)
for _name, (_count, _meaning) in FUNCTIONS.items():
    if ":" not in _name:
        _function(_name, _count, _meaning)

__all__ = ["LITERALS", "BadExpression", "Moment", "Value", "as_boolean", "as_number", "as_text", "evaluate", "parse", "references"]
