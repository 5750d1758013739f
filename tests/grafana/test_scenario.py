"""The scenario is made of the agent's real metrics, and of nothing that is only believed to be one."""

from __future__ import annotations

from tests.grafana.real_metrics import LATER, VALUES, known, on_the_page
from tests.grafana.scenario_series import every

ADDED = {"job", "instance"}  # by Prometheus


def test_every_series_has_the_name_and_the_labels_of_a_real_one():
    real = known()
    labels = {(series.name, frozenset(set(series.labels) - ADDED)) for series in every()}
    assert not [(name, sorted(own), real.get(name)) for name, own in labels if own not in real.get(name, ())]


def test_every_real_metric_is_in_the_scenario():
    there = {series.name for series in every()}
    ours = {name for name in known() if name.startswith("diemcau_") and not name.endswith("_created")}
    assert not ours - there


def test_what_is_to_come_is_not_there_yet():
    """A metric that has come is compared with the page from then on: strike it off the list."""
    assert not set(LATER) & set(on_the_page())


def test_no_two_series_are_the_same():
    all_ = [(series.name, *sorted(series.labels.items())) for series in every()]
    assert len(all_) == len(set(all_))


def test_every_value_is_one_that_a_label_really_has():
    told = {(label, value) for series in every() for label, value in series.labels.items() if label in VALUES}
    assert not [(label, value) for label, value in told if value not in VALUES[label]]
