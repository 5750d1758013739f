"""PromQL as Grafana asks it: its variables filled in, and what of it reads which series."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import promql_parser as promql

VARIABLE = re.compile(r"\$\{(?P<braced>\w+)(?::(?P<form>\w+))?\}|\$(?P<bare>[A-Za-z_]\w*)")
OPERANDS = ("lhs", "rhs", "expr", "param", "vector_selector")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of Grafana's variables, to the letter as it does. Raises KeyError for an unknown one."""

    def value(match: re.Match[str]) -> str:
        name, form = match["braced"] or match["bare"], match["form"]
        assert form in (None, "regex", "raw"), match[0]
        return re.sub(r"([\\^$.*+?()[\]{}|/])", r"\\\1", values[name]) if form == "regex" else values[name]

    return VARIABLE.sub(value, text)


@dataclass(frozen=True)
class Read:
    """A selector within an expression: `within` are the functions around it, innermost first; `range_s` 0 for none."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]  # label, operator, value
    within: tuple[str, ...]
    range_s: float = 0

    @property
    def where(self) -> Mapping[str, str]:
        """The labels it asks for, by value or regular expression."""
        return {label: value for label, operator, value in self.matchers if operator in ("=", "=~")}


def parse(expression: str) -> promql.Expr:
    """Parse an expression without variables."""
    return promql.parse(expression)


def children(node: promql.Expr) -> list[promql.Expr]:
    """Return what a node is made of."""
    operands = [getattr(node, name, None) for name in OPERANDS] + list(getattr(node, "args", ()))
    return [one for one in operands if one is not None and not isinstance(one, str | int | float)]


def reads(expression: str) -> list[Read]:
    """Return every selector of an expression."""
    return list(_reads(parse(expression), (), 0))


def _reads(node: promql.Expr, within: tuple[str, ...], range_s: float) -> Iterator[Read]:
    if isinstance(node, promql.VectorSelector):
        matchers = [(one.name, _operator(one), one.value) for one in node.matchers.matchers]
        yield Read(node.name or "", tuple(matchers), within, range_s)
    if isinstance(node, promql.Call):
        within = (node.func.name, *within)
    if isinstance(node, promql.AggregateExpr):
        within = (str(node.op), *within)
    if isinstance(node, promql.MatrixSelector):
        range_s = node.range.total_seconds()
    for child in children(node):
        yield from _reads(child, within, range_s)


def _operator(matcher: promql.Matcher) -> str:
    operators = ((promql.MatchOp.Equal, "="), (promql.MatchOp.NotEqual, "!="), (promql.MatchOp.Re, "=~"))
    return next((sign for operator, sign in operators if operator == matcher.op), "!~")


def without_default(expression: str) -> str:
    """Leave out `or vector(…)` and the like: with it an expression that finds nothing would return something."""
    return str(promql.transform(parse(expression), post_visit=_first_of_default))


def _first_of_default(node: promql.Expr) -> promql.Expr | None:
    if isinstance(node, promql.BinaryExpr) and str(node.op) == "or" and not list(_reads(node.rhs, (), 0)):
        return node.lhs
    return None
