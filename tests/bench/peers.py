"""Debian's fping, blackbox_exporter and snmp_exporter, given the agent's work."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agent.model import SnmpCredentials
from tests.bench.meter import CannotRun, cost_us, kernel_echoes
from tests.bench.web import wait_for
from tests.servers import running

BLACKBOX_PORT = 9115
SNMP_PORT = 9116
WARM_UP_S = 2.0
SYS_UPTIME = "1.3.6.1.2.1.1.3"
IF_TABLE = "1.3.6.1.2.1.2.2"
IF_X_TABLE = "1.3.6.1.2.1.31.1.1"
IF_NAME = f"{IF_X_TABLE}.1.1"
# What our poll asks of an interface: status and discontinuity time; octets, packets of three kinds, discards, errors.
GAUGES = [f"{IF_TABLE}.1.8", f"{IF_X_TABLE}.1.19"]
COUNTERS = [
    *(f"{IF_X_TABLE}.1.{column}" for column in range(6, 14)),
    *(f"{IF_TABLE}.1.{column}" for column in (13, 14, 19, 20)),
]


def program(name: str) -> str:
    """Return where a program is. Raises CannotRun."""
    found = shutil.which(name)
    if found is None:
        raise CannotRun(f"{name} is not installed; scripts/bench installs it")
    return found


def fping_us(folder: Path, addresses: Sequence[str], gap_ms: float, seconds: float) -> float:
    """Return fping's CPU per echo in µs, every address once a second, `gap_ms` between two sends."""
    targets = folder / "targets"
    targets.write_text("\n".join(addresses))
    command = [program("fping"), "-q", "-l", "-p", "1000", "-i", f"{gap_ms:.2f}", "-f", str(targets)]
    with running(command, folder / "fping.log") as process:
        time.sleep(WARM_UP_S)
        return cost_us(process.pid, seconds, kernel_echoes)


@contextmanager
def blackbox(folder: Path) -> Iterator[int]:
    """Run blackbox_exporter; yield its process number."""
    config = folder / "blackbox.yml"
    module = {"prober": "icmp", "timeout": "2s", "icmp": {"preferred_ip_protocol": "ip4"}}
    config.write_text(json.dumps({"modules": {"icmp": module}}))
    listen = f"127.0.0.1:{BLACKBOX_PORT}"
    command = [program("prometheus-blackbox-exporter"), f"--config.file={config}", f"--web.listen-address={listen}"]
    with running(command, folder / "blackbox.log") as process:
        wait_for(BLACKBOX_PORT, "/-/healthy")
        yield process.pid


def blackbox_path(address: str) -> str:
    """Return the path that has an address pinged."""
    return f"/probe?module=icmp&target={address}"


@contextmanager
def snmp_exporter(folder: Path, credentials: SnmpCredentials) -> Iterator[int]:
    """Run snmp_exporter with a module that walks both tables and keeps the columns we ask; yield its process number."""
    config = folder / "snmp_exporter.yml"
    config.write_text(json.dumps({"interfaces": _module(credentials)}))
    listen = f"127.0.0.1:{SNMP_PORT}"
    command = [program("prometheus-snmp-exporter"), f"--config.file={config}", f"--web.listen-address={listen}"]
    with running(command, folder / "snmp_exporter.log") as process:
        wait_for(SNMP_PORT, "/")
        yield process.pid


def snmp_path(address: str, port: int) -> str:
    """Return the path that has a device walked."""
    return f"/snmp?module=interfaces&target={address}:{port}"


def _module(credentials: SnmpCredentials) -> dict[str, object]:
    name = {"labels": ["ifIndex"], "labelname": "ifName", "oid": IF_NAME, "type": "DisplayString"}
    table = {"indexes": [{"labelname": "ifIndex", "type": "gauge"}], "lookups": [name]}
    kinds = dict.fromkeys(GAUGES, "gauge") | dict.fromkeys(COUNTERS, "counter")
    columns = [{"name": f"if{oid.replace('.', '_')}", "oid": oid, "type": kind} | table for oid, kind in kinds.items()]
    uptime = {"name": "sysUpTime", "oid": SYS_UPTIME, "type": "gauge"}
    asked = {"walk": [IF_TABLE, IF_X_TABLE], "get": [f"{SYS_UPTIME}.0"]}
    return asked | {"metrics": [uptime, *columns]} | _access(credentials)


def _access(credentials: SnmpCredentials) -> dict[str, object]:
    if credentials.version != "3":
        assert credentials.community
        return {"version": 2, "auth": {"community": credentials.community.reveal()}}
    assert credentials.auth_key
    assert credentials.priv_key
    keys = {"password": credentials.auth_key.reveal(), "priv_password": credentials.priv_key.reveal()}
    how = {"security_level": "authPriv", "auth_protocol": "SHA256", "priv_protocol": "AES"}
    return {"version": 3, "auth": {"username": credentials.user, **how, **keys}}
