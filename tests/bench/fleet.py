"""A large fleet: 1 000 devices of 20 interfaces each, every 30 s, a hundred of them dead."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.model import SnmpCredentials
from tests.bench.meter import Series, cpu_s
from tests.bench.ours import Lists, agent, percentile, write
from tests.bench.polls import access, make_interfaces
from tests.bench.table import Row
from tests.servers import COMMUNITY, USER, snmpd

DEVICES, DEAD, INTERFACES = 1000, 100, 20
PORT, DEAF_PORT = 1161, 1162
INTERVAL_S = 30.0
WINDOW_S = 60.0
SETTLE_S = 45.0  # until every device is known and what it tells at first is over
CORE_SHARE, SLOWER_V3, LATEST_S = 0.10, 1.5, 0.1


def fleet(folder: Path, _rounds: int) -> list[Row]:
    """Measure the fleet by v2c and by v3."""
    make_interfaces(INTERFACES)
    shares, rows = {}, []
    with snmpd(folder, "0.0.0.0", PORT), deaf():
        for how, credentials in (("v2c", COMMUNITY), ("v3 SHA-256, AES-128", USER)):
            share, lag_s = _watch(folder, credentials)
            shares[how] = share
            what = f"{DEVICES} devices of {INTERFACES} interfaces every {INTERVAL_S:g} s, {DEAD} dead, {how}"
            rows.append(Row(f"{what}: share of a core", "%", Series(share), CORE_SHARE * 100, per_unit=0.01))
            rows.append(Row(f"{what}: schedule lag p99, at most", "ms", Series(lag_s), LATEST_S * 1000, per_unit=1e-3))
    v2c, v3 = shares.values()
    rows.append(Row("v3 ÷ v2c", "", Series(v3 / v2c), SLOWER_V3))
    return rows


def _watch(folder: Path, credentials: SnmpCredentials) -> tuple[float, float]:
    """Return the share of a core the agent takes, and its schedule's lag (p99, upper bound of its bucket, s)."""
    snmp = {"interval": f"{INTERVAL_S:g}s", "timeout": "2s", "retries": 1, "credentials": "bench"}
    defaults: dict[str, dict[str, Any]] = {"icmp": {"interval": "1h"}, "snmp": snmp}
    with agent(write(folder, _devices(), defaults, access(credentials))) as ours:
        time.sleep(SETTLE_S)
        before, limits = ours.lag_buckets(), ours.lag_limits()
        polls, began_s, spent_s = ours.polls(), time.monotonic(), cpu_s(ours.pid)
        time.sleep(WINDOW_S)
        share = (cpu_s(ours.pid) - spent_s) / (time.monotonic() - began_s)
        answered, expected = ours.polls() - polls, (DEVICES - DEAD) * WINDOW_S / INTERVAL_S
        assert answered > expected * 0.95, f"{answered:.0f} of {expected:.0f} polls were answered"
        return share, percentile(limits, before, ours.lag_buckets(), 0.99)


def _devices() -> Lists:
    names = [f"b{number}" for number in range(INTERFACES)]
    devices = [
        {
            "id": f"r{number}",
            "site": "core",
            "role": "router",
            "profile": "generic",
            "interfaces": names,
            "address": f"127.2.{number // 250}.{1 + number % 250}",
            "port": DEAF_PORT if number % (DEVICES // DEAD) == 0 else PORT,
        }
        for number in range(DEVICES)
    ]
    return {"sites": [{"id": "core", "name": "Core", "level": "province"}], "devices": devices}


@contextmanager
def deaf() -> Iterator[None]:
    """Have a port where requests are taken and never answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("0.0.0.0", DEAF_PORT))  # in a network of the bench's own
        yield
