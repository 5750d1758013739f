"""Print what watching costs, beside Debian's programs at the same work: `scripts/bench [quick] [PART...]`.

Every figure is CPU time of whole processes, as the kernel keeps it. Ours and theirs take turns, so that what else the
machine does falls on all; a ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lab import LabError
from tests.bench.core_cut import core_cut
from tests.bench.echoes import dense, of_the_sample
from tests.bench.fleet import fleet
from tests.bench.meter import CannotRun
from tests.bench.overview import overview
from tests.bench.polls import polls
from tests.bench.quiet_day import quiet_day
from tests.bench.scrapes import scrapes
from tests.bench.table import Row, table

ROUNDS = 3
PARTS: dict[str, Callable[[Path, int], list[Row]]] = {
    "sample": of_the_sample,
    "dense": dense,
    "polls": polls,
    "scrapes": scrapes,
    "fleet": fleet,
    "quiet_day": quiet_day,
    "core_cut": core_cut,
    "overview": overview,
}


def main() -> None:
    """Run the parts asked for; exit with 1 where one could not be run."""
    words = sys.argv[1:]
    rounds = 1 if "quick" in words else ROUNDS
    wanted = [word for word in words if word in PARTS] or list(PARTS)
    if len(socket.if_nameindex()) > 1:
        sys.exit("bench: this needs a network of its own, with loopback alone; run scripts/bench")
    rows: list[Row] = []
    missing = [fault for name in wanted if (fault := _part(name, rounds, rows))]
    _say(f"\n{table(rows)}\n")
    for fault in missing:
        _say(f"could not run {fault}")
    sys.exit(1 if missing else 0)


def _part(name: str, rounds: int, rows: list[Row]) -> str | None:
    """Run a part, adding its rows; return why it could not be run."""
    _say(f"{time.strftime('%H:%M:%S')} {name}, {rounds} round{'s' * (rounds > 1)} …")
    try:
        with tempfile.TemporaryDirectory(prefix="diemcau-bench-") as folder:
            rows += PARTS[name](Path(folder), rounds)
    except (CannotRun, LabError, AssertionError, OSError, http.client.HTTPException, subprocess.SubprocessError) as why:
        return f"{name}: {why or type(why).__name__}"
    return None


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a bench prints


if __name__ == "__main__":
    main()
