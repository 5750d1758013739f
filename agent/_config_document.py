"""A configuration file as read: plain data for the schema, and the line and place of each part for its faults."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from agent._config_faults import Fault, Faults, suggest
from agent._config_secrets import expand
from agent._config_units import Expanded
from agent._config_yaml import SECRET_KEYS, Items, Loc, Mapping, Node, Scalar, parse

M = TypeVar("M", bound=BaseModel)
LARGEST = 32 * 1024 * 1024  # bytes of one file: a province takes 100 kB
_UNQUOTED = {"credentials", "mqtt", "basic_auth_users"}  # sections whose values are never shown


class Source(Protocol):
    """Where rows come from: it can say where each is, and takes their faults."""

    def fault(self, loc: Loc, text: str) -> None:
        """Add a fault at a place."""

    def place(self, loc: Loc) -> str:
        """Return `file:line` of a place."""


@dataclass(frozen=True, slots=True)
class Row(Generic[M]):
    """One validated part of a file and where it stands.

    `replaced` holds the keys whose values had faults: examples or defaults stand in for them, so that the rest of the
    part is checked in the same run. Further faults at those keys are silent.
    """

    value: M
    source: Source
    loc: Loc
    replaced: frozenset[str] = frozenset()

    def fault(self, key: str, text: str, *rest: str | int) -> None:
        """Add a fault at one of the entry's keys."""
        self.source.fault((*self.loc, key, *rest), text)

    @property
    def place(self) -> str:
        """The entry's `file:line`."""
        return self.source.place(self.loc)


class Document:
    """One YAML file. `data` is its content with `${…}` filled in and empty keys left out; None where it is no YAML."""

    def __init__(self, path: Path, faults: Faults, environ: AnyMapping[str, str]) -> None:
        self.path = path
        self.faults = faults
        self.environ = environ
        text = _text(path, self._report)
        self.root = None if text is None else parse(text, self._report)
        self._keep_secrets(self.root, secret=False)
        self.data: Any = None if self.root is None else self._plain(self.root, ())

    def fault(self, loc: Loc, text: str) -> None:
        """Add a fault at a place; `{value}` in its text becomes the value as written."""
        line, node = self._find(loc)
        if "{value}" in text:
            shown = isinstance(node, Scalar) and not _UNQUOTED.intersection(loc[:1])
            text = text.replace("{value}", self.faults.quote(node.text) if shown else "this value")  # type: ignore[union-attr]  # shown says it is a Scalar
        self._report(line, loc, text)

    def place(self, loc: Loc) -> str:
        """Return `file:line` of a place."""
        return f"{self.path}:{self._find(loc)[0]}"

    def rows(self, key: str, model: type[M]) -> list[Row[M]]:
        """Validate each entry of the list `key`; those past mending are left out."""
        entries = self.data.get(key, []) if isinstance(self.data, dict) else []
        if not isinstance(entries, list):
            self.fault((key,), "must be a list; begin each entry with `- `")
            return []
        read = (validate(model, entry, self, (key, at)) for at, entry in enumerate(entries))
        return [row for row in read if row is not None]

    def read(self, model: type[M], data: object, loc: Loc) -> Row[M] | None:
        """Validate a part of the file; None where it is past mending."""
        return validate(model, data, self, loc)

    def _report(self, line: int, loc: Loc, text: str) -> None:
        self.faults.add((self.path, *loc), Fault(str(self.path), line, self._where(loc), text))

    def _find(self, loc: Loc) -> tuple[int, Node | None]:
        """Return the line of a place (of its key, where it has one) and what stands there, or what it should be in."""
        node, line = self.root, self.root.line if self.root else 1
        for step in loc:
            if isinstance(node, Mapping) and step in node.entries:
                line, node = node.entries[str(step)]
            elif isinstance(node, Items) and isinstance(step, int) and step < len(node.nodes):
                node = node.nodes[step]
                line = node.line
            else:
                return line, None
        return line, node

    def _where(self, loc: Loc) -> str:
        """Write a place for people, as in `sites[thanh-son].parent`; entries without an id go by number from 1."""
        where = ""
        for at, step in enumerate(loc):
            if isinstance(step, str):
                where += f".{step}" if where else step
            else:
                where += f"[{self._id((*loc[:at], step)) or f'#{step + 1}'}]"
        return where or "file"

    def _id(self, loc: Loc) -> str:
        node = self._find((*loc, "id"))[1] if hasattr(self, "root") else None
        return node.text[:64] if isinstance(node, Scalar) and node.text.isprintable() else ""

    def _keep_secrets(self, node: Node | None, *, secret: bool) -> None:
        match node:
            case Mapping():
                for key, entry in node.entries.items():
                    self._keep_secrets(entry.node, secret=key in SECRET_KEYS)
            case Items():
                for child in node.nodes:
                    self._keep_secrets(child, secret=secret)
            case Scalar() if secret and node.text and "${" not in node.text:
                self.faults.secrets.add(node.text)

    def _plain(self, node: Node, loc: Loc) -> Any:
        match node:
            case Scalar(null=True):
                return None
            case Scalar():
                return self._filled(node, loc) if "${" in node.text else node.text
            case Items():
                return [self._plain(child, (*loc, at)) for at, child in enumerate(node.nodes)]
            case Mapping():
                read = {key: self._plain(entry.node, (*loc, key)) for key, entry in node.entries.items()}
                return {key: value for key, value in read.items() if value is not None}

    def _filled(self, node: Scalar, loc: Loc) -> str:
        try:
            return Expanded(expand(node.text, self.environ, self.path.parent, self.faults.secrets.add))
        except ValueError as error:
            self.fault(loc, str(error))
            return Expanded(node.text)


def _text(path: Path, report: Any) -> str | None:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            report(1, (), f"is larger than {LARGEST // 1024**2} MB; split it into several files")
            return None
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        report(1, (), "does not exist; write it, or name another with --config")
    except IsADirectoryError:
        report(1, (), "is a folder; name the file in it")
    except OSError as error:
        report(1, (), f"cannot be read ({error.strerror}); let the agent's user read it")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        report(line, (), "is not UTF-8; save it as UTF-8 text")
    return None


def validate(model: type[M], data: object, source: Source, loc: Loc) -> Row[M] | None:
    """Return `data` as `model`, after telling `source` every fault; None where no stand-ins can mend it."""
    try:
        return Row(model.model_validate(data), source, loc)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    for detail in details:
        source.fault((*loc, *detail["loc"]), _sentence(model, detail["type"], detail["loc"], detail))
    return _mended(model, data, source, loc, [detail["loc"] for detail in details])


def _mended(model: type[M], data: object, source: Source, loc: Loc, wrong: list[Loc]) -> Row[M] | None:
    if not isinstance(data, dict):
        return None
    replaced = frozenset(str(place[0]) for place in wrong if place)
    rest: Any = data
    for place in wrong:
        rest = _without(rest, place)
    needed = {key: field.examples[0] for key, field in _named(model).items() if key in replaced and field.examples}
    if "id" in needed:
        needed["id"] = f"{len(loc) and loc[-1]}.no-id"  # not the example, which may be another entry's
    try:
        return Row(model.model_validate({**needed, **rest}), source, loc, replaced)
    except ValidationError:
        return None


def _without(data: Any, place: Loc) -> Any:
    """Return a mapping without what stands at a place, down to the last key before a list."""
    if not place or not isinstance(data, dict) or place[0] not in data:
        return data
    inner = data[place[0]]
    rest = {key: value for key, value in data.items() if key != place[0]}
    deeper = len(place) > 1 and isinstance(inner, dict)
    return {**rest, place[0]: _without(inner, place[1:])} if deeper else rest


def _sentence(model: type[BaseModel], kind: str, loc: Loc, detail: Any) -> str:
    match kind:
        case "value_error":
            return str(detail["ctx"]["error"])
        case "extra_forbidden":
            known = _fields(model, loc[:-1])
            return f"is an unknown key; {suggest(str(loc[-1]), known, 'keys here')}"
        case "missing":
            field = _fields(model, loc[:-1])[str(loc[-1])]
            return f"is missing; write it, as in `{loc[-1]}: {(field.examples or ['…'])[0]}`"
        case "list_type" | "tuple_type":
            return "must be a list; write it as in [one, two]"
        case "model_type" | "dict_type" | "model_attributes_type":
            return "must be a mapping; write `key: value` lines or {key: value}"
        case _:
            return "is not what belongs here; see the sample configuration"


def _fields(model: type[BaseModel], loc: Loc) -> dict[str, Any]:
    """Return the fields that may stand at a place of a model, by the names they have in a file."""
    for step in loc:
        field = _named(model).get(str(step))
        inner = next((kind for kind in _kinds(field.annotation) if field), None) if field else None
        model = inner or model
    return _named(model)


def _named(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _kinds(annotation: Any) -> list[type[BaseModel]]:
    parts = [annotation, *getattr(annotation, "__args__", ())]
    return [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
