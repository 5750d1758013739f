"""The agent's own metrics, few and small: prometheus-client writes them."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from agent import __version__
from agent.histogram import Histogram
from exporters._text import number
from exporters.view import AgentView


def self_registry(agent: AgentView) -> CollectorRegistry:
    """Make a registry of what the agent says of itself and of its process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(SelfCollector(agent))
    return registry


class SelfCollector(Collector):
    """Polls, their punctuality, the targets, the build and the configuration."""

    def __init__(self, agent: AgentView) -> None:
        self._agent = agent

    def describe(self) -> list[Metric]:
        """Name nothing in advance: registering must not read an agent that is still starting."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the families as they are now."""
        yield from self._polls()
        yield self._targets()
        yield self._traps()
        yield from self._configuration()
        yield self._history()
        yield self._build()

    def _polls(self) -> Iterator[Metric]:
        durations = HistogramMetricFamily(
            "diemcau_poll_duration_seconds", "How long polls took.", labels=["collector"], unit="seconds"
        )
        polls = CounterMetricFamily("diemcau_polls", "How polls ended.", labels=["collector", "result"])
        for collector, counts in self._agent.board.polls.items():
            durations.add_metric([collector], buckets(counts.durations_s), counts.durations_s.total)
            for outcome, count in counts.results.items():
                polls.add_metric([collector, outcome.value], count)
        lag = HistogramMetricFamily("diemcau_schedule_lag_seconds", "How late polls began.", labels=[], unit="seconds")
        lag.add_metric([], buckets(self._agent.board.lag_s), self._agent.board.lag_s.total)
        verdict = HistogramMetricFamily(
            "diemcau_verdict_duration_seconds",
            "How long it took to settle who is down and why.",
            labels=[],
            unit="seconds",
        )
        verdict.add_metric([], buckets(self._agent.board.verdict_s), self._agent.board.verdict_s.total)
        yield from (durations, polls, lag, verdict)

    def _targets(self) -> Metric:
        family = GaugeMetricFamily("diemcau_targets", "Targets each collector has.", labels=["collector"])
        for collector, count in self._agent.targets.items():
            family.add_metric([collector], count)
        return family

    def _traps(self) -> Metric:
        family = CounterMetricFamily("diemcau_traps", "Traps and informs heard, and those dropped.", labels=["kind"])
        for kind, count in self._agent.board.traps.items():
            family.add_metric([kind], count)
        return family

    def _configuration(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "diemcau_config_last_reload_successful", "1 where the newest configuration was good.", self._agent.reload_ok
        )
        yield GaugeMetricFamily(
            "diemcau_config_last_reload_success_timestamp_seconds",
            "When the configuration in force was read.",
            self._agent.reloaded_at.timestamp(),
            unit="seconds",
        )

    def _history(self) -> Metric:
        return GaugeMetricFamily(
            "diemcau_history_written", "1 while the history is written to disk.", not self._agent.history_trouble
        )

    def _build(self) -> Metric:
        family = GaugeMetricFamily("diemcau_build_info", "What runs here.", labels=["agent", "version", "python"])
        family.add_metric([self._agent.config.agent.name, __version__, platform.python_version()], 1)
        return family


def buckets(histogram: Histogram) -> list[tuple[str, float]]:
    """Return a histogram's cumulative buckets as prometheus-client takes them."""
    limits = [*map(number, histogram.bounds), "+Inf"]
    return list(zip(limits, accumulate(histogram.counts), strict=True))
