"""What a process has cost, read from outside it."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class CannotRun(Exception):
    """A part of the bench could not be run; the text says what was missing."""


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process, all its threads and those that have ended, to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)  # what clock_getcpuclockid(3) makes of a process number


def rss_bytes(pid: int) -> int:
    """Return the memory a process holds in RAM."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def kernel_echoes() -> int:
    """Return how many echo requests this network's kernel was sent: the same judge for every program."""
    names, values = (line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line[:5] == "Icmp:")
    return int(values[names.index("InEchos")])


def cost_us(pid: int, seconds: float, count: Callable[[], float]) -> float:
    """Return the CPU a process spends on each of what `count` counts, in µs, over so many seconds."""
    counted = count()  # outside the clock: counting may make the process work
    began_s = cpu_s(pid)
    time.sleep(seconds)
    spent_s = cpu_s(pid) - began_s
    counted = count() - counted
    if not counted:
        raise CannotRun(f"process {pid} did nothing within {seconds:g} s")
    return spent_s / counted * 1e6


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process while another is measured."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class Series:
    """One figure of several rounds, and its ratio to another's of the same rounds."""

    def __init__(self, *values: float) -> None:
        self.values = list(values)

    def add(self, value: float) -> None:
        """Take one round's figure."""
        self.values.append(value)

    @property
    def median(self) -> float:
        """The middle round."""
        return statistics.median(self.values)

    def ratio(self, other: Series) -> float:
        """Return the median over the rounds of ours to theirs."""
        return statistics.median(a / b for a, b in zip(self.values, other.values, strict=True))
