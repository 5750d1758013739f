"""What an SNMP poll of a device costs: Debian's snmpd at many addresses, beside snmp_exporter walking the same.

At 100 polls a second most of them wake an idle process, which costs more than the poll itself; at 400 few do.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.model import SnmpCredentials
from tests.bench.meter import Series, cost_us, frozen
from tests.bench.ours import Lists, agent, write
from tests.bench.peers import SNMP_PORT, snmp_exporter, snmp_path
from tests.bench.table import Row
from tests.bench.web import Asker
from tests.servers import COMMUNITY, USER, snmpd

DEVICES = 100
DEVICE_PORT = 1161
WINDOW_S = 6.0
SETTLE_S = 3.0
MOST_ROUNDS = 2  # so that all cases take a few minutes
TARGET_US = 300.0
THEIR_INTERVAL_S = 0.5  # snmp_exporter and our asking of it would fill the machine at more
ADDRESSES = [f"127.1.{number // 250}.{1 + number % 250}" for number in range(DEVICES)]


@dataclass(frozen=True)
class Case:
    """How many interfaces each device has, how it is asked and how often."""

    interfaces: int
    credentials: SnmpCredentials
    interval_s: float = 1.0

    @property
    def name(self) -> str:
        """What the table calls it."""
        how = "v3 SHA-256, AES-128" if self.credentials.version == "3" else "v2c"
        return f"CPU per device poll, {self.interfaces} interfaces, {how}, {DEVICES / self.interval_s:.0f} polls/s"


CASES = [
    Case(4, COMMUNITY),
    Case(4, USER),
    Case(4, COMMUNITY, 0.25),
    Case(20, COMMUNITY),
    Case(20, USER),
]


def polls(folder: Path, rounds: int) -> list[Row]:
    """Measure each case; the devices have the wanted interfaces and loopback."""
    rows = []
    for case in CASES:
        make_interfaces(case.interfaces)
        with snmpd(folder, "0.0.0.0", DEVICE_PORT), snmp_exporter(folder, case.credentials) as exporter_pid:
            rows.append(_measure(folder, case, exporter_pid, rounds))
    return rows


def _measure(folder: Path, case: Case, exporter_pid: int, rounds: int) -> Row:
    ours_us, theirs_us = Series(), Series()
    defaults: dict[str, dict[str, Any]] = {
        "icmp": {"interval": "1h"},
        "snmp": {"interval": f"{case.interval_s * 1000:g}ms", "credentials": "bench"},
    }
    with agent(write(folder, _devices(case.interfaces), defaults, access(case.credentials))) as ours:
        for _ in range(min(rounds, MOST_ROUNDS)):
            time.sleep(SETTLE_S)
            ours_us.add(cost_us(ours.pid, WINDOW_S, ours.polls))
            with frozen(ours.pid):
                paths = [snmp_path(address, DEVICE_PORT) for address in ADDRESSES]
                with Asker(SNMP_PORT, paths, max(case.interval_s, THEIR_INTERVAL_S)) as asker:
                    time.sleep(1)
                    theirs_us.add(cost_us(exporter_pid, WINDOW_S / 2, asker.answered))
    return Row(case.name, "µs", ours_us, TARGET_US, {"snmp_exporter": theirs_us})


def make_interfaces(count: int) -> None:
    """Have this network own so many interfaces besides loopback."""
    for pair in range(count // 2):
        command = ["ip", "link", "add", f"b{2 * pair}", "type", "veth", "peer", "name", f"b{2 * pair + 1}"]
        subprocess.run(command, check=False, capture_output=True)  # there already from the case before
    for number in range(count):
        subprocess.run(["ip", "link", "set", f"b{number}", "up"], check=True)


def _devices(interfaces: int) -> Lists:
    names = [f"b{number}" for number in range(interfaces)]
    lists: Lists = {
        "sites": [
            {"id": "core", "name": "Core", "level": "province"},
            {"id": "far", "name": "Far", "level": "district", "parent": "core"},
        ],
        "devices": [],
        "links": [],
    }
    for number, address in enumerate(ADDRESSES):
        # Interfaces alone, as snmp_exporter is asked for; the profile that fits would read processors and memory too.
        where = {"address": address, "port": DEVICE_PORT, "profile": "generic"}
        lists["devices"].append({"id": f"r{number}", "site": "core", "role": "router", "interfaces": names} | where)
        for name in names:
            ends = {"a": "core", "b": "far", "device": f"r{number}", "interface": name}
            lists["links"].append({"id": f"l{number}-{name}", "capacity": "100Mbit/s", "role": "access"} | ends)
    return lists


def access(credentials: SnmpCredentials) -> dict[str, Any]:
    """Return credentials as a configuration has them."""
    if credentials.version != "3":
        assert credentials.community
        return {"version": "2c", "community": credentials.community.reveal()}
    assert credentials.auth_key
    assert credentials.priv_key
    keys = {"auth_key": credentials.auth_key.reveal(), "priv_key": credentials.priv_key.reveal()}
    return {"version": 3, "user": credentials.user, "auth": credentials.auth, "priv": credentials.priv, **keys}
