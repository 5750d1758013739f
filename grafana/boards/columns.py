"""Columns of tables: which labels and values are shown, in what order and by what name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import dashboard

from boards.colours import Look, mapping
from boards.panels import property_
from boards.pen import Pen
from texts import Text


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `key` is a label, or `Value`, or `Value #B` of query B where there are several.

    `way` is where a click leads, `looks` what its values are called, `limits` (from/colour pairs) colours its cells.
    """

    key: str
    title: Text
    unit: str = ""
    width: int = 0
    way: str = ""
    looks: dict[int, Look] | dict[str, Look] = field(default_factory=dict)
    limits: Any = None
    hidden: bool = False


def columns(panel: table.Panel, pen: Pen, *wanted: Column) -> table.Panel:
    """Show these columns and no others; several queries are merged by their common labels."""
    panel.with_transformation(dashboard.DataTransformerConfig(id_val="merge", options={}))
    names = [column.key for column in wanted]
    panel.with_transformation(
        dashboard.DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"names": names}})
    )
    panel.with_transformation(
        dashboard.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {},
                "indexByName": {name: at for at, name in enumerate(names)},
                "renameByName": {column.key: pen(column.title) for column in wanted if not column.hidden},
            },
        )
    )
    for column in wanted:
        panel.override_by_name(column.key if column.hidden else pen(column.title), _properties(column, pen))
    return panel


def _properties(column: Column, pen: Pen) -> list[dashboard.DynamicConfigValue]:
    wanted = {
        "unit": column.unit,
        "custom.width": column.width,
        "mappings": [mapping(column.looks, pen)] if column.looks else None,
        "thresholds": column.limits.build() if column.limits else None,
        "custom.cellOptions": {"type": "color-background", "mode": "basic"} if column.looks or column.limits else None,
        "links": [{"title": pen(column.title), "url": column.way}] if column.way else None,
        "custom.hidden": column.hidden,
    }
    return [property_(name, value) for name, value in wanted.items() if value]
