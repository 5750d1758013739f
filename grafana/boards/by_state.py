"""Figures for each state, in the states' words and colours; and where a click on a series leads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from grafana_foundation_sdk.builders import common as build_common, prometheus
from grafana_foundation_sdk.models import common

from boards.colours import STATES
from boards.panels import now, property_
from boards.pen import Pen
from texts import Text

NAMES = {0: "unknown", 1: "up", 2: "degraded", 3: "unreachable", 4: "down", 5: "maintenance"}  # label `state`'s
ORDER = (1, 2, 3, 4, 0, 5)  # as they are read

Ask = Callable[[str, str, str], prometheus.Dataquery]


def each(
    pen: Pen, expression: Callable[[int], str], numbers: Iterable[int] = ORDER, ask: Ask = now
) -> list[prometheus.Dataquery]:
    """Ask for a figure of each state, called as the state is."""
    return [ask(expression(number), pen(STATES[number].text), f"S{number}") for number in numbers]


def coloured(panel: Any, numbers: Iterable[int] = ORDER) -> Any:
    """Colour the figures of `each`."""
    for number in numbers:
        colour = {"mode": "fixed", "fixedColor": STATES[number].colour}
        panel.override_by_query(f"S{number}", [property_("color", colour)])
    return panel


def leading(panel: Any, pen: Pen, title: Text, way: str) -> Any:
    """Make a click on a series lead somewhere; its labels are `${__field.labels.name}` there."""
    return panel.override_by_field_type("number", [property_("links", [{"title": pen(title), "url": way}])])


def ruled(panel: Any, limits: Any) -> Any:
    """Draw a course's limits as dashed lines."""
    style = build_common.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
    return panel.thresholds(limits).thresholds_style(style)
