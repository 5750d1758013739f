"""What the full lab needs of a machine."""

from __future__ import annotations

import os
from pathlib import Path

from lab.netns import TUN_DEVICE, ip_command

_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}


def requirements() -> list[str]:
    """Return what is missing for the full lab, a sentence each; empty where it can run."""
    missing = []
    lacking = _lacking_rights()
    if lacking:
        missing.append(
            f"The lab makes network namespaces, which needs root ({' and '.join(lacking)}): run it with sudo."
        )
    if not _tun_opens():
        missing.append(f"{TUN_DEVICE} cannot be opened: load it with `modprobe tun`, or give it to this container.")
    if ip_command() is None:
        missing.append("The `ip` command is not there: install the package iproute2.")
    return missing


def _lacking_rights() -> list[str]:
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    effective = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff:"))
    return [name for name, bit in _CAPABILITIES.items() if not effective >> bit & 1]


def _tun_opens() -> bool:
    try:
        os.close(os.open(TUN_DEVICE, os.O_RDWR))
    except OSError:
        return False
    return True
