from __future__ import annotations

from pathlib import Path


def sysctl(name: str, value: str) -> None:
    """Set a value of the network this thread is in."""
    Path("/proc/sys", *name.split(".")).write_text(value)
