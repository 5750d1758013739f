"""A transfer of known size over a real interface, seen by snmpd, the agent, and at last the derived rate."""

from __future__ import annotations

import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.conftest import RunningAgent, running_agent
from tests.end_to_end.test_life import SITES
from tests.servers import snmpd

FRAME = 1000  # bytes on the wire, Ethernet header included, as ifHCOutOctets counts them
RATE_BPS = 4e6
V3 = {
    "version": 3,
    "user": "vcmon",
    "auth": "SHA-256",
    "auth_key": "authpass123",
    "priv": "AES-128",
    "priv_key": "privpass123",
}
# snmpd reads its interfaces every three seconds and answers with that. Polled at a multiple of it, as by default
# (30 s), the figures' age is the same each time; at 10 s a poll sees 9 or 12 s' worth: its rate is off by a fifth.
INTERVAL_S = 6


@pytest.fixture(params=[{"version": "2c", "community": "public"}, V3], ids=["v2c", "v3"])
def agent(request: pytest.FixtureRequest, own_network: None, tmp_path: Path) -> Iterator[RunningAgent]:
    """An agent that watches one real interface, wan0."""
    subprocess.run(["ip", "link", "add", "wan0", "type", "veth", "peer", "name", "far0"], check=True)
    for name in ("wan0", "far0"):
        subprocess.run(["ip", "link", "set", name, "addrgenmode", "none", "up"], check=True)
    device = {"id": "r-core", "site": "phu-tho", "role": "router", "address": "127.0.0.1", "port": 1161}
    link = {"id": "wan", "a": "phu-tho", "b": "thanh-son", "device": "r-core", "interface": "wan0", "role": "primary"}
    inventory = {
        "sites": SITES,
        "devices": [device | {"interfaces": ["wan0"]}],
        "links": [link | {"capacity": "10Mbit/s"}],
    }
    main = {
        "agent": {"state_dir": str(tmp_path / "state")},
        "defaults": {"snmp": {"interval": f"{INTERVAL_S}s", "timeout": "1s"}},
        "credentials": {"lab": request.param},
        "inventory": "inventory.yaml",
    }
    (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(inventory))
    (tmp_path / "diemcau.yaml").write_text(yaml.safe_dump(main))
    with snmpd(tmp_path), running_agent(tmp_path / "diemcau.yaml", [], tmp_path / "agent.log") as agent:
        yield agent


def transfer(wire: socket.socket, for_s: float) -> None:
    """Send frames of FRAME bytes at RATE_BPS, evenly."""
    gap_s = FRAME * 8 / RATE_BPS
    began_s = time.monotonic()
    for number in range(int(for_s / gap_s)):
        time.sleep(max(began_s + number * gap_s - time.monotonic(), 0))
        wire.send(bytes(12) + b"\x88\xb5" + bytes(FRAME - 14))


def snmpget(column: int) -> int:
    oid = f"1.3.6.1.2.1.31.1.1.1.{column}.{socket.if_nametoindex('wan0')}"
    command = ["snmpget", "-v2c", "-cpublic", "-Oqve", "127.0.0.1:1161", oid]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_counters_are_snmpgets_and_the_rate_is_the_transfers(agent: RunningAgent) -> None:
    agent.until(lambda: agent.metric("diemcau_interface_receive_bytes_total") != {}, 15, "the first poll")
    rates: list[float] = []

    def a_new_rate() -> bool:
        rate = agent.metric("diemcau_link_receive_bits_per_second").get("wan")
        if rate and rate not in rates:
            rates.append(rate)
        return len(rates) >= 6

    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("far0", 0))
        sender = threading.Thread(target=transfer, args=(wire, 6.5 * INTERVAL_S))
        sender.start()
        agent.until(a_new_rate, 8 * INTERVAL_S, "six polls")
        sender.join()
    within = rates[1:5]  # the first and the last poll may lie half outside the transfer
    assert abs(statistics.median(within) / RATE_BPS - 1) < 0.02, rates
    assert agent.value("diemcau_link_capacity_bits_per_second", link="wan") == 10e6
    agent.until(lambda: agent.metric("diemcau_link_receive_bits_per_second") == {"wan": 0.0}, 4 * INTERVAL_S, "quiet")
    assert agent.value("diemcau_interface_receive_bytes_total", interface="wan0") == snmpget(6)
    assert agent.value("diemcau_interface_transmit_bytes_total", interface="wan0") == snmpget(10)
    assert snmpget(6) % FRAME == 0
    assert snmpget(6) > 0
