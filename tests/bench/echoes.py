"""What an echo costs: the sample province and 10 000 codecs, each once a second, on loopback.

The kernel answers, at the sender's expense: its part, some 5 µs, is in everybody's figure.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from agent.config import load
from lab import LoopbackLab
from lab.demo_files import sample, write_configuration
from tests.bench.meter import Series, cost_us, frozen, kernel_echoes, rss_bytes
from tests.bench.ours import PORT, Agent, Lists, agent, percentile, write
from tests.bench.peers import BLACKBOX_PORT, blackbox, blackbox_path, fping_us
from tests.bench.table import Row
from tests.bench.web import SCRAPE_INTERVAL_S, Asker, scraping

WINDOW_S = 10.0
WHOLE_S = 30.0  # an interval of its SNMP polls
SETTLE_S = 3.0  # after a start or a stop, until every target has its rhythm again
TARGET_US = 25.0
TARGET_RSS_MB = 120.0
DENSE = 10_000
BURST = "fping, all at once"
PACED = "fping, paced"
BLACKBOX = "blackbox_exporter"


class Echoes:
    """The figures of one size."""

    def __init__(self, folder: Path, addresses: Sequence[str], blackbox_pid: int | None = None) -> None:
        self._folder = folder
        self._addresses = addresses
        self._blackbox_pid = blackbox_pid
        self.quiet, self.scraped, self.lag_s, self.rss = (Series() for _ in range(4))
        self.beside = {PACED: Series(), BURST: Series()} | ({BLACKBOX: Series()} if blackbox_pid else {})

    def round(self, ours: Agent) -> None:
        """Measure ours, then the others while ours stands still."""
        time.sleep(SETTLE_S)
        self.quiet.add(cost_us(ours.pid, WINDOW_S, kernel_echoes))
        before = ours.lag_buckets()
        with scraping(PORT):
            self.scraped.add(cost_us(ours.pid, SCRAPE_INTERVAL_S, kernel_echoes))
        self.lag_s.add(percentile(ours.lag_limits(), before, ours.lag_buckets(), 0.99))
        self.rss.add(rss_bytes(ours.pid))
        with frozen(ours.pid):
            self._peers()

    def _peers(self) -> None:
        for name, gap_ms in ((PACED, 1000 / len(self._addresses)), (BURST, 0.0)):
            self.beside[name].add(fping_us(self._folder, self._addresses, gap_ms, WINDOW_S / 2))
        if self._blackbox_pid:
            paths = [blackbox_path(address) for address in self._addresses]
            with Asker(BLACKBOX_PORT, paths, 1.0) as asker:
                time.sleep(1)
                self.beside[BLACKBOX].add(cost_us(self._blackbox_pid, WINDOW_S / 2, asker.answered))

    def rows(self, size: str, rss_target_mb: float | None) -> list[Row]:
        """Return the figures."""
        return [
            Row(f"CPU per echo, {size}", "µs", self.quiet, TARGET_US, self.beside),
            Row("  the same, scraped every 15 s", "µs", self.scraped, TARGET_US, self.beside),
            Row("  99 % of sends are late by less than", "ms", self.lag_s, per_unit=1e-3),
            Row("  memory", "MB", self.rss, rss_target_mb, per_unit=1e6),
        ]


def of_the_sample(folder: Path, rounds: int) -> list[Row]:
    """Measure as many echoes as the sample province has, alone; then all of its agent, SNMP and scrapes included."""
    config = load(sample(), os.environ)
    count = len(config.inventory.endpoints) + len(config.inventory.devices)
    with blackbox(folder) as blackbox_pid:
        rows = _of_codecs(folder, count, rounds, blackbox_pid)
    with (
        LoopbackLab(config.inventory, sentinels=config.agent.sentinels) as lab,
        agent(write_configuration(folder, sample(), lab)) as ours,
        scraping(PORT),
    ):
        time.sleep(SETTLE_S * 3)
        share = Series(*(cost_us(ours.pid, WHOLE_S, time.monotonic) * 1e-6 for _ in range(rounds)))
        rows.append(Row("all of the sample's agent, a share of a core", "%", share, per_unit=0.01))
        rows.append(Row("  memory", "MB", Series(rss_bytes(ours.pid)), TARGET_RSS_MB, per_unit=1e6))
    return rows


def dense(folder: Path, rounds: int) -> list[Row]:
    """Measure 10 000 codecs."""
    return _of_codecs(folder, DENSE, rounds, None)


def _of_codecs(folder: Path, count: int, rounds: int, blackbox_pid: int | None) -> list[Row]:
    lists = _codecs(count)
    echoes = Echoes(folder, [entry["address"] for entry in lists["endpoints"]], blackbox_pid)
    with agent(write(folder, lists, {"icmp": {"interval": "1s"}})) as ours:
        for _ in range(rounds):
            echoes.round(ours)
    return echoes.rows(f"{count} codecs at 1 s", None)


def _codecs(count: int) -> Lists:
    sites = [{"id": "core", "name": "Core", "level": "province"}]
    sites += [{"id": f"c{n}", "name": f"Commune {n}", "level": "commune", "parent": "core"} for n in range(count)]
    endpoints = [{"id": f"vc{n}", "site": f"c{n}", "address": f"127.2.{n // 250}.{1 + n % 250}"} for n in range(count)]
    return {"sites": sites, "endpoints": endpoints}
