"""Programs that run beside the demo and end with it, and ports for them."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from lab.process import end

STOP_S = 5.0


@contextmanager
def running(command: list[str], log: Path, *inherited: socket.socket) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program with its output in `log`; end it and wait for it at the end."""
    with log.open("wb") as output:
        process = _start(command, output, [one.fileno() for one in inherited])
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        end(process)


def _start(command: list[str], output: IO[bytes], descriptors: list[int]) -> subprocess.Popen[bytes]:
    # A session of its own: a terminal's Ctrl-C is the demo's to handle, which then ends all in order. A demo that is
    # killed takes its programs along.
    with_us = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    return subprocess.Popen(
        [*with_us, *command],
        stdout=output,
        stderr=output,
        stdin=subprocess.DEVNULL,
        pass_fds=descriptors,
        start_new_session=True,
    )


def free_port(wanted: int) -> int:
    """Return the wanted port on loopback, or another that is free where somebody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
