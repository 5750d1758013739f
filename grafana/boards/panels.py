"""Panels as all dashboards draw them: a title, what the figure means, its unit, what is said where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common as build_common,
    dashboard as build,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    statushistory,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from boards.colours import GREY, Look, limits, mapping
from boards.pen import SOURCE, Pen
from texts import Text

NOTHING = Text("không có số liệu", "no data")
PanelT = TypeVar("PanelT", bound=Any)


@dataclass(frozen=True, slots=True)
class Frame:
    """What every panel says of itself. `unit` is Grafana's id of one; `width` in 24ths of the page."""

    title: Text
    about: Text
    unit: str = "none"
    width: int = 12
    height: int = 8
    nothing: Text = NOTHING


def query(expression: str, legend: str = "", ref: str = "A") -> prometheus.Dataquery:
    """Ask for a course over time."""
    return _query(expression, ref).range().legend_format(legend or "__auto")


def now(expression: str, legend: str = "", ref: str = "A") -> prometheus.Dataquery:
    """Ask for the value at the end of the time shown."""
    return _query(expression, ref).instant().legend_format(legend or "__auto")


def rows(expression: str, ref: str = "A") -> prometheus.Dataquery:
    """Ask for the values at the end of the time shown, as rows of a table with a column for each label."""
    return _query(expression, ref).instant().format(PromQueryFormat.TABLE)


def buckets(expression: str) -> prometheus.Dataquery:
    """Ask for a histogram's course, for a heat map."""
    return _query(expression, "A").range().format(PromQueryFormat.HEATMAP).legend_format("{{le}}")


def _query(expression: str, ref: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expression).ref_id(ref).datasource(SOURCE)


def dressed(panel: PanelT, pen: Pen, frame: Frame, *queries: prometheus.Dataquery) -> PanelT:
    """Give a panel its frame and its queries."""
    panel.title(pen(frame.title)).description(pen(frame.about)).datasource(SOURCE).transparent(False)
    panel.unit(frame.unit).span(frame.width).height(frame.height).no_value(pen(frame.nothing))
    for one in queries:
        panel.with_target(one)
    return panel


def by_limits(panel: PanelT) -> PanelT:
    """Colour a panel by its limits, whatever its type does of its own: a timeline goes from green to red."""
    panel.color_scheme(build.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS))
    return panel


def numbers(pen: Pen, frame: Frame, *queries: prometheus.Dataquery) -> stat.Panel:
    """Draw large figures, one for each series, coloured by the panel's thresholds."""
    return (
        by_limits(dressed(stat.Panel(), pen, frame, *queries))
        .reduce_options(build_common.ReduceDataOptions().calcs(["lastNotNull"]))
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.BACKGROUND)
    )


def course(pen: Pen, frame: Frame, *queries: prometheus.Dataquery) -> timeseries.Panel:
    """Draw lines over time; a gap stays a gap."""
    return (
        dressed(timeseries.Panel(), pen, frame, *queries)
        .legend(
            build_common.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.TABLE)
            .placement(common.LegendPlacement.BOTTOM)
            .calcs(["lastNotNull", "max"])
            .show_legend(True)
        )
        .tooltip(
            build_common.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
        )
        .line_width(1)
        .fill_opacity(8)
        .span_nulls(False)
    )


def listing(pen: Pen, frame: Frame, *queries: prometheus.Dataquery) -> table.Panel:
    """Draw a table; `columns` gives its columns their order and names."""
    return dressed(table.Panel(), pen, frame, *queries).show_header(True).filterable(True)


def bars(pen: Pen, frame: Frame, *queries: prometheus.Dataquery) -> bargauge.Panel:
    """Draw a horizontal bar for each series, its name beside it."""
    return (
        by_limits(dressed(bargauge.Panel(), pen, frame, *queries))
        .orientation(common.VizOrientation.HORIZONTAL)
        .display_mode(common.BarGaugeDisplayMode.BASIC)
        .reduce_options(build_common.ReduceDataOptions().calcs(["lastNotNull"]))
        .show_unfilled(True)
    )


def states_course(
    pen: Pen, frame: Frame, looks: dict[int, Look], *queries: prometheus.Dataquery
) -> statetimeline.Panel:
    """Draw a strip over time for each series, in the colours of its states."""
    return (
        by_limits(dressed(statetimeline.Panel(), pen, frame, *queries))
        .mappings([mapping(looks, pen)])
        .thresholds(limits(GREY))
        .show_value(common.VisibilityMode.NEVER)
        .merge_values(True)
        .row_height(0.9)
    )


def states_history(
    pen: Pen, frame: Frame, looks: dict[int, Look], *queries: prometheus.Dataquery
) -> statushistory.Panel:
    """Draw a row of samples over time for each series: for many series at once."""
    return (
        by_limits(dressed(statushistory.Panel(), pen, frame, *queries))
        .mappings([mapping(looks, pen)])
        .thresholds(limits(GREY))
        .show_value(common.VisibilityMode.NEVER)
        .row_height(0.9)
    )


def distribution(pen: Pen, frame: Frame, *queries: prometheus.Dataquery) -> heatmap.Panel:
    """Draw how often each range of a histogram was met over time: darker is more often."""
    return (
        dressed(heatmap.Panel(), pen, frame, *queries)
        .calculate(False)
        .color(heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Blues").steps(64).reverse(False))
        .cell_values(heatmap.CellValues().unit("cps"))
        .y_axis(heatmap.YAxisConfig().unit(frame.unit).axis_placement(common.AxisPlacement.LEFT))
        .cell_gap(0)
        .show_legend()
    )


def property_(name: str, value: object) -> dashboard.DynamicConfigValue:
    """Set a field's property in an override."""
    return dashboard.DynamicConfigValue(name, value)
