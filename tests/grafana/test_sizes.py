"""However large the province, no panel reads more than Prometheus reads at a glance."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.grafana.choices import builtin
from tests.grafana.dashboards import Json, asked, dashboards, panels, variables
from tests.grafana.expressions import fill, reads
from tests.grafana.large_province import CHOSEN, COMMUNES, DISTRICTS, count

MOST_SERIES = 5000


@pytest.fixture(params=[path for path in dashboards() if "/vi/" in path])
def dashboard(request: pytest.FixtureRequest) -> Json:
    return dashboards()[request.param]


def size(*expressions: str) -> Counter[str]:
    """Return how many series of each metric are read; what several of the expressions select alike, once."""
    all_ = [read for one in expressions for read in reads(fill(one, CHOSEN | builtin(3600)))]
    found: Counter[str] = Counter()
    for metric, matchers in {(read.metric, read.matchers) for read in all_}:
        found[metric] += count(metric, matchers)
    return found


def test_it_is_the_province_that_was_promised():
    assert len(DISTRICTS) == 100
    assert count("diemcau_endpoint_up", ()) == len(DISTRICTS) + len(COMMUNES) == 10_000


@pytest.mark.parametrize(
    ("expression", "series"),
    [
        ("diemcau_endpoint_state", 10_000),
        ('diemcau_endpoint_state{district="$district"}', 100),
        ('diemcau_endpoint_state_seconds_total{endpoint="$endpoint", state=~"up|degraded"}', 2),
        ('rate(diemcau_icmp_rtt_seconds_bucket{district="$district"}[$__rate_interval])', 1600),
        ('diemcau_link_up{role!="access"}', 200),
        ('diemcau_link_utilization_ratio{link="$link"} or diemcau_link_up{link="$link"}', 3),
        ('diemcau_site_info{level="district"}', 100),
        ("sum(diemcau:endpoints:count)", 606),
    ],
)
def test_series_are_counted(expression, series):
    assert size(expression).total() == series


def test_no_panel_reads_more_than_five_thousand_series(dashboard):
    sizes = {panel["title"]: size(*[target["expr"] for target in panel["targets"]]) for panel in panels(dashboard)}
    assert not {title: found for title, found in sizes.items() if found.total() > MOST_SERIES}


def test_no_annotation_reads_more_than_five_thousand_series(dashboard):
    marks = dashboard["annotations"].get("list", [])
    assert not [mark["name"] for mark in marks if size(mark["expr"]).total() > MOST_SERIES]


UNBOUND = {"endpoint", "link"}  # all of them are offered to choose from: as many as there are


def test_no_variable_but_a_list_of_all_reads_more_than_five_thousand_series(dashboard):
    for variable in variables(dashboard):
        inner = asked(variable).removeprefix("query_result(").removeprefix("label_values(").rpartition(")")[0]
        expression = inner.rpartition(",")[0] if asked(variable).startswith("label_values(") else inner
        large = size(expression).total() > MOST_SERIES
        assert not large or variable["name"] in UNBOUND, variable["name"]
