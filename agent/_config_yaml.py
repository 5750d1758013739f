"""YAML text to a tree that keeps every key's line. Scalars stay text: `no`, `1:30`, `08281` are what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

Loc = tuple[str | int, ...]
Report = Callable[[int, Loc, str], None]

MAX_DEPTH = 50
MAX_REPEATED = 100_000  # nodes reached through aliases: far beyond honest use, far below a "billion laughs"
NULLS = {"", "~", "null", "Null", "NULL"}
SECRET_KEYS = {"community", "auth_key", "priv_key", "password"}
_Loader: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE = "tag:yaml.org,2002:"
_TAGS = {_CORE + name for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "map", "seq")}


@dataclass(slots=True)
class Scalar:
    """A text, number or nothing, as written."""

    line: int
    text: str
    null: bool


class Entry(NamedTuple):
    """A key's line and its value."""

    line: int
    node: Node


@dataclass(slots=True)
class Mapping:
    """Keys and values, in the order written; merged (`<<`) keys last."""

    line: int
    entries: dict[str, Entry] = field(default_factory=dict)


@dataclass(slots=True)
class Items:
    """A list."""

    line: int
    nodes: list[Node] = field(default_factory=list)


Node = Scalar | Mapping | Items


def parse(text: str, report: Report) -> Node | None:
    """Return the tree of one YAML document, or None where it is no YAML or empty; `report` gets every fault."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        report(min(line, _lines(text)), (), f"is not YAML here: {_problem(error)}; {_cure(error)}")
        return None
    except yaml.YAMLError:
        report(_bad_character_line(text), (), "holds a control character; save the file as plain UTF-8 text")
        return None
    except RecursionError:
        report(1, (), f"is nested too deeply; {MAX_DEPTH} levels are allowed")
        return None
    if root is None:
        report(1, (), "is empty; write at least one key, as in `inventory: inventory/`")
        return None
    try:
        return _Tree(report).build(root, ())
    except _RefusedError as refused:
        report(refused.line, (), str(refused))
        return None


class _RefusedError(Exception):
    """A document that repeats or nests without measure."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def _lines(text: str) -> int:
    return text.rstrip("\n").count("\n") + 1


def _problem(error: yaml.MarkedYAMLError) -> str:
    return (error.problem or error.context or "cannot be read").removeprefix("but ")


def _cure(error: yaml.MarkedYAMLError) -> str:
    problem = f"{error.context} {error.problem}"
    cures = {
        "another document": "keep one document, without a second `---`",
        "undefined alias": "put a value that begins with `*` in quotes",
        "cannot start any token": "indent with spaces, and put a value that begins with a special character in quotes",
        "mapping values are not allowed": "put a value that holds `: ` in quotes, or mend the indentation",
        "quoted scalar": "close the quote",
        "flow": "close the bracket, and put a comma between the parts",
        "nesting": f"nest at most {MAX_DEPTH} levels",
    }
    return next((cure for sign, cure in cures.items() if sign in problem), "mend the indentation, colon or quote")


def _bad_character_line(text: str) -> int:
    allowed = "\t\n\r\x85\ufeff"
    bad = next((at for at, char in enumerate(text) if not (char.isprintable() or char in allowed or char > "~")), 0)
    return text.count("\n", 0, bad) + 1


class _Tree:
    """Builds our tree from PyYAML's nodes; what repeats without end or measure is a fault, not a hang."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.seen: set[int] = set()
        self.open: set[int] = set()
        self.repeated = 0

    def build(self, node: yaml.Node, loc: Loc) -> Node:
        line = node.start_mark.line + 1
        if node.tag not in _TAGS:
            self.report(line, loc, "carries a YAML tag (`!…`); write the plain value")
            return Scalar(line, "", null=True)
        if reason := self._refusal(node, loc):
            raise _RefusedError(line, reason)
        if isinstance(node, yaml.ScalarNode):
            return Scalar(line, node.value, not node.style and node.value in NULLS)
        return self._collection(node, loc, line)

    def _refusal(self, node: yaml.Node, loc: Loc) -> str:
        key = id(node)
        self.repeated += key in self.seen
        self.seen.add(key)
        if key in self.open:
            return "refers to itself; an alias (`*…`) must name something written before it"
        if self.repeated > MAX_REPEATED:
            return "repeats far too much by aliases (`*…`); write the values out"
        return f"is nested too deeply; {MAX_DEPTH} levels are allowed" if len(loc) > MAX_DEPTH else ""

    def _collection(self, node: yaml.Node, loc: Loc, line: int) -> Node:
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, loc, line)
            return Items(line, [self.build(child, (*loc, at)) for at, child in enumerate(node.value)])
        finally:
            self.open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, loc: Loc, line: int) -> Mapping:
        mapping = Mapping(line)
        merged: list[Mapping] = []
        for key, value in node.value:
            at = key.start_mark.line + 1
            if key.tag == _CORE + "merge":
                merged += self._merged(value, loc, at)
            elif not isinstance(key, yaml.ScalarNode):
                self.report(at, loc, "has a key that is a list or a mapping; a key is plain text")
            elif first := mapping.entries.get(key.value):
                self.report(at, (*loc, key.value), f"is written twice, first on line {first.line}; keep one of them")
            else:
                mapping.entries[key.value] = Entry(at, self.build(value, (*loc, key.value)))
        for other in merged:
            mapping.entries = {**other.entries, **mapping.entries}
        return mapping

    def _merged(self, value: yaml.Node, loc: Loc, line: int) -> Iterator[Mapping]:
        parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
        for part in parts:
            built = self.build(part, loc)
            if isinstance(built, Mapping):
                yield built
            else:
                self.report(line, (*loc, "<<"), "merges something that is no mapping; name one as in `<<: *usual`")
