"""YAML that people can read: expressions and texts over several lines, letters as they are."""

from __future__ import annotations

import re
from typing import Any

import yaml

HEAD = "# Made by grafana/build.py; not edited by hand.\n"
_WIDTH = 120
_LONG = 80
_TEMPLATE = re.compile(r"\{\{.*?\}\}")
_KEPT = "\ue000"  # stands for a space at which no line is broken


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key and keeps templates in one piece."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    kept = _TEMPLATE.sub(lambda match: match[0].replace(" ", _KEPT), text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", kept, style=">" if len(text) > _LONG else None)


_Dumper.add_representer(str, _text)


def written(content: dict[str, Any]) -> str:
    """Return a file's text."""
    text: str = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)
    return HEAD + text.replace(_KEPT, " ")
