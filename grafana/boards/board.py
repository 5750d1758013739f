"""A dashboard as its file describes it, and how it becomes Grafana's."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from boards import variables
from boards.colours import RED
from boards.pen import SOURCE, Pen
from texts import Language, Text

TAG = "diemcau"

Variable = Callable[[Pen], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A row of a dashboard: its title and its panels, laid out from left to right."""

    title: Text
    panels: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """Times marked on every panel: where `expression` has series; `words` may hold its labels as `{{label}}`."""

    title: Text
    expression: str
    words: str


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard: `name` is its part of the uid and its file's name."""

    name: str
    title: Text
    about: Text
    parts: Callable[[Pen], Sequence[Part]]
    variables: tuple[Variable, ...] = ()
    marks: tuple[Mark, ...] = ()
    since: str = "now-6h"
    until: str = "now"
    refresh: str = "30s"

    def json(self, language: Language) -> str:
        """Write it as Grafana imports it."""
        drawn = json.loads(json.dumps(self._drawn(Pen(language)).build(), cls=JSONEncoder))
        for number, panel in enumerate(drawn["panels"], 1):
            panel["id"] = number
        for mark, annotation in zip(self.marks, drawn.get("annotations", {}).get("list", []), strict=True):
            annotation |= {"titleFormat": annotation["name"], "textFormat": mark.words, "step": "60s"}  # not in the SDK
        return json.dumps(drawn, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    def _drawn(self, pen: Pen) -> build.Dashboard:
        drawn = (
            build.Dashboard(pen(self.title))
            .uid(pen.uid(self.name))
            .description(pen(self.about))
            .tags([TAG, f"{TAG}-{pen.language}"])
            .timezone("browser")
            .time(self.since, self.until)
            .refresh(self.refresh)
            .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
            .week_start("monday")
            .readonly()
            .link(_neighbours(pen))
        )
        for variable in (variables.source, *self.variables):
            drawn.with_variable(variable(pen))
        for mark in self.marks:
            drawn.annotation(_annotation(mark, pen))
        for part in self.parts(pen):
            drawn.with_row(build.Row(pen(part.title)))
            for panel in part.panels:
                drawn.with_panel(panel)
        return drawn


def _neighbours(pen: Pen) -> build.DashboardLink:
    """List the other dashboards of the language, keeping time and choices."""
    return (
        build.DashboardLink(pen(Text("Bảng theo dõi", "Dashboards")))
        .type(dashboard.DashboardLinkType.DASHBOARDS)
        .tags([f"{TAG}-{pen.language}"])
        .as_dropdown(True)
        .keep_time(True)
        .include_vars(True)
    )


def _annotation(mark: Mark, pen: Pen) -> build.AnnotationQuery:
    annotation = build.AnnotationQuery().name(pen(mark.title)).datasource(SOURCE).enable(True).hide(False)
    return annotation.icon_color(RED).expr(mark.expression)
