"""The dashboards as their files will be, and every question they ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import boards

Json = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """An expression of a panel or an annotation, with its place as a person would say it."""

    board: str
    place: str
    expr: str
    instant: bool
    interval: str = ""

    def __str__(self) -> str:
        return f"{self.board} · {self.place}"


@cache
def dashboards() -> dict[str, Json]:
    """Return every dashboard by its path, as it would be written now."""
    return {path: json.loads(text) for path, text in boards.files().items()}


def panels(dashboard: Json) -> Iterator[Json]:
    """Yield the panels that show figures."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def variables(dashboard: Json) -> list[Json]:
    """Return the variables that are asked for, in order."""
    return [one for one in dashboard["templating"]["list"] if one["type"] == "query"]


def questions(dashboard: Json) -> Iterator[Question]:
    """Yield what the panels and annotations of a dashboard ask."""
    uid = dashboard["uid"]
    for panel in panels(dashboard):
        for target in panel["targets"]:
            place = f"{panel['title']} ({target['refId']})"
            yield Question(uid, place, target["expr"], target["instant"], target.get("interval", ""))
    for mark in dashboard["annotations"].get("list", []):
        yield Question(uid, f"annotation {mark['name']}", mark["expr"], instant=False)


def asked(variable: Json) -> str:
    """Return the query of a variable."""
    query = variable["query"]
    return query if isinstance(query, str) else query["query"]
