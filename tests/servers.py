"""Real servers for tests, each ended by the test that started it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.model import Secret, SnmpCredentials, SnmpSettings

COMMUNITY = SnmpCredentials("lab", "2c", Secret("public"))
USER = SnmpCredentials(
    "lab3",
    "3",
    user="vcmon",
    auth="SHA-256",
    auth_key=Secret("authpass123"),
    priv="AES-128",
    priv_key=Secret("privpass123"),
)
SNMPD_CONF = """\
agentaddress udp:{address}:{port}
rocommunity public
createUser vcmon SHA-256 authpass123 AES privpass123
rouser vcmon priv
"""


def snmp_settings(credentials: SnmpCredentials = COMMUNITY, **changes: float) -> SnmpSettings:
    return SnmpSettings(credentials, **{"timeout_s": 1.0, "retries": 0, "port": 1161, **changes})


@contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program, its output in `log`; end it and wait for it."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{command[0]} did not end when told to") from None


@contextmanager
def snmpd(folder: Path, address: str = "127.0.0.1", port: int = 1161, conf: str = SNMPD_CONF) -> Iterator[None]:
    """Run Debian's snmpd and wait until it answers."""
    file = folder / "snmpd.conf"
    file.write_text(conf.format(address=address, port=port))
    command = ["snmpd", "-f", "-Lo", "-C", "-c", str(file), "-p", str(folder / "snmpd.pid")]
    environment = ["env", f"SNMP_PERSISTENT_DIR={folder / 'persistent'}"]
    log = folder / "snmpd.log"
    with running([*environment, *command], log) as process:
        ask = ["snmpget", "-v2c", "-cpublic", "-r0", "-t0.1", f"{address}:{port}", "1.3.6.1.2.1.1.3.0"]
        while subprocess.run(ask, capture_output=True, check=False).returncode:
            assert process.poll() is None, log.read_text()
        yield


def diemcau(*words: str) -> list[str]:
    """The command line under test."""
    return [sys.executable, "-m", "agent", *words]
