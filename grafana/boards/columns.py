"""Columns of tables: which labels and values are shown, in what order and by what name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import dashboard

from boards.colours import ABSENT, Look, absent, mapping
from boards.panels import property_
from boards.pen import Pen
from texts import Text


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `key` is a label, or `Value`, or `Value #B` of query B where there are several.

    `way` is where a click leads, `looks` what its values are called, `limits` (from/colour pairs) colours its cells.
    `unit` is that of a value; a label is a text, whatever it looks like.
    """

    key: str
    title: Text
    unit: str = ""
    width: int = 0
    way: str = ""
    looks: dict[int, Look] | dict[str, Look] = field(default_factory=dict)
    limits: Any = None
    decimals: int | None = None
    hidden: bool = False

    @property
    def is_label(self) -> bool:
        """Whether it is a label, and no query's value."""
        return not self.key.startswith("Value")


def columns(panel: table.Panel, pen: Pen, *wanted: Column) -> table.Panel:
    """Show these columns and no others; several queries are merged by their common labels."""
    names = [column.key for column in wanted]
    for name in reversed(names):  # the first query's last, so that its rows stay the first
        if name.startswith("Value #"):
            panel.with_transformation(_numbered(name))
    panel.with_transformation(dashboard.DataTransformerConfig(id_val="merge", options={}))
    panel.with_transformation(
        dashboard.DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"names": names}})
    )
    panel.with_transformation(
        _organized(
            {name: at for at, name in enumerate(names)},
            {column.key: pen(column.title) for column in wanted if not column.hidden},
        )
    )
    for column in wanted:
        panel.override_by_name(column.key if column.hidden else pen(column.title), _properties(column, pen))
    return panel


def _organized(indices: dict[str, int], names: dict[str, str]) -> dashboard.DataTransformerConfig:
    options = {"excludeByName": {}, "indexByName": indices, "renameByName": names}
    return dashboard.DataTransformerConfig(id_val="organize", options=options)


def _numbered(name: str) -> dashboard.DataTransformerConfig:
    """Call a query's value `Value #B` where no other query of the panel answers: Grafana calls it `Value` then."""
    numbered = _organized({}, {"Value": name})
    numbered.filter_val = dashboard.MatcherConfig(id_val="byRefId", options=name.removeprefix("Value #"))
    return numbered


def _properties(column: Column, pen: Pen) -> list[dashboard.DynamicConfigValue]:
    coloured = column.looks or column.limits
    called = [mapping(column.looks, pen)] if column.looks else []
    wanted = {
        "unit": "string" if column.is_label else column.unit,
        "decimals": column.decimals,
        "custom.width": column.width,
        "mappings": called if column.is_label else [*called, absent("transparent" if coloured else None)],
        "thresholds": column.limits.build() if column.limits else None,
        "custom.cellOptions": {"type": "color-background", "mode": "basic"} if coloured else None,
        "links": [{"title": pen(column.title), "url": column.way}] if column.way else None,
        "custom.hidden": column.hidden,
    }
    properties = [property_(name, value) for name, value in wanted.items() if value]
    if column.is_label:  # not the panel's words for no row at all; a hidden one is taken along by clicks
        properties.append(property_("noValue", "" if column.hidden else ABSENT))
    return properties
