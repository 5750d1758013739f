"""The rules of Grafana's dashboard-linter, on every question a dashboard asks."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.grafana.dashboards import Json, asked, dashboards, panels, questions
from tests.grafana.expressions import Read, fill, reads

SOURCE = {"type": "prometheus", "uid": "${datasource}"}

# Grafana's own variables, each with a time of its own, so that it is seen which one a range came from.
RATE_S, RANGE_S, INTERVAL_S = 61, 3601, 31
TIMES = {
    "__rate_interval": f"{RATE_S}s",
    "__range": f"{RANGE_S}s",
    "__range_s": str(RANGE_S),
    "__interval": f"{INTERVAL_S}s",
}
RATES = {"rate", "irate"}
COUNTED = {*RATES, "increase", "delta", "resets", "changes"}
COUNTER = re.compile(r"^[a-z_]+_(total|count|sum|bucket)$")
READ_AS_THEY_ARE = {  # they never go back, over restarts either: two instants' difference is exact (boards.promql)
    "diemcau_endpoint_state_seconds_total",
    "diemcau_link_state_seconds_total",
}


@pytest.fixture(params=dashboards())
def dashboard(request: pytest.FixtureRequest) -> Json:
    return dashboards()[request.param]


def test_every_figure_comes_from_the_source_chosen(dashboard):
    first = dashboard["templating"]["list"][0]
    assert (first["name"], first["type"], first["query"]) == ("datasource", "datasource", "prometheus")
    assert first["label"] in ("Data source", "Nguồn dữ liệu")
    asking = [*panels(dashboard), *(target for panel in panels(dashboard) for target in panel["targets"])]
    asking += [one for one in dashboard["templating"]["list"] if one["type"] == "query"]
    asking += dashboard["annotations"].get("list", [])
    assert [one["datasource"] for one in asking] == [SOURCE] * len(asking)


def test_nobody_edits_it_in_place_and_choices_are_renewed(dashboard):
    assert dashboard["editable"] is False
    on_time_range_change = 2
    queried = [one for one in dashboard["templating"]["list"] if one["type"] == "query"]
    assert {one["refresh"] for one in queried} <= {on_time_range_change}
    assert all(one["label"] for one in queried)


def asking(dashboard: Json) -> Iterator[tuple[str, str, list[Read]]]:
    """Yield the place, the text and the selectors of every expression, the variables' by their own names."""
    chosen = {one["name"]: f"chosen_{one['name']}" for one in dashboard["templating"]["list"]}
    for one in questions(dashboard):
        yield str(one), one.expr, reads(fill(one.expr, chosen | TIMES))
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            text = re.sub(r"^(query_result|label_values)\((.*?)(,\s*\w+)?\)$", r"\2", asked(variable), flags=re.DOTALL)
            yield variable["name"], text, reads(fill(text, chosen | TIMES))


def test_rates_are_over_the_interval_that_fits_the_scrapes(dashboard):
    found = [
        (place, read.metric)
        for place, _, all_ in asking(dashboard)
        for read in all_
        if RATES & set(read.within[:1]) and read.range_s != RATE_S
    ]
    assert not found


def test_counters_are_read_by_their_increase(dashboard):
    found = [
        (place, read.metric)
        for place, _, all_ in asking(dashboard)
        for read in all_
        if COUNTER.match(read.metric) and read.metric not in READ_AS_THEY_ARE and not COUNTED & set(read.within[:1])
    ]
    assert not found


def test_no_job_or_instance_is_written_down(dashboard):
    found = [
        (place, label, value)
        for place, _, all_ in asking(dashboard)
        for read in all_
        for label, _, value in read.matchers
        if label in ("job", "instance", "agent") and not value.startswith("chosen_")
    ]
    assert not found
