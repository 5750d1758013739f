"""Inventory entries to YAML text: one entry a line, as a person would write it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def inventory_text(comment: str, lists: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return a file's text: a comment, then each list that has entries. Keys whose value is None are left out."""
    parts = [f"# {line}".rstrip() + "\n" for line in comment.splitlines()]
    for key, entries in lists.items():
        if entries:
            parts.append(f"\n{key}:\n")
            parts += [f"  - {flow(entry)}\n" for entry in entries]
    return "".join(parts)


def flow(value: Any) -> str:
    """Return a value on one line: `{id: thanh-son, name: Huyện Thanh Sơn, code: "238"}`."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items() if one is not None) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return _scalar(str(value)) if isinstance(value, str) else repr(value)


def _scalar(text: str) -> str:
    if _is_plain(text):
        return text
    literal = text.replace("${", "$${")
    return str(yaml.dump(literal, Dumper=_Dumper, default_style='"', width=1 << 30, allow_unicode=True)).rstrip("\n")


def _is_plain(text: str) -> bool:
    """Tell whether a text needs no quotes: no reader of YAML takes it for a number, a boolean or a time."""
    if not re.fullmatch(r"\w[\w ./-]*", text) or text.endswith(" ") or text.isdigit():
        return False
    readings = yaml.SafeLoader.yaml_implicit_resolvers.get(text[0], [])
    return not any(pattern.match(text) for _, pattern in readings)
