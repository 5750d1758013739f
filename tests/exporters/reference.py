"""The same families as prometheus-client writes them: the judge of our own text."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from agent.state import Board
from exporters._text import unit_of
from exporters.families import SUBJECTS
from exporters.family import Distribution, Family, Several, Subject
from exporters.self_metrics import buckets

KINDS = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily, "histogram": HistogramMetricFamily}


class Reference(Collector):
    """Collects the bulk families of a board."""

    def __init__(self, board: Board) -> None:
        self.board = board

    def collect(self) -> Iterator[Metric]:
        for subject in SUBJECTS:
            records = subject.records(self.board, time.monotonic())
            inventory = self.board.inventory
            shown = [(subject.values(key, record, inventory), record) for key, record in records.items()]
            for family in subject.families:
                yield metric_of(family, subject, shown)


def metric_of(family: Family[Any], subject: Subject[Any, Any], shown: list[tuple[tuple[str, ...], Any]]) -> Metric:
    """Make the family's counterpart with the samples of the targets shown."""
    own = family.own if isinstance(family, Several) else ()
    metric = KINDS[family.kind](family.name, family.help, labels=(*subject.labels, *own), unit=unit_of(family.name))
    for values, record in shown:
        _add(metric, family, values, record)
    return metric


def _add(metric: Metric, family: Family[Any], values: tuple[str, ...], record: Any) -> None:
    read = family.read(record)
    if isinstance(family, Distribution):
        metric.add_metric(values, buckets(read), read.total)
    elif isinstance(family, Several):
        for own, value in read:
            if value is not None:
                metric.add_metric((*values, *own), value)
    elif read is not None:
        metric.add_metric(values, read)
