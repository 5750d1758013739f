"""The same families as prometheus-client writes them: the judge of our own text."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from agent.model import State
from agent.profile import Metric as ProfileMetric, Profile
from agent.settings import AgentSettings
from agent.state import Board
from exporters import sites
from exporters._text import unit_of
from exporters.families import DEVICES, ENDPOINTS, SUBJECTS
from exporters.family import Distribution, Family, PerState, Several, Subject
from exporters.outages import Teller, families
from exporters.samples import declared
from exporters.self_metrics import buckets

KINDS = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily, "histogram": HistogramMetricFamily}


class Reference(Collector):
    """Collects the bulk families of a board, and those that profiles fill."""

    def __init__(
        self,
        board: Board,
        profiles: Mapping[str, Profile] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.board = board
        self.profiles = profiles or {}
        self.clock = clock

    def collect(self) -> Iterator[Metric]:
        now_s = self.clock()
        for subject in SUBJECTS:
            records = subject.records(self.board, now_s)
            inventory = self.board.inventory
            shown = [(subject.values(key, record, inventory), record) for key, record in records.items()]
            for family in subject.families:
                yield metric_of(family, subject, shown, self.board.told_us)
        yield site_metric(self.board)
        yield from outage_metrics(self.board)
        for metric in declared(self.profiles):
            yield self._filled(metric)

    def _filled(self, metric: ProfileMetric) -> Metric:
        family = KINDS[metric.kind](metric.name, metric.help, unit=unit_of(metric.name))
        now_s, inventory = self.clock(), self.board.inventory
        for subject, records in ((ENDPOINTS, self.board.endpoints), (DEVICES, self.board.devices)):
            for key, record in records.items():
                own = dict(zip(subject.labels, subject.values(key, record, inventory), strict=True))
                for sample in record.reading.samples if record.fresh(now_s) else ():
                    if sample.metric == metric.name:
                        family.add_sample(sample.metric, {**own, **dict(sample.labels)}, sample.value)
        return family


def site_metric(board: Board) -> Metric:
    """Make the counterpart of what is said of the sites."""
    metric = GaugeMetricFamily(sites.NAME, "What the site is.")
    for site in board.inventory.sites.values():
        metric.add_sample(sites.NAME, sites.labels(site, board.inventory), 1)
    return metric


def outage_metrics(board: Board) -> Iterator[Metric]:
    """Make the counterpart of the open outages' families."""
    for name, text, labels, read in families(Teller(board.inventory, AgentSettings().timezone)):
        metric = GaugeMetricFamily(name, text, unit=unit_of(name))
        for outage in board.outages.values():
            metric.add_sample(name, labels(outage), read(outage))
        yield metric


def metric_of(
    family: Family[Any], subject: Subject[Any, Any], shown: list[tuple[tuple[str, ...], Any]], told_us: int = 0
) -> Metric:
    """Make the family's counterpart with the samples of the targets shown."""
    own = family.own if isinstance(family, Several) else PerState.OWN if isinstance(family, PerState) else ()
    metric = KINDS[family.kind](family.name, family.help, labels=(*subject.labels, *own), unit=unit_of(family.name))
    for values, record in shown:
        _add(metric, family, values, record, told_us)
    return metric


def _add(metric: Metric, family: Family[Any], values: tuple[str, ...], record: Any, told_us: int) -> None:
    read = family.read(record)
    if isinstance(family, Distribution):
        metric.add_metric(values, buckets(read), read.total)
    elif isinstance(family, PerState):
        for state in State:
            metric.add_metric((*values, state), read.seconds(state, told_us))
    elif isinstance(family, Several):
        for own, value in read:
            if value is not None:
                metric.add_metric((*values, *own), value)
    elif read is not None:
        metric.add_metric(values, read)
