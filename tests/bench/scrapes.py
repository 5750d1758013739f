"""What a scrape of the whole sample province costs, beside the exporters' pages for the same targets.

Their figure holds the asking, 243 echoes and 14 walks, for they ask when scraped; ours is the page alone, and what the
agent did besides in the same seconds. A poll and an echo of ours have their own rows.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from agent.config import load
from lab import LoopbackLab
from lab.demo_files import sample, write_configuration
from tests.bench.meter import Series, cpu_s, frozen, rss_bytes
from tests.bench.ours import PORT, agent
from tests.bench.peers import BLACKBOX_PORT, SNMP_PORT, blackbox, blackbox_path, snmp_exporter, snmp_path
from tests.bench.table import Row
from tests.bench.web import Client
from tests.servers import COMMUNITY

SCRAPES = 50
FULL_S = 40.0  # by then every router has been polled
TARGET_MS = 12.0
PEERS = "blackbox + snmp_exporter"


def scrapes(folder: Path, rounds: int) -> list[Row]:
    """Measure pages with and without gzip."""
    config = load(sample(), os.environ)
    plain, packed, theirs, rss, their_rss = (Series() for _ in range(5))
    with ExitStack() as stack:
        lab = stack.enter_context(LoopbackLab(config.inventory, sentinels=config.agent.sentinels))
        peers = stack.enter_context(blackbox(folder)), stack.enter_context(snmp_exporter(folder, COMMUNITY))
        ours = stack.enter_context(agent(write_configuration(folder, sample(), lab)))
        time.sleep(FULL_S)
        for _ in range(rounds):
            for series, encoding in ((packed, "gzip"), (plain, "identity")):
                series.add(_ours_ms(ours.pid, encoding))
            rss.add(rss_bytes(ours.pid))
            with frozen(ours.pid):
                theirs.add(_theirs_ms(peers, lab))
            their_rss.add(sum(map(rss_bytes, peers)))
    return [
        Row("CPU per /metrics of the sample, gzip", "ms", packed, TARGET_MS, {PEERS: theirs}),
        Row("  the same, not packed", "ms", plain, TARGET_MS, {PEERS: theirs}),
        Row("  memory", "MB", rss, None, {PEERS: their_rss}, per_unit=1e6),
    ]


def _ours_ms(pid: int, encoding: str) -> float:
    client = Client(PORT)
    began_s = cpu_s(pid)
    for _ in range(SCRAPES):
        client.get("/metrics", encoding)
    return (cpu_s(pid) - began_s) / SCRAPES * 1e3


def _theirs_ms(pids: tuple[int, int], lab: LoopbackLab) -> float:
    """Ask both exporters for every target once."""
    echo, walk = Client(BLACKBOX_PORT), Client(SNMP_PORT)
    asks = [partial(echo.get, blackbox_path(end.address)) for end in lab.inventory.endpoints.values()]
    asks += [partial(walk.get, snmp_path(dev.address, dev.snmp.port)) for dev in lab.inventory.devices.values()]
    began_s = sum(map(cpu_s, pids))
    for ask in asks:
        ask()
    return (sum(map(cpu_s, pids)) - began_s) * 1e3
